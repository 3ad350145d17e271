"""Every view of Slack's, drawn once or more: what a test of languages or limits looks at.

Names, units and whatever else people write are in Greek letters here, so that each plain letter in a view is our own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from farthing.catalogues.examples import EXAMPLES
from farthing.core.alerting.alert import AHEAD, Act, Acted, Alert, alerts_for
from farthing.core.alerting.budget import Budget, Standing, Tells
from farthing.core.first_run import FirstRun
from farthing.core.goals import CheckIn, Goal, Signature
from farthing.core.invoicing.invoice import Invoice
from farthing.core.invoicing.pending import DraftState
from farthing.core.metering.differences import Differing
from farthing.core.metering.event import UsageEvent
from farthing.core.metering.meter import Measured
from farthing.core.money import USD, Money, currency
from farthing.core.parties import Customer
from farthing.core.people import Person, Role
from farthing.core.period import Period
from farthing.core.pricing.plan import Price
from farthing.core.quality.arrivals import SourceHour
from farthing.core.quality.audit import Audit, NoOnes, audit_sources
from farthing.slack.views.alerts import BudgetShown, alert_card, budget_done, budget_form, budget_list, budget_set
from farthing.slack.views.blocks import Block, Card, sentence_card, sentence_modal
from farthing.slack.views.caught_up import caught_up_card
from farthing.slack.views.charts import DailyUsage, without_native
from farthing.slack.views.drafts import DraftShown, Seen, approved_words, draft_queue, draft_window
from farthing.slack.views.explain import (
    Day,
    EventShown,
    LineExplained,
    days_explained,
    event_explained,
    events_explained,
    invoice_explained,
    line_explained,
)
from farthing.slack.views.first_run import (
    customer_form,
    event_modal,
    example_form,
    example_taken,
    first_run_blocks,
    preview_modal,
)
from farthing.slack.views.goals import check_in_form, goal_form, goals_card, goals_modal
from farthing.slack.views.help import billing_help, usage_help
from farthing.slack.views.home import (
    LastRun,
    Spender,
    below,
    customer_home,
    owner_code_modal,
    owner_welcome,
    staff_home,
    stranger_home,
)
from farthing.slack.views.invoices import invoice_card, invoice_list
from farthing.slack.views.language import language_section
from farthing.slack.views.overseeing import (
    EntryShown,
    Overseen,
    StuckShown,
    audit_window,
    deliveries_window,
    overseeing,
    solo_form,
)
from farthing.slack.views.people import (
    InvitationShown,
    PersonShown,
    code_form,
    invite_form,
    invited_window,
    people_window,
    welcome_window,
)
from farthing.slack.views.quality import SilentSource, TwoEvents, audit_card, back_card, conflicts_card, silent_card
from farthing.slack.views.runs import Run, RunInvoice, run_card
from farthing.slack.views.usage import (
    RunningPlan,
    UsageShown,
    breakdown_modal,
    unknown_customer,
    usage_card,
    whose_usage,
)
from tests.core.core_values import STARTER
from tests.core.every_line import every_price, invoice_of, many_groups
from tests.core.quality.hours import MONDAY, hour, hours
from tests.slack.every_notice import every_notice

SHORT, LONG = "Ωμέγα", "Ελληνική Εταιρεία " * 12
UNIT = "μονάδες"
NOW = datetime(2026, 1, 22, tzinfo=UTC)
DAY = date(2026, 2, 1)
JANUARY = Period(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))
ID = UUID(int=1)
COMMANDS = {"usage_command": "/usage", "billing_command": "/billing"}
Drawn = Card | Block | list[Block] | list[str]


def every_view(name: str) -> Iterator[Drawn]:
    """All views, with this name wherever people have names."""
    for draw in (
        _alerts,
        _drafts,
        _explain,
        _first_run,
        _help,
        _home,
        _invoices,
        _overseeing,
        _people,
        _quality,
        _runs,
        _usage,
    ):
        yield from draw(name)
    yield from every_notice(name)


def _customer(name: str, number: int = 1) -> Customer:
    return Customer(UUID(int=number), key=f"κ{number}", name=name, in_zone="Europe/Paris")


def _named_prices(name: str) -> Iterator[tuple[Price, Sequence[Measured]]]:
    for price, cells in every_price():
        yield replace(price, name=name[:60]), cells


def _made(name: str) -> Invoice:
    return invoice_of([*_named_prices(name), many_groups(30, value="τιμή")], starts_on=date(2026, 1, 17))


def _alerts(name: str) -> Iterator[Drawn]:
    whom = _customer(name)
    at = JANUARY.start + timedelta(days=20)
    assigned, acknowledged = Acted(Act.ASSIGNED, name, at), Acted(Act.ACKNOWLEDGED, name, at)
    snoozed = Acted(Act.SNOOZED, name, at, until=at + timedelta(days=30))
    for tells in Tells:
        for money, ahead in ((USD, True), (None, False)):
            called = "budget" if ahead else name[:64]
            budget = Budget(ID, ID, called, Decimal("1e6"), money, "tokens", (50, 120), ahead, tells, name, at)
            standing = Standing(JANUARY, at, Decimal("9e5"), Decimal("1e6"))
            [plain] = alerts_for(budget, standing, [AHEAD])
            for acts in ((), (assigned, snoozed), (assigned, acknowledged)):
                for mark in (plain.mark, 80, 100, 120):
                    yield alert_card(whom, budget, Alert(ID, ID, mark, standing, True, acts), unit=UNIT)
            shown = BudgetShown(whom, budget, UNIT, standing)
            yield budget_list([shown] * 60, billing_command="/billing")
            yield budget_list([replace(shown, standing=None)], billing_command="/billing")
            yield budget_set(shown)
            yield budget_done(shown)
    yield budget_list([], billing_command="/billing")
    for staff in (True, False):
        yield budget_form(whom, [USD, currency("JPY")], [(f"μετρητής{n}", name) for n in range(12)], staff=staff)


def _people(name: str) -> Iterator[Drawn]:
    owner = PersonShown(ID, name, Role.OWNER, None, None, DAY, name, 1, (), may_revoke=False)
    other = PersonShown(
        ID, name, Role.CUSTOMER_ADMIN, "κ1", "α@β", DAY, name, 3, (Role.CUSTOMER_VIEWER,), may_revoke=True
    )
    every = [owner, *(replace(other, person_id=UUID(int=number)) for number in range(2, 60))]
    staff = replace(owner, person_id=UUID(int=99), may_become=tuple(Role)[1:5], may_revoke=True)
    waiting = InvitationShown(UUID(int=77), "α@β", Role.FINANCE, "κ1", name, DAY, is_open=True)
    yield people_window([owner, staff], [])
    yield people_window(every, [waiting, replace(waiting, invitation_id=ID, is_open=False)], first=20, said=name)
    yield invite_form(list(Role), customers_too=True)
    yield invite_form([Role.CUSTOMER_VIEWER], customers_too=False)
    yield invited_window("α@β", Role.SUPPORT, until=DAY)
    yield code_form()
    yield welcome_window(Person(ID, name, Role.OWNER), usage_command="/usage")


def _overseeing(name: str) -> Iterator[Drawn]:
    shown = Overseen(people=1, invited=2, stuck=3, reads_log=True, may_go_solo=True, solo_until=DAY)
    home = stranger_home(seller_name=name, nobody_owns_it=True)
    yield below(home, overseeing(shown))
    yield below(home, overseeing(replace(shown, people=5, invited=0, stuck=0, solo_until=None)))
    yield below(home, overseeing(Overseen()))
    yield solo_form(None, latest=DAY)
    yield solo_form(DAY, latest=DAY, because=name)
    stuck = [StuckShown(str(UUID(int=number)), name, name, number, NOW) for number in range(40)]
    yield deliveries_window([], in_zone="UTC")
    yield deliveries_window(stuck, in_zone="UTC", said=name)
    entries = [EntryShown(NOW, name, kind, "\n".join([name] * 9)) for kind in ("asked", "shown", "failed", "posted")]
    yield audit_window(entries, skipped=10, more=True, in_zone="UTC")
    yield audit_window([], skipped=0, more=False, in_zone="UTC")
    yield caught_up_card([name] * 20, many=45)
    yield caught_up_card([name], many=1)


def _drafts(name: str) -> Iterator[Drawn]:
    made = _made(name)
    held = DraftShown(_customer(name), made.draft, Seen(ID, 7, "f" * 32), DraftState.HELD, (name,), NOW)
    usual = replace(held, state=DraftState.WAITING, reasons=())
    yield draft_queue([])
    yield draft_queue([held], said=approved_words([made], [name]))
    yield draft_queue([held, *[usual] * 20], first=8, said=approved_words([made] * 3, []))
    yield draft_queue([replace(held, reasons=())])
    yield draft_window(held)
    yield draft_window(usual)


def _explain(name: str) -> Iterator[Drawn]:
    made, whom = _made(name), _customer(name)
    yield invoice_explained(whom, made)
    days = [Day(date(2026, 1, 17) + timedelta(days=n), Decimal(n), n) for n in range(14)]
    for number, line in enumerate(made.draft.lines, start=1):
        explained = LineExplained(whom, made, number, line, days, holds=number % 2 == 0)
        yield line_explained(explained)
        yield line_explained(explained, first=20)
        yield days_explained(explained)
        told = UsageEvent("πηγή", "ταυτότητα", "tokens", "κ1", None, {"tokens": Decimal("12.5")})
        shown = EventShown(number, told, NOW, NOW, name)
        yield event_explained(explained, shown, day=None)
        yield events_explained(explained, [shown], day=date(2026, 1, 18), after=3, more=True)
        yield events_explained(explained, [], day=None, after=0, more=False)


def _first_run(name: str) -> Iterator[Drawn]:
    goal = Goal(ID, 1, name[:100], "μέρες", Decimal(9), Decimal(1), DAY, name, "U1", name, NOW)
    signed = replace(goal, place=2, signature=Signature(name, DAY, NOW))
    read = (CheckIn(Decimal(5), DAY, name, NOW),)
    by_another = replace(goal, place=3, signature=Signature("κ", DAY, NOW), check_ins=read)
    goals = [goal, signed, by_another]
    for many in (0, 1, 3):
        yield goals_modal(goals[:many], may_set=many != 1)
        yield goals_card(goals[:many])
    yield goal_form(None, place=None)
    yield goal_form(goal, place=1)
    yield check_in_form(by_another)
    plans = [replace(STARTER, name=name)] * 7
    nothing = FirstRun([], None, [], None, None, False, False, None, None, False, False)
    waits = replace(nothing, goals=goals, finance_channel="C1", plans=plans[:2], trial=_customer(name))
    arrived = replace(waits, has_events=True, event_id=name, event_at=NOW, plans=plans)
    others = replace(nothing, plans=plans, has_subscriptions=True, has_events=True)
    done, put_away = replace(arrived, seen_preview=True), replace(nothing, is_put_away=True)
    for run in (nothing, waits, arrived, others, done, put_away):
        yield first_run_blocks(run, in_zone="Europe/Paris")
    yield example_form()
    for changes in (0, 1, 5):
        yield example_taken(EXAMPLES[0], changes=changes)
    yield customer_form([(name, "κ1"), (name, "κ2")], chosen="κ2")
    yield event_modal(_customer(name), EXAMPLES[1], api_url="http://127.0.0.1:8480")
    yield event_modal(None, None, api_url="http://127.0.0.1:8480")
    yield preview_modal(_customer(name), [(name, JANUARY, "Europe/Paris", _made(name).draft)] * 2)


def _help(name: str) -> Iterator[Drawn]:
    yield usage_help(usage_command="/usage")
    yield billing_help(**COMMANDS)
    yield billing_help(**COMMANDS, unknown=name)
    yield sentence_card(name)
    yield sentence_modal("Farthing", name)


def _home(name: str) -> Iterator[Drawn]:
    made, whom = _made(name), _customer(name)
    person = Person(UUID(int=4), name=name, role=Role.OWNER)
    at = JANUARY.start + timedelta(days=20)
    budget = Budget(ID, ID, "budget", Decimal(100), USD, "tokens", (50,), True, Tells.FINANCE, name, at)
    shown = BudgetShown(whom, budget, UNIT, Standing(JANUARY, at, Decimal(90), Decimal(100)))
    for many in (0, 1, 15):
        yield staff_home(
            person,
            seller_name=name,
            spenders=[Spender(_customer(name, n + 1), [Money(n, USD)]) for n in range(many)],
            invoices=[(whom, made)] * many,
            last_run=LastRun(DAY, many, [Money(5, USD)] * many) if many else None,
            budgets=[shown] * many,
            open_alerts=many // 5,
            as_of=NOW,
            in_zone="Europe/Paris",
            **COMMANDS,
        )
    yield customer_home(person, _shown(name, 2), [(whom, made)] * 3, **COMMANDS)
    yield customer_home(person, replace(_shown(name, 2), running=[]), [], **COMMANDS)
    yield stranger_home(seller_name=name, nobody_owns_it=True)
    yield owner_code_modal()
    yield owner_welcome(person, **COMMANDS)
    yield language_section(None)


def _shown(name: str, plans: int) -> UsageShown:
    made = _made(name)
    days = [(date(2026, 1, 1) + timedelta(days=n), Decimal(n * 1000)) for n in range(31)]
    usage = [DailyUsage(name, UNIT, days), DailyUsage(name, "", days[:3], adds_up=False)]
    running = RunningPlan(name, JANUARY, "Europe/Paris", made.draft, [*usage, DailyUsage(name, "λίγα", [])])
    return UsageShown(_customer(name), [running] * plans, [made] * 5, as_of=NOW)


def _invoices(name: str) -> Iterator[Drawn]:
    made, whom = _made(name), _customer(name)
    yield invoice_card(whom, made, [DailyUsage(name, UNIT, [(DAY, Decimal(5))])])
    yield invoice_list([(whom, made)] * 3, of_whom=name)
    yield invoice_list([(whom, made)], of_whom="")
    yield invoice_list([], of_whom=name)
    yield invoice_list([], of_whom="")


def _quality(name: str) -> Iterator[Drawn]:
    ends = MONDAY + timedelta(days=28)
    source = name[:40]

    def told(known: list[SourceHour], **more: Any) -> Audit:
        sources = audit_sources(known, day=DAY, in_zone="Europe/Paris", at=ends)
        return Audit(DAY, "Europe/Paris", sources, **({"quarantine": (), "conflicts": 0, "unattributed": ()} | more))

    late = hours(28 * 24 - 10, source=source)
    odd = [*late[:-60], *(hour(each.hour, 9000, source=source, duplicates=800, quarantined=900, conflicts=3,
                               lag=timedelta(hours=5)) for each in late[-60:])]  # fmt: skip
    ahead = [hour(each.hour, 3, source=source, lag=timedelta(hours=-3)) for each in late[-90:]]
    fewer = [*late[:-60], *(hour(each.hour, 1, source=source) for each in late[-60:])]
    left = NoOnes("κ1", "type", 7, first_on=DAY, last_on=DAY)
    others = [replace(left, customer_key=f"κ{number}") for number in range(9)]
    yield audit_card(told(hours(28 * 24 + 8, source=source)))
    yield audit_card(told(late, quarantine=((name, 3), (name, 1)), conflicts=2, unattributed=(left,)))
    yield audit_card(told(late, quarantine=((name, 1),), conflicts=1, unattributed=tuple(others)))
    for known in (odd, ahead, fewer):
        yield audit_card(told(known))
    yield audit_card(told([one for n in range(30) for one in hours(28 * 24 - n, source=f"{source}{n}")]))
    before = Audit(DAY, "Europe/Paris", told(late).sources, (), 0, (left,), told_before=((left,)))
    yield audit_card(before)
    drawn = [(ends + timedelta(hours=number), 0 if number > 20 else 100, 100) for number in range(24)]
    silent = SilentSource(source, ends + timedelta(hours=20), None, drawn)
    back = replace(silent, back_at=ends + timedelta(hours=30))
    at = ends + timedelta(days=2, hours=3)
    yield silent_card([silent], at=at, in_zone="UTC")
    yield silent_card([silent, back] * 10, at=at, in_zone="UTC")
    yield silent_card([back] * 2, at=at, in_zone="UTC")
    yield back_card([back], at=at, in_zone="UTC")
    yield back_card([back] * 20, at=at, in_zone="UTC")
    two = TwoEvents(source, source, [Differing("δεδομένα", 1, None)] * 2)
    yield conflicts_card([two], count=1, hour=ends, in_zone="UTC")
    yield conflicts_card([two] * 20, count=90_000, hour=ends, in_zone="UTC")


def _runs(name: str) -> Iterator[Drawn]:
    made = _made(name)
    compared = (None, Money(1, USD), made.total, Money(0, USD), Money(9, currency("JPY")))
    large = [
        RunInvoice(_customer(name, n), replace(made, draft=replace(made.draft, invoice_id=UUID(int=n))), before)
        for n, before in enumerate(compared, start=1)
    ]
    unheard = [(_customer(name, n), made) for n in range(9)]
    held = [(_customer(name, n), [name]) for n in range(9)]
    for run in (
        Run(DAY, 0, [], [], []),
        Run(DAY, 7, [Money(99, USD)], large, unheard, held),
        Run(DAY, 1, [Money(99, USD)], large[:1], unheard[:1]),
        Run(DAY, 3, [Money(99, USD)], large[:1], unheard[:7], held[:1]),
    ):
        yield run_card(run, billing_command="/billing")


def _usage(name: str) -> Iterator[Drawn]:
    shown = _shown(name, 2)
    card = usage_card(shown)
    yield card
    yield Card(card.text, without_native(card.blocks))
    yield usage_card(shown, shareable=False)
    for asked_for in ("", "2026-01"):
        yield usage_card(replace(shown, running=[], asked_for=asked_for))
    yield breakdown_modal(shown)
    for many in (0, 2, 120):
        yield whose_usage([_customer(name, n) for n in range(many)], command="/usage")
    yield unknown_customer(name, ["κ1", "κ2"], month="2026-01")
