"""Explaining: an invoice tells of each of its lines what was measured and how it came about."""

from datetime import UTC, date, datetime

import pytest

from farthing.core.explaining import Explainer
from farthing.core.invoicing.invoice import Invoice
from farthing.core.rating.line import Line, LineKind
from tests.core.every_line import every_price, invoice_of, many_groups
from tests.core.rating.test_arithmetic import check

WHOLE = invoice_of([*every_price(), many_groups(60)])
PART = invoice_of([*every_price(), many_groups(60)], starts_on=date(2026, 1, 17))


def line(key: str, of: Invoice = WHOLE) -> Line:
    return next(each for each in of.draft.lines if each.price_key == key)


@pytest.mark.parametrize("invoice", [WHOLE, PART], ids=["whole", "part"])
def test_a_pocket_calculator_redoes_every_line_of_an_invoice_from_what_it_froze(invoice: Invoice) -> None:
    explainer = Explainer(invoice.draft)
    for each in invoice.draft.lines:
        check(each, explainer.arithmetic_of(each))
        check(each, explainer.arithmetic_of(each, first=20, most=20))


def test_the_meter_is_told_with_its_filters_and_groups() -> None:
    explainer = Explainer(WHOLE.draft)
    assert explainer.meter_sentence(line("p95")) == (
        "Meter p95, version 1: the 95th percentile (nearest rank) of data.mbit over events of type “events.p95” where "
        "region is eu or us and the local time is from 22:00 to before 06:00."
    )
    assert explainer.meter_sentence(line("machines")).endswith(", for each data.region and data.size.")
    assert explainer.meter_sentence(line("base")) == ""


def test_a_commitment_has_no_meter_but_knows_what_it_counts() -> None:
    explainer = Explainer(WHOLE.draft)
    missing = line("floor")
    assert missing.kind is LineKind.TRUE_UP
    assert explainer.meter_sentence(missing) == ""
    (cell,) = explainer.arithmetic_of(missing).cells
    assert [row.who for row in cell.rows] == ["Committed", "Charged already"]
    assert "lines of this invoice" in cell.rows[1].sum


def test_an_event_that_the_meter_leaves_out_does_not_count() -> None:
    explainer, of = Explainer(WHOLE.draft), line("p95")
    night = datetime(2026, 1, 5, 22, 30, tzinfo=UTC)
    day = datetime(2026, 1, 5, 12, 30, tzinfo=UTC)
    data = {"region": "eu", "mbit": 40}
    assert explainer.event_in_words(of, data, night) == "carries 40"
    assert explainer.event_in_words(of, data, day) == "does not count: the meter leaves it out"
    assert explainer.event_in_words(of, data | {"region": "asia"}, night) == "does not count: the meter leaves it out"


def test_days_add_up_for_what_is_added_only() -> None:
    explainer = Explainer(WHOLE.draft)
    told = {each.price_key: explainer.days_add_up(each) for each in WHOLE.draft.lines}
    assert [told[key] for key in ("calls", "tokens", "seats", "p95", "base")] == [True, True, False, False, False]
