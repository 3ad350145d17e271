"""Forms: what was sent, and by whom; what is wrong is said at its field and consumes nothing, and no word is lost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from slack_bolt.context.ack.async_ack import AsyncAck

from farthing.core.people import Person
from farthing.core.refused import Forbidden, Refused
from farthing.slack.auditing import asked_in, entry_of
from farthing.slack.desk import Desk
from farthing.slack.hearing import STRANGER, act_of, good_standing_now, in_good_standing, reading
from farthing.slack.identity import Body, actor_of
from farthing.slack.views.blocks import Block
from farthing.slack.visit import Visit, explain_trouble
from farthing.usecases.audit_ports import AuditKind
from farthing.usecases.ports import SellerStore

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Taken:
    """A form that was taken: the view in its place, and what the audit log says of it beside its name."""

    view: Block
    what: str


def form(
    desk: Desk,
    do: Callable[[Visit], Awaitable[Taken]],
    *,
    fields: Mapping[str, str],
    otherwise: str,
    deciding: bool = False,
) -> Callable[..., Awaitable[None]]:
    """A listener that does this with a form before it acknowledges, since the acknowledgement carries what is wrong.

    `fields` say at which block a refusal about a field is said, `otherwise` at which all others are. One that decides
    about money or roles is `deciding`: Slack is asked anew who its sender is.
    """

    async def submitted(ack: AsyncAck, body: Body) -> None:
        async with reading(desk, body):
            try:
                visit = await _visit(desk, body, deciding=deciding)
                taken = await do(visit)
                await at_once(visit, lambda store: _keep_asked(store, visit, taken.what))
            except Exception as error:
                there = {block.get("block_id") for block in body["view"]["blocks"]}
                at = fields.get(error.field or "") if isinstance(error, Refused) else None
                where = at if at in there and at is not None else otherwise
                await ack(response_action="errors", errors={where: explain_trouble(error, body)})
                return
            await ack(response_action="update", view=taken.view)

    return submitted


async def at_once(visit: Visit, do: Callable[[SellerStore], T]) -> T:
    """Ask or write the books before the acknowledgement; short."""
    return await visit.desk.threads.before_ack(lambda: do(visit.desk.store()))


async def _visit(desk: Desk, body: Body, *, deciding: bool) -> Visit:
    """Whoever sent the form, in good standing; refuses a stranger."""

    def look() -> Visit:
        now, store, actor = desk.now(), desk.store(), actor_of(body)
        with store.transaction():
            person = store.person(slack_team=actor.team_id, slack_user=actor.user_id)
        return Visit(desk, body, person=person, now=now)

    visit = await desk.threads.before_ack(look)
    standing = good_standing_now if deciding else in_good_standing
    person: Person | None = await standing(desk, body, visit.person)
    if person is None:
        raise Forbidden(STRANGER)
    return visit


def _keep_asked(store: SellerStore, visit: Visit, what: str) -> None:
    body = visit.body
    entry = entry_of(
        body,
        act_id=act_of(body),
        kind=AuditKind.ASKED,
        person=visit.known,
        now=visit.now,
        said=f"{asked_in(body)} {what}",
    )
    with store.transaction():
        store.keep_audit_entry(entry)
