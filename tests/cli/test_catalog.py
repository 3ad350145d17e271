"""The catalogue's commands: apply, diff, export and schema, as a finance person types them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from farthing.catalogues.schema import schema_text
from farthing.core.pricing.terms import plan_terms
from farthing.postgres.database import PostgresStore
from tests.cli.catalogues import EVERYTHING
from tests.cli.commands import CATALOGUE, Commands

EXAMPLE = Path(__file__).parents[2] / "examples" / "catalog.yaml"
DEARER = CATALOGUE.replace("fee: 49", "fee: 59").replace("{unit: 0.0015}", "{unit: 0.0016}")


@pytest.fixture
def used(acme: Commands, tmp_path: Path) -> Commands:
    """Acme has used 3,000 tokens in March; beta is there since yesterday; dearer.yaml is at hand."""
    (tmp_path / "usage.csv").write_text("when,tokens\n2026-03-03T10:00:00Z,3000\n", encoding="utf-8")
    acme.well(
        "usage", "import", "usage.csv", "--customer", "acme", "--type", "completion", "--time", "when",
        "--value", "tokens=tokens",
    )  # fmt: skip
    acme.well("customer", "add", "beta", "--name", "Beta", "--zone", "UTC")
    acme.well("subscribe", "beta", "starter", "--from", "2026-03-14")
    (tmp_path / "dearer.yaml").write_text(DEARER, encoding="utf-8")
    return acme


# Apply ----------------------------------------------------------------------------------------------------------------


def test_the_example_applies_and_again_changes_nothing(run: Commands, books: PostgresStore) -> None:
    first = run.well("catalog", "apply", str(EXAMPLE))
    assert "plan starter: version 1\n" in first
    assert first.splitlines()[-1].endswith(" are new.")
    assert run.well("catalog", "apply", str(EXAMPLE)) == "Nothing changed: the catalogue says this already.\n"
    with books.transaction():
        starter = books.plan("starter")
    assert starter is not None
    prices = plan_terms(starter)["prices"]
    assert [price["key"] for price in prices] == ["platform", "input", "output"]
    assert prices[1]["tiers"] == [
        {"up_to": "1000000", "unit": "0.000003"},
        {"up_to": "10000000", "unit": "0.0000025"},
        {"unit": "0.000002"},
    ]


def test_a_dry_run_tells_what_would_change_and_changes_nothing(run: Commands, books: PostgresStore) -> None:
    told = run.well("catalog", "apply", str(EXAMPLE), "--dry-run")
    assert "plan starter: version 1 (not kept)" in told
    assert told.endswith(" would be new. Nothing was kept.\n")
    with books.transaction():
        assert (books.meters(), books.plans(), books.add_ons()) == ({}, [], [])


def test_what_changes_becomes_a_version_and_subscriptions_stay(used: Commands, books: PostgresStore) -> None:
    assert used.well("catalog", "apply", "dearer.yaml") == (
        "plan starter: version 2\n1 plan has a new version; subscriptions stay on what they agreed to.\n"
    )
    with books.transaction():
        assert {(one.plan_version, one.versions) for one in books.subscriptions()} == {(1, ())}


def test_existing_subscriptions_move_with_their_next_period_when_that_is_asked(
    used: Commands, books: PostgresStore
) -> None:
    would = used.well("catalog", "apply", "dearer.yaml", "--for", "existing", "--dry-run")
    assert would.endswith("Nothing was kept.\n2 subscriptions would move to the newest version on 2026-04-01.\n")
    with books.transaction():
        assert [one.versions for one in books.subscriptions()] == [(), ()]
    assert used.well("catalog", "apply", "dearer.yaml", "--for", "existing") == (
        "plan starter: version 2\n1 plan has a new version.\n"
        "2 subscriptions move to the newest version on 2026-04-01.\n"
    )
    assert used.well("catalog", "apply", "dearer.yaml", "--for", "existing") == (
        "Nothing changed: the catalogue says this already.\n"
        "2 subscriptions move to the newest version on 2026-04-01, as agreed already.\n"
    )
    used.well("clock", "move", "2026-05-02")
    used.well("period", "close", "--through", "2026-04-30")
    assert "59.00" in used.well("invoice", "list")
    used.well("check")
    assert used.well("catalog", "apply", "dearer.yaml", "--for", "existing").endswith(
        "No subscription moves: those that go on are on the newest versions already.\n"
    )


def test_a_past_day_is_told_and_a_later_one_postpones_the_move(used: Commands) -> None:
    assert used.well("catalog", "apply", "dearer.yaml", "--for", "existing", "--from", "2026-02-01").endswith(
        "2026-02-01 is past, and what has begun stays as it was agreed: 2 subscriptions move to the newest version "
        "with the next period, on 2026-04-01.\n"
    )
    assert used.well("catalog", "apply", "dearer.yaml", "--for", "existing", "--from", "2026-06-01").endswith(
        "2 subscriptions move to the newest version on 2026-06-01; they were to move sooner.\n"
    )
    assert "Of 2 subscriptions “now” is what is agreed already for a later period" in used.well(
        "catalog", "diff", "catalog.yaml"
    )


def test_a_version_from_a_day_on_is_for_who_starts_then_and_who_is_there_moves_after_it(
    used: Commands,
) -> None:
    told = used.well("catalog", "apply", "dearer.yaml", "--for", "existing", "--from", "2026-04-10")
    assert "plans for subscriptions that start on 2026-04-10 or later." in told
    assert told.endswith("2 subscriptions move to the newest version on 2026-05-01.\n")
    used.well("customer", "add", "gamma", "--name", "Gamma", "--zone", "UTC")
    assert "version 1" in used.well("subscribe", "gamma", "starter", "--from", "2026-04-09")
    used.well("customer", "add", "delta", "--name", "Delta", "--zone", "UTC")
    assert "version 2" in used.well("subscribe", "delta", "starter", "--from", "2026-04-10")


def test_who_cannot_move_is_told_with_the_reason(used: Commands, tmp_path: Path) -> None:
    in_euros = DEARER.replace("currency: USD", "currency: EUR", 1)
    (tmp_path / "euros.yaml").write_text(in_euros, encoding="utf-8")
    told = used.well("catalog", "apply", "euros.yaml", "--for", "existing")
    assert "2 subscriptions cannot move and stay as agreed:\n" in told
    assert "\n  acme cannot move to version 2 of “starter”" in told
    compared = used.well("catalog", "diff", str(tmp_path / "catalog.yaml"))
    assert "No next invoice would change." in compared


def test_a_plan_may_name_a_meter_that_is_there_already(acme: Commands, tmp_path: Path) -> None:
    (tmp_path / "more.yaml").write_text(
        "plans: {more: {currency: EUR, prices: {tokens: {meter: tokens, shape: per_unit, unit: 1}}}}", encoding="utf-8"
    )
    assert acme.well("catalog", "apply", "more.yaml") == "plan more: version 1\n1 plan is new.\n"


def test_all_mistakes_are_told_at_once_and_nothing_is_changed(
    run: Commands, books: PostgresStore, tmp_path: Path
) -> None:
    wrong = EVERYTHING.replace("charged: once", "charged: twice").replace("meter: calls\n", "meter: cals\n")
    (tmp_path / "wrong.yaml").write_text(wrong, encoding="utf-8")
    for command in ("apply", "diff"):
        lines = run.refused("catalog", command, "wrong.yaml").splitlines()
        assert lines[-1] == "2 mistakes; nothing was changed."
        assert "wrong.yaml:74:16: “meter” of the price “calls” names “cals”" in lines[0]
        assert "did you mean “calls”?" in lines[0]
        assert "“charged” of the price “fee” cannot be “twice”; it may be advance, arrears, once." in lines[1]
    with books.transaction():
        assert (books.meters(), books.plans()) == ({}, [])


def test_a_file_that_is_wrong_throughout_is_told_of_as_far_as_helps(run: Commands, tmp_path: Path) -> None:
    meters = "".join(f"  m{number}: {{event_type: x, measure: summ, property: a}}\n" for number in range(300))
    (tmp_path / "wrong.yaml").write_text(f"meters:\n{meters}", encoding="utf-8")
    lines = run.refused("catalog", "apply", "wrong.yaml").splitlines()
    assert len(lines) == 101
    assert lines[-1] == "300 mistakes, of which the first 100 are told; nothing was changed."


@pytest.mark.parametrize("content", [b"\xff\xfe", bytes(range(256)) * 10, b"x" * 2_000_000, b"\x00"])
def test_a_file_that_is_no_text_is_told(run: Commands, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "noise.yaml").write_bytes(content)
    assert "nothing was changed" in run.refused("catalog", "apply", "noise.yaml")


def test_a_file_that_is_not_there_is_told(run: Commands) -> None:
    for command in ("apply", "diff"):
        assert "does not exist" in run.refused("catalog", command, "none.yaml")


# Diff -----------------------------------------------------------------------------------------------------------------


def test_a_diff_tells_what_changes_and_whose_next_invoices_by_how_much(used: Commands, books: PostgresStore) -> None:
    told = used.well("catalog", "diff", "dearer.yaml")
    expected = """\
plan starter: version 1 → 2
  platform  fee: 49 → 59
  tokens    unit of tier 2, beyond: 0.0015 → 0.0016
The same: meters tokens, calls; plan calls.

Next invoices of who is on “starter”, largest change first:
  customer  plan     running period              now   then  difference
  acme      starter  2026-03-01 to 2026-03-31  54.00  64.20      +10.20  USD
  beta      starter  2026-03-14 to 2026-03-31  49.00  59.00      +10.00  USD
2 invoices in USD would change, from 103.00 to 123.20: +20.20.
Assumed: running periods with what was used until 2026-03-15 12:00:"""
    assert told.startswith(expected), told
    assert "Who subscribed already moves only with “catalog apply --for existing”" in told
    shorter = used.well("catalog", "diff", "dearer.yaml", "--limit", "1")
    assert "  … 1 more; --limit says how many to list.\n2 invoices in USD would change" in shorter
    with books.transaction():
        assert [plan.version for plan in books.plans()] == [1, 1]


def test_a_diff_is_there_for_programs_too(used: Commands) -> None:
    told = json.loads(used.well("catalog", "diff", "dearer.yaml", "--json"))
    [starter, calls] = told["plans"]
    assert (starter["key"], starter["change"], starter["version_after"]) == ("starter", "changed", 2)
    assert starter["differences"][0] == {"part": "platform", "what": "fee", "before": "49", "after": "59"}
    assert (calls["change"], calls["differences"]) == ("same", [])
    invoices = told["next_invoices"]
    assert invoices["totals"] == [
        {"currency": "USD", "invoices": 2, "now": "103.00", "then": "123.20", "difference": "20.20"}
    ]
    assert [(row["customer"], row["difference"]) for row in invoices["largest"]] == [
        ("acme", "10.20"),
        ("beta", "10.00"),
    ]


def test_a_diff_says_in_words_what_is_new_and_what_is_otherwise(run: Commands, tmp_path: Path) -> None:
    (tmp_path / "all.yaml").write_text(EVERYTHING, encoding="utf-8")
    told = run.well("catalog", "diff", "all.yaml")
    assert "plan starter: new\n" in told
    of_starter = told[told.index("plan starter: new\n") : told.index("add-on backup: new\n")]
    rows = [re.split("  +", line.strip(), maxsplit=1) for line in of_starter.splitlines()[1:]]
    assert ["unit credits", "worth 0.02"] in rows
    assert ["platform", "flat, charged advance, fee {USD: 49, EUR: 45}"] in rows
    of_calls = rows.index(["calls", "matrix by region, size, meter calls"])
    assert rows[of_calls + 1 :] == [
        ["eu, large: per_unit, unit 3"],
        ["no value, small: graduated, 1 up to 3, 2 beyond"],
        ["others: package, price 5, size 100"],
        ["commitment floor", "amount 1,000, prices [input], overage 1.2"],
        ["phase trial", "lasts 14 days, trial true, usage free"],
        ["phase ramp", "lasts 3 months, without [platform]"],
        ["input: per_unit, unit 0.02, no minimum"],
        ["commitment floor: amount 500"],
        ["entitlement sso", "true"],
        ["entitlement region", "eu"],
        ["entitlement api_calls", "100,000, measured by calls"],
        ["entitlement retention", "30"],
    ]
    assert told.endswith("No plan that anyone is on changes, so no next invoice does.\n")
    run.well("catalog", "apply", "all.yaml")
    other = EVERYTHING
    for right, wrong in (
        ("measure: count}\n  seats", "measure: unique, property: id}\n  seats"),
        ("fee: {USD: 49, EUR: 45}", "fee: {USD: 49, EUR: 46}"),
        ("units: {credits: 0.02}", "units: {credits: 0.03}"),
        ("where: {model: gpt-large}", "where: {model: gpt-small}"),
        ("        minimum: 10\n", ""),
        ("{up_to: 3, unit: 1}, {unit: 2}", "{up_to: 4, unit: 1}, {unit: 2}"),
        ("shape: package, price: 5, size: 100}", "shape: package, price: 5, size: 99}"),
        ("{when: [eu, large], shape: per_unit, unit: 3}", "{when: [us, large], shape: per_unit, unit: 3}"),
        ("      rest: {meter: tokens, shape: free}", "      rest: {meter: tokens, shape: per_unit, unit: 1_000}"),
        ("amount: 1000", "amount: 1200"),
        ("lasts: 14 days", "lasts: 30 days"),
        ("sso: true", "sso: false"),
        ("fee: 5, charged: once", "fee: 6, charged: once"),
        ("name: Starter", "name: Start"),
    ):
        assert right in other, right
        other = other.replace(right, wrong, 1)
    (tmp_path / "other.yaml").write_text(other, encoding="utf-8")
    told = run.well("catalog", "diff", "other.yaml")
    lines = [" ".join(line.split()) for line in told.splitlines()]
    for line in (
        "meter calls: version 1 → 2",
        "measure: count → unique",
        "property: nothing → id",
        "plan starter: version 1 → 2",
        "name: Starter → Start",
        "unit credits worth: 0.02 → 0.03",
        "platform fee in EUR: 45 → 46",
        "input where: {model: gpt-large} → {model: gpt-small}",
        "input minimum: 10 → nothing",
        "calls for no value, small: graduated, 1 up to 3, 2 beyond → graduated, 1 up to 4, 2 beyond",
        "calls for us, large: nothing → per_unit, unit 3",
        "calls for eu, large: per_unit, unit 3 → nothing",
        "calls for others: package, price 5, size 100 → package, price 5, size 99",
        "rest price: free, meter tokens → per_unit, meter tokens, unit 1,000",
        "commitment floor amount: 1,000 → 1,200",
        "phase trial lasts: 14 days → 30 days",
        "entitlement sso value: true → false",
        "meter calls: version 1 → version 2",
        "add-on backup: version 1 → 2",
        "fee fee: 5 → 6",
    ):
        assert line in lines, (line, told)


# Export and schema ----------------------------------------------------------------------------------------------------


def test_what_is_exported_changes_nothing_when_it_is_applied(run: Commands, tmp_path: Path) -> None:
    (tmp_path / "all.yaml").write_text(EVERYTHING, encoding="utf-8")
    run.well("catalog", "apply", "all.yaml")
    run.well("catalog", "apply", str(EXAMPLE))
    exported = run("catalog", "export")
    assert "Exported the newest versions of " in exported.stderr
    (tmp_path / "exported.yaml").write_text(exported.stdout, encoding="utf-8")
    assert run.well("catalog", "apply", "exported.yaml") == "Nothing changed: the catalogue says this already.\n"


def test_one_plan_is_exported_with_its_meters(acme: Commands, tmp_path: Path) -> None:
    exported = acme("catalog", "export", "--plan", "calls")
    assert exported.stderr == "Exported the newest versions of 1 meter and 1 plan.\n"
    (tmp_path / "calls.yaml").write_text(exported.stdout, encoding="utf-8")
    assert acme.well("catalog", "diff", "calls.yaml").startswith(
        "The same: meter calls; plan calls.\nNot in the file, and left as they are: plan starter.\n"
    )
    assert "There is no plan “call”; there are: calls, starter." in acme.refused("catalog", "export", "--plan", "call")


def test_a_plan_that_measures_with_an_older_meter_is_told(acme: Commands, tmp_path: Path) -> None:
    (tmp_path / "meters.yaml").write_text(
        "meters: {calls: {event_type: call, measure: count, unit: requests}}", encoding="utf-8"
    )
    acme.well("catalog", "apply", "meters.yaml")
    told = acme("catalog", "export").stderr
    assert "An older version of a meter is what “calls” measures with" in told


def test_an_empty_catalogue_cannot_be_exported(run: Commands) -> None:
    assert "The catalogue is empty" in run.refused("catalog", "export")


def test_the_schema_is_printed_without_an_installation_or_with_one(run: Commands) -> None:
    assert run.well("catalog", "schema") == schema_text()
