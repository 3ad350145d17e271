"""The simulated gateway as a neighbour of an installation: what it did is in a file, so that it outlives each command.

Only sandboxes collect by it: it moves no money.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from farthing.core.money import Money, currency
from farthing.usecases.payment_ports import GatewayAnswer, Said
from farthing_rehearsal.gateway import Held, SimulatedGateway

_FILE = "simulated_gateway.json"


class KeptGateway:
    """A simulated gateway whose memory is a file in this folder; every process sees the same."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / _FILE

    @property
    def moves_money(self) -> bool:
        """It only plays at it."""
        return False

    def authorise(self, attempt_id: UUID, *, method: str, amount: Money) -> GatewayAnswer:
        """Hold an amount, or decline."""
        with self._open() as gateway:
            return gateway.authorise(attempt_id, method=method, amount=amount)

    def capture(self, attempt_id: UUID) -> GatewayAnswer:
        """Take what is held, once."""
        with self._open() as gateway:
            return gateway.capture(attempt_id)

    def refund(self, attempt_id: UUID, *, reference: str, amount: Money) -> GatewayAnswer:
        """Pay back out of what was taken under a reference."""
        with self._open() as gateway:
            return gateway.refund(attempt_id, reference=reference, amount=amount)

    def ask(self, attempt_id: UUID) -> GatewayAnswer:
        """How an attempt stands here."""
        with self._open() as gateway:
            return gateway.ask(attempt_id)

    @contextmanager
    def _open(self) -> Iterator[SimulatedGateway]:
        with self._file.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            gateway = SimulatedGateway()
            if self._file.exists():
                _read(gateway, json.loads(self._file.read_text(encoding="utf-8")))
            try:
                yield gateway
            finally:
                # What was done is kept before the answer goes, or is lost on its way.
                fresh = self._file.with_suffix(".new")
                fresh.write_text(json.dumps(_written(gateway)), encoding="utf-8")
                os.replace(fresh, self._file)


def _written(gateway: SimulatedGateway) -> dict[str, list[Any]]:
    return {
        "attempts": [
            [
                str(attempt_id),
                held.method,
                held.amount.minor,
                held.amount.currency.code,
                held.answer.said.value,
                held.answer.why,
                held.answer.reference,
                held.refunded.minor,
            ]
            for attempt_id, held in gateway.attempts.items()
        ],
        "lost": [[call, str(attempt_id)] for call, attempt_id in gateway.lost_once],
    }


def _read(gateway: SimulatedGateway, kept: dict[str, list[Any]]) -> None:
    for attempt_id, method, minor, code, said, why, reference, refunded in kept["attempts"]:
        of = currency(code)
        gateway.attempts[UUID(attempt_id)] = Held(
            method, Money(minor, of), GatewayAnswer(Said(said), why, reference), Money(refunded, of)
        )
    gateway.lost_once.update((call, UUID(attempt_id)) for call, attempt_id in kept["lost"])
