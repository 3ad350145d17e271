"""How far behind the rollups are while usage pours in, and how soon an event stands in the answer to a question."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import deque
from types import TracebackType
from uuid import uuid4

import psycopg

from farthing.cli.bench_load import EVENT_TYPE
from farthing.cli.bench_shop import Shop

_EVERY_SECONDS = 0.02
_GIVEN_UP_SECONDS = 30.0


class Probe:
    """Watches while the block lasts; afterwards the milliseconds are there, one for each look."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._ends = threading.Event()
        self._threads = [threading.Thread(target=self._watch_lag), threading.Thread(target=self._ask)]
        self.lag_ms: list[float] = []
        self.answered_ms: list[float] = []

    def __enter__(self) -> Probe:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ends.set()
        for thread in self._threads:
            thread.join()

    def _watch_lag(self) -> None:
        """Of each last position that is seen: how long until every rollup was there."""
        waiting: deque[tuple[int, float]] = deque()
        with psycopg.connect(self._shop.owner_url, autocommit=True) as connection:
            connection.execute("SELECT set_config('farthing.seller', %s, false)", [str(self._shop.seller_id)])
            until = float("inf")
            while waiting or not self._ends.is_set():
                row = connection.execute(
                    """
                    SELECT counter.last_position, min(rollup.position) FROM farthing.usage_counter AS counter
                    JOIN farthing.usage_rollup AS rollup USING (seller_id)
                    WHERE seller_id = farthing.seller() AND NOT retired GROUP BY counter.last_position
                    """
                ).fetchone()
                now = time.perf_counter()
                if row is not None:
                    while waiting and waiting[0][0] <= row[1]:
                        self.lag_ms.append(1000 * (now - waiting.popleft()[1]))
                    if row[0] > row[1] and not self._ends.is_set() and (not waiting or waiting[-1][0] < row[0]):
                        waiting.append((row[0], now))
                if self._ends.is_set():
                    until = min(until, now + _GIVEN_UP_SECONDS)
                    if now > until:
                        break
                time.sleep(_EVERY_SECONDS)

    def _ask(self) -> None:
        """Send an event of a customer of its own, and ask until the answer has it."""
        connection = http.client.HTTPConnection("127.0.0.1", self._shop.ports[0])
        headers = {"Authorization": f"Bearer {self._shop.api_key}", "Content-Type": "application/json"}
        while True:
            event = {
                "id": uuid4().hex,
                "source": "probe",
                "type": EVENT_TYPE,
                "subject": self._shop.probed,
                "data": {"tokens": 1},
            }
            began = time.perf_counter()
            before = self._asked(connection, headers)
            connection.request("POST", "/v1/events", body=json.dumps(event), headers=headers)
            assert json.loads(connection.getresponse().read())["accepted"] == 1, "the probe's event is new"
            while self._asked(connection, headers) == before:
                if time.perf_counter() - began > _GIVEN_UP_SECONDS:
                    break
                time.sleep(0.005)
            self.answered_ms.append(1000 * (time.perf_counter() - began))
            if self._ends.wait(0.1):
                return

    def _asked(self, connection: http.client.HTTPConnection, headers: dict[str, str]) -> object:
        connection.request("GET", f"/v1/usage?customer={self._shop.probed}&meter=tokens&window=month", headers=headers)
        return json.loads(connection.getresponse().read()).get("usage")


def p99(values: list[float]) -> float:
    """The value at the nearest rank; 0 where there is none."""
    return sorted(values)[len(values) * 99 // 100] if values else 0.0
