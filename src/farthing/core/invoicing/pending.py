"""A draft that waits: for its grace to pass, or for a person; and what people wrote on it meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from farthing.core.ids import content_hash
from farthing.core.invoicing.invoice import Draft
from farthing.core.metering.event import canonical
from farthing.core.money import Money, plain
from farthing.core.period import Period, local_date, start_of_day
from farthing.core.pricing.step import Step, StepKind
from farthing.core.rating.line import Cell, Line, LineKind


class DraftState(StrEnum):
    """What a draft waits for."""

    WAITING = "waiting"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Edit:
    """An amount that a person put on a draft, and why; it becomes a line of its own, and overwrites nothing."""

    number: int
    name: str
    amount: Money
    why: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Pending:
    """A draft that is not issued yet, by the moment that it bills, or by its `parts` where it bills several.

    Those are a subscription and an instant each; they stay the same, and `customer_id` is who gets the whole of it.
    """

    invoice_id: UUID
    subscription_id: UUID | None
    billed_at: datetime
    opened_at: datetime
    issue_at: datetime
    state: DraftState
    reasons: tuple[str, ...] = ()
    edits: tuple[Edit, ...] = ()
    customer_id: UUID | None = None
    parts: tuple[tuple[UUID, datetime], ...] = ()

    @property
    def moments(self) -> tuple[tuple[UUID, datetime], ...]:
        """What it bills: of which subscription, and when."""
        return self.parts if self.subscription_id is None else ((self.subscription_id, self.billed_at),)

    def may_go(self, *, now: datetime) -> bool:
        """Whether nobody holds it and its grace has passed."""
        return self.state is DraftState.WAITING and now >= self.issue_at


def item_line(name: str, amount: Money, *, at: datetime, in_zone: str, note: str, key: str) -> Line:
    """A line that a person writes: once so much, on a local day."""
    day = local_date(at, in_zone=in_zone)
    period = Period(start_of_day(day, in_zone=in_zone), start_of_day(day + timedelta(days=1), in_zone=in_zone))
    one = Decimal(1)
    step = Step(one, amount.amount, kind=StepKind.UNITS)
    cell = Cell((), one, one, 0, (step,), (amount,))
    return Line(key, name, period, one, "", (cell,), amount, LineKind.ITEM, note=note)


def edit_line(edit: Edit, *, at: datetime, in_zone: str) -> Line:
    """The line that an edit becomes; it says who wrote it and why."""
    return item_line(
        edit.name, edit.amount, at=at, in_zone=in_zone, note=f"{edit.why} ({edit.by})", key=f"edit {edit.number}"
    )


def fingerprint(draft: Draft) -> str:
    """What a person saw of a draft, in a few characters; another figure makes another one.

    An approval carries it, so that nobody approves what they did not see.
    """
    said = {
        "invoice": str(draft.invoice_id),
        "lines": [
            [line.price_key, line.period.start.isoformat(), line.kind.value, plain(line.quantity), line.amount.minor]
            for line in draft.lines
        ],
        "total": draft.total.minor,
        "due": draft.due.minor,
    }
    return content_hash(canonical(said).encode()).hex[:16]
