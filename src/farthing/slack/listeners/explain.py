"""*Explain*: a window that goes from an invoice to a line, its days, its events, and down to one event."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from slack_bolt.async_app import AsyncApp

from farthing.core.refused import Refused, Unknown
from farthing.core.saying import message
from farthing.slack.desk import Desk
from farthing.slack.hearing import listener
from farthing.slack.presenting import day_of, events_shown, line_shown
from farthing.slack.views.blocks import Block
from farthing.slack.views.explain import (
    days_explained,
    event_explained,
    events_explained,
    invoice_explained,
    line_explained,
)
from farthing.slack.visit import Visit
from farthing.usecases.explain_line import explain_line, line_events
from farthing.usecases.ports import SellerStore
from farthing.usecases.show_invoices import show_invoice

PAGE = 10


@dataclass(frozen=True, slots=True)
class Place:
    """Where in an explanation a button leads; ids only, looked up anew with the rights of whoever clicks."""

    invoice_id: UUID
    line: int
    day: date | None
    after: int

    @classmethod
    def of(cls, value: str) -> Place:
        """The place that a button carries."""
        parts = [*value.split("|"), "", "", ""]
        try:
            return cls(UUID(parts[0]), int(parts[1] or 0), day_of(parts[2]), int(parts[3] or 0))
        except ValueError:
            raise Refused(message("That button is from an older version; open the explanation again.")) from None


def register(app: AsyncApp, desk: Desk) -> None:
    """Hear every button of the window, and the one on an invoice's card that opens it."""
    for action in ("explain_invoice", "explain_back"):
        app.action(action)(listener(desk, _invoice))
    for action in ("explain_line", "explain_cells_next", "explain_cells_first"):
        app.action(action)(listener(desk, _line))
    app.action("explain_days")(listener(desk, _days))
    for action in ("explain_day", "explain_events", "explain_events_next", "explain_events_first"):
        app.action(action)(listener(desk, _events))
    app.action("explain_event")(listener(desk, _event))


def invoice_window(store: SellerStore, visit: Visit, number_or_id: str | UUID) -> Block:
    """The window's first page."""
    view = show_invoice(store, number_or_id, person=visit.known)
    return invoice_explained(view.customer, view.invoice)


def line_window(store: SellerStore, visit: Visit, number_or_id: str | UUID, line: int, *, first: int = 0) -> Block:
    """A line's page; of many groups those from the `first` on."""
    return line_explained(line_shown(explain_line(store, number_or_id, line, person=visit.known)), first=first)


async def _invoice(visit: Visit) -> None:
    place = Place.of(visit.value)
    await visit.window(lambda store: invoice_window(store, visit, place.invoice_id))


async def _line(visit: Visit) -> None:
    place = Place.of(visit.value)
    await visit.window(lambda store: line_window(store, visit, place.invoice_id, place.line, first=place.after))


async def _days(visit: Visit) -> None:
    place = Place.of(visit.value)
    await visit.window(
        lambda store: days_explained(line_shown(explain_line(store, place.invoice_id, place.line, person=visit.known)))
    )


async def _events(visit: Visit) -> None:
    place = Place.of(visit.value)
    await visit.window(lambda store: _events_page(store, visit, place))


async def _event(visit: Visit) -> None:
    place = Place.of(visit.value)
    await visit.window(lambda store: _event_page(store, visit, place))


def _events_page(store: SellerStore, visit: Visit, place: Place) -> Block:
    explanation = explain_line(store, place.invoice_id, place.line, person=visit.known)
    events = line_events(
        store,
        place.invoice_id,
        place.line,
        person=visit.known,
        day=place.day,
        after_position=place.after,
        limit=PAGE + 1,
    )
    return events_explained(
        line_shown(explanation),
        events_shown(explanation, events[:PAGE]),
        day=place.day,
        after=place.after,
        more=len(events) > PAGE,
    )


def _event_page(store: SellerStore, visit: Visit, place: Place) -> Block:
    explanation = explain_line(store, place.invoice_id, place.line, person=visit.known)
    found = line_events(
        store,
        place.invoice_id,
        place.line,
        person=visit.known,
        after_position=max(0, place.after - 1),
        limit=1,
    )
    if not found or found[0].position != place.after:
        raise Unknown(message("That event is not behind this line; open the explanation again."))
    return event_explained(line_shown(explanation), events_shown(explanation, found)[0], day=place.day)
