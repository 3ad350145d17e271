"""Ingestion: requests that come together are kept together, in one commit, and every one is answered after it.

A commit costs the same for one event and for thousands. While one is under way, what arrives meanwhile waits in line;
then the whole line goes in the next. Each seller has a line of their own and they take turns, so that one who sends
much does not keep the others waiting. What waits is bounded: beyond that a sender is asked to come back later.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from uuid import UUID

from farthing.core.metering.glance import Plain
from farthing.core.refused import Busy, Refused
from farthing.http_api.problems import Told as ToldProblem
from farthing.logs import get_logger
from farthing.usecases.ports import Installation
from farthing.usecases.record_usage import Read, Recorder, Told

MOST_WAITING = 100_000
"""Events of all sellers that may wait or be written at a time, in one process; a kilobyte counts as one at least."""
_MOST_TOGETHER = 10_000
# Two for one seller: while one writes, the other prepares. More in all, so that one seller's trouble is not another's.
_WRITERS_OF_ONE = 2
_MOST_WRITERS = 6
_MANY = 2_000
_LONGEST_WAIT_SECONDS = 60

Answer = Mapping[int, Told]
log = get_logger()


@dataclass(slots=True, eq=False)
class _Waiting:
    """One request: its events, and whom to tell what became of them."""

    plain: Sequence[Plain | None]
    others: Mapping[int, Read]
    events: int
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Answer]


@dataclass(slots=True, eq=False)
class _Line:
    """One seller's requests that wait, and who writes for them."""

    seller_id: UUID
    waiting: deque[_Waiting] = field(default_factory=deque)
    events: int = 0
    """Those that wait and those being written."""
    idle: list[Recorder] = field(default_factory=list)
    writing: int = 0
    written: int = 0
    """Events that are being written."""
    in_turn: bool = False


class Ingestion:
    """Keeps what the requests of one process bring."""

    def __init__(self, installation: Installation, *, most_waiting: int = MOST_WAITING) -> None:
        self._installation = installation
        self._most_waiting = most_waiting
        self._lines: dict[UUID, _Line] = {}
        self._turns: deque[_Line] = deque()
        self._events = 0
        self._changed = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._at_rest = 0
        self._pace = _Pace()

    async def keep(
        self,
        seller_id: UUID,
        plain: Sequence[Plain | None],
        others: Mapping[int, Read] | None = None,
        *,
        size_bytes: int,
    ) -> Answer:
        """Keep one request's events (see `Recorder.record`); tells (429) when too many wait already.

        Durable when it returns; what it tells is by the events' places in this request.
        """
        loop = asyncio.get_running_loop()
        events = max(len(plain), size_bytes // 1024, 1)
        waiting = _Waiting(plain, others or {}, events, loop, loop.create_future())
        with self._changed:
            line = self._lines.get(seller_id)
            if line is None:
                line = self._lines[seller_id] = _Line(seller_id)
            self._make_room(line, waiting.events)
            line.waiting.append(waiting)
            line.events += waiting.events
            self._events += waiting.events
            self._take_turn(line)
        return await waiting.answer

    def room(self) -> tuple[int, int]:
        """How many events may wait at most, and how many more may come now."""
        return self._most_waiting, max(self._most_waiting - self._events, 0)

    def _make_room(self, line: _Line, coming: int) -> None:
        """Refuse what does not fit: first those who have more than their share already."""
        busy = sum(1 for each in self._lines.values() if each.events) + (0 if line.events else 1)
        share = self._most_waiting // busy
        full = self._events + coming > self._most_waiting
        if not self._events or not full or (line.events + coming <= share and self._events < 2 * self._most_waiting):
            return
        seconds = self._pace.seconds_for(line.events)
        raise ToldProblem(
            429,
            "too_much",
            f"{line.events} of your events wait to be kept already, and nothing of this request was kept; "
            f"send it again in {seconds} {'second' if seconds == 1 else 'seconds'}.",
            headers={"Retry-After": str(seconds)} | rate_limit(self._most_waiting, 0, seconds),
        )

    def _take_turn(self, line: _Line) -> None:
        # A commit costs the same for few as for many: as long as few wait, they wait for the one that is under way.
        many_wait = line.events - line.written >= _MANY
        if line.waiting and not line.in_turn and (not line.writing or (many_wait and line.writing < _WRITERS_OF_ONE)):
            line.in_turn = True
            self._turns.append(line)
        if self._turns:
            if len(self._turns) > self._at_rest and len(self._threads) < _MOST_WRITERS:
                self._start()
            self._changed.notify()

    def _start(self) -> None:
        thread = threading.Thread(target=self._write, name=f"ingestion {len(self._threads)}", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            # The machine has no more threads at the moment; those that there are take this turn, or the next try does.
            log.warning("no thread could be started for ingestion", threads=len(self._threads))
        else:
            self._threads.append(thread)

    def _write(self) -> None:
        while True:
            with self._changed:
                while not self._turns:
                    self._at_rest += 1
                    self._changed.wait()
                    self._at_rest -= 1
                line = self._turns.popleft()
                line.in_turn = False
                together = _next_of(line)
                events = sum(waiting.events for waiting in together)
                line.writing += 1
                line.written += events
                recorder = line.idle.pop() if line.idle else None
                self._take_turn(line)
            began = time.monotonic()
            try:
                recorder = recorder or Recorder(self._installation.for_seller(line.seller_id))
                self._record(recorder, together)
            except BaseException:
                # Whatever it was, the next one is written for; these are asked to send again.
                log.exception("requests of a seller could not be written for", seller=str(line.seller_id))
                recorder = None
                for waiting in together:
                    _settle(waiting, Busy("Farthing ran into a fault of its own; send it again."))
            with self._changed:
                self._pace.note(events, time.monotonic() - began)
                line.writing -= 1
                line.written -= events
                line.events -= events
                self._events -= events
                if recorder is not None:
                    line.idle.append(recorder)
                self._take_turn(line)
                if not line.events and len(self._lines) > 1000:
                    self._lines.pop(line.seller_id, None)

    def _record(self, recorder: Recorder, together: Sequence[_Waiting]) -> None:
        plain: list[Plain | None] = []
        others: dict[int, Read] = {}
        begins: list[int] = []
        for waiting in together:
            begins.append(len(plain))
            others.update({len(plain) + index: event for index, event in waiting.others.items()})
            plain += waiting.plain
        try:
            told = recorder.record(plain, others, world=self._installation.world())
        except Exception as fault:
            if len(together) > 1 and not isinstance(fault, Refused):
                # Whoever sent what we stumble over is the only one to hear of it.
                for waiting in together:
                    self._record(recorder, [waiting])
                return
            for waiting in together:
                _settle(waiting, fault)
            return
        answers: list[dict[int, Told]] = [{} for _ in together]
        if told:
            place = 0
            for index in sorted(told):
                while place + 1 < len(begins) and begins[place + 1] <= index:
                    place += 1
                one = told[index]
                answers[place][index - begins[place]] = Told(index - begins[place], one.outcome, one.reason)
        _answer_all(together, answers)


class _Pace:
    """How fast events have been kept lately."""

    def __init__(self) -> None:
        self._events_per_second = 10_000.0

    def note(self, events: int, seconds: float) -> None:
        self._events_per_second = 0.9 * self._events_per_second + 0.1 * events / max(seconds, 0.001)

    def seconds_for(self, events: int) -> int:
        """In how many seconds so many will be kept, from 1 on."""
        return max(1, min(ceil(events / max(self._events_per_second, 1.0)), _LONGEST_WAIT_SECONDS))


def rate_limit(most: int, rest: int, seconds: int) -> dict[str, str]:
    """The `RateLimit` headers: how many events may wait, how many more may come now, and when to ask again."""
    return {"RateLimit-Policy": f'"waiting";q={most}', "RateLimit": f'"waiting";r={rest};t={seconds}'}


def _next_of(line: _Line) -> list[_Waiting]:
    together = [line.waiting.popleft()]
    events = together[0].events
    while line.waiting and events + line.waiting[0].events <= _MOST_TOGETHER:
        events += line.waiting[0].events
        together.append(line.waiting.popleft())
    return together


def _answer_all(together: Sequence[_Waiting], answers: Sequence[Answer]) -> None:
    """Tell all of them, each loop once."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Answer], Answer]]] = {}
    for waiting, answer in zip(together, answers, strict=True):
        by_loop.setdefault(waiting.loop, []).append((waiting.answer, answer))
    for loop, pairs in by_loop.items():
        _call(loop, pairs)


def _call(loop: asyncio.AbstractEventLoop, pairs: Sequence[tuple[asyncio.Future[Answer], Answer]]) -> None:
    def tell() -> None:
        for future, answer in pairs:
            if not future.done():
                future.set_result(answer)

    _call_soon(loop, tell)


def _settle(waiting: _Waiting, fault: Exception) -> None:
    def tell() -> None:
        if not waiting.answer.done():
            waiting.answer.set_exception(fault)

    _call_soon(waiting.loop, tell)


def _call_soon(loop: asyncio.AbstractEventLoop, tell: Callable[[], None]) -> None:
    # Where the loop has closed meanwhile nobody waits any more; what was kept is kept.
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(tell)
