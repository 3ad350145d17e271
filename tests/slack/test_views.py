"""What people see keeps every limit of Slack's, says all that matters in its text, and is harmless."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

import pytest
from slackblocks.blocks import HeaderBlock, SectionBlock

from farthing.core.billing import draft_of
from farthing.core.explaining import Explainer
from farthing.core.invoicing.invoice import Draft, Invoice, LegalEntity, Series, issue
from farthing.core.metering.count import Count
from farthing.core.metering.event import UsageEvent
from farthing.core.metering.meter import Measured
from farthing.core.money import USD, Money, currency
from farthing.core.parties import Customer
from farthing.core.people import Person, Role
from farthing.core.period import Cycle
from farthing.core.pricing.flat import Flat
from farthing.core.pricing.graduated import Graduated, Tier
from farthing.core.pricing.plan import Plan, Price, Timing
from farthing.core.rating.agreement import Agreement
from farthing.core.rating.rate import Used
from farthing.core.rating.written import digits_and_fraction
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
from tests.core.core_values import single
from tests.core.every_line import every_price, invoice_of, many_groups, usage
from tests.slack.world import TOKENS, kinds, texts

ZONE = "Europe/Paris"
CYCLE = Cycle.monthly(anchor_day=1, in_zone=ZONE)
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


EVERY_LINE = [
    pytest.param("", date(2026, 1, 1), id="whole"),
    pytest.param(" <!here> " + "of a very long name " * 8, date(2026, 1, 17), id="long"),
]


def line_of(made: Invoice, number: int, **of: object) -> LineExplained:
    return LineExplained(customer(NASTY), made, number, made.draft.lines[number - 1], [], holds=True, **of)  # type: ignore[arg-type]


def rows_of(view: Block) -> str:
    """What stands in letters of one width."""
    pre = [block for block in view["blocks"] if block["type"] == "rich_text"]
    return "\n".join(block["elements"][0]["elements"][0]["text"] for block in pre)


@pytest.mark.parametrize(("name", "starts_on"), EVERY_LINE)
def test_a_line_of_every_kind_is_explained_in_a_window_that_slack_takes(name: str, starts_on: date) -> None:
    made = invoice_of([*every_price(name), many_groups(30, value="k" * 400)], starts_on=starts_on)
    for number, line in enumerate(made.draft.lines, start=1):
        view = line_explained(line_of(made, number))
        assert view_faults(view) == [], line.name
        assert "<!here>" not in texts([block for block in view["blocks"] if block["type"] == "section"])
        sums = Explainer(made.draft).arithmetic_of(line, most=1)
        told = rows_of(view)
        for row in (*sums.cells[0].rows, *sums.after):
            assert row.equals is not None
            assert digits_and_fraction(row.equals) in told
            assert row.sum in told or row.sum == digits_and_fraction(row.equals)


def test_a_thousand_groups_are_paged_and_none_is_left_out() -> None:
    made = invoice_of([many_groups(1000)], commitments=())
    seen: list[str] = []
    first: int | None = 0
    while first is not None:
        view = line_explained(line_of(made, 1), first=first)
        assert view_faults(view) == []
        said = rows_of(view)
        seen += re.findall(r"key-\d+", said)
        buttons = {button["action_id"]: button["value"] for button in view["blocks"][-1]["elements"]}
        assert ("explain_cells_first" in buttons) == (first > 0)
        assert "980 other groups" in said
        onwards = buttons.get("explain_cells_next")
        first = None if onwards is None else int(onwards.rpartition("|")[2])
    assert seen == [f"key-{number:04d}" for number in range(1000)]
    assert "Sum" in said
    assert "4.00 USD" in texts(view["blocks"])


def test_a_price_with_more_tiers_than_a_window_holds_says_where_the_others_are() -> None:
    tiers = tuple(Tier(Decimal(n), Decimal("0.123456789"), flat=Decimal("0.000000001")) for n in range(1, 4000))
    price = usage("t", "Tiers", Graduated((*tiers, Tier(None, Decimal(1)))), Count())
    made = invoice_of([(price, [Measured((), Decimal(5000), 5000)])], commitments=())
    view = line_explained(line_of(made, 1))
    assert view_faults(view) == []
    assert "prints all of them" in texts(view["blocks"])


def test_a_quantity_that_never_ends_is_told_with_its_fraction() -> None:
    made = invoice_of(every_price())
    number = next(at for at, line in enumerate(made.draft.lines, start=1) if line.price_key == "seats")
    view = line_explained(line_of(made, number))
    assert "3.032258064516… (94/31) x 10" in rows_of(view)
    assert "Exactly 30.322580645161… (940/31), rounded once" in texts(view["blocks"])
    assert "3.032258… seats" in texts(invoice_card(customer("Acme"), made).blocks)
    day = Day(date(2026, 1, 5), Fraction(1, 3), 2)
    days = days_explained(replace(line_of(made, number), days=[day]))
    assert "0.333333333333… (1/3)" in rows_of(days)
    assert "do not add up" in texts(days["blocks"])
    assert "Sum" not in rows_of(days)


def test_a_year_of_days_is_shown_whole() -> None:
    made = invoice_of(every_price())
    number = next(at for at, line in enumerate(made.draft.lines, start=1) if line.price_key == "calls")
    year = [Day(date(2026, 1, 1) + timedelta(days=n), Decimal(10**9 + n), n + 1) for n in range(365)]
    view = days_explained(replace(line_of(made, number), days=year))
    assert view_faults(view) == []
    assert all(f"{10**9 + n:,}" in rows_of(view) for n in range(365))
    assert "365,000,066,430" in rows_of(view)


def test_days_of_a_level_share_a_bar_by_the_most_of_them() -> None:
    days = [(date(2026, 1, 1) + timedelta(days=n), Fraction(n, 3)) for n in range(31)]
    (block,) = charts([DailyUsage("Seats", "seats", days, adds_up=False)])
    assert block["title"] == "Seats by day, the most of 2 days"
    assert [point["value"] for point in block["chart"]["series"][0]["data"]][:3] == [
        float(Fraction(1, 3)),
        1,
        float(Fraction(5, 3)),
    ]


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


def test_however_long_a_name_is_the_amount_beside_it_is_told() -> None:
    made = invoice(name="N" * 10_000)
    line = LineExplained(customer("C" * 10_000), made, 1, made.draft.lines[0], [], holds=True)

    for window in (invoice_explained(line.customer, made), line_explained(line)):
        assert view_faults(window) == []
        assert "2.45 USD" in window["blocks"][0]["text"]["text"]
    assert "1,300,000 tokens → 2.45 USD" in texts(invoice_explained(line.customer, made)["blocks"])


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
