"""Cards and forms of what is told by itself: harmless whatever people are called, and within Slack's limits."""

from __future__ import annotations

from datetime import date, time, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from farthing.core.alerting.credit import CreditStanding
from farthing.core.money import USD, Money
from farthing.core.parties import Customer
from farthing.core.period import Period
from farthing.core.telling.ahead import FORETOLD, Occasion, Terms, Told
from farthing.core.telling.digest import Changes, Coming, Counted, Digest, Happening, MeterUsed, Need, Needs, Spender
from farthing.core.telling.due_days import Due, Span
from farthing.core.telling.ear import DATA, FINANCE, Ear, customer_ear, person_ear
from farthing.core.telling.settings import QuietHours, Settings, heard_by, usual_settings
from farthing.slack.views.blocks import Card
from farthing.slack.views.digests import digest_card
from farthing.slack.views.folds import FoldedLine, meanwhile_card, quiet_home, switched_card, would_have_told_card
from farthing.slack.views.foretold import credit_low_card, foretold_card
from farthing.slack.views.notice_settings import settings_done, settings_form, settings_home
from farthing.slack.views.waiting import Waiting, waiting_card
from farthing_slacksim.blocks import message_faults, view_faults
from tests.slack.test_alerts import NASTY, marked_texts
from tests.slack.world import BEGIN

ID = UUID(int=1)
CUSTOMER = Customer(ID, "acme", NASTY[:200], "Asia/Kolkata")
MANY = [Customer(UUID(int=number), f"c{number}", NASTY[:200], "UTC") for number in range(1, 150)]
EARS = (FINANCE, DATA, customer_ear(ID), person_ear(ID))
MUCH = Money(10**15, USD)


def settings_for(ear: Ear) -> Settings:
    quiet = QuietHours(time(22), time(7, 15))
    return Settings(ear, frozenset(Span), "Asia/Kolkata", BEGIN, NASTY, frozenset(heard_by(ear)[:1]), quiet=quiet)


def nasty_digest(span: Span) -> Digest:
    january = Period(BEGIN, BEGIN + timedelta(days=31))
    counted = Counted(123_456, (MUCH, MUCH))
    days = tuple((date(2026, 1, 1) + timedelta(days=day), Decimal(day)) for day in range(31))
    used = MeterUsed(NASTY, NASTY, Decimal("1e12"), Decimal("0.1"), days)
    changes = Changes(
        invoiced=counted,
        invoiced_before=counted,
        paid=counted,
        usage=(used,) * 4,
        spenders=tuple(Spender(NASTY, (MUCH,)) for _ in range(6)),
        started=(NASTY,) * 200,
        ended=(NASTY,) * 6,
        alerts=12,
    )
    needs = Needs.of((need, counted) for need in Need)
    coming = [Coming(date(2026, 2, 1), happening, NASTY, NASTY, MUCH) for happening in Happening]
    coming += [Coming(date(2026, 2, 2), happening, "", "", many=1200) for happening in Happening]
    due = Due(date(2026, 2, 1), BEGIN + timedelta(days=31), late=True, missed=3)
    return Digest(span, due, january, changes, needs, tuple(coming))


def nasty_cards() -> list[Card]:
    cards = [
        digest_card(nasty_digest(span), ear=ear, called=NASTY, in_zone="UTC", settings=settings_for(ear))
        for span in Span
        for ear in EARS
    ]
    for happening in FORETOLD:
        occasion = Occasion(happening, ID, BEGIN)
        for stands_at in (BEGIN, BEGIN + timedelta(days=3), None):
            told = Told(ID, occasion, stands_at, Terms(NASTY, MUCH, MUCH, MUCH))
            cards.append(foretold_card(CUSTOMER, told, settings=settings_for(customer_ear(ID))))
    for left in (0, 10**14):
        cards.append(credit_low_card(CUSTOMER, CreditStanding(Money(left, USD), MUCH), at=BEGIN))
    lines = [FoldedLine(customer, cards[0]) for customer in MANY[:20]]
    cards += [
        would_have_told_card(lines, many=200, quiet=MANY),
        would_have_told_card(lines[:1], many=1, quiet=MANY[:1]),
        meanwhile_card(lines, many=20, ear=FINANCE),
        waiting_card([], [Waiting(NASTY, NASTY, date(2026, 1, 1), MUCH)] * 50, billing_command="/billing"),
        waiting_card([], [], billing_command="/billing"),
    ]
    cards += [
        switched_card(CUSTOMER, live=live, by=NASTY, was_so=was_so, kept_back=3)
        for live in (True, False)
        for was_so in (True, False)
    ]
    return cards


@pytest.mark.parametrize("card", nasty_cards())
def test_every_card_keeps_slacks_limits_and_is_harmless(card: Card) -> None:
    assert message_faults(card.blocks) == []
    assert "<!" not in card.text
    assert not any("<!" in marked for marked in marked_texts(card.blocks))
    assert len(card.text) <= 4000


@pytest.mark.parametrize("ear", EARS)
def test_forms_and_home_keep_slacks_limits(ear: Ear) -> None:
    for settings in (settings_for(ear), usual_settings(ear, in_zone="Asia/Kathmandu", since=BEGIN)):
        assert view_faults(settings_form(settings, called=NASTY, zones=["UTC", "UTC", "Asia/Tokyo"])) == []
        assert view_faults(settings_done(settings, called=NASTY)) == []
    home = {"type": "home", "blocks": [*quiet_home(MANY), *settings_home([(each, NASTY) for each in EARS])]}
    assert view_faults(home) == []
    assert quiet_home([]) == []
