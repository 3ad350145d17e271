"""Drafts put together lose nothing: each line keeps its terms, its part and its order."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from farthing.core.invoicing.combining import combine
from farthing.core.invoicing.invoice import Draft
from farthing.core.invoicing.pending import item_line
from farthing.core.money import Money, currency
from tests.core.core_values import at

USD = currency("USD")
WHOSE = uuid4()
NOW = at("2026-01-01")


def draft_of(*minors: int) -> Draft:
    """A moment of a subscription of its own with lines of these amounts."""
    lines = tuple(
        item_line("Item", Money(minor, USD), at=NOW, in_zone="UTC", note="", key=f"item {number}")
        for number, minor in enumerate(minors)
    )
    return Draft(uuid4(), WHOSE, uuid4(), USD, NOW, lines, {"zone": "UTC", "own": str(uuid4())})


DRAFTS = st.lists(st.lists(st.integers(-(10**6), 10**6), max_size=4).map(lambda minors: draft_of(*minors)), min_size=1)


@given(DRAFTS, st.lists(st.integers(-500, 500), max_size=3))
def test_each_line_is_there_once_with_the_terms_of_its_own_moment(drafts: list[Draft], late: list[int]) -> None:
    extra = draft_of(*late).lines
    made = combine(drafts, customer_id=WHOSE, in_zone="UTC", extra={WHOSE: extra})
    assert [replace(line, in_part=1) for line in made.lines] == [
        line for draft in drafts for line in draft.lines
    ] + list(extra)
    kept = [draft for draft in drafts if draft.lines]
    assert [(part.subscription_id, part.frozen) for part in made.parts][: len(kept)] == [
        (draft.subscription_id, draft.frozen) for draft in kept
    ]
    for number, draft in enumerate(kept, start=1):
        assert len(made.lines_in(number)) == len(draft.lines)
    assert len(made.parts) == len(kept) + bool(extra)
    assert made.subtotal.minor == sum(draft.subtotal.minor for draft in drafts) + sum(late)


def test_the_same_moments_make_the_same_draft() -> None:
    drafts = [draft_of(1), draft_of(2)]
    assert combine(drafts, customer_id=WHOSE, in_zone="UTC") == combine(drafts, customer_id=WHOSE, in_zone="UTC")
