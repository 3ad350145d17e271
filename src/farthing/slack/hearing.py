"""How everything from Slack is heard: verified, known by its key, authorised, acknowledged, and only then worked on."""

from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck

from farthing.core.ids import content_hash
from farthing.core.people import Person
from farthing.core.refused import Forbidden
from farthing.logs import get_logger
from farthing.slack.desk import Desk
from farthing.slack.identity import Body, actor_of, key_of
from farthing.slack.visit import Visit, explain_trouble

SCOPE = "slack"
Work = Callable[[Visit], Awaitable[None]]
Listener = Callable[[AsyncAck, Body], Awaitable[None]]
STRANGER = "You have no role here yet. Open the app's Home tab to see how to get one."
log = get_logger()


def listener(desk: Desk, work: Work, *, strangers: bool = False) -> Listener:
    """A Bolt listener that does this work once for a person with a role, or for anyone when `strangers` may.

    Bolt has verified the signature, or the socket it came by. The key and the role are looked up together
    before the acknowledgement; an answer that is only looked at is lost with the process and can be asked again.
    """

    async def hear(ack: AsyncAck, body: Body) -> None:
        visit = Visit(desk, body)
        acknowledged = False
        try:
            visit.person, visit.now, is_new = await desk.threads.before_ack(lambda: _recognise(desk, body))
            await ack()
            acknowledged = True
            if not is_new:
                return
            if visit.person is None and not strangers:
                raise Forbidden(STRANGER)
            await work(visit)
        except Exception as error:
            if not acknowledged:
                await ack()
            await _say(visit, explain_trouble(error, body))

    return hear


async def _say(visit: Visit, sentence: str) -> None:
    try:
        await visit.tell(sentence)
    except Exception as error:
        # Nobody can be told any more (the window is gone, the address used up); the log has both reasons.
        log.error("nobody could be told of a failure", sentence=sentence, exc_info=error)


def _recognise(desk: Desk, body: Body) -> tuple[Person | None, Any, bool]:
    """The person, the seller's time, and whether this act is new."""
    now, store = desk.now(), desk.store()
    actor, key = actor_of(body), key_of(body)
    with store.transaction():
        person = store.person(slack_team=actor.team_id, slack_user=actor.user_id)
        if key is None:
            return person, now, True
        if store.answered(SCOPE, key) is not None:
            return person, now, False
        is_new = store.keep_answer(
            SCOPE, key, request=content_hash(key.encode()), answer={"heard": True}, created_at=now
        )
        return person, now, is_new
