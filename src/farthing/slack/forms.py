"""Forms: what was typed and chosen in a window, and by whom; what is wrong is said at its field; nothing is lost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck

from farthing.core.people import Person
from farthing.core.refused import Forbidden, Refused
from farthing.slack.auditing import asked_in, entry_of
from farthing.slack.desk import Desk
from farthing.slack.hearing import STRANGER, act_of, in_good_standing, reading
from farthing.slack.identity import Body, actor_of
from farthing.slack.reading import typed
from farthing.slack.views.blocks import Block
from farthing.slack.views.words import said_of
from farthing.slack.visit import Visit, explain_trouble
from farthing.usecases.audit_ports import AuditKind

Submitted = Callable[[Visit], Awaitable[Block]]


def form(desk: Desk, do: Submitted, *, fields: Mapping[str, str], otherwise: str) -> Callable[..., Awaitable[None]]:
    """A listener that does this with a submitted form, and shows the view that comes of it in its place.

    `fields` say at which block a refusal about a field is said, `otherwise` at which all others are. A refusal consumes
    nothing: the corrected form is heard.
    """

    async def submitted(ack: AsyncAck, body: Body) -> None:
        async with reading(desk, body):
            try:
                visit = await _visit(desk, body)
                shown = await do(visit)
            except Refused as no:
                await ack(response_action="errors", errors={fields.get(no.field or "", otherwise): said_of(no.saying)})
                return
            except Exception as error:
                await ack(response_action="errors", errors={otherwise: explain_trouble(error, body)})
                return
            await ack(response_action="update", view=shown)

    return submitted


def value_in(body: Body, block_id: str, action_id: str) -> str:
    """What was typed or chosen there, with plain dashes and single spaces; empty when nothing was."""
    given: dict[str, Any] = body["view"]["state"]["values"].get(block_id, {}).get(action_id, {})
    chosen = given.get("selected_option")
    if chosen is not None:
        return str(chosen["value"])
    for name in ("value", "selected_date", "selected_user", "selected_conversation"):
        if given.get(name):
            return typed(str(given[name]))
    return ""


async def _visit(desk: Desk, body: Body) -> Visit:
    """Whoever sent the form, in good standing; that they asked is in the audit log."""

    def look() -> Visit:
        now, store, actor = desk.now(), desk.store(), actor_of(body)
        with store.transaction():
            person = store.person(slack_team=actor.team_id, slack_user=actor.user_id)
        return Visit(desk, body, person=person, now=now)

    visit = await desk.threads.before_ack(look)
    person = await in_good_standing(desk, body, visit.person)
    if person is None:
        raise Forbidden(STRANGER)
    await desk.threads.before_ack(lambda: _keep_asked(visit, person))
    return visit


def _keep_asked(visit: Visit, person: Person) -> None:
    store, body = visit.desk.store(), visit.body
    entry = entry_of(body, act_id=act_of(body), kind=AuditKind.ASKED, person=person, now=visit.now, said=asked_in(body))
    with store.transaction():
        store.keep_audit_entry(entry)
