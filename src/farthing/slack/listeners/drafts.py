"""`/billing drafts`: the queue looked through; drafts approved as they were seen, singly or all usual ones, or held."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from slack_bolt.async_app import AsyncApp

from farthing.core.invoicing.invoice import Invoice
from farthing.core.people import Ask
from farthing.core.refused import Busy, Refused
from farthing.core.saying import message
from farthing.slack.desk import Desk
from farthing.slack.hearing import listener
from farthing.slack.presenting import draft_shown
from farthing.slack.views.blocks import Block, Card
from farthing.slack.views.drafts import Seen, approved_words, draft_queue, draft_window
from farthing.slack.views.words import said_of, say
from farthing.slack.visit import Visit
from farthing.usecases.drafts import approve_draft, hold_draft, list_drafts, show_draft
from farthing.usecases.ports import SellerStore

_OLDER = message("That button is from an older version; look at the queue again.")


def register(app: AsyncApp, desk: Desk) -> None:
    """Hear the queue's buttons."""
    app.action("drafts_open")(listener(desk, draft_command))
    for action in ("drafts_more", "drafts_earlier"):
        app.action(action)(listener(desk, _turn))
    app.action("draft_approve")(listener(desk, _approve))
    app.action("draft_hold")(listener(desk, _hold))
    app.action("draft_lines")(listener(desk, _lines))
    app.action("drafts_approve_usual")(listener(desk, _approve_usual))


async def draft_command(visit: Visit) -> None:
    """Show the queue to who may approve."""
    visit.known.must(Ask.CLOSE_PERIODS)
    await visit.answer(_queue)


async def _turn(visit: Visit) -> None:
    visit.known.must(Ask.CLOSE_PERIODS)
    first = _whole(visit.value)
    await visit.answer(lambda store: _queue(store, first=first), replace=True)


async def _approve(visit: Visit) -> None:
    visit.known.must(Ask.CLOSE_PERIODS)
    seen, first = _carried(visit.value)

    def approve(store: SellerStore) -> Card:
        issued, refused = _issue(store, visit, [seen])
        return _queue(store, first=first, said=approved_words(issued, refused))

    await visit.answer(approve, replace=True)


async def _approve_usual(visit: Visit) -> None:
    visit.known.must(Ask.CLOSE_PERIODS)
    every = [_seen(part.split("|")) for part in visit.value.split(";")]

    def approve(store: SellerStore) -> Card:
        issued, refused = _issue(store, visit, every, unless_held=True)
        return _queue(store, said=approved_words(issued, refused))

    await visit.answer(approve, replace=True)


async def _hold(visit: Visit) -> None:
    visit.known.must(Ask.CLOSE_PERIODS)
    seen, first = _carried(visit.value)

    def hold(store: SellerStore) -> Card:
        view = hold_draft(store, seen.draft_id, why="Held in Slack", by=visit.known.name)
        return _queue(store, first=first, said=[say("Held: the draft for {customer}.", customer=view.customer.name)])

    await visit.answer(hold, replace=True)


async def _lines(visit: Visit) -> None:
    visit.known.must(Ask.CLOSE_PERIODS)
    seen, _ = _carried(visit.value)

    def window(store: SellerStore) -> Block:
        return draft_window(draft_shown(show_draft(store, seen.draft_id)))

    await visit.window(window)


def _queue(store: SellerStore, *, first: int = 0, said: Sequence[str] = ()) -> Card:
    shown = [draft_shown(view) for view in list_drafts(store)]
    first = first if first < len(shown) else 0
    return draft_queue(shown, first=first, said=said)


def _issue(
    store: SellerStore, visit: Visit, every: Sequence[Seen], *, unless_held: bool = False
) -> tuple[list[Invoice], list[str]]:
    """Each is bound to what was seen of it; one that says something else by now keeps no other from going out."""
    issued: list[Invoice] = []
    refused: list[str] = []
    for seen in every:
        try:
            issued.append(
                approve_draft(
                    store,
                    seen.draft_id,
                    by=visit.known.name,
                    now=visit.now,
                    seen=seen.fingerprint,
                    position=seen.position,
                    unless_held=unless_held,
                )
            )
        except Busy:
            raise
        except Refused as no:
            refused.append(said_of(no.saying))
    return issued, refused


def _carried(value: str) -> tuple[Seen, int]:
    parts = value.split("|")
    return _seen(parts[:3]), _whole("".join(parts[3:]))


def _seen(parts: Sequence[str]) -> Seen:
    try:
        draft_id, position, fingerprint = parts
        return Seen(UUID(draft_id), int(position), fingerprint)
    except ValueError:
        raise Refused(_OLDER) from None


def _whole(written: str) -> int:
    if not written.isdecimal():
        raise Refused(_OLDER)
    return int(written)
