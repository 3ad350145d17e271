"""Writers: each, a process of its own, sends its half of the same usage in an order of its own."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx2

from farthing.settings import load
from farthing.usecases.record_usage import record_usage
from farthing.wiring import Wired
from tests.acceptance.processes import events

WRITERS = 8
IN_BATCH = 500
NOW = datetime(2024, 3, 1, tzinfo=UTC)


def write_over_http(number: int, many: int, address: str, api_key: str) -> Counter[str]:
    """What one writer was told of its half, over HTTP."""
    told: Counter[str] = Counter()
    headers = {"Authorization": f"Bearer {api_key}"}
    with httpx2.Client(base_url=address, trust_env=False, timeout=120, headers=headers) as client:
        for batch in _batches(number, many):
            while (answer := client.post("/v1/events", json=batch)).status_code == 429:
                told["asked to wait"] += 1
                time.sleep(float(answer.headers["retry-after"]))
            assert answer.status_code == 200, answer.text
            told.update({name: answer.json()[name] for name in ("accepted", "duplicate", "conflict", "refused")})
    return told


def write_to_the_store(number: int, many: int, home: Path) -> Counter[str]:
    """The same, straight into the database."""
    told: Counter[str] = Counter()
    with Wired(load(home, environment={}), small_database=True) as wired:
        for batch in _batches(number, many):
            told.update(str(one.outcome) for one in record_usage(wired.store, batch, now=NOW))
    return told


def _batches(number: int, many: int) -> Iterator[list[dict[str, object]]]:
    """Half of them, beginning where this writer's eighth does, shuffled."""
    chance = random.Random(number)
    half = [(number * many // WRITERS + at) % many for at in range(many // 2)]
    chance.shuffle(half)
    for start in range(0, len(half), IN_BATCH):
        yield [events(1, begin=at)[0] for at in half[start : start + IN_BATCH]]
