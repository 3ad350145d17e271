"""What is agreed beside a plan, typed and told: each answer says what it means for money, and from when."""

from __future__ import annotations

import re
import shlex
from datetime import date
from pathlib import Path

import pytest

from farthing.postgres.database import PostgresStore
from farthing.usecases.move_subscriptions import move_subscriptions
from tests.cli.commands import MID_MARCH, Commands
from tests.usecases.agreed_shop import BACKUP, DOLLARS, offer, team

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "subscriptions.md"
TRIAL = {"trial": {"name": "Trial", "lasts": "14 days", "trial": True}}


@pytest.fixture
def shop(run: Commands, books: PostgresStore) -> Commands:
    """The plan “team” with its add-ons, and Acme, in the middle of March 2026."""
    offer(books, team(), add_ons={"backup": BACKUP, "dollars": DOLLARS})
    run.well("customer", "add", "acme", "--name", "Acme GmbH", "--zone", "Europe/Berlin")
    return run


@pytest.fixture
def on_team(shop: Commands) -> Commands:
    """The same, with Acme on “team” with 10 seats since 1 January."""
    shop.well("subscription", "add", "acme", "team", "--from", "2026-01-01", "--quantity", "seats=10")
    return shop


def test_a_subscription_begins_with_what_is_agreed_beside_its_plan(shop: Commands, tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("tokens: {unit: 0.0050, minimum: 3}\nplatform:\n  fee: 1_4\n", encoding="utf-8")
    arguments = ["--from", "2026-03-01", "--currency", "EUR", "--quantity", "seats=10", "--override", "own.yaml",
                 "--set", "tokens.minimum=null", "--set", "tokens.discount.percent=10"]  # fmt: skip
    told = shop.well("subscribe", "acme", "team", *arguments)
    assert told == (
        "acme is on the plan team (version 1) from 2026-03-01 in Europe/Berlin, in EUR, with 10 seats, with terms of "
        "its own for tokens and platform; its periods start on day 1 of the month, and 114.00 EUR is charged at its "
        "start.\n"
    )
    assert shop.well("subscription", "add", "acme", "team", *arguments) == told
    shown = shop.well("subscription", "show", "acme", "team")
    for line in ("tokens.unit = 0.0050", "tokens.minimum = null", "tokens.discount.percent = 10", "platform.fee = 14"):
        assert f"Own terms  {line}" in shown


def test_a_trial_and_what_is_charged_behind_are_told_when_it_begins(shop: Commands, books: PostgresStore) -> None:
    offer(books, team(phases=TRIAL))
    assert shop.well("subscribe", "acme", "team", "--from", "2026-03-20") == (
        "acme is on the plan team (version 2) from 2026-03-20 in Europe/Berlin; its periods start on day 1 of the "
        "month, its trial ends on 2026-04-03, and nothing is charged before its first period ends on 2026-04-01.\n"
    )
    assert "Phase   Trial until 2026-04-03, a trial with free usage" in shop.well("subscription", "show", "acme")


def test_a_quantity_is_told_with_what_it_costs_from_when(on_team: Commands) -> None:
    assert on_team.well("subscription", "quantity", "acme", "team", "seats=12.5") == (
        "acme has 12.5 seats instead of 10 (Seats is 125.00 USD a period then instead of 100.00 USD) on the plan team "
        "from 2026-04-01 on.\n"
    )
    shown = on_team.well("subscription", "show", "acme")
    assert "seats   10 since 2026-01-01" in shown
    assert "seats   12.5 from 2026-04-01" in shown


def test_an_add_on_is_told_with_what_it_costs_until_it_ends(on_team: Commands) -> None:
    assert on_team.well("subscription", "add-on", "acme", "team", "backup", "--number", "2") == (
        "acme has the add-on backup (version 1, 2 times) beside the plan team from 2026-03-15 on: Backup fee is "
        "124.00 USD a period (by its days in the first one), Backup setup is 10.00 USD once and Backup runs is charged "
        "by what is used.\n"
    )
    assert "Add-on  Backup (backup), version 1, 2 times, since 2026-03-15" in on_team.well(
        "subscription", "show", "acme"
    )
    told = on_team.well("subscription", "end-add-on", "acme", "team", "backup")
    assert told == (
        "The add-on backup of acme ends: 2026-04-01 is the first day without it, and what was agreed until then is "
        "charged.\n"
    )
    assert on_team.well("subscription", "end-add-on", "acme", "team", "backup") == told
    on_team.well("subscription", "add-on", "acme", "team", "backup", "--from", "2026-05-01")
    assert "is taken back before it began on 2026-05-01" in on_team.well(
        "subscription", "end-add-on", "acme", "team", "backup"
    )


def test_all_that_is_agreed_is_shown_with_the_next_invoice(on_team: Commands) -> None:
    on_team.well("subscription", "add-on", "acme", "team", "backup", "--from", "2026-03-16")
    on_team.well("period", "close", "--through", "2026-02-28")
    shown = on_team.well("subscription", "show", "acme")
    assert shown.splitlines()[2:] == [
        "Team (team), version 1, runs since 2026-01-01",
        "  Billed  in USD, in periods from day 1 of the month in Europe/Berlin, billed up to 2026-03-01",
        "  seats   10 since 2026-01-01",
        "  Add-on  Backup (backup), version 1, from 2026-03-16",
        "  Next invoice as it stands, of 2026-04-01:",
        "    Platform      30 of 30 days   31.00",
        "    Seats              10 seats  100.00",
        "    Tokens                    0    0.00",
        "    Backup fee    16 of 31 days   32.00",
        "    Backup fee    30 of 30 days   62.00",
        "    Backup setup           once    5.00",
        "    Backup runs               0    0.00",
        "    Total (USD)                  230.00",
    ]
    on_team.well("subscription", "end", "acme", "team")
    assert "runs since 2026-01-01, 2026-04-01 is the first day without it" in on_team.well(
        "subscription", "show", "acme"
    )
    assert "sound" in on_team.well("check", "-v")


def test_add_ons_are_told_apart_by_period_and_version_in_usage_and_invoices(on_team: Commands) -> None:
    on_team.well("subscription", "add-on", "acme", "team", "backup")
    shown = on_team.well("usage", "show", "acme")
    assert [re.sub(r"  +", "  ", line.strip()) for line in shown.splitlines()[3:]] == [
        "Tokens  2026-03-01 to 2026-03-31  0  0.00",
        "Backup fee  2026-03-15 to 2026-03-31  17 of 31 days  34.00",
        "Backup setup  2026-03-15 to 2026-03-31  once  5.00",
        "Backup runs  2026-03-15 to 2026-03-31  0  0.00",
        "So far (USD)  39.00",
        "Platform  2026-04-01 to 2026-04-30  30 of 30 days  31.00",
        "Seats  2026-04-01 to 2026-04-30  10 seats  100.00",
        "Backup fee  2026-04-01 to 2026-04-30  30 of 30 days  62.00",
        "With fees ahead (USD)  232.00",
    ]
    on_team.well("clock", "move", "2026-04-15")
    on_team.well("period", "close", "--through", "2026-03-31")
    *_, number = sorted(re.findall(r"EX-\d+", on_team.well("invoice", "list", "acme")))
    assert "Plan Team, version 1; add-on Backup, version 1; days in Europe/Berlin\n" in on_team.well(
        "invoice", "show", number
    )
    assert on_team.well("invoice", "explain", number).count("by version 1 of the add-on Backup.") == 4


def test_a_postponed_move_is_shown_on_its_new_day_alone(on_team: Commands, books: PostgresStore) -> None:
    offer(books, team(entitlements={}))
    for day in (date(2026, 4, 1), date(2026, 6, 1)):
        move_subscriptions(books, {"team": 2}, from_day=day, now=MID_MARCH)
    shown = on_team.well("subscription", "show", "acme")
    assert re.findall(r"Version +(.*)", shown) == ["2 from 2026-06-01"]


def test_entitlements_are_shown_with_what_is_used_and_where_they_come_from(on_team: Commands, tmp_path: Path) -> None:
    (tmp_path / "march.csv").write_text("when,tokens\n2026-03-05,400\n", encoding="utf-8")
    on_team.well("usage", "import", "march.csv", "--customer", "acme", "--type", "completion", "--time", "when",
                 "--value", "tokens=tokens", "--zone", "UTC")  # fmt: skip
    on_team.well("subscription", "add-on", "acme", "team", "backup", "--number", "2")
    assert on_team.well("subscription", "entitlements", "acme").splitlines()[1:] == [
        "FEATURE         USED   LEFT  UNTIL       FROM",
        "copies   6                               2 x backup",
        "region   eu                              2 x backup",
        "sso      yes                             2 x backup",
        "tokens   2,000   400  1,600  2026-04-01  team + 2 x backup",
    ]


def test_nothing_agreed_is_told_with_the_next_step(shop: Commands) -> None:
    assert "farthing subscribe CUSTOMER PLAN" in shop.well("subscription", "show", "acme")
    assert "No running subscription entitles" in shop.well("subscription", "entitlements", "acme")
    assert "acme has no subscription to “team”" in shop.refused("subscription", "show", "acme", "team")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["add", "acme", "team", "--quantity", "seats"], "write it like seats=12"),
        (["add", "acme", "team", "--quantity", "seats=ten"], "is no number: “ten”"),
        (["add", "acme", "team", "--quantity", "seats=1", "--quantity", "seats=2"], "given twice"),
        (["add", "acme", "team", "--quantity", "desks=1"], "no agreed quantity “desks”; it has seats"),
        (["add", "acme", "team", "--quantity", "seats=-1"], "cannot be -1 of “seats”"),
        (["add", "acme", "team", "--currency", "JPY"], "no prices in JPY; it has them in USD, EUR"),
        (["add", "acme", "team", "--set", "tokens=1"], "write the price, a dot, its term"),
        (["add", "acme", "team", "--set", "tokens.unit="], "write the price, a dot, its term"),
        (["add", "acme", "team", "--set", "tokens.unit=1", "--set", "tokens.unit=2"], "set twice"),
        (["add", "acme", "team", "--set", "tokens.unit=[1"], "This is not YAML"),
        (["add", "acme", "team", "--set", "input.unit=1"], "has no price “input”"),
        (["add", "acme", "team", "--set", "tokens.unit=cheap"], "is no number: “cheap”"),
        (["add", "acme", "team", "--override", "list.yaml"], "is not names with values"),
        (["add", "acme", "team", "--override", "twice.yaml"], "twice.yaml:2:1: “tokens” stands here twice"),
        (["add", "acme", "team", "--override", "broken.yaml"], "broken.yaml:2:1: This is not YAML"),
        (["quantity", "acme", "team", "seats=1"], "no running subscription to “team”"),
        (["add-on", "acme", "team", "backup"], "no running subscription to “team”"),
        (["add-on", "acme", "team", "backup", "--number", "two"], "is no number: “two”"),
        (["end-add-on", "acme", "team", "backup"], "no running subscription to “team”"),
        (["entitlements", "nobody"], "no customer “nobody”"),
        (["show", "nobody"], "no customer “nobody”"),
    ],
)
def test_what_cannot_be_agreed_is_told_in_a_sentence(
    shop: Commands, books: PostgresStore, tmp_path: Path, arguments: list[str], says: str
) -> None:
    (tmp_path / "list.yaml").write_text("- tokens\n", encoding="utf-8")
    (tmp_path / "twice.yaml").write_text("tokens: {unit: 1}\ntokens: {unit: 2}\n", encoding="utf-8")
    (tmp_path / "broken.yaml").write_text("tokens: {unit: 1\n", encoding="utf-8")
    more = ["--from", "2026-03-01"] if arguments[0] == "add" else []
    assert says in shop.refused("subscription", *arguments, *more)
    with books.transaction():
        assert books.subscriptions() == []


def test_all_that_is_wrong_with_own_terms_is_told_where_it_stands_and_what_was_meant(
    shop: Commands, books: PostgresStore, tmp_path: Path
) -> None:
    (tmp_path / "own.yaml").write_text(
        "tokens:\n  maximun: 5\n  unit: 0.5\nplatfrom: {fee: 3}\n"
        "entitlements:\n  tokens: {limt: 5}\ncommitments:\n  floor: {amount: 5, prices: [token]}\n",
        encoding="utf-8",
    )
    settings = ["--set", "seats.minimun=5", "--set", "seats.shape=volum"]
    told = shop.refused("subscribe", "acme", "team", "--from", "2026-03-01", "--override", "own.yaml", *settings)
    assert told.splitlines() == [
        "own.yaml:2:3: The price “tokens” has “maximun”, which means nothing here; did you mean “maximum”?",
        "own.yaml:4:1: The plan “team” has no price “platfrom”; did you mean “platform”?",
        "own.yaml:6:12: The entitlement “tokens” has “limt”, which means nothing here; did you mean “limit”?",
        "own.yaml:8:31: “prices” of the commitment “floor” names “token”, which does not exist; did you mean “tokens”?",
        "--set seats.shape=volum: “shape” of the price “seats” cannot be “volum”; did you mean “volume”?",
        "--set seats.minimun=5: The price “seats” has “minimun”, which means nothing here; did you mean “minimum”?",
        "6 mistakes; nothing was agreed.",
    ]
    with books.transaction():
        assert books.subscriptions() == []


def test_terms_that_say_only_together_what_they_mean_are_agreed(shop: Commands, tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("tokens:\n  shape: package\n  size: 100\n", encoding="utf-8")
    shop.well(
        "subscribe", "acme", "team", "--from", "2026-03-01", "--override", "own.yaml", "--set", "tokens.price=2",
        "--set", "entitlements.tokens.limit=50", "--set", "entitlements.region=null",
        "--set", "commitments.floor.amount={USD: 5, EUR: 4}", "--set", "commitments.floor.prices=[tokens]",
    )  # fmt: skip
    shown = shop.well("subscription", "show", "acme", "team")
    assert "tokens.price = 2" in shown
    assert re.search(r"tokens +50 +0 +50 ", shop.well("subscription", "entitlements", "acme"))


def test_help_says_how_a_charge_is_made_once(run: Commands) -> None:
    for command in ("add", "add-on"):
        assert "charged: once" in " ".join(run.well("subscription", command, "--help").split())


def test_a_plan_by_the_year_and_its_periods_are_told(shop: Commands, books: PostgresStore) -> None:
    offer(books, team(every="year", periods="anniversary"))
    told = shop.well("subscription", "add", "acme", "team", "--from", "2026-04-01")
    assert "its periods are of a year from 1 April on, and" in told
    assert "of a year from 1 April  Europe/Berlin" in shop.well("subscription", "list", "acme")
    assert "in periods of a year from 1 April in Europe/Berlin" in shop.well("subscription", "show", "acme")
    assert "is billed every year, not every month" in shop.refused(
        "subscription", "add", "acme", "team", "--from", "2026-04-01", "--anchor-day", "3"
    )


def test_an_anchor_and_a_move_say_from_when_they_count_and_what_comes_before(on_team: Commands) -> None:
    on_team.well("period", "close", "--through", "2026-02-28")
    told = on_team.well("subscription", "anchor", "acme", "team", "2026-04-15")
    assert told == (
        "The periods of acme on the plan team are counted from day 15 of the month on, since 2026-04-01; the first one "
        "is 14 of the 31 days of its full period.\n"
    )
    told = on_team.well("customer", "zone", "acme", "America/Los_Angeles")
    assert told == (
        "acme is in America/Los_Angeles now.\n"
        "The plan team follows with the period that starts on 2026-04-01 and ends at midnight there, 2026-04-15; no "
        "fee changes by it.\n"
    )
    assert "America/Los_Angeles" in on_team.well("customer", "list")
    on_team.well("check")


def test_the_guide_says_what_the_commands_say(run: Commands, tmp_path: Path) -> None:
    page = GUIDE.read_text(encoding="utf-8")
    catalogue, told = re.findall(r"^```(?:yaml)?\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    (tmp_path / "catalog.yaml").write_text(catalogue, encoding="utf-8")
    run.well("catalog", "apply", "catalog.yaml")
    for part in told.split("$ farthing ")[1:]:
        command, _, says = part.partition("\n")
        said = re.sub(r"as of .* UTC", "as of 2026-03-15 12:00:00 UTC", run.well(*shlex.split(command)))
        assert said.rstrip() == says.rstrip(), command
