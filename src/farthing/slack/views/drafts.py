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
from farthing.slack.views.words import day_text, instant_text, money_text

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
            escaped(" ".join([*said, "No draft waits."])), [*told, section(":white_check_mark: No draft waits.")]
        )
    held = sum(one.is_held for one in shown)
    title = f"{_drafts(len(shown))} {'waits' if len(shown) == 1 else 'wait'}, {held:,} held"
    blocks: list[Block] = [header(title), *told, section(f"In all *{_sums(shown)}*.")]
    page = shown[first : first + PAGE]
    for one in page:
        blocks += [divider(), section(_line(one)), _buttons(one, first)]
    easy = [one for one in shown if not one.is_held][:MOST_AT_ONCE]
    turning = []
    if first:
        turning.append(button("Earlier ones", "drafts_earlier", str(max(0, first - PAGE))))
    if first + PAGE < len(shown):
        turning.append(button("More", "drafts_more", str(first + PAGE)))
    if len(easy) > 1:
        turning.append(_bulk(easy))
    if turning:
        blocks += [divider(), actions(*turning)]
    blocks.append(small_print("An approval issues just what you see here; usage that comes later is adjusted later."))
    worst = shown[0]
    text = (
        f"{' '.join([*said, title])}, in all {_sums(shown)}. First: {worst.customer.name}, "
        f"{money_text(worst.draft.total)}. {' '.join(worst.reasons)} To do: approve or hold each."
    )
    return Card(escaped(text[:3000]), blocks)


def draft_window(one: DraftShown) -> Block:
    """A draft's lines, for whoever wants to see them before they approve."""
    rows = [["Line", "Quantity", "Amount"]]
    rows += [[line.name, line_quantity(line), money_text(line.amount)] for line in one.draft.lines]
    rows += [[label, "", money_text(money)] for label, money in below_lines(one.draft, written=money_text).rows]
    blocks: list[Block] = [
        section(f"*{named(one.customer.name)}* · {money_text(one.draft.total)}"),
        *long_columns(rows, right=(1, 2), widest=34),
    ]
    for reason in one.reasons:
        blocks.append(section(f":warning: {escaped(reason)}"))
    blocks.append(small_print(f"It goes out {escaped(_goes_out(one, one.customer.in_zone))}."))
    return modal("Draft", blocks)


def approved_words(invoices: Sequence[Invoice], changed: Sequence[str]) -> list[str]:
    """What came of an approval, in sentences."""
    said = []
    if len(invoices) == 1:
        said.append(f"✓ {invoices[0].number}: {money_text(invoices[0].total)}, due {day_text(invoices[0].due_on)}.")
    elif invoices:
        numbers = f"{invoices[0].number} to {invoices[-1].number}"
        said.append(f"✓ {len(invoices):,} approved and issued, {numbers}.")
    return [*said, *changed]


def held_columns(held: Sequence[tuple[Customer, Sequence[str]]], *, most: int) -> Block:
    """Drafts that a run held, with the first reason of each."""
    rows = [["Held", "Why"]]
    rows += [[customer.name, reasons[0] if reasons else "–"] for customer, reasons in held[:most]]
    if len(held) > most:
        rows.append([f"{len(held) - most:,} more", ""])
    return columns(rows, widest=60)


def _line(one: DraftShown) -> str:
    said = f"*{named(one.customer.name)}* · *{money_text(one.draft.total)}*"
    if one.is_held:
        return f"{said}\n:warning: {escaped(' '.join(one.reasons) or 'Held.')}"
    return f"{said}\nAs usual; goes out {escaped(_goes_out(one, one.customer.in_zone))}."


def _goes_out(one: DraftShown, in_zone: str) -> str:
    return "when somebody approves it" if one.is_held else instant_text(one.issue_at, in_zone=in_zone)


def _buttons(one: DraftShown, first: int) -> Block:
    name, amount = one.customer.name, money_text(one.draft.total)
    ask = confirm("Issue this invoice?", f"{name} is invoiced {amount}. This cannot be edited afterwards.",
                  yes="Issue it", no="Not yet")  # fmt: skip
    value = f"{one.seen}|{first}"
    elements = [
        button("Approve", "draft_approve", value, style="primary", confirm=ask, described=f"Approve {amount}"),
        button("Lines", "draft_lines", value, described=f"Lines of the draft for {name}"),
    ]
    if not one.is_held:
        elements.append(button("Hold", "draft_hold", value, described=f"Hold the draft for {name}"))
    return actions(*elements)


def _bulk(easy: Sequence[DraftShown]) -> Block:
    ask = confirm(
        f"Issue {_drafts(len(easy))}?",
        f"{_sums(easy)} in all. Those that say something else by now are left out and listed.",
        yes="Issue them",
        no="Not yet",
    )
    value = ";".join(str(one.seen) for one in easy)
    return button(f"Approve the {len(easy)} as usual", "drafts_approve_usual", value, confirm=ask)


def _sums(shown: Sequence[DraftShown]) -> str:
    sums: dict[Currency, Money] = {}
    for one in shown:
        total = one.draft.total
        sums[total.currency] = sums.get(total.currency, zero(total.currency)) + total
    return " + ".join(money_text(money) for money in sums.values())


def _drafts(number: int) -> str:
    return "1 draft" if number == 1 else f"{number:,} drafts"
