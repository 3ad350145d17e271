"""A crash test is run: load, kills, a proof, and a summary that anyone can read."""

from __future__ import annotations

import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from farthing.cli.machine import machine
from farthing.cli.say import counted
from farthing.cli.usage import group as usage_commands
from farthing.core.period import Period
from farthing.wiring import Wired
from farthing_rehearsal.crash.installation import HOW, WEBS, WORKER, Installation, set_up
from farthing_rehearsal.crash.proof import findings
from farthing_rehearsal.crash.senders import Answered, Senders
from farthing_rehearsal.crash.sent import Sent

SENDERS = 6
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Crashed:
    """What a crash test came to; nothing was lost when there are no findings."""

    answered: Answered
    kills: dict[str, int]
    ended: dict[str, int]
    findings: list[str]


def crash_test(*, rounds: int, seed: int, seconds_a_round: float, say: Say, keep: bool = False) -> Crashed:
    """Kill something each round while usage comes in, have it started again, and prove the books at the end."""
    scratch = Path(tempfile.mkdtemp(prefix="farthing-crash-"))
    say(f"Seed {seed}; {counted(rounds, 'round')} of up to {seconds_a_round:g} seconds; {machine()}.")
    month = datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    installation = set_up(scratch / "home", month=month)
    try:
        crashed = _crash(installation, Sent(seed, month), rounds=rounds, seconds=seconds_a_round, say=say)
    except BaseException:
        keep = True
        raise
    finally:
        if keep:
            installation.abandon()
            say(f"Everything is left in {scratch}.")
        else:
            installation.remove()
            shutil.rmtree(scratch)
    return crashed


def _crash(installation: Installation, sent: Sent, *, rounds: int, seconds: float, say: Say) -> Crashed:
    chance = random.Random(sent.seed)
    months = _months(sent.month)
    installation.wait_until_up()
    senders = Senders(sent, installation.addresses, installation.api_key, how_many=SENDERS)
    senders.start()
    victims = _victims(chance)
    for number in range(1, rounds + 1):
        if number * 3 // (rounds + 1) > (number - 1) * 3 // (rounds + 1):
            installation.move_clock(next(months))
        time.sleep(chance.uniform(0.1, seconds))
        victim = next(victims)
        if victim in HOW:
            installation.kill_database(how=victim)
        else:
            installation.kill(victim)
        # Now and then the next is killed while the last one is still coming up.
        if chance.random() < 0.75:
            installation.wait_until_up()
        say(f"{number:>4}  killed {victim}; {counted(senders.events_answered, 'event')} accepted so far")
    installation.wait_until_up()
    answered = senders.stop()
    invoices = installation.wait_until_billed()
    say(f"{counted(invoices, 'invoice')} went out meanwhile.")
    found = [*installation.stop(), *_proved(installation, sent, answered, say=say)]
    return Crashed(answered, dict(installation.killed), dict(installation.ended), found)


def _months(first: datetime) -> Iterator[datetime]:
    """The second day of each month after this one: time for its usage to be billed."""
    day = first
    while True:
        day = (day + timedelta(days=32)).replace(day=1)
        yield day + timedelta(days=1)


def _victims(chance: random.Random) -> Iterator[str]:
    """Who is killed next: a web process, a worker and PostgreSQL in turns, each in its several ways as often."""
    ways = {kind: _in_turns(chance, each) for kind, each in {"web": WEBS, "worker": (WORKER,), "base": HOW}.items()}
    return (next(ways[kind]) for kind in _in_turns(chance, tuple(ways)))


def _in_turns(chance: random.Random, choices: Sequence[str]) -> Iterator[str]:
    """All of them in some order, and again in another."""
    while True:
        yield from chance.sample(choices, len(choices))


def _proved(installation: Installation, sent: Sent, answered: Answered, *, say: Say) -> list[str]:
    month = Period(sent.month, sent.month + timedelta(days=28))
    with Wired(installation.settings) as wired:
        found = findings(wired.store, sent, month, answered)
    commands: list[tuple[str, ...]] = [("check",)]
    if "verify" in usage_commands.commands:
        commands.append(("usage", "verify"))
    else:
        say("This Farthing has no rollups yet (no usage verify), so they are not compared with the events.")
    for words in commands:
        done = installation.run(*words)
        if done.returncode != 0 or (words == ("check",) and done.stdout):
            found.append(f"farthing {' '.join(words)} ended with {done.returncode}: {done.stdout}{done.stderr}".strip())
    return found


def told(crashed: Crashed) -> Sequence[str]:
    """The summary, a line each."""
    answered = crashed.answered
    sent = f"{counted(len(answered.sent), 'event')} by {SENDERS} senders in {counted(answered.requests, 'request')}"
    kills = ", ".join(f"{what} {counted(many, 'time')}" for what, many in sorted(crashed.kills.items()))
    turned_away = ", ".join(f"{many:,} of {status}" for status, many in sorted(answered.turned_away.items()))
    return [
        f"Killed: {kills}.",
        f"Sent: {sent}; {answered.unanswered:,} broke off ({answered.forgotten:,} of them were not sent again)"
        f"{f', and {turned_away} were tried again' if turned_away else ''}.",
        f"Told: {len(answered.accepted):,} accepted, {len(answered.duplicate):,} duplicate, "
        f"{len(answered.quarantined):,} quarantined.",
        *(crashed.findings or ["Everything that was answered is there once, and says what was sent; the books prove."]),
    ]
