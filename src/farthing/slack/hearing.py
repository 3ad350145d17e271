"""How everything from Slack is heard: verified, known by its key, authorised, acknowledged, and only then worked on.

Here every act passes, so here the audit log is kept: what was asked with the key, before the acknowledgement; what was
shown when the work is done.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from slack_bolt.context.ack.async_ack import AsyncAck

from farthing.core.ids import content_hash, id_of
from farthing.core.invoicing.invoice import LANGUAGES
from farthing.core.people import Person
from farthing.core.refused import Forbidden
from farthing.core.saying import message
from farthing.languages.language import Language, language
from farthing.logs import get_logger
from farthing.slack.auditing import asked_in, entry_of
from farthing.slack.desk import Desk
from farthing.slack.identity import Body, actor_of, key_of
from farthing.slack.views.words import reading_in
from farthing.slack.visit import Visit, explain_trouble
from farthing.usecases.audit_ports import AuditKind
from farthing.usecases.languages import Reading, language_of_person
from farthing.usecases.ports import SellerStore

SCOPE = "slack"
Work = Callable[[Visit], Awaitable[None]]
Listener = Callable[[AsyncAck, Body], Awaitable[None]]
STRANGER = message("You have no role here yet. Open the app's Home tab to see how to get one.")
log = get_logger()


@dataclass(frozen=True, slots=True)
class Recognised:
    """Who acted, if they have a role; the seller's time; what they read; and whether this act is new."""

    person: Person | None
    now: datetime
    reads: Reading
    is_new: bool


def listener(desk: Desk, work: Work, *, strangers: bool = False, deciding: bool = False) -> Listener:
    """A Bolt listener that does this work once for a person with a role, or for anyone when `strangers` may.

    Bolt has verified the signature, or the socket it came by. The key and the role are looked up together
    before the acknowledgement, and Slack is asked whether a member of staff still is one after it; an answer that is
    only looked at is lost with the process and can be asked again. For what decides about money or roles, what Slack
    said before does not do: it is asked anew, and what it says is kept for the transaction that decides.
    """

    async def hear(ack: AsyncAck, body: Body) -> None:
        with ExitStack() as reading:
            await _hear(ack, body, reading)

    async def _hear(ack: AsyncAck, body: Body, reading: ExitStack) -> None:
        visit = Visit(desk, body)
        acknowledged, act_id, kind = False, act_of(body), AuditKind.SHOWN
        is_new = True
        try:
            known = await desk.threads.before_ack(lambda: _recognise(desk, body, act_id))
            visit.person, visit.now, is_new = known.person, known.now, known.is_new
            reading.enter_context(reading_in(language(known.reads.language)))
            await ack()
            acknowledged = True
            if not is_new:
                return
            standing = good_standing_now if deciding else in_good_standing
            visit.person = await standing(desk, body, visit.person)
            reading.enter_context(reading_in(spoken(desk, body, visit.person, known.reads)))
            if visit.person is None and not strangers:
                raise Forbidden(STRANGER)
            await work(visit)
        except Exception as error:
            if not acknowledged:
                await ack()
            kind = AuditKind.FAILED
            await _say(visit, explain_trouble(error, body))
        if is_new and visit.said:
            await _keep_shown(visit, act_id, kind)

    return hear


@asynccontextmanager
async def reading(desk: Desk, body: Body) -> AsyncIterator[None]:
    """What is said within is in the language of whoever acted; for forms, which answer as they acknowledge."""
    store = desk.store()

    def look() -> Language:
        with store.transaction():
            person = _person(store, body)
            return spoken(desk, body, person, language_of_person(store, person))

    try:
        speaks = await desk.threads.before_ack(look)
    except Exception as error:
        # Whatever is wrong is met again by the work itself, and said there.
        log.error("the language of a reader could not be looked up", exc_info=error)
        yield
        return
    with reading_in(speaks):
        yield


def spoken(desk: Desk, body: Body, person: Person | None, reads: Reading) -> Language:
    """The language of whoever acted. Of staff who chose none, Slack's locale is a first guess, unless it is English:
    that is what people have there who never chose.
    """
    guessed = desk.standings.locale_of(actor_of(body).user_id)[:2]
    guess = person is not None and person.role.is_staff and reads.chosen is None and guessed in LANGUAGES[1:]
    return language(guessed if guess else reads.language)


def act_of(body: Body) -> UUID:
    """The id of one act: the same when it comes twice, where it has a key."""
    key = key_of(body)
    return uuid4() if key is None else id_of("slack act", key)


async def in_good_standing(desk: Desk, body: Body, person: Person | None) -> Person | None:
    """The person; nobody, when they have a role of staff and are no full member of the seller's workspace now."""
    if person is None:
        return None
    may = await desk.standings.may_act(desk.client, person, actor_of(body), home_team=desk.install.team_id)
    return person if may else None


async def good_standing_now(desk: Desk, body: Body, person: Person | None) -> Person | None:
    """The same, as Slack says this very moment."""
    desk.standings.forget(actor_of(body).user_id)
    return await in_good_standing(desk, body, person)


async def _keep_shown(visit: Visit, act_id: UUID, kind: AuditKind) -> None:
    body, store, said = visit.body, visit.desk.store(), "\n\n".join(visit.said)
    entry = entry_of(body, act_id=act_id, kind=kind, person=visit.person, now=visit.now, said=said)

    def keep() -> None:
        with store.transaction():
            store.keep_audit_entry(entry)

    try:
        await visit.desk.threads.work(keep)
    except Exception as error:
        # It was shown already; that it was asked for is in the audit log, and the operator reads the rest here.
        log.error("what was shown is not in the audit log", act=str(act_id), exc_info=error)


async def _say(visit: Visit, sentence: str) -> None:
    try:
        await visit.tell(sentence)
    except Exception as error:
        # Nobody can be told any more (the window is gone, the address used up); the log has both reasons.
        log.error("nobody could be told of a failure", sentence=sentence, exc_info=error)


def _recognise(desk: Desk, body: Body, act_id: UUID) -> Recognised:
    now, store, key = desk.now(), desk.store(), key_of(body)
    with store.transaction():
        person = _person(store, body)
        reads = language_of_person(store, person)
        asked = entry_of(body, act_id=act_id, kind=AuditKind.ASKED, person=person, now=now, said=asked_in(body))
        if key is None:
            store.keep_audit_entry(asked)
            return Recognised(person, now, reads, is_new=True)
        if store.answered(SCOPE, key) is not None:
            return Recognised(person, now, reads, is_new=False)
        is_new = store.keep_answer(
            SCOPE, key, request=content_hash(key.encode()), answer={"heard": True}, created_at=now
        )
        if is_new:
            store.keep_audit_entry(asked)
        return Recognised(person, now, reads, is_new=is_new)


def _person(store: SellerStore, body: Body) -> Person | None:
    actor = actor_of(body)
    return store.person(slack_team=actor.team_id, slack_user=actor.user_id)
