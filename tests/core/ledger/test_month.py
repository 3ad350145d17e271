"""Months are read as they are written, and follow each other."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farthing.core.ledger.month import Month, month_ends, month_from, open_day
from farthing.core.refused import Refused

MONTHS = st.builds(Month, st.integers(1900, 9000), st.integers(1, 12))


@given(MONTHS)
def test_a_month_is_read_back_and_lies_between_its_neighbours(month: Month) -> None:
    assert month_from(str(month)) == month
    assert month.before.after == month.after.before == month
    assert month.before < month < month.after
    assert (month.after.first_day - month.last_day).days == 1
    assert Month.holding(month.first_day) == Month.holding(month.last_day) == month


@pytest.mark.parametrize(
    "written", ["", "2026", "2026-13", "2026-00", "26-01", "2026-1", "٢٠٢٦-٠١", "0001-01", "9999-12"]
)
def test_what_is_no_month_is_refused(written: str) -> None:
    with pytest.raises(Refused, match=r"write it like 2026-10|out of reach"):
        month_from(written)


def test_the_ends_of_months_that_are_over() -> None:
    ends = [str(day) for day in month_ends(date(2026, 1, 31), before=date(2026, 3, 31))]
    assert ends == ["2026-01-31", "2026-02-28"]


def test_what_is_locked_is_booked_on_the_first_open_day() -> None:
    assert open_day(date(2026, 1, 5), locked_through=None) == date(2026, 1, 5)
    assert open_day(date(2026, 1, 5), locked_through=date(2026, 1, 31)) == date(2026, 2, 1)
    assert open_day(date(2026, 2, 5), locked_through=date(2026, 1, 31)) == date(2026, 2, 5)
