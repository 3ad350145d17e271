"""What an invoice says, worded and formatted: the text of its pages, before it is laid out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from farthing.core.billing import frozen_cycle
from farthing.core.exact import Exact
from farthing.core.explaining import Explainer
from farthing.core.invoicing.below_lines import below_lines
from farthing.core.invoicing.invoice import Invoice, issuer
from farthing.core.invoicing.letterhead import EMPTY
from farthing.core.metering.words import unit_of
from farthing.core.money import Currency, Money, plain
from farthing.core.parties import Customer, Mode, Seller
from farthing.core.period import Wall
from farthing.core.pricing.event_priced import EventPriced
from farthing.core.pricing.flat import Flat
from farthing.core.pricing.free import Free
from farthing.core.pricing.matrix import Matrix
from farthing.core.pricing.package import Package
from farthing.core.pricing.per_unit import PerUnit
from farthing.core.pricing.percentage import Percentage
from farthing.core.pricing.shapes import Shape
from farthing.core.rating.arithmetic import Arithmetic, CellRows, Row, Writing
from farthing.core.rating.line import Line, LineKind
from farthing.core.rating.written import percent
from farthing.documents.display import (
    LANGUAGE,
    amount,
    amount_with_code,
    day,
    days_of,
    exact,
    interval,
    number,
    operand,
)
from farthing.documents.fonts import legible

# A line, or a group of it, with more rows than this may run over a page's end; a shorter one stays whole.
MOST_ROWS_KEPT_TOGETHER = 9
# A line with more groups than this has them in the annex.
MOST_GROUPS_ON_THE_LINE = 4


def invoice_content(invoice: Invoice, customer: Customer, seller: Seller, explainer: Explainer) -> dict[str, Any]:
    """All text of the invoice but the annex, ready to be laid out; names are cleaned of what cannot be drawn."""
    assert invoice.draft.customer_id == customer.customer_id, f"{invoice.number} is not for {customer.key}"
    frozen = invoice.draft.frozen
    zone, wall = str(frozen["zone"]), frozen_cycle(invoice.draft)
    number_shown = legible(invoice.number)
    lines = [_line(line, explainer, wall=wall) for line in invoice.draft.lines]
    below, by = below_lines(invoice.draft, written=amount), issuer(invoice.draft)
    letterhead = EMPTY if by is None else by.letterhead
    if lines:
        lines[-1]["spans"] = _kept_with_total(lines[-1]["spans"])
    return {
        "language": LANGUAGE,
        "heading": "Invoice",
        "number": number_shown,
        "title": f"Invoice {number_shown}",
        "seller": legible(seller.entity.name if by is None else by.name) or legible(seller.entity.key),
        "seller_lines": [legible(line) for line in (*letterhead.address.written, *map(str, letterhead.tax_ids))],
        "sandbox": "Sandbox: not a real invoice" if seller.mode is Mode.SANDBOX else "",
        "billed_to": "Billed to",
        "customer": legible(customer.name) or legible(customer.key),
        "customer_key": legible(customer.key),
        "facts": [
            ["Invoice number", number_shown],
            ["Issue date", day(invoice.issued_on)],
            ["Due date", day(invoice.due_on)],
            ["Period", _period_billed(invoice, wall=wall)],
        ],
        "due_now": [_what_is_due(invoice), amount_with_code(invoice.due)],
        "columns": ["Description", "Quantity", "Price", f"Amount ({invoice.draft.currency.code})"],
        "lines": lines,
        "before_total": [[legible(label), amount(money)] for label, money in below.before],
        "total": ["Total", amount_with_code(invoice.total)],
        "after_total": [[legible(label), amount(money)] for label, money in below.after],
        "closing": [
            legible(line) for text in (letterhead.bank, letterhead.legal_text) for line in text.split("\n") if line
        ],
        "footer": [
            [f"Invoice {number_shown}", _rests_on(frozen)],
            [
                f"Periods in {zone}",
                f"Issue and due dates in {seller.entity.in_zone}",
                f"Time zones of tzdata {frozen['zone_database']}",
            ],
        ],
        "page_of": ["Page", "of"],
    }


def _rests_on(frozen: Mapping[str, Any]) -> str:
    if "plan_key" not in frozen:
        return "Billed by itself"
    return f"Plan {legible(str(frozen['plan_key']))}, version {frozen['plan_version']}"


def _period_billed(invoice: Invoice, *, wall: Wall) -> str:
    """The period whose end the invoice closes; where it only charges ahead, the period it charges for."""
    ended = [line.period for line in invoice.draft.lines if not line.advance and line.origin is None]
    periods = ended or [line.period for line in invoice.draft.lines]
    if not periods:
        return day(invoice.issued_on)
    first = min(period.first_day(in_zone=wall) for period in periods)
    return interval(first, max(period.last_day(in_zone=wall) for period in periods))


def _what_is_due(invoice: Invoice) -> str:
    if invoice.due.minor > 0:
        return f"Amount due by {day(invoice.due_on)}"
    return "In your favour" if invoice.due else "Nothing to pay"


def writing_in(currency: Currency) -> Writing:
    """How sums are written on paper: amounts with the currency's decimals."""
    return Writing(times="×", number=operand, price=lambda price: _price(price, currency))


def in_groups(line: Line) -> bool:
    """Whether a line has so many groups that they are shown in the annex."""
    return len(line.cells) > MOST_GROUPS_ON_THE_LINE


LONGEST_GROUP = 1000


def group_rows(cell: CellRows, line: Line) -> list[dict[str, Any]]:
    """A group's rows: whose it is, and how its part of the line comes about."""
    rows = _rows_of(cell, line)
    # A customer's own key may be of any length; a page holds the beginning of it.
    named = legible(cell.of if len(cell.of) <= LONGEST_GROUP else f"{cell.of[: LONGEST_GROUP - 1]}…")
    if len(rows) == 1 and len(cell.steps) == 1:
        return [rows[0] | {"label": named, "heads": True}]
    units = " ".join(part for part in (operand(cell.measured), legible(unit_of(cell.measured, line.unit))) if part)
    together = Money(parts_of(cell), line.amount.currency)
    return [
        {
            "label": named,
            "sum": units,
            "share": "" if line.rate else amount(together),
            "heads": True,
            "nested": False,
        },
        *(row | {"share": "", "nested": True} for row in rows),
    ]


def parts_of(cell: CellRows) -> int:
    """A group's part of the rounded amount, in minor units."""
    return sum(row.part.minor for row in cell.rows if row.part is not None)


def quantity_text(line: Line) -> str:
    """How much a line is about, and its unit."""
    return " ".join(part for part in (operand(line.quantity), legible(unit_of(line.quantity, line.unit))) if part)


def _line(line: Line, explainer: Explainer, *, wall: Wall) -> dict[str, Any]:
    steps = _arithmetic(line, explainer)
    return {
        "name": legible(line.name) or legible(line.price_key),
        "note": " · ".join([days_of(line.period, in_zone=wall), *_events(line), *_said_of(line)]),
        "quantity": "" if line.kind in (LineKind.TRUE_UP, LineKind.OVERAGE) else quantity_text(line),
        "priced": _how_priced(line, explainer),
        "amount": amount(line.amount),
        "steps": steps,
        "spans": _spans(steps),
    }


def _spans(steps: Sequence[Mapping[str, Any]]) -> list[int]:
    """How many rows, one below the other, no page's end may part: the line with its first step, then group by group."""
    if 1 + len(steps) <= MOST_ROWS_KEPT_TOGETHER:
        return [1 + len(steps)]
    spans = [1]
    for place, step in enumerate(steps):
        if spans[-1] < MOST_ROWS_KEPT_TOGETHER and (place == 0 or step["nested"]):
            spans[-1] += 1
        else:
            spans.append(1)
    return spans


def _kept_with_total(spans: list[int]) -> list[int]:
    """The same, with as many rows at the end as stay with the total taken together.

    >>> _kept_with_total([2, 4, 4]), _kept_with_total([3])
    ([2, 8], [3])
    """
    last = 0
    while spans and last + spans[-1] <= MOST_ROWS_KEPT_TOGETHER:
        last, spans = last + spans[-1], spans[:-1]
    return [*spans, last] if last else spans


def _events(line: Line) -> list[str]:
    if line.slice is None:
        return []
    return ["1 event" if line.slice.events == 1 else f"{number(line.slice.events)} events"]


def _said_of(line: Line) -> list[str]:
    """Why it is there, and whose word that is, where no price says so."""
    return [legible(line.note)] if line.note else []


def _how_priced(line: Line, explainer: Explainer) -> str:
    """The price in a few words, for the narrow column."""
    frozen = explainer.price_of(line)
    match line.kind:
        case LineKind.TRUE_UP:
            return "missing to what was committed"
        case LineKind.OVERAGE:
            return "beyond what was committed"
        case LineKind.FEE | LineKind.ONCE:
            when = "once" if line.kind is LineKind.ONCE else "in advance" if line.advance else "in arrears"
        case _:
            when = ""
    if frozen is None:
        return when
    priced = _shape_in_words(frozen.price.shape, line)
    unit = frozen.price.unit_of_account
    said = priced if unit is None else f"{priced}, in {legible(unit.key)}"
    return f"{said}, {when}" if when else said


def _shape_in_words(shape: Shape, line: Line) -> str:
    currency = line.amount.currency
    match shape:
        case Flat(fee=fee):
            return f"{_price(fee, currency)} flat"
        case PerUnit(unit=unit):
            return f"{_price(unit, currency)} per unit"
        case Package(price=price, size=size):
            return f"{_price(price, currency)} per {number(size)}"
        case Percentage(rate=rate, per_event=per_event):
            return percent(rate) + (f" + {_price(per_event, currency)} per event" if per_event else "")
        case EventPriced(multiplier=multiplier):
            return "as the events say" if multiplier == 1 else f"as the events say, × {number(multiplier)}"
        case Matrix(by=by):
            return f"by {legible(' and '.join(by))}"
        case Free():
            return "free"
    return f"{shape.kind.replace('_', ' ')}, by tier"


def _arithmetic(line: Line, explainer: Explainer) -> list[dict[str, Any]]:
    """A row for each step: what it is, the sum, and its part of the rounded amount."""
    if line.kind is LineKind.ITEM:
        return []
    share = line.share
    whole = share is None or share.days == share.of_days
    is_plain = not line.modifications and line.rate is None and len(line.cells) == 1
    if isinstance(_shape(line, explainer), Flat) and whole and is_plain:
        return []
    sums = explainer.arithmetic_of(line, writing=writing_in(line.amount.currency))
    return [*_cells(line, sums), *_after(line, sums)]


def _cells(line: Line, sums: Arithmetic) -> list[dict[str, Any]]:
    if not sums.parted:
        return [row for cell in sums.cells for row in _rows_of(cell, line)]
    if in_groups(line):
        return [
            {
                "label": f"{len(line.cells):,} groups",
                "sum": "each in the annex",
                "share": "",
                "heads": False,
                "nested": False,
            }
        ]
    return [row for cell in sums.cells for row in group_rows(cell, line)]


def _rows_of(cell: CellRows, line: Line) -> list[dict[str, Any]]:
    quantities = [_row(row, line, of_money=False) for row in cell.quantities]
    return [*quantities, *(_row(row, line) for row in (*cell.steps, *cell.modified))]


def _after(line: Line, sums: Arithmetic) -> list[dict[str, Any]]:
    """What is done to all steps together; their plain sum is the line's amount, and stands beside its name."""
    if not line.modifications and line.rate is None and not in_groups(line):
        return []
    rows = [_row(row, line) for row in sums.after]
    if line.rate is not None:
        # All above it counts in the unit; what that is worth is the line's amount.
        rows[-1]["share"] = amount(line.amount)
    return rows


def _row(row: Row, line: Line, *, of_money: bool = True) -> dict[str, Any]:
    equals = ""
    if row.equals is not None:
        equals = exact(row.equals, line.amount.currency) if of_money else operand(row.equals)
    return {
        "label": legible(row.who),
        "sum": " = ".join(dict.fromkeys(part for part in (legible(row.sum), equals) if part)),
        "share": "" if row.part is None or line.rate is not None else amount(row.part),
        # Whether it begins a group, and whether it stands below one.
        "heads": False,
        "nested": False,
    }


def _price(price: Exact, currency: Currency) -> str:
    """A price or an amount that is reckoned with, with at least the currency's decimals."""
    return operand(price) if "/" in plain(price) else exact(price, currency)


def _shape(line: Line, explainer: Explainer) -> Shape | None:
    frozen = explainer.price_of(line)
    return None if frozen is None else frozen.price.shape
