"""Things that go wrong on purpose: an answer that is lost, a server error, a slow call, a rate limit."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Literal

Kind = Literal["drop_after_accept", "drop_before_accept", "time_out", "fail", "slow", "rate_limit"]
ANY_METHOD = "*"


@dataclass(frozen=True)
class Fault:
    """One fault to come at one method (or `*`, whichever is called next), once."""

    kind: Kind
    method: str
    status: int = 500
    seconds: float = 0.0
    retry_after: int = 1


class Faults:
    """Faults waiting for their method to be called; each is used up by one call, in the order set."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self._lock = threading.Lock()

    def drop_after_accept(self, method: str = "chat.postMessage", times: int = 1) -> None:
        """The call takes effect, then the connection is cut without an answer."""
        self._add(Fault("drop_after_accept", method), times)

    def drop_before_accept(self, method: str = "chat.postMessage", times: int = 1) -> None:
        """The call does nothing and the connection is cut: from outside the same as a lost answer."""
        self._add(Fault("drop_before_accept", method), times)

    def time_out(self, method: str, seconds: float = 60.0, times: int = 1) -> None:
        """The call does nothing and is not answered for so long that the app gives up."""
        self._add(Fault("time_out", method, seconds=seconds), times)

    def fail(self, method: str, status: int = 500, times: int = 1) -> None:
        """The call does nothing and is answered with this HTTP status and no JSON."""
        self._add(Fault("fail", method, status=status), times)

    def slow(self, method: str, seconds: float, times: int = 1) -> None:
        """The call takes effect, and its answer comes this much later."""
        self._add(Fault("slow", method, seconds=seconds), times)

    def rate_limit(self, method: str, retry_after: int = 1, times: int = 1) -> None:
        """The call does nothing and is answered 429 `ratelimited` with a Retry-After header."""
        self._add(Fault("rate_limit", method, retry_after=retry_after), times)

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()

    def waiting(self) -> list[Fault]:
        with self._lock:
            return list(self._waiting)

    def take(self, method: str) -> Fault | None:
        """The next fault of this method, used up by taking it."""
        with self._lock:
            for fault in self._waiting:
                if fault.method in (method, ANY_METHOD):
                    self._waiting.remove(fault)
                    return fault
            return None

    def _add(self, fault: Fault, times: int) -> None:
        with self._lock:
            self._waiting.extend([fault] * times)
