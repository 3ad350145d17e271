"""What people see keeps every limit of Slack's, says all that matters in its text, and is harmless."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from slackblocks.blocks import HeaderBlock, SectionBlock

from farthing.core.billing import draft_of
from farthing.core.invoicing.invoice import Draft, Invoice, LegalEntity, Series, issue
from farthing.core.metering.event import UsageEvent
from farthing.core.metering.meter import single
from farthing.core.money import USD, Money, currency
from farthing.core.parties import Customer
from farthing.core.people import Person, Role
from farthing.core.period import Cycle
from farthing.core.pricing.flat import Flat
from farthing.core.pricing.graduated import Graduated, Tier
from farthing.core.pricing.plan import Plan, Price, Timing
from farthing.core.rating.agreement import Agreement
from farthing.core.rating.rate import Used
from farthing.core.subscriptions.subscription import Moment, Subscription
from farthing.slack.views.blocks import Block, Card, sentence_card, sentence_modal
from farthing.slack.views.charts import DailyUsage, charts, without_native
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
from farthing.slack.views.help import billing_help, usage_help
from farthing.slack.views.home import (
    LastRun,
    Spender,
    customer_home,
    owner_code_modal,
    owner_welcome,
    staff_home,
    stranger_home,
)
from farthing.slack.views.invoices import invoice_card, invoice_list
from farthing.slack.views.runs import Run, RunInvoice, run_card
from farthing.slack.views.usage import (
    RunningPlan,
    UsageShown,
    breakdown_modal,
    unknown_customer,
    usage_card,
    whose_usage,
)
from farthing.slack.views.words import change_text, money_text
from farthing_slacksim.blocks import message_faults, view_faults
from tests.slack.world import TOKENS, kinds, texts

ZONE = "Europe/Paris"
CYCLE = Cycle(anchor_day=1, in_zone=ZONE)
JANUARY = CYCLE.period_holding(datetime(2026, 1, 15, tzinfo=UTC))
NASTY = "<!channel> & “Sons” " + "x" * 180
SIZES = [
    pytest.param("Acme", 1, 2, id="small"),
    pytest.param(NASTY, 40, 31, id="large"),
]


def customer(name: str, number: int = 1) -> Customer:
    return Customer(UUID(int=number), key=f"c{number}", name=name, in_zone=ZONE)


def invoice(*, tokens: int = 1_300_000, prices: int = 1, name: str = "Tokens") -> Invoice:
    shape = Graduated((Tier(Decimal(1_000_000), Decimal("0.000002")), Tier(None, Decimal("0.0000015"))))
    fees = tuple(
        Price(f"fee{n}", f"{name} fee {n}", Flat(Decimal(49)), timing=Timing.ADVANCE) for n in range(prices - 1)
    )
    plan = Plan("starter", 3, "Starter", USD, (*fees, Price("tokens", name, shape, meter=TOKENS)))
    subscription = Subscription(UUID(int=9), UUID(int=1), "starter", 3, CYCLE, starts_at=JANUARY.start)
    following = CYCLE.period_holding(JANUARY.end)
    moment = Moment(JANUARY.end, ended=JANUARY, begins=following)
    measured = {("tokens", JANUARY.start): Used(single(UUID(int=1), TOKENS, JANUARY, 7, Decimal(tokens), 2))}
    draft = draft_of(Agreement.plain(subscription, plan), moment, measured)
    entity = LegalEntity("main", "Example", in_zone=ZONE, number_prefix="EX")
    return issue(draft, entity, Series(last=41), now=datetime(2026, 2, 1, 8, tzinfo=UTC))


def daily(days: int = 31, name: str = "Tokens", unit: str = "tokens") -> DailyUsage:
    return DailyUsage(name, unit, [(date(2026, 1, 1) + timedelta(days=n), Decimal(n * 1000 + 1)) for n in range(days)])


def shown(name: str, plans: int, days: int) -> UsageShown:
    made = invoice(prices=min(plans, 30), name=name[:40])
    running = RunningPlan(name, JANUARY, ZONE, made.draft, [daily(days, name), daily(days, f"{name}!", "calls")])
    return UsageShown(customer(name), [running] * min(plans, 3), [made] * 5, as_of=datetime(2026, 1, 22, tzinfo=UTC))


def explained(name: str, days: int) -> LineExplained:
    made = invoice(name=name[:60])
    each = [Day(date(2026, 1, 1) + timedelta(days=n), Decimal(n), n) for n in range(days)]
    return LineExplained(customer(name), made, 1, made.draft.lines[0], each, holds=True)


def event(number: int) -> EventShown:
    data = {"tokens": Decimal("12.5"), "note": "<!here>" * 600}
    told = UsageEvent("source" * 40, "e" * 250, "tokens", "acme", None, data)
    when = datetime(2026, 1, 5, 23, 30, tzinfo=UTC)
    return EventShown(number, told, when, when, "adds 12.5 tokens")


def cards(name: str, many: int, days: int) -> list[Card]:
    made = invoice(prices=min(many, 30), name=name[:40])
    whom = customer(name)
    run = Run(
        through=date(2026, 1, 31),
        invoices=many,
        totals=[Money(123456, USD), Money(99, currency("JPY"))],
        largest=[RunInvoice(whom, made, Money(1, USD))] if many == 1 else _several_large(name),
        unheard=[(customer(name, n), made) for n in range(many)],
    )
    return [
        invoice_card(whom, made, [daily(days, name), daily(days, name), daily(days, name, "calls")]),
        invoice_list([(whom, made)] * min(many, 20), of_whom=name),
        invoice_list([], of_whom=name),
        run_card(run, billing_command="/billing"),
        usage_card(shown(name, many, days)),
        usage_card(UsageShown(whom, [], [], as_of=datetime(2026, 1, 22, tzinfo=UTC))),
        whose_usage([customer(name, n) for n in range(many * 4)], command="/usage"),
        unknown_customer(f"There is no {name}.", ["acme", "globex"], month="2026-01"),
        billing_help(usage_command="/usage", billing_command="/billing", unknown=name),
        usage_help(usage_command="/usage"),
        sentence_card(name),
    ]


def _several_large(name: str) -> list[RunInvoice]:
    entity = LegalEntity("main", "Example", in_zone=ZONE, number_prefix="EX")
    first = invoice()
    return [
        RunInvoice(customer(name, n), issue(_with_id(first, n), entity, Series(last=n), now=first.issued_at), None)
        for n in range(1, 11)
    ]


def _with_id(made: Invoice, number: int) -> Draft:
    return replace(made.draft, invoice_id=UUID(int=number))


def views(name: str, many: int, days: int) -> list[Block]:
    person = Person(UUID(int=4), name=name, role=Role.OWNER)
    made = invoice(prices=min(many, 30), name=name[:40])
    line = explained(name, days)
    whole = {"usage_command": "/usage", "billing_command": "/billing"}
    return [
        staff_home(
            person,
            seller_name=name,
            spenders=[Spender(customer(name, n), [Money(n, USD)]) for n in range(many)],
            invoices=[(customer(name), made)] * 10,
            last_run=LastRun(date(2026, 1, 31), many, [Money(5, USD)]),
            as_of=datetime(2026, 1, 22, tzinfo=UTC),
            in_zone=ZONE,
            **whole,
        ),
        customer_home(person, shown(name, many, days), [(customer(name), made)] * 10, **whole),
        stranger_home(seller_name=name, nobody_owns_it=True),
        owner_code_modal(),
        owner_welcome(person, **whole),
        breakdown_modal(shown(name, many, days)),
        invoice_explained(customer(name), made),
        line_explained(line),
        days_explained(line),
        events_explained(line, [event(n) for n in range(1, 11)], day=date(2026, 1, 5), after=3, more=True),
        events_explained(line, [], day=None, after=0, more=False),
        event_explained(line, event(3), day=None),
        sentence_modal("Farthing", name),
    ]


@pytest.mark.parametrize(("name", "many", "days"), SIZES)
def test_every_message_is_one_that_slack_takes(name: str, many: int, days: int) -> None:
    for card in cards(name, many, days):
        assert message_faults(card.blocks) == [], card.text
        assert 0 < len(card.text) <= 4000


@pytest.mark.parametrize(("name", "many", "days"), SIZES)
def test_every_message_is_taken_without_charts_and_tables_too(name: str, many: int, days: int) -> None:
    for card in cards(name, many, days):
        plain = without_native(card.blocks)
        assert message_faults(plain) == [], card.text
        assert not {"table", "data_visualization"} & set(kinds(plain))


@pytest.mark.parametrize(("name", "many", "days"), SIZES)
def test_every_window_and_home_is_one_that_slack_takes(name: str, many: int, days: int) -> None:
    for view in views(name, many, days):
        assert view_faults(view) == [], view.get("title")


def test_headings_and_paragraphs_pass_a_second_opinion() -> None:
    for card in cards("Acme", 1, 2):
        for block in card.blocks:
            if block["type"] == "header":
                HeaderBlock(block["text"]["text"])
            elif block["type"] == "section" and "text" in block:
                SectionBlock(block["text"]["text"])


def test_nobody_can_shout_through_a_name() -> None:
    for card in cards(NASTY, 2, 2):
        assert "<!" not in card.text
        for block in card.blocks:
            marked = [part for part in _marked(block) if "<!" in part]
            assert marked == [], block


def _marked(value: object) -> list[str]:
    if isinstance(value, dict):
        own = [value["text"]] if value.get("type") == "mrkdwn" else []
        return own + [text for part in value.values() for text in _marked(part)]
    if isinstance(value, list):
        return [text for part in value for text in _marked(part)]
    return []


def test_the_invoice_card_reads_as_finance_would_write_it() -> None:
    card = invoice_card(customer("Acme"), invoice(), [daily()])

    assert card.text == (
        "Invoice EX-000042 for Acme: 2.45 USD for 1–31 Jan 2026, due 3 Mar 2026. To do: pay it by then, or press "
        "Explain to see how it came about."
    )
    assert kinds(card.blocks) == ["header", "section", "table", "data_visualization", "actions", "context"]
    table = card.blocks[2]
    assert [[cell["text"] for cell in row] for row in table["rows"]] == [
        ["Line", "Quantity", "Amount"],
        ["Tokens", "1,300,000 tokens", "2.45 USD"],
        ["Total", "–", "2.45 USD"],
    ]
    assert [setting["align"] for setting in table["column_settings"]] == ["left", "right", "right"]


def test_a_fee_for_the_coming_period_says_which_period_it_is_for() -> None:
    card = invoice_card(customer("Acme"), invoice(prices=2))

    assert "Tokens fee 0, 1–28 Feb 2026" in texts(card.blocks)


def test_a_month_fits_a_chart_of_twenty_bars_and_loses_nothing() -> None:
    month = daily(31)

    series = charts([month])[0]["chart"]["series"][0]["data"]

    assert len(series) <= 20
    assert sum(point["value"] for point in series) == sum(quantity for _, quantity in month.days)


def test_what_is_measured_in_different_units_is_never_on_one_axis() -> None:
    drawn = charts([daily(unit="tokens"), daily(unit="calls"), daily(unit="seconds")])

    assert [chart["title"] for chart in drawn] == ["Tokens by day, 2 days a bar", "Calls by day, 2 days a bar"]


def test_no_usage_draws_no_chart() -> None:
    assert charts([DailyUsage("Tokens", "tokens", [(date(2026, 1, 1), Decimal(0))])]) == []


def test_the_summary_says_what_to_do_next() -> None:
    done = Run(date(2026, 1, 31), 2, [Money(245, USD)], [RunInvoice(customer("Acme"), invoice(), Money(200, USD))], [])
    lacking = Run(date(2026, 1, 31), 2, [Money(245, USD)], [], [(customer("Globex", 7), invoice())])

    assert "Next: nothing to do" in run_card(done, billing_command="/billing").text
    assert "+22.5%" in texts(run_card(done, billing_command="/billing").blocks)
    assert "type /bill bind c7 there" in run_card(lacking, billing_command="/bill").text
    assert f"Invoice for Globex: {invoice().total}" in texts(run_card(lacking, billing_command="/bill").blocks)


def test_a_line_is_explained_tier_by_tier_and_exactly() -> None:
    said = texts(line_explained(explained("Acme", 3)))

    assert "Tier 1, 0 to 1,000,000   1,000,000 x 0.000002  =    2" in said
    assert "Tier 2, above 1,000,000   300,000 x 0.0000015  = 0.45" in said
    assert "nothing had to be rounded" in said
    assert "the same to the digit" in said


def test_what_was_rounded_is_told_before_and_after() -> None:
    made = invoice(tokens=1_300_001)
    line = LineExplained(customer("Acme"), made, 1, made.draft.lines[0], [], holds=False)

    said = texts(line_explained(line))

    assert "Exactly 2.4500015, rounded once, to the nearest: 2.45 USD." in said
    assert "*not* the same" in said


def test_days_are_the_customers_and_never_the_readers() -> None:
    for card in cards("Acme", 1, 2):
        assert "<!date" not in texts(card.blocks) + card.text


@pytest.mark.parametrize(
    ("minor", "code", "written"),
    [
        (123456, "USD", "1,234.56 USD"),
        (1234, "JPY", "1,234 JPY"),
        (1234567, "KWD", "1,234.567 KWD"),
        (-5, "EUR", "-0.05 EUR"),
    ],
)
def test_money_has_the_digits_of_its_currency(minor: int, code: str, written: str) -> None:
    assert money_text(Money(minor, currency(code))) == written


@pytest.mark.parametrize(
    ("now", "before", "told"), [(100, 300, "-66.7%"), (3000, 1000, "+200.0%"), (5, 0, "from 0.00 USD")]
)
def test_change_is_told_against_the_invoice_before(now: int, before: int, told: str) -> None:
    assert change_text(Money(now, USD), Money(before, USD)) == told
