"""An invoice's lines as rows and back, every digit as it was."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from farthing.core.exact import Exact, settled
from farthing.core.money import Currency, Money
from farthing.core.period import Period
from farthing.core.pricing.modifiers import Modification, ModificationKind
from farthing.core.pricing.plan import CustomUnit
from farthing.core.pricing.step import Step, StepKind
from farthing.core.rating.line import Cell, Line, LineKind, Origin, Share, Slice
from farthing.postgres.written import listed, write_json


def line_columns(lines: Sequence[Line]) -> dict[str, list[Any] | str]:
    """The lines as one list for each column; those of JSON as one list in JSON."""
    return {
        "price_keys": [line.price_key for line in lines],
        "names": [line.name for line in lines],
        "starts": [line.period.start for line in lines],
        "ends": [line.period.end for line in lines],
        "quantities": [numerator(line.quantity) for line in lines],
        "units": [line.unit for line in lines],
        "steps": listed(_written_steps(line) for line in lines),
        "minors": [line.amount.minor for line in lines],
        "advances": [line.advance for line in lines],
        "days": [None if line.share is None else line.share.days for line in lines],
        "of_days": [None if line.share is None else line.share.of_days for line in lines],
        "quantities_of": [denominator(line.quantity) for line in lines],
        "share_units": ["days" if line.share is None else line.share.unit for line in lines],
        "kinds": [line.kind.value for line in lines],
        "cells": listed(_written_cells(line) for line in lines),
        "modified": listed(_written_modifications(line) for line in lines),
        "parts": listed(None if line.part is None else _written_share(line.part) for line in lines),
        "rates": listed(None if line.rate is None else _written_rate(line.rate) for line in lines),
        "origins": [None if line.origin is None else line.origin.invoice_id for line in lines],
        "origin_lines": [None if line.origin is None else line.origin.line_number for line in lines],
        "notes": [line.note for line in lines],
        "tax_categories": [line.tax_category for line in lines],
        "in_parts": [line.in_part for line in lines],
    }


def line_from(row: Any, *, in_currency: Currency) -> Line:
    """The line in a row of farthing.invoice_line, joined with its slice when it has one."""
    slice_ = None if row.charge_id is None else slice_from(row)
    quantity = exact_from(row.quantity, row.quantity_of)
    return Line(
        price_key=row.price_key,
        name=row.name,
        period=Period(row.period_start, row.period_end),
        quantity=quantity,
        unit=row.unit,
        cells=tuple(_cells(row, quantity, 0 if slice_ is None else slice_.events, in_currency=in_currency)),
        amount=Money(row.minor, in_currency),
        kind=LineKind(row.kind or ("usage" if row.days is None else "fee")),
        advance=row.advance,
        share=None if row.days is None else Share(row.days, row.of_days, row.share_unit),
        part=None if row.part is None else Share(row.part["days"], row.part["of_days"], row.part["unit"]),
        slice=slice_,
        modifications=tuple(
            Modification(
                ModificationKind(written["kind"]),
                _exact(written["exact"]),
                tuple((name, value) for name, value in written["of"]),
            )
            for written in row.modified
        ),
        modification_amounts=tuple(Money(written["minor"], in_currency) for written in row.modified),
        rate=None if row.rate is None else CustomUnit(row.rate["key"], Decimal(row.rate["rate"])),
        origin=None if row.origin_id is None else Origin(row.origin_id, row.origin_line),
        note=row.note,
        tax_category=row.tax_category,
        in_part=row.in_part,
    )


def slice_from(row: Any) -> Slice:
    """The slice in a row of farthing.slice."""
    return Slice(
        charge_id=row.charge_id,
        revision=row.revision,
        after=row.after,
        to=row.upto,
        quantity=exact_from(row.slice_quantity, row.slice_quantity_of),
        events=row.events,
        event_type=row.event_type or "",
    )


def numerator(number: Exact) -> Decimal:
    """The number itself when its digits end, else what is divided by its denominator."""
    return number if isinstance(number, Decimal) else Decimal(number.numerator)


def denominator(number: Exact) -> Decimal:
    """1 when its digits end."""
    return Decimal(1) if isinstance(number, Decimal) else Decimal(number.denominator)


def exact_from(upper: Decimal, lower: Decimal) -> Exact:
    """The number that two columns keep."""
    return upper if lower == 1 else settled(Fraction(int(upper), int(lower)))


def _written(number: Exact) -> str:
    return str(number)


def _exact(written: str) -> Exact:
    return settled(Fraction(written)) if "/" in written else Decimal(written)


def _written_steps(line: Line) -> str:
    """Numbers as text, so that they come back with the digits they had."""
    return write_json(
        [
            {
                "units": _written(step.units),
                "unit_price": _written(step.unit_price),
                "flat": _written(step.flat),
                "above": None if step.above is None else _written(step.above),
                "up_to": None if step.up_to is None else _written(step.up_to),
                "kind": step.kind.value,
                "minor": amount.minor,
            }
            for step, amount in zip(line.steps, line.step_amounts, strict=True)
        ]
    )


def _step(written: Mapping[str, Any]) -> Step:
    return Step(
        units=_exact(written["units"]),
        unit_price=_exact(written["unit_price"]),
        flat=Decimal(written["flat"]),
        above=None if written["above"] is None else Decimal(written["above"]),
        up_to=None if written["up_to"] is None else Decimal(written["up_to"]),
        kind=StepKind(written.get("kind") or ("units" if written["above"] is None else "tier")),
    )


def _written_cells(line: Line) -> str:
    """The cells without their steps; each says how many of the line's steps are its own."""
    return write_json(
        [
            {
                "of": [list(pair) for pair in cell.of],
                "measured": _written(cell.measured),
                "quantity": _written(cell.quantity),
                "events": cell.events,
                "before": None if cell.before is None else _written(cell.before),
                "steps": len(cell.steps),
            }
            for cell in line.cells
        ]
    )


def _cells(row: Any, quantity: Exact, events: int, *, in_currency: Currency) -> Iterator[Cell]:
    steps = [_step(written) for written in row.steps]
    amounts = [Money(written["minor"], in_currency) for written in row.steps]
    if row.cells is None:  # Kept before lines had cells.
        yield Cell((), quantity, quantity, events, tuple(steps), tuple(amounts))
        return
    first = 0
    for written in row.cells:
        last = first + written["steps"]
        yield Cell(
            of=tuple((name, value) for name, value in written["of"]),
            measured=_exact(written["measured"]),
            quantity=_exact(written["quantity"]),
            events=written["events"],
            steps=tuple(steps[first:last]),
            amounts=tuple(amounts[first:last]),
            before=None if written["before"] is None else _exact(written["before"]),
        )
        first = last


def _written_modifications(line: Line) -> str:
    if not line.modifications:
        return "[]"
    return write_json(
        [
            {
                "kind": modification.kind.value,
                "exact": _written(modification.exact),
                "of": [list(pair) for pair in modification.of],
                "minor": amount.minor,
            }
            for modification, amount in zip(line.modifications, line.modification_amounts, strict=True)
        ]
    )


def _written_share(share: Share) -> str:
    return write_json({"days": share.days, "of_days": share.of_days, "unit": share.unit})


def _written_rate(rate: CustomUnit) -> str:
    return write_json({"key": rate.key, "rate": str(rate.rate)})
