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
    Block,
    actions,
    button,
    columns,
    divider,
    escaped,
    facts,
    header,
    modal,
    plain,
    section,
    small_print,
)
from farthing.slack.views.invoices import invoice_columns
from farthing.slack.views.usage import UsageShown
from farthing.slack.views.words import day_text, instant_text, money_text, period_text, quantity_text, say

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
    as_of: datetime,
    in_zone: str,
    usage_command: str,
    billing_command: str,
) -> Block:
    """All customers: the largest spenders, the newest invoices, the last run."""
    blocks = [
        header(f"{seller_name}: spend so far"),
        section(
            f"Hello {escaped(person.name)}. As of {escaped(instant_text(as_of, in_zone=in_zone))}, the running periods "
            f"come to *{escaped(_sums(spenders))}*, beside fees that were charged ahead."
        ),
    ]
    if spenders:
        rows = [["Customer", "So far"]]
        rows += [
            [spender.customer.name, " + ".join(money_text(money) for money in spender.so_far)]
            for spender in spenders[:MOST_CUSTOMERS]
        ]
        blocks.append(columns(rows, right=(1,), widest=40))
        if len(spenders) > MOST_CUSTOMERS:
            rest = len(spenders) - MOST_CUSTOMERS
            blocks.append(small_print(f"The largest {MOST_CUSTOMERS}; {rest:,} more come to less."))
    else:
        blocks.append(section("No subscription runs yet."))
    if budgets:
        waiting = "1 alert waits" if open_alerts == 1 else f"{open_alerts:,} alerts wait"
        blocks += [divider(), header("Budgets"), budget_columns(budgets, most=MOST_CUSTOMERS)]
        blocks.append(small_print(f"{waiting} for somebody to see to it." if open_alerts else "No alert waits."))
    blocks += [divider(), header("Newest invoices")]
    blocks.append(invoice_columns(invoices, with_customer=True) if invoices else section("None was issued yet."))
    if last_run is not None:
        total = " + ".join(money_text(money) for money in last_run.totals) or "nothing"
        blocks += [
            divider(),
            facts(
                ("Last billing run", f"through {day_text(last_run.through)}"),
                ("It made", f"{last_run.invoices:,} invoices, {total}"),
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
    blocks = [header(f"{shown.customer.name}: your account"), section(f"Hello {escaped(person.name)}.")]
    for running in shown.running:
        pairs = [
            ("Plan", running.name),
            ("Period", period_text(running.period, in_zone=running.in_zone)),
            ("So far", money_text(running.draft.accrued)),
        ]
        pairs += [
            (line.name, quantity_text(line.quantity, line.unit))
            for line in running.draft.lines
            if line.slice is not None
        ]
        blocks.append(facts(*pairs))
    blocks += budget_lines(shown.budgets)
    if not shown.running:
        blocks.append(section("No subscription runs now."))
    blocks += [divider(), header("Your invoices")]
    blocks.append(invoice_columns(invoices, with_customer=False) if invoices else section("None was issued yet."))
    blocks.append(_help(usage_command, billing_command))
    return _home(blocks)


def stranger_home(*, seller_name: str, nobody_owns_it: bool) -> Block:
    """How to get a role; and while there is no owner, the way for the operator to become it."""
    blocks = [
        header(f"{seller_name}: billing in Slack"),
        section(
            "You have no role here yet. Ask an owner to give you one: staff see all customers, and a customer's "
            "people see their own account."
        ),
    ]
    blocks.append(actions(button(say("I have an invitation"), "people_code", "open", style="primary")))
    if nobody_owns_it:
        blocks.append(
            section(
                "Nobody owns this yet. Whoever set it up was shown a one-time code; with it you become the first owner."
            )
        )
        blocks.append(actions(button("I have the operator's code", "owner_code_open", "open", style="primary")))
    return _home(blocks)


def owner_code_modal() -> Block:
    """The form that takes the operator's one-time code."""
    return modal(
        "First owner",
        [
            section("Type the code that `farthing init` printed. It works once."),
            {
                "type": "input",
                "block_id": OWNER_CODE_BLOCK,
                "label": plain("Code", 100),
                "hint": plain("Twelve letters and digits, such as ABCD-EFGH-JKMN.", 200),
                "element": {
                    "type": "plain_text_input",
                    "action_id": OWNER_CODE_ACTION,
                    "max_length": 64,
                    "focus_on_load": True,
                },
            },
        ],
        callback_id=OWNER_CODE_VIEW,
        submit="Become owner",
    )


def owner_welcome(person: Person, *, usage_command: str, billing_command: str) -> Block:
    """What the first owner can do now."""
    return modal(
        "You are an owner",
        [
            section(
                f"Welcome, {escaped(person.name)}. You are an owner now: your Home shows what every customer comes to."
            ),
            section(
                f"Next: invite the app to your finance channel and type `{escaped(billing_command)} bind finance` "
                f"there; then try `{escaped(usage_command)}`."
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
    return " + ".join(money_text(money) for money in sums.values()) or "nothing"


def _help(usage_command: str, billing_command: str) -> Block:
    return small_print(
        f"`{escaped(usage_command)} CUSTOMER` shows a customer's usage, `{escaped(billing_command)} help` the rest."
    )


def _home(blocks: list[Block]) -> Block:
    return {"type": "home", "blocks": blocks[:100]}
