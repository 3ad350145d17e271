"""A story is played on the real product: each verb is one thing a person or a clock does, or looks at."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from farthing.catalogues.file import Mistakes, read_catalogue
from farthing.core.ledger.transaction import Account
from farthing.core.metering.event import UsageEvent, instant
from farthing.core.money import currency, exact_decimal, total, zero
from farthing.core.period import local_date
from farthing.core.refused import Refused
from farthing.usecases.apply_catalogue import apply_catalogue
from farthing.usecases.audit_usage import audit_if_due
from farthing.usecases.bill_accrued import bill_accrued
from farthing.usecases.bind_channel import bind_customer_channel, bind_finance_channel
from farthing.usecases.change_cycle import change_anchor, move_customer
from farthing.usecases.change_subscription import agree_quantities, attach_add_on, end_add_on
from farthing.usecases.check_books import check_books
from farthing.usecases.close_period import close_period
from farthing.usecases.correct_usage import apply_waiting, correct_usage
from farthing.usecases.customers import add_customer, find_customer
from farthing.usecases.mend_usage import replay
from farthing.usecases.owed import find_owed
from farthing.usecases.ports import ALL_APART, Outcome
from farthing.usecases.record_usage import Told, record_events
from farthing.usecases.sandboxes import fork, save_point
from farthing.usecases.show_invoices import list_invoices
from farthing.usecases.show_usage import show_usage
from farthing.usecases.subscribe import end_subscription, subscribe
from farthing.usecases.watch_sources import watch_sources
from farthing_rehearsal.story import life, money, paying
from farthing_rehearsal.story.expect import Unmet, expect_drafts, expect_lines, expect_money
from farthing_rehearsal.story.plans import read_plan
from farthing_rehearsal.story.sandboxes import expect_difference, line_within, within
from farthing_rehearsal.story.script import Cue, Script
from farthing_rehearsal.story.stage import BEGINNING, Stage
from farthing_rehearsal.story.usage import SOURCE, Pattern, read_amended, read_event, read_usage
from farthing_rehearsal.story.wishes import USAGE, read_day, read_quantities, read_wishes

EVENT = "event CUSTOMER TYPE [NAME=VALUE …] [on INSTANT] [repeat N every 5m] [from SOURCE] [received then] [-> OUTCOME]"


@dataclass(frozen=True, slots=True)
class Failure:
    """The line at which a story went another way."""

    story: str
    line: int
    text: str
    expected: str
    happened: str

    def __str__(self) -> str:
        return (
            f"{self.story}, line {self.line}: {self.text}\n    expected  {self.expected}\n    happened  {self.happened}"
        )


@dataclass
class Player:
    """Plays cues on a stage. `sent` counts the events, whose ids follow from it when a story gives none."""

    stage: Stage
    folder: Path = Path()
    sent: int = 0
    read: dict[str, int] = field(default_factory=dict)

    def play(self, cue: Cue) -> None:
        """Do what the line says; raises Unmet when it went another way."""
        self.stage.clock.move_to(max(cue.at, self.stage.clock.at))
        verb = _verb(cue)
        try:
            verb(self, cue)
        except Refused as refusal:
            if cue.refusal is None or cue.refusal.casefold() not in refusal.sentence.casefold():
                expected = "no refusal" if cue.refusal is None else f"a refusal with “{cue.refusal}”"
                raise Unmet(expected=expected, happened=f"refused: {refusal.sentence}") from None
        else:
            if cue.refusal is not None:
                raise Unmet(expected=f"a refusal with “{cue.refusal}”", happened="it was done")
        self.stage.deliver()
        self._prove()

    def _prove(self) -> None:
        findings = check_books(self.stage.store)
        if findings:
            said = "; ".join(f"INV-{finding.number:02d} {finding.sentence}" for finding in findings)
            raise Unmet(expected="books in which every invariant holds", happened=said)

    def _plan(self, cue: Cue) -> None:
        key, code = _take(cue, "plan KEY CURRENCY", 2)
        meters, plan = read_plan(key, code, cue.below)
        apply_catalogue(self.stage.store, meters=meters, plans=[plan], now=cue.at)

    def _catalog(self, cue: Cue) -> None:
        """A catalogue, in a file beside the story or in the lines below."""
        names = _take(cue, "catalog FILE, or a catalogue in the lines below", 0, 1)
        if bool(names) == bool(cue.block.strip()):
            raise Unmet(expected="catalog FILE, or a catalogue in the lines below", happened=cue.text)
        written = self._file(names[0]) if names else cue.block.encode()
        with self.stage.store.transaction():
            known = self.stage.store.meters()
        try:
            catalogue = read_catalogue(written, known=known)
        except Mistakes as mistakes:
            first = 0 if names else cue.number
            told = (f"line {first + mistake.line}: {mistake.sentence}" for mistake in mistakes.found)
            raise Refused(" ".join(told)) from None
        apply_catalogue(
            self.stage.store,
            meters={**known, **catalogue.meters},
            plans=catalogue.plans,
            add_ons=catalogue.add_ons,
            rules=catalogue.rules,
            now=cue.at,
        )

    def _file(self, name: str) -> bytes:
        try:
            return (self.folder / name).read_bytes()
        except OSError as fault:
            raise Refused(f"{name} cannot be read: {(fault.strerror or 'no reason given').lower()}.") from None

    def _customer(self, cue: Cue) -> None:
        key, in_zone, *_ = [*_take(cue, "customer KEY ZONE", 1, 2), "UTC"]
        add_customer(self.stage.store, key=key, name=key, in_zone=in_zone, now=cue.at)

    def _subscribe(self, cue: Cue) -> None:
        key, plan, *more = _take(cue, USAGE, 2, len(cue.words))
        wished = read_wishes(more)
        if wished is None:
            raise Unmet(expected=USAGE, happened=cue.text)
        anchor_day, anchor, wishes = wished
        store = self.stage.store
        with store.transaction():
            known = store.customer_by_key(key)
        if known is None:
            add_customer(store, key=key, name=key, in_zone="UTC", now=cue.at)
        subscribe(
            store,
            customer_key=key,
            plan_key=plan,
            starts_on=cue.at.date(),
            anchor_day=anchor_day,
            anchor=anchor,
            wishes=wishes,
        )

    def _agree(self, cue: Cue) -> None:
        key, plan, *quantities = _take(cue, "agree CUSTOMER PLAN NAME=NUMBER …", 3, len(cue.words))
        agreed = read_quantities(quantities)
        agree_quantities(self.stage.store, customer_key=key, plan_key=plan, quantities=agreed, now=cue.at)

    def _addon(self, cue: Cue) -> None:
        usage = "addon CUSTOMER PLAN KEY [NUMBER] (or: addon CUSTOMER PLAN KEY ends)"
        key, plan, add_on, *more = _take(cue, usage, 3, 4)
        if more == ["ends"]:
            end_add_on(self.stage.store, customer_key=key, plan_key=plan, add_on_key=add_on, now=cue.at)
            return
        attach_add_on(
            self.stage.store,
            customer_key=key,
            plan_key=plan,
            add_on_key=add_on,
            now=cue.at,
            number=exact_decimal(more[0]) if more else Decimal(1),
        )

    def _move(self, cue: Cue) -> None:
        key, in_zone = _take(cue, "move CUSTOMER ZONE", 2)
        move_customer(self.stage.store, customer_key=key, in_zone=in_zone, now=cue.at)

    def _anchor(self, cue: Cue) -> None:
        key, plan, day = _take(cue, "anchor CUSTOMER PLAN DATE", 3)
        change_anchor(self.stage.store, customer_key=key, plan_key=plan, anchor=read_day(day), now=cue.at)

    def _end(self, cue: Cue) -> None:
        key, plan = _take(cue, "end CUSTOMER PLAN", 2)
        end_subscription(self.stage.store, customer_key=key, plan_key=plan, now=cue.at)

    def _usage(self, cue: Cue) -> None:
        self._send(
            cue, read_usage, "usage CUSTOMER METER QUANTITY [id ID] [on INSTANT] [repeat N] [from SOURCE] [-> OUTCOME]"
        )

    def _event(self, cue: Cue) -> None:
        self._send(cue, read_event, EVENT)

    def _send(self, cue: Cue, read: Callable[[Sequence[str]], Pattern | None], usage: str) -> None:
        pattern = read(cue.words[: _arrow(cue)])
        if pattern is None:
            raise Unmet(expected=usage, happened=cue.text)
        expected = " ".join(cue.words[_arrow(cue) + 1 :]) or "accepted"
        if expected == "accepted":
            pattern.check(now=cue.at)
        events = list(pattern.events(now=cue.at, sent_before=self.sent))
        self.sent += len(events)
        for answer in self._told(events, pattern, cue):
            if answer.outcome.value != expected:
                happened = f"{answer.outcome.value}: {answer.reason}" if answer.reason else answer.outcome.value
                raise Unmet(expected=expected, happened=happened)
        apply_waiting(self.stage.store, now=cue.at)

    def _void(self, cue: Cue) -> None:
        """An event counts no more."""
        self._correct(cue, "void ID [-> OUTCOME]", {"kind": "void"})

    def _amend(self, cue: Cue) -> None:
        """An event says something else from now on."""
        usage = "amend ID CUSTOMER METER QUANTITY [on INSTANT] [-> OUTCOME] (or NAME=VALUE … for QUANTITY)"
        words = cue.words[: _arrow(cue)]
        event = read_amended(words[1:], id=words[0]) if words else None
        if event is None:
            raise Unmet(expected=usage, happened=cue.text)
        said = {"type": event.type, "subject": event.subject, "time": event.time, "data": event.data}
        self._correct(cue, usage, {"kind": "amend", "event": said})

    def _correct(self, cue: Cue, usage: str, said: dict[str, object]) -> None:
        if not cue.words:
            raise Unmet(expected=usage, happened=cue.text)
        expected = " ".join(cue.words[_arrow(cue) + 1 :]) or "accepted"
        self.sent += 1
        said |= {"source": SOURCE, "id": f"correction {self.sent}", "of": {"source": SOURCE, "id": cue.words[0]}}
        (answer,) = correct_usage(self.stage.store, [{**said, "reason": cue.text, "by": SOURCE}], now=cue.at)
        if answer.outcome is Outcome.REFUSED:
            raise Refused(answer.reason)
        if answer.outcome.value != expected:
            raise Unmet(expected=expected, happened=f"{answer.outcome.value}: {answer.reason}")

    def _owed(self, cue: Cue) -> None:
        key, *amount = _take(cue, "owed CUSTOMER AMOUNT CURRENCY", 3)
        owed = find_owed(self.stage.store, customer_key=key)
        wanted = currency(amount[1])
        expect_money(amount, total([one.difference for one in owed], in_currency=wanted))
        expect_lines(cue.below, [one.today for one in owed if one.today is not None])

    def _replay(self, cue: Cue) -> None:
        (expected,) = _take(cue, "replay COUNT (of the events in quarantine that are accepted)", 1)
        accepted = replay(self.stage.store, ALL_APART, now=cue.at).accepted
        if str(accepted) != expected:
            raise Unmet(expected=f"{expected} accepted", happened=f"{accepted} accepted")

    def _told(self, events: Sequence[UsageEvent], pattern: Pattern, cue: Cue) -> list[Told]:
        if not pattern.as_it_happens:
            return record_events(self.stage.store, events, now=cue.at)
        store = self.stage.store
        return [told for event in events for told in record_events(store, [event], now=instant(event.time or ""))]

    def _watch(self, cue: Cue) -> None:
        """What is looked after once a minute; a story holds the clock, so nobody was away between its lines."""
        _take(cue, "watch (look after silent sources, conflicts and yesterday's audit)", 0)
        watch_sources(self.stage.store, now=cue.at, world=BEGINNING)
        audit_if_due(self.stage.store, now=cue.at)

    def _close(self, cue: Cue) -> None:
        words = _take(cue, "close [through DATE]", 0, 2)
        through = date.fromisoformat(words[1]) if words else local_date(cue.at, in_zone="UTC") - timedelta(days=1)
        close_period(self.stage.store, through=through, now=cue.at)

    def _thresholds(self, cue: Cue) -> None:
        """What the job does all the time: what has accrued is billed where it crossed a threshold."""
        _take(cue, "thresholds", 0)
        bill_accrued(self.stage.store, now=cue.at)

    def _invoice(self, cue: Cue) -> None:
        key, *amount = _take(cue, "invoice CUSTOMER AMOUNT CURRENCY", 3)
        invoices = list_invoices(self.stage.store, person=None, customer_key=key, limit=1)
        if not invoices:
            raise Unmet(expected=" ".join(amount), happened="no invoice")
        expect_drafts(amount, cue.below, [invoices[0][1].draft])

    def _invoices(self, cue: Cue) -> None:
        key, number = _take(cue, "invoices CUSTOMER COUNT", 2)
        found = len(list_invoices(self.stage.store, person=None, customer_key=key))
        if str(found) != number:
            raise Unmet(expected=f"{number} invoices", happened=f"{found}")

    def _preview(self, cue: Cue) -> None:
        key, *amount = _take(cue, "preview CUSTOMER AMOUNT CURRENCY", 3)
        view = show_usage(self.stage.store, customer_key=key, person=None, now=cue.at)
        if not view.running:
            raise Unmet(expected=" ".join(amount), happened="nothing runs")
        expect_drafts(amount, cue.below, [running.draft for running in view.running])

    def _balance(self, cue: Cue) -> None:
        account, key, *amount = _take(cue, "balance ACCOUNT CUSTOMER AMOUNT CURRENCY", 4)
        if account not in set(Account):
            raise Unmet(expected=f"an account: {', '.join(Account)}", happened=account)
        store = self.stage.store
        with store.transaction():
            customer = find_customer(store, key, person=None)
            wanted = currency(amount[1])
            found = store.balance(Account(account), customer_id=customer.customer_id).get(wanted, zero(wanted))
        expect_money(amount, found)

    def _channel(self, cue: Cue) -> None:
        whose, name = _take(cue, "channel CUSTOMER #NAME (or: channel finance #NAME)", 2)
        channel_id = self.stage.channel(name)
        if whose == "finance":
            bind_finance_channel(self.stage.store, channel_id=channel_id)
        else:
            bind_customer_channel(self.stage.store, customer_key=whose, channel_id=channel_id)

    def _slack(self, cue: Cue) -> None:
        name, _, text = cue.rest.partition(" ")
        said = self.stage.said_in(name)
        if not any(text.strip() in message for message in said):
            raise Unmet(
                expected=f"a message in {name} with “{text.strip()}”",
                happened=" | ".join(" ".join(message.split()) for message in said) or "no message there",
            )

    def _messages(self, cue: Cue) -> None:
        name, number = _take(cue, "messages #CHANNEL COUNT", 2)
        found = len(self.stage.said_in(name))
        if str(found) != number:
            raise Unmet(expected=f"{number} messages in {name}", happened=f"{found}")

    def _save(self, cue: Cue) -> None:
        (name,) = _take(cue, "save NAME", 1)
        save_point(self.stage.wired, self.stage.store, name=name)

    def _fork(self, cue: Cue) -> None:
        name, *of = _take(cue, "fork NAME [of SANDBOX]", 1, 3)
        if of and (len(of) != 2 or of[0] != "of"):
            raise Unmet(expected="fork NAME [of SANDBOX]", happened=cue.text)
        fork(self.stage.wired, self.stage.store, name=name, of=of[1] if of else None)

    def _in(self, cue: Cue) -> None:
        """A line is played in another sandbox of the family, whose books are proved too."""
        name, line = line_within(cue)
        with within(self.stage, name):
            _verb(line)(self, line)
            self._prove()

    def _compare(self, cue: Cue) -> None:
        expect_difference(self.stage, cue)

    def _lose(self, cue: Cue) -> None:
        _take(cue, "lose (the answer to the next message posted in Slack)", 0, 1)
        self.stage.lose_next_answer()


def _on_stage(act: Callable[[Stage, Cue], None]) -> Callable[[Player, Cue], None]:
    return lambda player, cue: act(player.stage, cue)


VERBS: dict[str, Callable[[Player, Cue], None]] = {
    "plan": Player._plan,
    "catalog": Player._catalog,
    "customer": Player._customer,
    "subscribe": Player._subscribe,
    "agree": Player._agree,
    "addon": Player._addon,
    "anchor": Player._anchor,
    "end": Player._end,
    "move": Player._move,
    "usage": Player._usage,
    "event": Player._event,
    "amend": Player._amend,
    "void": Player._void,
    "owed": Player._owed,
    "replay": Player._replay,
    "close": Player._close,
    "thresholds": Player._thresholds,
    "invoice": Player._invoice,
    "invoices": Player._invoices,
    "preview": Player._preview,
    "balance": Player._balance,
    "channel": Player._channel,
    "slack": Player._slack,
    "messages": Player._messages,
    "lose": Player._lose,
    "watch": Player._watch,
    "save": Player._save,
    "fork": Player._fork,
    "in": Player._in,
    "compare": Player._compare,
    **{verb: _on_stage(act) for verb, act in {**life.VERBS, **money.VERBS, **paying.VERBS}.items()},
}


def play_story(script: Script, stage: Stage, *, heard: Callable[[Cue], None] | None = None) -> Failure | None:
    """Play all of it; the failure of the first line that went another way, or None. `heard` is told each line."""
    player = Player(stage, folder=script.folder)
    for cue in script.cues:
        if heard is not None:
            heard(cue)
        try:
            player.play(cue)
        except Unmet as unmet:
            return Failure(script.name, cue.number, cue.text, expected=unmet.expected, happened=unmet.happened)
    return None


def _verb(cue: Cue) -> Callable[[Player, Cue], None]:
    verb = VERBS.get(cue.verb)
    if verb is None:
        closest = difflib.get_close_matches(cue.verb, VERBS, n=1)
        hint = f"; did you mean {closest[0]}?" if closest else ""
        raise Unmet(expected=f"a verb: {', '.join(sorted(VERBS))}", happened=f"“{cue.verb}”{hint}")
    return verb


def _arrow(cue: Cue) -> int:
    """Where the words end that come before `->`."""
    return cue.words.index("->") if "->" in cue.words else len(cue.words)


def _take(cue: Cue, usage: str, least: int, most: int | None = None) -> list[str]:
    if not least <= len(cue.words) <= (least if most is None else most):
        raise Unmet(expected=usage, happened=cue.text)
    return list(cue.words)
