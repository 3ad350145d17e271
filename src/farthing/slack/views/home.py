"""Home: for staff what all customers come to, for a customer their own account, for others how to get a role."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from farthing.core.invoicing.invoice import Invoice
from farthing.core.money import Currency, Money, zero
from farthing.core.parties import Customer
from farthing.core.people import Person
from farthing.slack.views.alerts import BudgetShown, budget_columns, budget_lines
from farthing.slack.views.blocks import (
    MOST_BLOCKS,
    Block,
    actions,
    button,
    columns,
    divider,
    escaped,
    facts,
    header,
    modal,
    section,
    small_print,
)
from farthing.slack.views.fields import field, line
from farthing.slack.views.invoices import invoice_columns
from farthing.slack.views.usage import UsageShown
from farthing.slack.views.words import (
    day_text,
    instant_text,
    money_text,
    number_text,
    period_text,
    quantity_text,
    say,
    several,
)

MOST_CUSTOMERS = 10
OWNER_CODE_VIEW = "owner_code"
OWNER_CODE_BLOCK = "code"
OWNER_CODE_ACTION = "typed"


@dataclass(frozen=True, slots=True)
class Spender:
    """What a customer's running period comes to so far."""

    customer: Customer
    so_far: Sequence[Money]


@dataclass(frozen=True, slots=True)
class LastRun:
    """The newest closing run."""

    through: date
    invoices: int
    totals: Sequence[Money]


def staff_home(
    person: Person,
    *,
    seller_name: str,
    spenders: Sequence[Spender],
    invoices: Sequence[tuple[Customer, Invoice]],
    last_run: LastRun | None,
    budgets: Sequence[BudgetShown] = (),
    open_alerts: int = 0,
    setting_up: Sequence[Block] = (),
    as_of: datetime,
    in_zone: str,
    usage_command: str,
    billing_command: str,
) -> Block:
    """All customers: the largest spenders, the newest invoices, the last run."""
    blocks = [
        *setting_up,
        header(say("{seller}: spend so far", seller=seller_name)),
        section(
            say(
                "Hello {person}. As of {instant}, the running periods come to *{sums}*, beside fees that were charged "
                "ahead.",
                person=escaped(person.name),
                instant=escaped(instant_text(as_of, in_zone=in_zone)),
                sums=escaped(_sums(spenders)),
            )
        ),
    ]
    if spenders:
        rows = [[say("Customer"), say("So far")]]
        rows += [
            [spender.customer.name, " + ".join(money_text(money) for money in spender.so_far)]
            for spender in spenders[:MOST_CUSTOMERS]
        ]
        blocks.append(columns(rows, right=(1,), widest=40))
        if len(spenders) > MOST_CUSTOMERS:
            rest = len(spenders) - MOST_CUSTOMERS
            blocks.append(
                small_print(
                    several(
                        "The largest {most}; {number} more comes to less.",
                        "The largest {most}; {number} more come to less.",
                        rest,
                        most=MOST_CUSTOMERS,
                        number=number_text(rest),
                    )
                )
            )
    else:
        blocks.append(section(say("No subscription runs yet.")))
    if budgets:
        waiting = several(
            "{number} alert waits for somebody to see to it.",
            "{number} alerts wait for somebody to see to it.",
            open_alerts,
            number=number_text(open_alerts),
        )
        blocks += [divider(), header(say("Budgets")), budget_columns(budgets, most=MOST_CUSTOMERS)]
        blocks.append(small_print(waiting if open_alerts else say("No alert waits.")))
    blocks += [divider(), header(say("Newest invoices"))]
    blocks.append(invoice_columns(invoices, with_customer=True) if invoices else section(say("None was issued yet.")))
    if last_run is not None:
        total = " + ".join(money_text(money) for money in last_run.totals) or say("nothing")
        made = several(
            "{number} invoice, {total}",
            "{number} invoices, {total}",
            last_run.invoices,
            number=number_text(last_run.invoices),
            total=total,
        )
        blocks += [
            divider(),
            facts(
                (say("Last billing run"), say("through {day}", day=day_text(last_run.through))),
                (say("It made"), made),
            ),
        ]
    blocks.append(_help(usage_command, billing_command))
    return _home(blocks)


def customer_home(
    person: Person,
    shown: UsageShown,
    invoices: Sequence[tuple[Customer, Invoice]],
    *,
    usage_command: str,
    billing_command: str,
) -> Block:
    """One customer's own account, and nothing of any other's."""
    blocks = [
        header(say("{customer}: your account", customer=shown.customer.name)),
        section(say("Hello {person}.", person=escaped(person.name))),
    ]
    for running in shown.running:
        pairs = [
            (say("Plan"), running.name),
            (say("Period"), period_text(running.period, in_zone=running.in_zone)),
            (say("So far"), money_text(running.draft.accrued)),
        ]
        pairs += [
            (line.name, quantity_text(line.quantity, line.unit))
            for line in running.draft.lines
            if line.slice is not None
        ]
        blocks.append(facts(*pairs))
    blocks += budget_lines(shown.budgets)
    if not shown.running:
        blocks.append(section(say("No subscription runs now.")))
    blocks += [divider(), header(say("Your invoices"))]
    blocks.append(invoice_columns(invoices, with_customer=False) if invoices else section(say("None was issued yet.")))
    blocks.append(_help(usage_command, billing_command))
    return _home(blocks)


def stranger_home(*, seller_name: str, nobody_owns_it: bool) -> Block:
    """How to get a role; and while there is no owner, the way for the operator to become it."""
    blocks = [
        header(say("{seller}: billing in Slack", seller=seller_name)),
        section(
            say(
                "You have no role here yet. Ask an owner to give you one: staff see all customers, and a customer's "
                "people see their own account."
            )
        ),
    ]
    blocks.append(actions(button(say("I have an invitation"), "people_code", "open", style="primary")))
    if nobody_owns_it:
        blocks.append(
            section(
                say(
                    "Nobody owns this yet. Whoever set it up was shown a one-time code; with it you become the first "
                    "owner."
                )
            )
        )
        blocks.append(actions(button(say("I have the operator's code"), "owner_code_open", "open", style="primary")))
    return _home(blocks)


def owner_code_modal() -> Block:
    """The form that takes the operator's one-time code."""
    return modal(
        say("First owner"),
        [
            section(say("Type the code that `farthing init` printed. It works once.")),
            field(
                OWNER_CODE_BLOCK,
                say("Code"),
                line(OWNER_CODE_ACTION, longest=64, focus=True),
                hint=say("Twelve letters and digits, such as ABCD-EFGH-JKMN."),
            ),
        ],
        callback_id=OWNER_CODE_VIEW,
        submit=say("Become owner"),
    )


def owner_welcome(person: Person, *, usage_command: str, billing_command: str) -> Block:
    """What the first owner can do now."""
    return modal(
        say("You are an owner"),
        [
            section(
                say(
                    "Welcome, {person}. You are an owner now: your Home shows what every customer comes to.",
                    person=escaped(person.name),
                )
            ),
            section(
                say(
                    "Next: invite the app to your finance channel and type `{billing} bind finance` there; then try "
                    "`{usage}`.",
                    billing=escaped(billing_command),
                    usage=escaped(usage_command),
                )
            ),
        ],
    )


def below(home: Block, more: list[Block]) -> Block:
    """The Home with more in it, above the small print at its foot."""
    blocks = home["blocks"]
    return _home([*blocks[:-1], *more, blocks[-1]])


def _sums(spenders: Sequence[Spender]) -> str:
    sums: dict[Currency, Money] = {}
    for spender in spenders:
        for money in spender.so_far:
            sums[money.currency] = sums.get(money.currency, zero(money.currency)) + money
    return " + ".join(money_text(money) for money in sums.values()) or say("nothing")


def _help(usage_command: str, billing_command: str) -> Block:
    return small_print(
        say(
            "`{usage} CUSTOMER` shows a customer's usage, `{billing} help` the rest.",
            usage=escaped(usage_command),
            billing=escaped(billing_command),
        )
    )


def _home(blocks: list[Block]) -> Block:
    return {"type": "home", "blocks": blocks[:MOST_BLOCKS]}
