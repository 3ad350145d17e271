"""Senders: each sends its own usage and half of its neighbour's, in batches, and again whatever was not answered."""

from __future__ import annotations

import random
import threading
import time
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx2

from farthing_rehearsal.crash.sent import Sent, as_json

_LARGEST_BATCH = 160
_LONGEST_PAUSE_SECONDS = 0.03
_TRIES_AGAIN_SECONDS = 0.1
_ANSWERS_WITHIN_SECONDS = 30.0
_GIVES_UP_AFTER_SECONDS = 180.0
# One sender in so many that got no answer is taken to have died as well: it does not send that batch again.
_FORGETS_EVERY = 12


@dataclass(slots=True)
class Answered:
    """What one sender, or all of them, did and were told, event by event as numbers."""

    sent: set[int] = field(default_factory=set)
    accepted: array[int] = field(default_factory=lambda: array("q"))
    duplicate: set[int] = field(default_factory=set)
    quarantined: set[int] = field(default_factory=set)
    requests: int = 0
    unanswered: int = 0
    forgotten: int = 0
    turned_away: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def add(self, other: Answered) -> None:
        """Take another sender's answers in."""
        self.sent |= other.sent
        self.accepted.extend(other.accepted)
        self.duplicate |= other.duplicate
        self.quarantined |= other.quarantined
        self.requests += other.requests
        self.unanswered += other.unanswered
        self.forgotten += other.forgotten
        self.turned_away.update(other.turned_away)
        self.faults += other.faults


class Senders:
    """Several senders at once, from `start` until `stop` has heard the last answer."""

    def __init__(self, sent: Sent, addresses: Sequence[str], api_key: str, *, how_many: int) -> None:
        self._stop = threading.Event()
        self._senders = [
            _Sender(sent, addresses, api_key, number=number, of=how_many, stop=self._stop) for number in range(how_many)
        ]
        self._threads = [
            threading.Thread(target=sender.run, name=f"sender {number}", daemon=True)
            for number, sender in enumerate(self._senders)
        ]

    def start(self) -> None:
        """Let them send."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> Answered:
        """Let each have the answer to what it sent last, and tell what all of them were told."""
        self._stop.set()
        together = Answered()
        for thread, sender in zip(self._threads, self._senders, strict=True):
            thread.join()
            together.add(sender.answered)
        return together

    @property
    def events_answered(self) -> int:
        """How many events were accepted up to now."""
        return sum(len(sender.answered.accepted) for sender in self._senders)


class _Sender:
    def __init__(
        self, sent: Sent, addresses: Sequence[str], api_key: str, *, number: int, of: int, stop: threading.Event
    ) -> None:
        self.answered = Answered()
        self._sent = sent
        self._addresses = list(addresses)
        self._headers = {"Authorization": f"Bearer {api_key}"}
        self._chance = random.Random(f"{sent.seed}/sender/{number}")
        # Numbers are dealt out in lanes; each lane has two senders, who go along it each at their own speed.
        self._next = {number: 0, (number + 1) % of: 0}
        self._lanes = of
        self._stop = stop

    def run(self) -> None:
        """Send until told to stop."""
        with httpx2.Client(trust_env=False, timeout=_ANSWERS_WITHIN_SECONDS, headers=self._headers) as client:
            while not self._stop.is_set():
                self._send(client, self._batch())
                time.sleep(self._chance.uniform(0, _LONGEST_PAUSE_SECONDS))

    def _batch(self) -> list[int]:
        numbers = []
        for lane in self._next:
            many = self._chance.randint(1, _LARGEST_BATCH // 2)
            begin = self._next[lane]
            self._next[lane] += many
            numbers += [lane + self._lanes * place for place in range(begin, begin + many)]
        self._chance.shuffle(numbers)
        return numbers

    def _send(self, client: httpx2.Client, numbers: list[int]) -> None:
        self.answered.sent.update(numbers)
        body = {"events": [as_json(self._sent.event(number)) for number in numbers]}
        give_up_at = time.monotonic() + _GIVES_UP_AFTER_SECONDS
        while time.monotonic() < give_up_at:
            address = self._chance.choice(self._addresses)
            self.answered.requests += 1
            try:
                answer = client.post(f"{address}/v1/events", json=body)
            except httpx2.HTTPError:
                self.answered.unanswered += 1
                if self._chance.randrange(_FORGETS_EVERY) == 0:
                    self.answered.forgotten += 1
                    return
                time.sleep(_TRIES_AGAIN_SECONDS)
                continue
            if answer.status_code == 200:
                self._hear(numbers, answer.json())
                return
            self.answered.turned_away[answer.status_code] += 1
            if answer.status_code not in (429, 503):
                self.answered.faults.append(f"A batch was answered {answer.status_code}: {answer.text[:300]}")
            time.sleep(_TRIES_AGAIN_SECONDS)
        self.answered.faults.append(f"{len(numbers)} events had no answer in {_GIVES_UP_AFTER_SECONDS:.0f} seconds.")

    def _hear(self, numbers: Sequence[int], told: dict[str, object]) -> None:
        others = told["events"]
        assert isinstance(others, list), f"events are listed, not {others}"
        outcomes = {other["index"]: other for other in others}
        for index, number in enumerate(numbers):
            other = outcomes.get(index)
            if other is None:
                self.answered.accepted.append(number)
            elif other["outcome"] == "duplicate":
                self.answered.duplicate.add(number)
            elif other["outcome"] == "quarantined":
                self.answered.quarantined.add(number)
            else:
                self.answered.faults.append(f"Event {number} was told {other['outcome']}: {other['reason']}")
