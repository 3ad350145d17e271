"""Sandboxes from the command line: saved, forked, opened, gone back to and compared."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest

from farthing.core.invoicing.policy import BillingPolicy
from farthing.postgres.database import PostgresStore
from farthing.settings import load
from farthing.usecases.drafts import set_policy
from farthing.usecases.ports import SlackInstall
from farthing.wiring import Wired
from tests.cli.commands import Commands
from tests.cli.test_nouns import import_usage
from tests.cli.test_whole import SELLER
from tests.databases import NOW


@pytest.fixture
def saved(acme: Commands) -> Commands:
    """Acme on the starter plan since January, saved in mid March before anything was billed."""
    acme.well("sandbox", "save", "mid March")
    return acme


def test_a_point_is_saved_and_gone_back_to(saved: Commands, books: PostgresStore) -> None:
    saved.well("clock", "move", "2026-06-02")
    assert "EX-000006" in saved.well("invoice", "list")
    told = saved.well("sandbox", "open", "mid March")
    assert re.match(r"Opened “mid March 2”: it is 2026-03-15 12:0\d:\d\d UTC there\. ", told)
    assert "There are no invoices yet" in saved.well("invoice", "list")
    assert load(saved.home, {}).seller_id != books.seller_id
    listed = saved.well("sandbox", "list").splitlines()
    assert [re.split(r"  +", line.replace("* ", "  ").strip())[:2] for line in listed[1:]] == [
        ["original", "original"],
        ["mid March", "saved point"],
        ["mid March 2", "fork"],
    ]
    assert [line[0] for line in listed] == [" ", " ", " ", "*"]
    assert "is open already" in saved.well("sandbox", "open", "mid March 2")
    saved.well("sandbox", "open", "original")
    assert load(saved.home, {}).seller_id == books.seller_id
    assert "EX-000006" in saved.well("invoice", "list")


def test_two_ways_are_compared_to_the_cent(saved: Commands, tmp_path: Path) -> None:
    saved.well("sandbox", "fork", "with more", "--open")
    (tmp_path / "more.csv").write_text("when,tokens\n2026-03-05,1500\n", encoding="utf-8")
    import_usage(saved, tmp_path / "more.csv")
    saved.well("clock", "move", "2026-04-02")
    saved.well("sandbox", "open", "original")
    saved.well("clock", "move", "2026-04-02")
    told = saved.well("sandbox", "compare", "original", "with more")
    assert _words("acme 2026-04-01 49.00 51.75 +2.75 USD") in _words(told)
    assert _words("Tokens, 2026-03-01 to 2026-03-31, 0 / 1,500 0.00 2.75 +2.75") in _words(told)
    assert _words("3 more bills are the same in both; --all shows them.") in _words(told)
    assert _words("Everyone 196.00 198.75 +2.75 USD") in _words(told)
    assert saved.well("sandbox", "compare", "with more").startswith("with more: ")
    assert _words(saved.well("sandbox", "compare", "with more", "--all")).count("acme 2026-0") == 4
    found = json.loads(saved.well("sandbox", "compare", "original", "with more", "--json"))
    assert found["totals"] == [{"currency": "USD", "left": "196.00", "right": "198.75", "difference": "2.75"}]
    (bill,) = found["differing"]
    assert (bill["customer"], bill["difference"], bill["beside_lines"]) == ("acme", "2.75", "0.00")
    assert bill["lines"][0]["quantity"] == {"left": "0", "right": "1500"}
    for name in ("original", "with more"):
        saved.well("sandbox", "open", name)
        saved.well("check")


def _words(text: str) -> str:
    return " ".join(text.split())


def test_what_is_the_same_on_both_sides_is_said_so(saved: Commands) -> None:
    assert "Neither has an invoice yet." in saved.well("sandbox", "compare", "mid March")
    saved.well("clock", "move", "2026-04-02")
    saved.well("sandbox", "fork", "same")
    assert "Nothing differs in 4 bills." in saved.well("sandbox", "compare", "same")


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (("save", "mid March"), "There is a “mid March” already"),
        (("save", "original"), "is the sandbox that the others come from"),
        (("fork", "x", "--from", "mid-march"), "did you mean “mid March”?"),
        (("open", "nowhere"), "There is no sandbox “nowhere” here"),
        (("compare", "original"), "is the same on both sides"),
        (("compare", "mid March", "--customer", "bold"), "no customer “bold”"),
    ],
)
def test_what_cannot_be_is_refused_in_words(saved: Commands, typed: tuple[str, ...], says: str) -> None:
    assert says in saved.refused("sandbox", *typed)


def test_who_is_told_by_the_environment_which_seller_it_is_is_told_so(
    saved: Commands, books: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved.well("sandbox", "fork", "other")
    monkeypatch.setenv("FARTHING_SELLER_ID", str(books.seller_id))
    assert "FARTHING_SELLER_ID in the environment says" in saved.refused("sandbox", "open", "other")


def test_what_the_environment_says_of_other_things_stays_out_of_the_file(
    saved: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = load(saved.home, {})
    saved.well("sandbox", "fork", "other")
    monkeypatch.setenv("FARTHING_PORT", "9999")
    saved.well("sandbox", "open", "other")
    after = load(saved.home, {})
    assert (after.port, after.database_url) == (before.port, before.database_url)
    assert after.seller_id != before.seller_id


def test_slack_stays_with_the_one_that_it_was_connected_to(saved: Commands) -> None:
    with Wired(load(saved.home, {})) as wired, (store := wired.store).transaction():
        store.keep_slack_install(SlackInstall("T1", "U0BOT", "xoxb-1", None, None, "C1", NOW))
    assert "Slack stays connected to the one before" in saved.well("sandbox", "fork", "other", "--open")


def test_a_live_seller_has_no_sandboxes(tmp_path: Path, empty_database: str) -> None:
    run = Commands(tmp_path / "live")
    run.well("init", *SELLER[:-1], "live", "--database-url", empty_database)
    assert "This seller is live" in run.refused("sandbox", "save", "x")
    assert "This seller is live" in run.refused("sandbox", "list")


def test_a_clock_that_jumps_bills_nothing(acme: Commands) -> None:
    told = acme.well("clock", "move", "2026-05-01", "--no-bill")
    assert "so does farthing period close --through 2026-04-30." in told
    assert "There are no invoices yet" in acme.well("invoice", "list")


@pytest.fixture
def huge(acme: Commands, tmp_path: Path) -> Commands:
    """Acme with an amount in March that no book can hold."""
    (tmp_path / "huge.csv").write_text("when,tokens\n2026-03-05,9" + "0" * 30 + "\n", encoding="utf-8")
    import_usage(acme, tmp_path / "huge.csv")
    return acme


def test_what_is_held_on_the_way_is_told(huge: Commands) -> None:
    told = huge.well("clock", "move", "2026-06-02")
    assert "3 invoices on the way, at 2 stops.\n1 draft waits; see farthing draft list.\n" in told


def test_what_cannot_be_billed_on_the_way_is_told_and_the_clock_arrives(huge: Commands, books: PostgresStore) -> None:
    set_policy(books, BillingPolicy(hold_factor=Decimal(10**34)), by="Ada", now=NOW)
    result = huge("clock", "move", "2026-06-02")
    assert result.exit_code == 1
    assert "acme could not be billed" in result.stderr
    assert "It is 2026-06-02 00:00:0" in result.stdout
    assert "3 invoices on the way, at 2 stops." in result.stdout
