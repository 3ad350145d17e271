"""One message in place of many: what quiet customers would have been told, or what came up in quiet hours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from farthing.core.parties import Customer
from farthing.core.telling.ear import Ear
from farthing.slack.views.blocks import (
    Block,
    Card,
    actions,
    button,
    choice,
    confirm,
    cut,
    escaped,
    header,
    section,
    small_print,
)
from farthing.slack.views.words import number_text, say, several

LONGEST_LINE = 280
_WITHOUT_BUTTONS = frozenset({"actions"})


@dataclass(frozen=True, slots=True)
class FoldedLine:
    """One notice that is told as a line: to whom it would have gone, and its own card."""

    customer: Customer | None
    card: Card


def would_have_told_card(lines: Sequence[FoldedLine], *, many: int, quiet: Sequence[Customer]) -> Card:
    """To finance, of customers who are quiet. A single one is shown whole, as the customer would have seen it."""
    customers = {line.customer.key: line.customer for line in lines if line.customer is not None}
    names = ", ".join(one.name for one in customers.values())
    title = say("Would have told {names}", names=cut(names, 100))
    blocks: list[Block] = [header(title)]
    if many == 1 and len(lines) == 1:
        blocks += [block for block in lines[0].card.blocks if block["type"] not in _WITHOUT_BUTTONS]
    else:
        blocks += _listed(lines, many)
    if quiet:
        blocks.append(_switches(quiet))
    blocks.append(
        small_print(escaped(say("Customers who are quiet are told nothing. What is past is not sent later.")))
    )
    told = " ".join(_line(line) for line in lines[:5])
    count = several("{n} message", "{n} messages", many, n=number_text(many))
    return Card(cut(f"{escaped(title)} ({count}): {told}", 3500), blocks)


def meanwhile_card(lines: Sequence[FoldedLine], *, many: int, ear: Ear) -> Card:
    """To whoever had quiet hours: what came up in them."""
    title = several(
        "{n} message from your quiet hours", "{n} messages from your quiet hours", many, n=number_text(many)
    )
    settings = button(say("Settings"), "notice_settings_open", str(ear))
    told = " ".join(_line(line) for line in lines[:5])
    return Card(cut(f"{escaped(title)}: {told}", 3500), [header(title), *_listed(lines, many), actions(settings)])


def _listed(lines: Sequence[FoldedLine], many: int) -> list[Block]:
    said = [f"• {_line(line)}" for line in lines]
    left = many - len(lines)
    if left > 0:
        said.append(escaped(several("and {n} more", "and {n} more", left, n=number_text(left))))
    blocks, held = list[Block](), ""
    for line in said:
        if held and len(held) + len(line) > 2800:
            blocks.append(section(held))
            held = ""
        held += f"{line}\n"
    return [*blocks, section(held)]


def _line(line: FoldedLine) -> str:
    """The card's own text, which says all that matters; it is escaped already."""
    return line.card.text if len(line.card.text) <= LONGEST_LINE else _cut_escaped(line.card.text)


def _cut_escaped(text: str) -> str:
    """Cut before a word, so that nothing escaped is cut in half."""
    return f"{text[:LONGEST_LINE].rsplit(' ', 1)[0]} …"


def _switches(quiet: Sequence[Customer]) -> Block:
    """A button for the one, a menu for several; both ask first."""
    if len(quiet) == 1:
        (one,) = quiet
        label = say("Switch {name} live", name=one.name)
        return actions(button(label, "customer_live", str(one.customer_id), confirm=_sure(one.name)))
    options = [(one.name, str(one.customer_id)) for one in quiet]
    several_names = say("the chosen customer")
    menu = choice("customer_live", say("Switch a customer live…"), options) | {"confirm": _sure(several_names)}
    return actions(menu)


def _sure(name: str) -> Block:
    return confirm(
        say("Switch live?"),
        say("From now on {name} is told by themselves, in their own channel. What is past is not sent.", name=name),
        yes=say("Switch live"),
        no=say("Keep quiet"),
    )


def quiet_home(quiet: Sequence[Customer]) -> list[Block]:
    """In Home: who is quiet, with the way to switch them live; nothing where nobody is."""
    if not quiet:
        return []
    title = several("{n} customer is quiet", "{n} customers are quiet", len(quiet), n=number_text(len(quiet)))
    names = cut(", ".join(one.name for one in quiet), 600)
    text = say("What they would have been told goes to finance: {names}.", names=names)
    return [section(f"*{escaped(title)}*\n{escaped(text)}"), _switches(quiet)]


def switched_card(customer: Customer, *, live: bool, by: str, was_so: bool, kept_back: int) -> Card:
    """What holds for a customer now."""
    name = customer.name
    if was_so and live:
        said = say("{name} is told by themselves already.", name=name)
    elif was_so:
        said = say("{name} is quiet already; {by} said so.", name=name, by=by)
    elif live:
        said = say("{name} is live: from now on they are told by themselves. What is past is not sent.", name=name)
    else:
        said = say("{name} is quiet: what they would be told goes to finance.", name=name)
        if kept_back:
            waited = several(
                "{n} message that waited for them is kept back.",
                "{n} messages that waited for them are kept back.",
                kept_back,
                n=number_text(kept_back),
            )
            said = say("{sentence} {next}", sentence=said, next=waited)
    return Card(escaped(said), [section(escaped(said))])
