"""The queue of drafts that wait: those most worth a look first, with why; each approved as it was seen, or held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from farthing.core.invoicing.below_lines import below_lines
from farthing.core.invoicing.invoice import Draft, Invoice
from farthing.core.invoicing.pending import DraftState
from farthing.core.money import Currency, Money, zero
from farthing.core.parties import Customer
from farthing.slack.views.blocks import (
    Block,
    Card,
    actions,
    button,
    columns,
    confirm,
    cut,
    divider,
    escaped,
    header,
    long_columns,
    modal,
    named,
    section,
    small_print,
)
from farthing.slack.views.invoices import line_quantity
from farthing.slack.views.words import day_text, instant_text, money_text, number_text, readers, say, several

PAGE = 8
# So many drafts are approved by one click: a button's value holds what was seen of each.
MOST_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Seen:
    """What an approval carries: the draft, up to which position it was shown, and the fingerprint of what it said."""

    draft_id: UUID
    position: int
    fingerprint: str

    def __str__(self) -> str:
        return f"{self.draft_id}|{self.position}|{self.fingerprint}"


@dataclass(frozen=True, slots=True)
class DraftShown:
    """A draft as it stands."""

    customer: Customer
    draft: Draft
    seen: Seen
    state: DraftState
    reasons: Sequence[str]
    issue_at: datetime

    @property
    def is_held(self) -> bool:
        """Whether it waits for a person."""
        return self.state is DraftState.HELD


def draft_queue(shown: Sequence[DraftShown], *, first: int = 0, said: Sequence[str] = ()) -> Card:
    """A page of the queue, from the `first` on; `said` is what came of the last click."""
    told = [section("\n".join(escaped(line) for line in said))] if said else []
    if not shown:
        return Card(
            escaped(" ".join([*said, say("No draft waits.")])),
            [*told, section(f":white_check_mark: {say('No draft waits.')}")],
        )
    held = sum(one.is_held for one in shown)
    title = several(
        "{number} draft waits, {held} held",
        "{number} drafts wait, {held} held",
        len(shown),
        number=number_text(len(shown)),
        held=number_text(held),
    )
    blocks: list[Block] = [header(title), *told, section(say("In all *{sums}*.", sums=_sums(shown)))]
    page = shown[first : first + PAGE]
    for one in page:
        blocks += [divider(), section(_line(one)), _buttons(one, first)]
    easy = [one for one in shown if not one.is_held][:MOST_AT_ONCE]
    turning = []
    if first:
        turning.append(button(say("Earlier ones"), "drafts_earlier", str(max(0, first - PAGE))))
    if first + PAGE < len(shown):
        turning.append(button(say("More"), "drafts_more", str(first + PAGE)))
    if len(easy) > 1:
        turning.append(_bulk(easy))
    if turning:
        blocks += [divider(), actions(*turning)]
    blocks.append(
        small_print(say("An approval issues just what you see here; usage that comes later is adjusted later."))
    )
    worst = shown[0]
    told_in_all = [
        *said,
        say("{drafts}, in all {sums}.", drafts=title, sums=_sums(shown)),
        say("First: {customer}, {amount}.", customer=worst.customer.name, amount=money_text(worst.draft.total)),
        *worst.reasons,
        say("To do: approve or hold each."),
    ]
    text = " ".join(told_in_all)
    return Card(escaped(text[:3000]), blocks)


def draft_window(one: DraftShown) -> Block:
    """A draft's lines, for whoever wants to see them before they approve."""
    rows = [[say("Line"), say("Quantity"), say("Amount")]]
    rows += [[line.name, line_quantity(line), money_text(line.amount)] for line in one.draft.lines]
    below = below_lines(one.draft, written=money_text, words=readers())
    rows += [[label, "", money_text(money)] for label, money in below.rows]
    blocks: list[Block] = [
        section(f"*{named(one.customer.name)}* · {money_text(one.draft.total)}"),
        *long_columns(rows, right=(1, 2), widest=34),
    ]
    for reason in one.reasons:
        blocks.append(section(f":warning: {escaped(reason)}"))
    if one.is_held:
        blocks.append(small_print(say("It goes out when somebody approves it.")))
    else:
        instant = instant_text(one.issue_at, in_zone=one.customer.in_zone)
        blocks.append(small_print(say("It goes out {instant}.", instant=escaped(instant))))
    return modal(say("Draft"), blocks)


def approved_words(invoices: Sequence[Invoice], changed: Sequence[str]) -> list[str]:
    """What came of an approval, in sentences."""
    said = []
    if len(invoices) == 1:
        only = invoices[0]
        number, amount, day = only.number, money_text(only.total), day_text(only.due_on)
        said.append(say("✓ {number}: {amount}, due {day}.", number=number, amount=amount, day=day))
    elif invoices:
        said.append(
            several(
                "✓ {number} approved and issued, {first} to {last}.",
                "✓ {number} approved and issued, {first} to {last}.",
                len(invoices),
                number=number_text(len(invoices)),
                first=invoices[0].number,
                last=invoices[-1].number,
            )
        )
    return [*said, *changed]


def held_columns(held: Sequence[tuple[Customer, Sequence[str]]], *, most: int) -> Block:
    """Drafts that a run held, with the first reason of each."""
    rows = [[say("Held"), say("Why")]]
    rows += [[customer.name, reasons[0] if reasons else "–"] for customer, reasons in held[:most]]
    if len(held) > most:
        rows.append([say("{number} more", number=number_text(len(held) - most)), ""])
    return columns(rows, widest=60)


def _line(one: DraftShown) -> str:
    said = f"*{named(one.customer.name)}* · *{money_text(one.draft.total)}*"
    if one.is_held:
        return f"{said}\n:warning: {escaped(' '.join(one.reasons) or say('Held.'))}"
    instant = instant_text(one.issue_at, in_zone=one.customer.in_zone)
    return f"{said}\n{say('As usual; goes out {instant}.', instant=escaped(instant))}"


def _buttons(one: DraftShown, first: int) -> Block:
    name, amount = one.customer.name, money_text(one.draft.total)
    ask = confirm(
        say("Issue this invoice?"),
        say(
            "{customer} is invoiced {amount}. This cannot be edited afterwards.", customer=cut(name, 150), amount=amount
        ),
        yes=say("Issue it"),
        no=say("Not yet"),
    )
    value = f"{one.seen}|{first}"
    described = say("Approve {amount}", amount=amount)
    elements = [
        button(say("Approve"), "draft_approve", value, style="primary", confirm=ask, described=described),
        button(say("Lines"), "draft_lines", value, described=say("Lines of the draft for {customer}", customer=name)),
    ]
    if not one.is_held:
        held = say("Hold the draft for {customer}", customer=name)
        elements.append(button(say("Hold"), "draft_hold", value, described=held))
    return actions(*elements)


def _bulk(easy: Sequence[DraftShown]) -> Block:
    many = number_text(len(easy))
    ask = confirm(
        several("Issue {number} draft?", "Issue {number} drafts?", len(easy), number=many),
        say("{sums} in all. Those that say something else by now are left out and listed.", sums=cut(_sums(easy), 150)),
        yes=say("Issue them"),
        no=say("Not yet"),
    )
    value = ";".join(str(one.seen) for one in easy)
    label = several("Approve the {number} as usual", "Approve the {number} as usual", len(easy), number=many)
    return button(label, "drafts_approve_usual", value, confirm=ask)


def _sums(shown: Sequence[DraftShown]) -> str:
    sums: dict[Currency, Money] = {}
    for one in shown:
        total = one.draft.total
        sums[total.currency] = sums.get(total.currency, zero(total.currency)) + total
    return " + ".join(money_text(money) for money in sums.values())
