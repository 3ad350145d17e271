"""The Try strip: what to try in the demo, ticked by itself as it is done."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from farthing.jobs.watch_usage import watch_usage
from farthing.slack.views.words import money_text
from farthing.usecases.close_period import close_period
from farthing.usecases.move_clock import move_clock
from farthing.wiring import Wired
from farthing_rehearsal.demo.cast import EDGE, EDGE_FALLS_SILENT, GATEWAY, NEXT_MORNING, TODAY
from farthing_rehearsal.demo.seed import use
from farthing_slacksim.page.extras import Step
from farthing_slacksim.traffic import Entry, Traffic

EVENT_SOURCE = GATEWAY
OWN_SLACK = (
    "To use your own Slack: 1. run farthing init and farthing slack manifest. 2. At api.slack.com/apps choose Create "
    "New App, From a manifest, paste it, and install the app. 3. Run farthing slack connect with its tokens, then "
    "farthing serve. The README's section “With your own Slack” says each step."
)


@dataclass
class TryStrip:
    """Which steps are done; it looks at Slack's traffic and at which channels were opened, and keeps it in a file."""

    wired: Wired
    traffic: Callable[[], Traffic]
    finance_channel: Callable[[], str]
    kept_in: Path
    closing: threading.Lock = field(default_factory=threading.Lock)
    _done: set[str] = field(default_factory=set)
    _looked_at: int = 0

    def __post_init__(self) -> None:
        if self.kept_in.exists():
            self._done |= set(self.kept_in.read_text(encoding="utf-8").split())

    def opened(self, _person: str, channel: str) -> None:
        """A person has opened a channel."""
        if channel == self.finance_channel():
            self._tick({"summary"})

    def steps(self) -> list[Step]:
        """All of them, in the order in which they are best tried."""
        self._look()
        done = self._done
        month_end = self._month_end()
        explain = "in #customer-northwind: Explain, Explain line, Events, Open"
        return [
            Step(
                "summary", "Read the closing run in #finance", "as Fay: one message, eight invoices", "summary" in done
            ),
            Step("usage", "Type /usage northwind", "in #finance; only you see the answer", "usage" in done),
            Step("explain", "Explain a line down to one event", explain, "explain" in done),
            Step("pdf", "Get an invoice as PDF", "press PDF on the same invoice", "pdf" in done),
            Step(
                "audit",
                "Sleep until tomorrow morning",
                "to 21 March, 08:05: one source falls silent, and #finance gets the audit of the day",
                bool(done & {"audit", "close"}),
                action_label=None if done & {"audit", "close"} else "Sleep",
            ),
            Step(
                "close",
                "Move the clock to the month's end",
                f"to {month_end:%-d %B}: the month closes, invoices go out",
                "close" in done,
                action_label="Move the clock",
            ),
            Step("own", "Use your own Slack", "three commands", "own" in done, action_label="Show how"),
        ]

    def act(self, key: str) -> str:
        """What a step's button does."""
        if key == "own":
            self._tick({"own"})
            return OWN_SLACK
        if key == "close":
            return self._close()
        if key == "audit" and not self._done & {"audit", "close"}:
            return self._sleep()
        return "There is nothing to press for this step; the hint says how to try it."

    def _sleep(self) -> str:
        store = self.wired.store
        with self.closing:
            move_clock(store, to=NEXT_MORNING, world=self.wired.world())
            use(self.wired, since=TODAY, until=NEXT_MORNING, source=GATEWAY)
            use(self.wired, since=TODAY, until=EDGE_FALLS_SILENT, source=EDGE)
            watch_usage(self.wired, store)
        self._tick({"audit"})
        return (
            f"It is {NEXT_MORNING:%-d %B, %H:%M} now. {EDGE} sent nothing since yesterday {EDGE_FALLS_SILENT:%H:%M}; "
            "read the alert and yesterday's audit in #finance."
        )

    def _close(self) -> str:
        store = self.wired.store
        target = self._month_end() + timedelta(hours=14)
        # What was held back while a source was silent comes now, too.
        again = "close" in self._done
        since = self.wired.now(store) if again else NEXT_MORNING if "audit" in self._done else TODAY
        edge_since = EDGE_FALLS_SILENT if not again and "audit" in self._done else since
        with self.closing:
            # Everybody uses what they use before anything is closed, or the last days would come late.
            now = move_clock(store, to=target, world=self.wired.world())
            use(self.wired, since=since, until=target, source=GATEWAY)
            use(self.wired, since=edge_since, until=target, source=EDGE, held_back_until=since)
            totals = close_period(store, through=(target - timedelta(days=1)).date(), now=now)
        self._tick({"close"})
        sums = " and ".join(money_text(money) for money in totals.totals) or "nothing"
        return (
            f"It is {target:%-d %B %Y} now. {totals.invoices} invoices were issued, {sums} in all; "
            "read the summary in #finance and each card in its customer's channel."
        )

    def _month_end(self) -> datetime:
        now = self.wired.now(self.wired.store)
        year, month = (now.year + 1, 1) if now.month == 12 else (now.year, now.month + 1)
        return datetime(year, month, 1, tzinfo=UTC)

    def _tick(self, done: set[str]) -> None:
        if not done <= self._done:
            self._done |= done
            self.kept_in.write_text(" ".join(sorted(self._done)), encoding="utf-8")

    def _look(self) -> None:
        entries = list(self.traffic())
        for entry in entries[self._looked_at :]:
            self._tick(_done_by(entry))
        self._looked_at = len(entries)


def _done_by(entry: Entry) -> set[str]:
    said = str(entry.arguments)
    done: set[str] = set()
    if entry.direction == "out" and "/usage" in said and "northwind" in said.casefold():
        done.add("usage")
    if entry.direction == "in" and entry.kind.startswith("views.") and EVENT_SOURCE in said:
        done.add("explain")
    if entry.direction == "in" and entry.kind == "files.completeUploadExternal":
        done.add("pdf")
    return done
