"""Told to stop while usage comes in, a server answers what it has begun, keeps what it answered, and leaves nothing."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2

from farthing.postgres.embedded_locks import server_runs
from farthing.postgres.embedded_place import place_for
from tests.acceptance.processes import Serving, events, home_in, open_shop, usage_of_january

SENDERS, IN_BATCH = 6, 200


def test_told_to_stop_under_load_it_keeps_all_it_answered_and_leaves_nothing_running(tmp_path: Path) -> None:
    with home_in(tmp_path / "home") as home:
        with home.store() as store:
            open_shop(store, "acme")
        answered: list[int] = []
        enough = threading.Event()
        with home.serving("web") as serving, ThreadPoolExecutor(SENDERS) as senders:
            sending = [senders.submit(_send, serving, lane, answered, enough) for lane in range(SENDERS)]
            assert enough.wait(timeout=120)
            serving.process.terminate()
            assert serving.process.wait(timeout=60) == 0
            refused = [sent.result(timeout=60) for sent in sending]
        assert all(refused), "each was answered until it could not even connect"
        assert not server_runs(place_for(home.folder / "postgres"))
        with home.store() as store:
            count, _ = usage_of_january(store)
        assert count >= len(answered) * IN_BATCH
        assert count <= (len(answered) + SENDERS) * IN_BATCH, "at most one each had no answer"
        with home.serving("web") as again:
            for number in answered:
                assert again.send(events(IN_BATCH, begin=number * IN_BATCH))["duplicate"] == IN_BATCH
        home.check()


def _send(to: Serving, lane: int, answered: list[int], enough: threading.Event) -> bool:
    """Send one batch after another until it cannot; whether that was for want of a connection or an answer."""
    with httpx2.Client(base_url=to.client.base_url, trust_env=False, timeout=60, headers=to.headers()) as client:
        number = lane
        while True:
            try:
                told = client.post("/v1/events", json=events(IN_BATCH, begin=number * IN_BATCH))
            except httpx2.TransportError:
                return True
            if told.status_code == 503:
                return True
            assert told.json()["accepted"] == IN_BATCH, told.text
            answered.append(number)
            if len(answered) >= 5 * SENDERS:
                enough.set()
            number += SENDERS
