"""A gateway of our own, whole enough to rehearse with: it holds, takes and pays back, declines, and loses answers.

A payment method is a text that says how it behaves: “ok”, “soft” (no cover today), “hard” (a stolen card), with
“+lost” where the answer is lost after it took effect, and “+unheard” where the call never arrives.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from farthing.core.money import Money, zero
from farthing.usecases.payment_ports import GatewayAnswer, GatewayLost, Said

_DECLINES = {
    "soft": GatewayAnswer(Said.DECLINED_SOFT, "There is no cover at the moment."),
    "hard": GatewayAnswer(Said.DECLINED_HARD, "The card was reported stolen."),
}


@dataclass(slots=True)
class Held:
    """What the gateway has under an attempt: how it was asked for, how it stands, and what was paid back of it."""

    method: str
    amount: Money
    answer: GatewayAnswer
    refunded: Money


@dataclass(slots=True)
class SimulatedGateway:
    """Keeps what it did by attempt; the same attempt asked again is answered alike, and with another amount refused.

    `tell` hears of whatever ended, as a webhook would, `times` over.
    """

    tell: Callable[[UUID, GatewayAnswer], None] | None = None
    times: int = 1
    calls: list[str] = field(default_factory=list)
    attempts: dict[UUID, Held] = field(default_factory=dict)
    lost_once: set[tuple[str, UUID]] = field(default_factory=set)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def moves_money(self) -> bool:
        """It only plays at it."""
        return False

    @property
    def moved(self) -> int:
        """What it took and did not pay back, in minor units."""
        taken = [held for held in self.attempts.values() if held.answer.said is Said.CAPTURED]
        return sum((held.amount - held.refunded).minor for held in taken)

    def authorise(self, attempt_id: UUID, *, method: str, amount: Money) -> GatewayAnswer:
        """Hold an amount, or decline."""
        kind, _, ways = method.partition("+")
        self._may_be_unheard("authorise", attempt_id, ways)
        with self._lock:
            held = self.attempts.get(attempt_id)
            if held is None:
                answer = _DECLINES.get(kind, GatewayAnswer(Said.AUTHORISED))
                held = Held(method, amount, answer, zero(amount.currency))
                self.attempts[attempt_id] = held
            assert held.amount == amount, f"attempt {attempt_id} was for {held.amount}, and is for {amount} now"
        self._may_be_lost("authorise", attempt_id, ways)
        return held.answer

    def capture(self, attempt_id: UUID) -> GatewayAnswer:
        """Take what is held, once."""
        with self._lock:
            held = self.attempts[attempt_id]
            if held.answer.said is Said.AUTHORISED:
                held.answer = GatewayAnswer(Said.CAPTURED, reference=f"sim-{attempt_id.hex[:12]}")
        self._tell(attempt_id, held.answer)
        self._may_be_lost("capture", attempt_id, held.method.partition("+")[2])
        return held.answer

    def refund(self, attempt_id: UUID, *, reference: str, amount: Money) -> GatewayAnswer:
        """Pay back out of what was taken under a reference, no more than that."""
        with self._lock:
            known = self.attempts.get(attempt_id)
            if known is None:
                taken = next(held for held in self.attempts.values() if held.answer.reference == reference)
                if (taken.refunded + amount).minor > taken.amount.minor:
                    return GatewayAnswer(Said.DECLINED_HARD, "More than was taken.")
                taken.refunded += amount
                known = Held(taken.method, amount, GatewayAnswer(Said.REFUNDED), zero(amount.currency))
                self.attempts[attempt_id] = known
        self._tell(attempt_id, known.answer)
        self._may_be_lost("refund", attempt_id, known.method.partition("+")[2])
        return known.answer

    def ask(self, attempt_id: UUID) -> GatewayAnswer:
        """How an attempt stands here."""
        with self._lock:
            held = self.attempts.get(attempt_id)
        return GatewayAnswer(Said.UNKNOWN, "It never came.") if held is None else held.answer

    def _tell(self, attempt_id: UUID, answer: GatewayAnswer) -> None:
        for _ in range(self.times if self.tell is not None else 0):
            assert self.tell is not None, "somebody listens"
            self.tell(attempt_id, answer)

    def _may_be_unheard(self, call: str, attempt_id: UUID, ways: str) -> None:
        self.calls.append(call)
        if ways == "unheard":
            raise GatewayLost(f"{call} {attempt_id} never arrived")

    def _may_be_lost(self, call: str, attempt_id: UUID, ways: str) -> None:
        """The answer to each call is lost the first time."""
        if ways in ("lost", f"lost {call}") and (call, attempt_id) not in self.lost_once:
            self.lost_once.add((call, attempt_id))
            raise GatewayLost(f"the answer to {call} {attempt_id} was lost")
