"""What keeps the rest going, in Home and in windows: people, solo, what is stuck and why, and the audit log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from farthing.slack.views.blocks import (
    Block,
    actions,
    button,
    confirm,
    cut,
    divider,
    escaped,
    header,
    modal,
    named,
    section,
    small_print,
)
from farthing.slack.views.fields import field, line
from farthing.slack.views.people import people_line
from farthing.slack.views.words import day_text, instant_text, say, several

SOLO_VIEW = "solo_form"
UNTIL_BLOCK, BECAUSE_BLOCK = "until", "because"
PICKED, TYPED = "picked", "typed"
ENTRIES_A_PAGE = 10
MOST_STUCK = 30


@dataclass(frozen=True, slots=True)
class Overseen:
    """What of it this person may see; None for what they may not."""

    people: int | None = None
    invited: int = 0
    stuck: int | None = None
    reads_log: bool = False
    may_go_solo: bool = False
    solo_until: date | None = None


@dataclass(frozen=True, slots=True)
class StuckShown:
    """A message or a letter that could not be delivered."""

    key: str
    what: str
    why: str
    attempts: int
    since: datetime


@dataclass(frozen=True, slots=True)
class EntryShown:
    """An entry of the audit log."""

    at: datetime
    who: str
    kind: str
    said: str


def overseeing(shown: Overseen) -> list[Block]:
    """Home's part of it, below the money."""
    blocks: list[Block] = []
    buttons: list[Block] = []
    lines: list[str] = []
    if shown.people is not None:
        lines.append(people_line(shown.people, shown.invited))
        buttons += [
            button(say("People"), "people_open", "open"),
            button(say("Invite"), "people_invite", "open"),
        ]
    if shown.solo_until is not None:
        lines.append(solo_line(shown.solo_until))
    if shown.stuck:
        lines.append(
            several(
                "*{n} message could not be delivered.*",
                "*{n} messages could not be delivered.*",
                shown.stuck,
                n=shown.stuck,
            )
        )
    if shown.stuck is not None:
        style = "primary" if shown.stuck else None
        buttons.append(button(say("Deliveries"), "deliveries_open", "0", style=style))
    if shown.reads_log:
        buttons.append(button(say("Audit log"), "audit_open", "0"))
    if shown.may_go_solo:
        buttons.append(button(say("Decide alone"), "solo_open", "open"))
    if lines:
        blocks.append(section("\n".join(lines)))
    if buttons:
        blocks.append(actions(*buttons))
    return [divider(), header(say("People and messages")), *blocks] if blocks else []


def solo_line(until: date) -> str:
    """That one person decides for two."""
    return say("Solo through {day}: one person decides for two, and each decision says so.", day=day_text(until))


def solo_form(until: date | None, *, latest: date, because: str = "") -> Block:
    """For how long, and why; or the end of it."""
    picker: Block = {"type": "datepicker", "action_id": PICKED}
    if until is not None:
        picker["initial_date"] = until.isoformat()
    blocks: list[Block] = []
    if until is not None:
        end = button(
            say("End it now"),
            "solo_end",
            "end",
            style="danger",
            confirm=confirm(
                say("End solo"), say("From now on decisions need two again."), yes=say("End it"), no=say("Leave it")
            ),
        )
        blocks += [section(solo_line(until), accessory=end), small_print(escaped(because))]
    blocks += [
        section(
            say(
                "For a company of one: what two people should decide, one does, through a day you choose, {day} at the "
                "latest. It is written on each decision, and can be renewed.",
                day=day_text(latest),
            )
        ),
        field(UNTIL_BLOCK, say("Through"), picker),
        field(BECAUSE_BLOCK, say("Why"), line(TYPED, longest=500)),
    ]
    return modal(say("Decide alone"), blocks, callback_id=SOLO_VIEW, submit=say("Decide alone"))


def deliveries_window(stuck: Sequence[StuckShown], *, in_zone: str, said: str = "") -> Block:
    """What could not be delivered, why, and a button that sends it again."""
    blocks: list[Block] = [] if not said else [section(f"✓ {said}"), divider()]
    if not stuck:
        blocks.append(section(say("Everything was delivered.")))
    for one in stuck[:MOST_STUCK]:
        tries = several("{n} try", "{n} tries", one.attempts, n=one.attempts)
        since = instant_text(one.since, in_zone=in_zone)
        again = button(say("Send again"), "deliveries_resend", one.key)
        blocks += [
            section(f"*{named(one.what)}*\n{named(one.why, 500)}", accessory=again) | {"block_id": one.key},
            small_print(f"{escaped(since)} · {tries}"),
        ]
    if len(stuck) > MOST_STUCK:
        rest = len(stuck) - MOST_STUCK
        blocks.append(small_print(say("{n} more: `farthing outbox list` shows them all.", n=rest)))
    return modal(say("Deliveries"), blocks)


def audit_window(entries: Sequence[EntryShown], *, skipped: int, more: bool, in_zone: str) -> Block:
    """A page of the audit log, newest first."""
    blocks: list[Block] = []
    kinds = _kinds()
    if not entries:
        blocks.append(section(say("Nothing is in the log here.")))
    for entry in entries:
        blocks += [
            small_print(
                f"{escaped(instant_text(entry.at, in_zone=in_zone))} · {named(entry.who)} · {kinds[entry.kind]}"
            ),
            section(escaped(_beginning(entry.said))),
        ]
    turns = []
    if skipped:
        turns.append(button(say("Newer"), "audit_newer", str(max(0, skipped - ENTRIES_A_PAGE))))
    if more:
        turns.append(button(say("Older"), "audit_older", str(skipped + ENTRIES_A_PAGE)))
    if turns:
        blocks.append(actions(*turns))
    return modal(say("Audit log"), blocks)


def _kinds() -> Mapping[str, str]:
    return {"asked": say("asked"), "shown": say("shown"), "failed": say("failed"), "posted": say("posted")}


def _beginning(said: str) -> str:
    """The first lines: the rest is read with `farthing audit list --full`."""
    lines = said.strip().splitlines() or ["–"]
    return cut("\n".join(lines[:3]) + ("\n…" if len(lines) > 3 else ""), 300)
