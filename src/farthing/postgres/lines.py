"""An invoice's lines as rows and back, every digit as it was."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from farthing.core.money import Currency, Money
from farthing.core.period import Period
from farthing.core.pricing.step import Step
from farthing.core.rating.line import Line, Share, Slice
from farthing.postgres.written import write_json


def line_columns(lines: Sequence[Line]) -> dict[str, list[Any]]:
    """The lines as one list for each column, numbered from 1."""
    return {
        "numbers": list(range(1, len(lines) + 1)),
        "price_keys": [line.price_key for line in lines],
        "names": [line.name for line in lines],
        "starts": [line.period.start for line in lines],
        "ends": [line.period.end for line in lines],
        "quantities": [line.quantity for line in lines],
        "units": [line.unit for line in lines],
        "steps": [_written_steps(line) for line in lines],
        "minors": [line.amount.minor for line in lines],
        "advances": [line.advance for line in lines],
        "days": [None if line.share is None else line.share.days for line in lines],
        "of_days": [None if line.share is None else line.share.of_days for line in lines],
    }


def line_from(row: Any, *, in_currency: Currency) -> Line:
    """The line in a row of farthing.invoice_line, joined with its slice when it has one."""
    return Line(
        price_key=row.price_key,
        name=row.name,
        period=Period(row.period_start, row.period_end),
        quantity=row.quantity,
        unit=row.unit,
        steps=tuple(_step(written) for written in row.steps),
        step_amounts=tuple(Money(written["minor"], in_currency) for written in row.steps),
        amount=Money(row.minor, in_currency),
        advance=row.advance,
        share=None if row.days is None else Share(row.days, row.of_days),
        slice=None if row.charge_id is None else slice_from(row),
    )


def slice_from(row: Any) -> Slice:
    """The slice in a row of farthing.slice."""
    return Slice(
        charge_id=row.charge_id,
        revision=row.revision,
        after=row.after,
        to=row.upto,
        quantity=row.slice_quantity,
        events=row.events,
    )


def _written_steps(line: Line) -> str:
    """Numbers as text, so that they come back with the digits they had."""
    return write_json(
        [
            {
                "units": str(step.units),
                "unit_price": str(step.unit_price),
                "flat": str(step.flat),
                "above": None if step.above is None else str(step.above),
                "up_to": None if step.up_to is None else str(step.up_to),
                "minor": amount.minor,
            }
            for step, amount in zip(line.steps, line.step_amounts, strict=True)
        ]
    )


def _step(written: Mapping[str, Any]) -> Step:
    return Step(
        units=Decimal(written["units"]),
        unit_price=Decimal(written["unit_price"]),
        flat=Decimal(written["flat"]),
        above=None if written["above"] is None else Decimal(written["above"]),
        up_to=None if written["up_to"] is None else Decimal(written["up_to"]),
    )
