"""A subscription changes in the terminal: what is previewed is told in full, and what is done with its invoice."""

from __future__ import annotations

import pytest

from farthing.core.pricing.terms import plan_from
from farthing.postgres.database import PostgresStore
from tests.cli.commands import Commands
from tests.usecases.agreed_shop import METERS, SEATS, TEAM, TOKENS, offer, team


@pytest.fixture
def on_team(run: Commands, books: PostgresStore) -> Commands:
    """Acme on “team” with 10 seats since 1 March, its first invoice issued; it is the middle of March 2026."""
    platform = TEAM["prices"]["platform"] | {"fee": {"USD": "62", "EUR": "56"}}
    dearer = TEAM | {"prices": {"platform": platform, "seats": SEATS, "tokens": TOKENS}}
    offer(books, team(), plan_from("business", dearer, version=1, meters=METERS))
    run.well("customer", "add", "acme", "--name", "Acme GmbH", "--zone", "UTC")
    run.well("subscription", "add", "acme", "team", "--from", "2026-03-01", "--quantity", "seats=10")
    run.well("close", "--through", "2026-03-14")
    return run


def test_an_upgrade_is_previewed_then_done_then_undone_at_the_periods_end(on_team: Commands) -> None:
    previewed = on_team.well("subscription", "change", "acme", "team", "business", "--preview")
    assert previewed.startswith("Would be so: acme is on the plan business instead of team from 2026-03-15 on.\n")
    assert previewed.endswith("Nothing is kept.\n")
    for line in ("Unused: Platform", "17 of 31 days", "The money now:", "without the change", "with the change"):
        assert line in previewed
    done = on_team.well("subscription", "change", "acme", "team", "business")
    assert done.startswith("acme is on the plan business instead of team from 2026-03-15 on.\nInvoice ")
    assert "Unused: Platform  17 of 31 days   -17.00" in done
    assert "business" in on_team.well("subscription", "list", "acme")
    back = on_team.well("subscription", "change", "acme", "business", "team")
    assert back == "acme is on the plan team instead of business from 2026-04-01 on.\n"
    on_team.well("check")


def test_a_pause_and_an_end_are_told_with_what_they_give_back(on_team: Commands) -> None:
    paused = on_team.well("subscription", "pause", "acme", "team", "--until", "2026-03-25")
    assert paused.startswith("acme pays no fees for the plan team from 2026-03-15 on, until 2026-03-25.\nInvoice ")
    assert "Unused: Seats     17 of 31 days   -54.84" in paused
    resumed = on_team.well("subscription", "resume", "acme", "team")
    assert resumed.startswith("acme pays fees for the plan team again from 2026-03-15 on.\nInvoice ")
    cancelled = on_team.well("subscription", "cancel", "acme", "team", "--on", "2026-03-20")
    assert cancelled == "acme leaves the plan team: 2026-03-20 is the first day that is not charged.\n"
    stays = on_team.well("subscription", "uncancel", "acme", "team")
    assert stays == "acme stays on the plan team, which was to end on 2026-03-20.\n"
    now = on_team.well("subscription", "cancel", "acme", "team", "--when", "now", "--preview")
    assert "Unused: Platform" in now
    on_team.well("check")


def test_seats_count_from_now_on_where_that_is_said(on_team: Commands) -> None:
    told = on_team.well("subscription", "quantity", "acme", "team", "seats=20", "--now")
    assert told.startswith("acme has seats=20 on the plan team from 2026-03-15 on.\nInvoice ")
    assert "Unused: Seats     17 of 31 days   -54.84" in told
