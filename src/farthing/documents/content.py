"""What an invoice says, worded and formatted: the text of its pages, before it is laid out."""

from __future__ import annotations

from typing import Any

from farthing.core.invoicing.invoice import Invoice
from farthing.core.parties import Customer, Mode, Seller
from farthing.core.pricing.step import Step
from farthing.core.rating.line import Line, exact_amount
from farthing.documents.display import LANGUAGE, amount, amount_with_code, day, days_of, exact, interval, number
from farthing.documents.fonts import legible

# A line with more tiers than this may run over a page's end; a shorter one stays whole.
MOST_ROWS_KEPT_TOGETHER = 9


def invoice_content(invoice: Invoice, customer: Customer, seller: Seller) -> dict[str, Any]:
    """All text of the invoice but the annex, ready to be laid out; names are cleaned of what cannot be drawn."""
    assert invoice.draft.customer_id == customer.customer_id, f"{invoice.number} is not for {customer.key}"
    frozen = invoice.draft.frozen
    zone = str(frozen["zone"])
    number_shown = legible(invoice.number)
    lines = [_line(line, zone=zone) for line in invoice.draft.lines]
    if lines:
        lines[-1]["kept"] = min(lines[-1]["rows"], MOST_ROWS_KEPT_TOGETHER)
    return {
        "language": LANGUAGE,
        "heading": "Invoice",
        "number": number_shown,
        "title": f"Invoice {number_shown}",
        "seller": legible(seller.entity.name) or legible(seller.entity.key),
        "sandbox": "Sandbox: not a real invoice" if seller.mode is Mode.SANDBOX else "",
        "billed_to": "Billed to",
        "customer": legible(customer.name) or legible(customer.key),
        "customer_key": legible(customer.key),
        "facts": [
            ["Invoice number", number_shown],
            ["Issue date", day(invoice.issued_on)],
            ["Due date", day(invoice.due_on)],
            ["Period", _period_billed(invoice, zone=zone)],
        ],
        "due_now": [_what_is_due(invoice), amount_with_code(invoice.total)],
        "columns": ["Description", "Quantity", "Price", f"Amount ({invoice.draft.currency.code})"],
        "lines": lines,
        "total": ["Total", amount_with_code(invoice.total)],
        "footer": [
            [f"Invoice {number_shown}", f"Plan {legible(str(frozen['plan_key']))}, version {frozen['plan_version']}"],
            [
                f"Periods in {zone}",
                f"Issue and due dates in {seller.entity.in_zone}",
                f"Time zones of tzdata {frozen['zone_database']}",
            ],
        ],
        "page_of": ["Page", "of"],
    }


def _period_billed(invoice: Invoice, *, zone: str) -> str:
    """The period whose end the invoice closes; where it only charges ahead, the period it charges for."""
    ended = [line.period for line in invoice.draft.lines if not line.advance]
    periods = ended or [line.period for line in invoice.draft.lines]
    if not periods:
        return day(invoice.issued_on)
    first = min(period.first_day(in_zone=zone) for period in periods)
    return interval(first, max(period.last_day(in_zone=zone) for period in periods))


def _what_is_due(invoice: Invoice) -> str:
    if invoice.total.minor > 0:
        return f"Amount due by {day(invoice.due_on)}"
    return "In your favour" if invoice.total else "Nothing to pay"


def _line(line: Line, *, zone: str) -> dict[str, Any]:
    steps = _arithmetic(line)
    return {
        "name": legible(line.name) or legible(line.price_key),
        "note": " · ".join([days_of(line.period, in_zone=zone), *_events(line)]),
        "quantity": _quantity(line),
        "priced": _how_priced(line),
        "amount": amount(line.amount),
        "steps": steps,
        "rows": 1 + len(steps),
        # The first rows of a line that may not be torn apart.
        "kept": 1 + len(steps) if 1 + len(steps) <= MOST_ROWS_KEPT_TOGETHER else 2,
    }


def _events(line: Line) -> list[str]:
    if line.slice is None:
        return []
    return ["1 event" if line.slice.events == 1 else f"{number(line.slice.events)} events"]


def _quantity(line: Line) -> str:
    return " ".join(part for part in (number(line.quantity), legible(line.unit)) if part)


def _how_priced(line: Line) -> str:
    if line.share is not None:
        fee = " + ".join(exact(step.exact, line.amount.currency) for step in line.steps)
        return f"{fee} flat, {'in advance' if line.advance else 'in arrears'}"
    if len(line.steps) == 1 and line.steps[0].above is None:
        return f"{exact(line.steps[0].unit_price, line.amount.currency)} per unit"
    return "graduated, by tier"


def _arithmetic(line: Line) -> list[dict[str, str]]:
    """A row for each step: which tier it is, what is multiplied, and its share of the rounded amount."""
    currency = line.amount.currency
    if line.share is not None:
        if line.share.days == line.share.of_days:
            return []
        return [
            {
                "label": f"{line.share.days} of {line.share.of_days} days",
                "sum": f"{_product(step, line)} × {line.share.days}/{line.share.of_days} "
                f"= {exact(exact_amount([step], line.share), currency)}",
                "share": amount(part),
            }
            for step, part in zip(line.steps, line.step_amounts, strict=True)
        ]
    return [
        {
            "label": _tier(step),
            "sum": f"{_product(step, line)} = {exact(step.exact, currency)}",
            "share": amount(part),
        }
        for step, part in zip(line.steps, line.step_amounts, strict=True)
    ]


def _product(step: Step, line: Line) -> str:
    currency = line.amount.currency
    if line.share is not None:
        return exact(step.exact, currency)
    flat = f" + {exact(step.flat, currency)}" if step.flat else ""
    return f"{number(step.units)} × {exact(step.unit_price, currency)}{flat}"


def _tier(step: Step) -> str:
    if step.above is None:
        return "All units"
    if step.up_to is None:
        return "All units" if not step.above else f"Above {number(step.above)}"
    return f"Up to {number(step.up_to)}" if not step.above else f"{number(step.above)} to {number(step.up_to)}"
