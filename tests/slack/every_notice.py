"""Every view of what is told by itself: digests, what is to come, what is held back, and the settings of all that."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

from farthing.core.alerting.credit import CreditStanding
from farthing.core.money import USD, Money
from farthing.core.parties import Customer
from farthing.core.period import Period
from farthing.core.telling.ahead import FORETOLD, Occasion, Terms, Told
from farthing.core.telling.digest import Changes, Coming, Counted, Digest, Happening, MeterUsed, Need, Needs, Spender
from farthing.core.telling.due_days import Due, Span
from farthing.core.telling.ear import DATA, FINANCE, Ear, customer_ear, person_ear
from farthing.core.telling.settings import QuietHours, Settings, heard_by, usual_settings
from farthing.slack.views.blocks import Block, Card
from farthing.slack.views.digests import digest_card
from farthing.slack.views.folds import FoldedLine, meanwhile_card, quiet_home, switched_card, would_have_told_card
from farthing.slack.views.foretold import credit_low_card, foretold_card
from farthing.slack.views.notice_settings import settings_done, settings_form, settings_home
from farthing.slack.views.waiting import Waiting, waiting_card

ID = UUID(int=1)
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
EARS = (FINANCE, DATA, customer_ear(ID), person_ear(ID))
MUCH, LITTLE = Money(10**9, USD), Money(1, USD)


def every_notice(name: str) -> Iterator[Card | Block | list[Block]]:
    """All of them, with this name wherever people have names."""
    whom = Customer(ID, key="κ1", name=name, in_zone="Europe/Paris")
    many = [Customer(UUID(int=number), f"κ{number}", name, "UTC") for number in range(1, 20)]
    for ear in EARS:
        settings = _settings(ear, name)
        for each in (settings, usual_settings(ear, in_zone="UTC", since=BEGIN)):
            yield settings_form(each, called=name, zones=["UTC", "Europe/Paris"])
            yield settings_done(each, called=name)
        for span in Span:
            yield digest_card(_digest(span, name), ear=ear, called=name, in_zone="UTC", settings=settings)
    yield from _foretold(whom, _settings(customer_ear(ID), name))
    heard = Card(name, [])
    lines = [FoldedLine(customer, heard) for customer in many]
    yield would_have_told_card(lines, many=200, quiet=many)
    yield would_have_told_card(lines[:1], many=1, quiet=many[:1])
    yield meanwhile_card(lines, many=20, ear=FINANCE)
    yield waiting_card([], [Waiting(name, name, date(2026, 1, 1), MUCH)] * 50, billing_command="/billing")
    yield waiting_card([], [], billing_command="/billing")
    for live in (True, False):
        for was_so in (True, False):
            yield switched_card(whom, live=live, by=name, was_so=was_so, kept_back=3)
    yield quiet_home(many)
    yield settings_home([(each, name) for each in EARS])


def _settings(ear: Ear, name: str) -> Settings:
    quiet = QuietHours(time(22), time(7, 15))
    return Settings(ear, frozenset(Span), "Europe/Paris", BEGIN, name, frozenset(heard_by(ear)[:1]), quiet=quiet)


def _foretold(whom: Customer, settings: Settings) -> Iterator[Card]:
    for happening in FORETOLD:
        for stands_at in (BEGIN, BEGIN + timedelta(days=3), None):
            told = Told(ID, Occasion(happening, ID, BEGIN), stands_at, Terms(whom.name, MUCH, LITTLE, MUCH))
            yield foretold_card(whom, told, settings=settings)
    for left in (0, 10**8):
        yield credit_low_card(whom, CreditStanding(Money(left, USD), MUCH), at=BEGIN)


def _digest(span: Span, name: str) -> Digest:
    counted = Counted(123, (MUCH,))
    days = tuple((date(2026, 1, 1) + timedelta(days=day), Decimal(day)) for day in range(31))
    changes = Changes(
        invoiced=counted,
        invoiced_before=counted,
        paid=counted,
        usage=(MeterUsed(name, "μονάδες", Decimal(900), Decimal(300), days),) * 4,
        spenders=tuple(Spender(name, (MUCH,)) for _ in range(6)),
        started=(name,) * 20,
        ended=(name,) * 6,
        alerts=12,
    )
    coming = [Coming(date(2026, 2, 1), happening, name, name, MUCH) for happening in Happening]
    coming += [Coming(date(2026, 2, 2), happening, "", "", many=1200) for happening in Happening]
    due = Due(date(2026, 2, 1), BEGIN + timedelta(days=31), late=True, missed=3)
    needs = Needs.of((need, counted) for need in Need)
    return Digest(span, due, Period(BEGIN, BEGIN + timedelta(days=31)), changes, needs, tuple(coming))
