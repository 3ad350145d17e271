"""However a period's usage is sliced, what is billed of it is what one invoice at its end would be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.core.billing import draft_of, measurements_wanted
from farthing.core.invoicing.invoice import Draft
from farthing.core.money import total
from farthing.core.pricing.plan import Plan
from farthing.core.rating.agreement import Agreement
from farthing.core.rating.line import Line, LineKind, Origin
from farthing.core.rating.rate import Used
from farthing.core.rating.slicing import BilledSlice, billed_before
from farthing.core.subscriptions.subscription import Moment
from tests.core.core_values import ACME, USD, Usage, at
from tests.core.rating.test_agreement import PLATFORM, TOKENS, january, plan

TIERS = [{"up_to": "10", "unit": "0.333"}, {"up_to": "100", "unit": "0.07", "flat": "1.5"}, {"unit": "0.0041"}]
SHAPES: dict[str, dict[str, Any]] = {
    "per_unit": {"shape": "per_unit", "unit": "0.0049"},
    "graduated": {"shape": "graduated", "tiers": TIERS},
    "volume": {"shape": "volume", "tiers": TIERS},
    "package": {"shape": "package", "size": "30", "price": "2.005", "included": "7"},
    "minimum": {"shape": "per_unit", "unit": "0.05", "minimum": "3"},
    "maximum": {"shape": "per_unit", "unit": "0.05", "maximum": "4", "discount": {"percent": "7"}},
    "matrix": {
        "shape": "matrix",
        "by": ["region"],
        "cells": [{"when": ["eu"], "shape": "graduated", "tiers": TIERS}],
        "default": {"shape": "per_unit", "unit": "0.011"},
    },
}
FLOOR = {"key": "floor", "name": "Agreed", "amount": "40", "overage": "1.2"}

# Some events, and after each of them whether what has accrued is billed.
events = st.lists(st.tuples(st.integers(-20, 60), st.sampled_from(["eu", "us"]), st.booleans()), max_size=9)
CUT = at("2026-01-20")


def sliced(of: Plan, happened: Sequence[tuple[int, str, bool]], *, slicing: bool) -> list[Draft]:
    """The invoices of January: one for each slice with something on it, and the one of its end."""
    agreement = Agreement.plain(january(), of)
    period = january().period_at(at("2026-01-02"))
    assert period is not None
    usage, made, billed = Usage(), list[Draft](), dict[UUID, list[BilledSlice]]()
    last = Moment(period.end, ended=period, begins=None)
    so_far = Moment(CUT, ended=None, begins=None, so_far=period)
    for number, region, cut in happened:
        usage.add(at("2026-01-15"), tokens=number, region=region)
        if cut and slicing:
            made.append(_draft(agreement, so_far, usage, billed))
    made.append(_draft(agreement, last, usage, billed))
    return made


def _draft(agreement: Agreement, moment: Moment, usage: Usage, billed: dict[UUID, list[BilledSlice]]) -> Draft:
    to = len(usage.kept)
    used = {
        charge: Used(usage.measure(one.this, customer_id=ACME, to_position=to))
        for charge, one in measurements_wanted(agreement, moment).items()
    }
    before = {charge: billed_before(slices) for charge, slices in billed.items()}
    draft = draft_of(agreement, moment, used, billed_already=before)
    for number, line in enumerate(draft.lines, start=1):
        if line.slice is not None:
            nothing = line.amount - line.amount
            piece = BilledSlice(Origin(uuid4(), number), line.slice, line.amount, nothing)
            billed.setdefault(line.slice.charge_id, []).append(piece)
    return draft


def lines(drafts: Sequence[Draft]) -> list[Line]:
    """Those of all invoices."""
    return [line for draft in drafts for line in draft.lines]


@pytest.mark.parametrize("shape", SHAPES)
@given(happened=events)
def test_any_slicing_bills_what_one_invoice_would(shape: str, happened: list[tuple[int, str, bool]]) -> None:
    of = plan(PLATFORM, {"key": "tokens", "name": "Tokens", "meter": "tokens"} | SHAPES[shape], commitments=[FLOOR])
    once, often = sliced(of, happened, slicing=False), sliced(of, happened, slicing=True)
    by_key = [
        {
            key: total([line.amount for line in lines(drafts) if line.price_key == key], in_currency=USD)
            for key in ("tokens", "floor")
        }
        for drafts in (once, often)
    ]
    assert by_key[0] == by_key[1]
    asked = [line for draft in often[:-1] for line in draft.lines if line.kind is not LineKind.USAGE]
    assert asked == [], "what a commitment asks for stands on the last slice alone"
    assert all(line.amount.minor > 0 for draft in often[:-1] for line in draft.lines), "a negative slice waits"
    pieces = [line.slice for line in lines(often) if line.slice is not None]
    assert [piece.after for piece in pieces] == [0, *(piece.to for piece in pieces[:-1])]
    assert sum(piece.events for piece in pieces) == len(happened)
    assert sum(piece.quantity for piece in pieces) == sum(number for number, _, _ in happened)
    for line in lines(often):
        amount, parts = line.rounded()
        assert (amount, parts) == (line.amount, (*line.step_amounts, *line.modification_amounts))


def test_a_void_ends_a_revision_and_the_next_takes_off_what_still_stands() -> None:
    [draft] = sliced(plan(TOKENS), [(100, "eu", False)], slicing=False)
    [line] = draft.lines
    assert line.slice is not None
    zero, first = line.amount - line.amount, line.slice
    stands = BilledSlice(Origin(uuid4(), 1), first, line.amount, zero)
    gone = BilledSlice(Origin(uuid4(), 1), first, line.amount, zero, voided=True)
    after_both = billed_before([stands, gone])
    assert (after_both.revision, after_both.after, after_both.quantity) == (1, 0, 0)
    assert after_both.amount == line.amount
    credited = billed_before([BilledSlice(Origin(uuid4(), 1), first, line.amount, line.amount)])
    assert (credited.revision, credited.after, credited.amount) == (0, first.to, zero)


def test_what_is_held_or_averaged_waits_for_the_end_of_its_period() -> None:
    meters = {"disk": {"event_type": "inference", "measure": "average", "property": "tokens", "version": 1}}
    price = {"key": "disk", "name": "Disk", "meter": "disk", "shape": "per_unit", "unit": "1"}
    drafts = sliced(plan(price, meters=meters), [(100, "eu", True), (50, "eu", True)], slicing=True)
    assert [[f"{line.amount}" for line in draft.lines] for draft in drafts] == [[], [], ["75.00 USD"]]
