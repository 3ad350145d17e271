"""Worked cases: our own corpus holds, and the command says of any other how each case went."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from farthing.cli.cases.answers import Owed, Quotient, agrees
from farthing.cli.cases.areas import AREAS, NOT_YET
from farthing.cli.cases.check import Outcome, check_case
from farthing.cli.cases.files import Case, cases_from, read_cases
from farthing.cli.main import main
from farthing.core.money import USD, Money, currency
from farthing.core.refused import Refused

CORPUS = sorted(Path(__file__).parent.glob("*.json"))
CASES = [(path, case) for path in CORPUS for case in read_cases(path)]


def _case(area: str, inputs: dict[str, Any], **expected: Any) -> Case:
    return Case("it", area, inputs, expected)


def _outcome(area: str, inputs: dict[str, Any], **expected: Any) -> Outcome:
    return check_case(_case(area, inputs, **expected)).outcome


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["cases", *arguments], prog_name="farthing")


@pytest.mark.parametrize("case", [case for _, case in CASES], ids=[f"{path.stem}-{case.id}" for path, case in CASES])
def test_our_own_cases_hold(case: Case) -> None:
    verdict = check_case(case)
    assert verdict.outcome is Outcome.PASS, verdict.told


def test_the_corpus_is_broad() -> None:
    assert {case.area for _, case in CASES} == set(AREAS)
    assert len(CASES) > 400
    assert all(case.ambiguity for _, case in CASES if not case.universal)


@pytest.mark.parametrize(
    ("area", "inputs", "expected"),
    [
        ("charge_model", {"model": "per_unit", "unit_price": "2", "units": "3"}, {"amount": "6.01"}),
        ("charge_model", {"model": "per_unit", "unit_price": "2", "units": "3"}, {"amount": "6", "tier_units": ["2"]}),
        ("charge_model", {"model": "per_unit", "unit_price": "2", "units": "3"}, {"amount": "6", "tier_units": []}),
        ("charge_model", {"model": "per_unit", "unit_price": "0.001", "units": "3"}, {"amount": "0.004"}),
        ("charge_model", {"model": "per_unit", "unit_price": "2", "units": "3"}, {"amount_minor": "6"}),
        ("aggregation", {"agg": "sum", "events": ["1", "2"]}, {"value": "3", "count": 3}),
        ("aggregation", {"agg": "sum", "events": ["1", "2"]}, {"values_after_each": ["1", "2"]}),
        ("currency", {"currency": "USD", "amount": "1.005"}, {"amount": "1.00"}),
        ("currency", {"currency": "JPY"}, {"exponent": 2}),
        ("discount", {"lines_minor": ["100", "200"], "discount_minor": "100"}, {"net_minor": ["66", "134"]}),
        ("rounding", {"value": "2.5", "function": "floor"}, {"value": "3"}),
        ("cap", {"amount": "130", "cap": "100"}, {"amount": "130"}),
        ("cap", {"amount": "130", "cap": "100"}, {"error": True}),
        ("commitment_minimum", {"commitment": "10", "base": "4"}, {"true_up": "5"}),
        (
            "subscription_period",
            {"anchor": "2024-01-31", "interval": "month"},
            {"periods": [["2024-01-31", "2024-02-27"]]},
        ),
        ("subscription_period", {"anchor": "2024-01-31", "interval": "month"}, {"periods": []}),
        (
            "subscription_period",
            {"anchor": "2024-01-31", "at": "2024-02-15"},
            {"current_period_end_exclusive": "2024-02-28"},
        ),
        (
            "subscription_period",
            {"anchor": "2024-01-31", "at": "2024-02-15"},
            {"period_end_inclusive_day": "2024-02-29"},
        ),
        (
            "timezone",
            {"tz": "Asia/Tokyo", "at": "2026-01-05T15:00:00Z", "window": "day"},
            {"start_utc": "2026-01-04T15:00:00Z"},
        ),
        ("timezone", {"start": "22:00", "end": "06:00", "at": "06:00"}, {"contains": True}),
        ("timezone", {"tz": "UTC", "start": "2026-01-01", "end": "2026-01-03"}, {"days": 3}),
        ("proration", {"start": "2012-01-16", "target": "2012-01-20", "bill_cycle_day": 17}, {"cycles": "1.00"}),
        ("proration", {"amount": "30", "days": 10, "period_days": 30}, {"amount": "11"}),
        ("tax", {"amount": "10", "rate": "0.2"}, {"tax": "1.99"}),
        ("tax", {"amount": "10", "rate": "0.2"}, {"breakdown": [{"rate": "0.2", "tax": "1"}]}),
        ("tax", {"amount": "10", "rate": "0.2"}, {"breakdown": []}),
        ("coupon", {"subtotal": "10", "coupon": {"percent": "10"}}, {"credit": "2"}),
    ],
)
def test_a_wrong_figure_fails(area: str, inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    assert _outcome(area, inputs, **expected) is Outcome.FAIL


def test_a_failure_tells_the_key_and_both_values() -> None:
    verdict = check_case(
        _case("charge_model", {"model": "standard", "unit_price": "0.333", "units": 10}, amount="3.32")
    )
    assert verdict.told == "amount: expected 3.32, ours is 3.33"


@pytest.mark.parametrize(
    ("area", "inputs", "expected", "reason"),
    [
        ("charge_model", {"model": "astrology", "units": "1"}, {"amount": "1"}, "“astrology”"),
        ("charge_model", {"model": "per_unit", "unit_price": "1", "units": "1"}, {"mood": "1"}, "“mood” is expected"),
        ("charge_model", {"model": "per_unit", "unit_price": "1", "units": "1", "x": "1"}, {"amount": "1"}, "“x”"),
        ("charge_model", {"model": "per_unit", "unit_price": "1", "price": "2", "units": "1"}, {"amount": "1"},
         "differ"),
        ("charge_model", {"model": "per_unit", "unit_price": "1"}, {"amount": "1"}, "no quantity"),
        ("charge_model", {"model": "per_unit", "unit_price": "-1", "units": "1"}, {"amount": "-1"}, "refused: "),
        ("charge_model", {"model": "package", "package_size": "2", "price": "1", "round": "sideways", "units": "3"},
         {"amount": "1"}, "“sideways”"),
        ("charge_model", {"model": "volume", "tiers": [{"unit": "1"}], "units": "198.6", "full_units": "300"},
         {"amount": "198.6"}, "“full_units”"),
        ("charge_model", {"model": "volume", "tiers": [{"unit": "1", "flat_cap": "5"}], "units": "9"},
         {"amount": "5"}, "cap of its own"),
        ("charge_model", {"model": "percentage", "rate": "0.1", "free_events": 1, "units": "9"}, {"amount": "0"},
         "events"),
        ("aggregation", {"agg": "mode", "events": ["1"]}, {"value": "1"}, "“mode”"),
        ("aggregation", {"agg": "sum", "events": [["2026-01-01", "1"], ["in", "1"]]}, {"value": "2"}, "have a date"),
        ("currency", {"currency": "USD", "amount": "1.2", "round": "up"}, {"amount": "2"}, "half away from zero"),
        ("discount", {"lines": ["1"]}, {"net": ["1"]}, "a percentage or an amount"),
        ("commitment_minimum", {"commitment": "10", "base": "1", "days": 3}, {"true_up": "9"}, "days of the period"),
        ("subscription_period", {"interval": "aeon", "anchor": "2024-01-31"}, {"days": 31}, "“aeon”"),
        ("subscription_period", {"interval": "month"}, {"days": 31}, "no day to look from"),
        ("subscription_period", {"billing": "lunar", "anchor": "2024-01-31"}, {"days": 31}, "“lunar”"),
        ("subscription_period", {"anchor": "31 January"}, {"days": 31}, "neither a day nor an instant"),
        ("subscription_period", {"anchor": "2024-01-31", "moon": "full"}, {"days": 31}, "“moon”"),
        ("timezone", {"tz": "Mars/Olympus", "at": "2024-01-31"}, {"hours": 24}, "refused: "),
        ("timezone", {"tz": "UTC", "at": "2024-01-31", "window": "decade"}, {"hours": 24}, "“decade”"),
        ("proration", {"amount": "30"}, {"amount": "10"}, "no period"),
        ("tax", {"lines": [{"net": "1"}]}, {"tax": "0"}, "no rate of tax"),
        ("tax", {"lines": [{"net": "1", "rates": ["0.1", "0.1"]}]}, {"tax": "0"}, "cannot be told apart"),
        ("tax", {"rule": "BR-XX-01"}, {"valid": True}, "“BR-XX-01”"),
        ("magic", {}, {"amount": "0"}, "there is no area"),
    ],
)  # fmt: skip
def test_what_cannot_be_worked_out_is_unsupported_with_its_reason(
    area: str, inputs: dict[str, Any], expected: dict[str, Any], reason: str
) -> None:
    verdict = check_case(_case(area, inputs, **expected))
    assert verdict.outcome is Outcome.UNSUPPORTED
    assert reason in verdict.told


def test_null_inputs_and_notes_are_beside_the_point() -> None:
    inputs = {"model": "per_unit", "unit_price": "1", "units": "1", "cap": None, "novelty": None, "note": "as printed"}
    assert _outcome("charge_model", inputs, amount="1", note="see the page") is Outcome.PASS


@pytest.mark.parametrize("written", ["standard", "Per Unit", "per-unit", "unit", "linear", "per_seat", "metered"])
def test_a_model_goes_by_many_names(written: str) -> None:
    assert _outcome("charge_model", {"model": written, "price": "2", "quantity": 4}, total="8") is Outcome.PASS


@pytest.mark.parametrize(
    "tier",
    [
        {"up_to": "10", "unit": "2", "flat": "1"},
        {"to": 10, "unit_price": 2, "flat_fee": 1},
        {"from_value": 0, "to_value": 10, "per_unit_amount": "2", "flat_amount": "1"},
        {"min_units": 1, "max_units": 10, "unit_amount_minor": "200", "fee_minor": "100"},
    ],
)
def test_a_tier_goes_by_many_names(tier: dict[str, Any]) -> None:
    inputs = {"model": "graduated", "tiers": [tier, {"up_to": "inf", "unit": "1"}], "units": "12"}
    assert _outcome("charge_model", inputs, amount="23") is Outcome.PASS


@pytest.mark.parametrize(
    "events",
    [
        [["2026-01-02T00:00:00Z", "3"], ["2026-01-03T00:00:00Z", "4"]],
        [{"at": "2026-01-02T00:00:00Z", "value": "3"}, {"timestamp": "2026-01-03T00:00:00Z", "amount": "4"}],
        ["3", 4],
        [["t0", "3"], ["t1", "4"]],
        [["before", "9"], ["in", "3"], ["in", "4"], ["after", "9"]],
        [{"properties": {"value": "3"}}, {"properties": {"value": "4"}}],
    ],
)
def test_an_event_is_written_in_many_ways(events: list[Any]) -> None:
    assert _outcome("aggregation", {"agg": "sum", "events": events}, value="7", count=2) is Outcome.PASS


def test_numbers_are_compared_as_exact_numbers() -> None:
    assert agrees("12", Decimal("12.00"))
    assert agrees(12, Decimal("12.00"))
    assert not agrees("12.0000000000000000001", Decimal(12))
    assert not agrees("nothing", Decimal(0))
    assert agrees(None, Decimal(0))
    assert not agrees(None, Decimal(1))
    assert not agrees(1, True)


def test_digits_that_never_end_are_compared_as_far_as_they_are_written() -> None:
    assert agrees("0.33", Fraction(1, 3))
    assert not agrees("0.34", Fraction(1, 3))
    assert agrees("7.76", Quotient(Fraction(163, 21)))
    assert not agrees("7.77", Quotient(Fraction(163, 21)))


def test_an_amount_with_the_currencys_digits_is_what_is_owed_and_with_more_what_it_was_before() -> None:
    amount = Owed(Decimal("13.3333"), Money(1333, USD))
    assert agrees("13.33", amount)
    assert agrees("13.3333", amount)
    assert not agrees("13.333", amount)
    yen = Owed(Decimal("1.5"), Money(2, currency("JPY")))
    assert agrees("2", yen)
    assert agrees("1.5", yen)


def test_lists_and_objects_are_compared_part_by_part() -> None:
    assert agrees(["1", "2"], [Decimal(1), Decimal("2.0")])
    assert not agrees(["1"], [Decimal(1), Decimal(2)])
    assert not agrees(["1"], Decimal(1))
    assert agrees({"eu": "1"}, {"eu": Decimal(1), "us": Decimal(2)})
    assert not agrees({"asia": "1"}, {"eu": Decimal(1)})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is not JSON"),
        ("{}", "must hold a JSON array of cases, not an object"),
        ("[1]", "must be an object, not a number"),
        ('[{"area": "cap", "inputs": {}, "expected": {"a": 1}}]', "needs “id”"),
        ('[{"id": "a", "area": "cap", "expected": {"a": 1}}]', "needs “inputs”"),
        ('[{"id": "a", "area": "cap", "inputs": {}, "expected": {}}]', "expects nothing"),
        ('[{"id": "a", "area": "cap", "inputs": {}, "expected": {"a": NaN}}]', "NaN is not a number"),
        ('[{"id": "a", "area": "cap", "inputs": {}, "expected": {"a": 1}, "mood": 1}]', "“mood”"),
        ('[{"id": "a", "area": "cap", "inputs": {}, "expected": {"a": 1}, "universal": "no"}]', "true or false"),
        ("[" * 100_000, "is not JSON"),
    ],
)
def test_a_file_that_holds_no_cases_is_refused_in_a_sentence(text: str, said: str) -> None:
    with pytest.raises(Refused) as refused:
        cases_from(text, of="The file")
    assert said in refused.value.sentence
    assert refused.value.sentence.endswith(".")


def test_two_cases_of_one_id_are_refused() -> None:
    case = {"id": "a", "area": "cap", "inputs": {}, "expected": {"a": 1}}
    with pytest.raises(Refused, match="two cases with the id “a”"):
        cases_from(json.dumps([case, case]), of="The file")


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 40) | st.sampled_from(["", "x", "-5", "0.5", "1e30", "inf", "in"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["unit", "value", "a"]), inner, max_size=2)
    ),
    max_leaves=5,
)
_NAMES = sorted({name for _, case in CASES for name in case.inputs})


@settings(max_examples=400, deadline=None)
@given(
    case=st.sampled_from([case for _, case in CASES]),
    spoiled=st.dictionaries(st.sampled_from(_NAMES), _ANYTHING, min_size=1, max_size=3),
    kept=st.booleans(),
)
def test_a_case_however_spoiled_is_told_and_never_a_fault_of_ours(
    case: Case, spoiled: dict[str, Any], kept: bool
) -> None:
    inputs = {**case.inputs, **{name: value for name, value in spoiled.items() if name in case.inputs or not kept}}
    verdict = check_case(Case(case.id, case.area, inputs, case.expected))
    assert "a fault of ours" not in verdict.told


def _write(tmp_path: Path, *cases: dict[str, Any]) -> str:
    path = tmp_path / "some cases.json"
    path.write_text(json.dumps([{"id": f"c{number}", **case} for number, case in enumerate(cases)]), encoding="utf-8")
    return str(path)


GOOD = {"area": "currency", "inputs": {"currency": "JPY", "amount": "1.5"}, "expected": {"amount": "2"}}
BAD = {**GOOD, "expected": {"amount": "1"}}
LATER = {"area": "webhook_signature", "inputs": {}, "expected": {"amount": "1"}}


def test_the_command_prints_each_case_and_the_counts(tmp_path: Path) -> None:
    done = _run(_write(tmp_path, GOOD, LATER))
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[0] == "pass        currency/c0"
    assert lines[1] == f"unsupported webhook_signature/c1  {NOT_YET['webhook_signature']}"
    assert [line.split() for line in lines[3:]] == [
        ["area", "cases", "pass", "fail", "unsupported"],
        ["currency", "1", "1", "0", "0"],
        ["webhook_signature", "1", "0", "0", "1"],
        ["in", "all", "2", "1", "0", "1"],
    ]


def test_a_failing_case_ends_the_command_with_one(tmp_path: Path) -> None:
    done = _run(_write(tmp_path, GOOD, BAD, {**BAD, "universal": False}))
    assert done.exit_code == 1
    assert "fail        currency/c1  amount: expected 1, ours is 2\n" in done.stdout
    assert "(not universal)" in done.stdout
    assert done.stderr.strip() == "2 cases failed, 1 of them universal."


def test_an_unreadable_file_ends_the_command_with_two(tmp_path: Path) -> None:
    missing = _run(str(tmp_path / "none.json"))
    assert missing.exit_code == 2
    assert "cannot be read" in missing.stderr
    (tmp_path / "broken.json").write_bytes(b"\xff\xfe")
    broken = _run(str(tmp_path / "broken.json"))
    assert broken.exit_code == 2
    assert "not text in UTF-8" in broken.stderr


def test_the_command_tells_scripts_the_same(tmp_path: Path) -> None:
    done = _run("--json", _write(tmp_path, GOOD, BAD, LATER))
    assert done.exit_code == 1
    told = json.loads(done.stdout)
    assert told["counts"]["in all"] == {"cases": 3, "pass": 1, "fail": 1, "unsupported": 1}
    assert Counter(case["outcome"] for case in told["cases"]) == Counter(["pass", "fail", "unsupported"])
    assert told["cases"][1]["differences"][0]["key"] == "amount"


def test_quiet_leaves_out_what_passes(tmp_path: Path) -> None:
    done = _run("--quiet", _write(tmp_path, GOOD, LATER))
    assert "currency/c0" not in done.stdout
    assert "webhook_signature/c1" in done.stdout
