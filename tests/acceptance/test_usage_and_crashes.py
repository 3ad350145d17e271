"""The same usage twice, from two places at once, and through a crash: each event once, none that was accepted lost."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import psutil

from farthing.postgres.embedded_place import place_for
from tests.acceptance.processes import Home, Serving, events, finished, home_in, open_shop, usage_of_january

BATCHES, IN_BATCH = 24, 100


def test_a_batch_from_two_processes_at_once_counts_once(empty_database: str, tmp_path: Path) -> None:
    with home_in(tmp_path / "home", owner_url=empty_database) as home, home.store() as store:
        open_shop(store, "acme")
        sent = events(1200)
        table = tmp_path / "usage.csv"
        table.write_text("at,tokens\n" + "".join(f"2024-01-02 10:{n % 60:02d}:00,{n % 7}\n" for n in range(1200)))
        imports = ["usage", "import", str(table), "--customer", "acme", "--type", "completion", "--time", "at",
                   "--value", "tokens=tokens", "--zone", "UTC"]  # fmt: skip
        importers = [home.begin(*imports) for _ in range(2)]
        with home.serving() as one, home.serving() as other, ThreadPoolExecutor(4) as threads:
            told = list(threads.map(lambda to, tokens: _send_all(to, sent, seed=tokens), [one, other] * 2, range(4)))
        for importer in importers:
            finished(importer)
        assert sum(accepted for accepted, _ in told) == len(sent)
        assert sum(duplicate for _, duplicate in told) == 3 * len(sent)
        count, tokens = usage_of_january(store)
        assert count == 2 * 1200
        assert tokens == sum(range(1200)) + sum(n % 7 for n in range(1200))
        home.check()


def _send_all(to: Serving, sent: list[dict[str, object]], *, seed: int) -> tuple[int, int]:
    shuffled = random.Random(seed).sample(sent, len(sent))
    told = [to.send(shuffled[start : start + IN_BATCH]) for start in range(0, len(shuffled), IN_BATCH)]
    assert all(answer["accepted"] + answer["duplicate"] == IN_BATCH for answer in told), told
    return sum(answer["accepted"] for answer in told), sum(answer["duplicate"] for answer in told)


def test_a_kill_in_the_middle_of_a_batch_loses_and_doubles_nothing(tmp_path: Path) -> None:
    with home_in(tmp_path / "home") as home:
        with home.store() as store:
            open_shop(store, "acme")
        batches = [events(IN_BATCH, begin=at * IN_BATCH) for at in range(BATCHES)]
        answered: list[int] = []
        with home.serving() as doomed:
            orphan = _server_of(home)
            half_way = threading.Event()
            sender = threading.Thread(target=_send_until_it_breaks, args=(doomed, batches, answered, half_way))
            sender.start()
            assert half_way.wait(timeout=120)
            doomed.kill()
            sender.join(timeout=120)
        assert 0 < len(answered) < BATCHES, "it was killed in the middle"
        with home.serving() as again:
            told = [again.send(batch) for batch in batches]
            adopted = _server_of(home)
        for at, answer in enumerate(told):
            assert answer["accepted"] + answer["duplicate"] == IN_BATCH, answer
            if at in answered:
                assert answer["duplicate"] == IN_BATCH, f"batch {at} was answered as accepted, and is not there"
        assert sum(answer["accepted"] > 0 for answer in told) >= BATCHES - len(answered) - 1
        with home.store() as store:
            assert usage_of_january(store) == (BATCHES * IN_BATCH, sum(range(BATCHES * IN_BATCH)))
        home.check()
        assert adopted == orphan, "the PostgreSQL that the kill left running is used again"
        # One that ended may wait a while for whoever inherited it to take note.
        ended = not adopted.is_running() or adopted.status() == psutil.STATUS_ZOMBIE
        assert ended, "and is stopped when the last process ends"


def _send_until_it_breaks(
    to: Serving, batches: list[list[dict[str, object]]], answered: list[int], half_way: threading.Event
) -> None:
    for at, batch in enumerate(batches):
        try:
            told = to.send(batch)
        except httpx2.HTTPError:
            return
        assert told["accepted"] == IN_BATCH
        answered.append(at)
        if len(answered) == BATCHES // 4:
            half_way.set()


def _server_of(home: Home) -> psutil.Process:
    """The PostgreSQL that an installation runs."""
    noted = place_for(home.folder / "postgres").data / "postmaster.pid"
    return psutil.Process(int(noted.read_text(encoding="utf-8").splitlines()[0]))
