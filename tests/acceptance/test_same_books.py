"""One process or many on one database: the same usage in another order, sent twice, comes to the same books."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from farthing.core.rating.line import Line
from farthing.usecases.move_clock import move_clock
from farthing.usecases.ports import ApartEvent, SellerStore
from farthing.wiring import world_now
from tests.acceptance.processes import Serving, events, home_in, open_shop
from tests.databases import Server, new_seller

CUSTOMERS = ("acme", "bolt", "corn")
# When the usage comes; its periods have not ended then, so nothing is billed while it does.
ALL_OF_JANUARY = datetime(2024, 1, 31, 23, 30, tzinfo=UTC)
MARCH = datetime(2024, 3, 1, tzinfo=UTC)
IN_BATCH = 90
SENDERS = 4


def test_the_same_usage_makes_the_same_books_however_many_processes_serve(server: Server, tmp_path: Path) -> None:
    one = _books(server, tmp_path / "one", [("web", "worker")], seed=1)
    many = _books(server, tmp_path / "many", [("web",), ("web",), ("worker",), ("worker",)], seed=2)
    assert one["accepted"] == 3 * 700
    assert len(one["invoices"]) == 3 * 3, "a fee ahead for January, then two months"
    assert len(one["quarantined"]) == 40
    assert len(one["conflicts"]) == 20
    for part, told in one.items():
        assert many[part] == told, part


def _books(server: Server, folder: Path, shape: Sequence[tuple[str, ...]], *, seed: int) -> dict[str, Any]:
    """What the books say after usage of two months' periods came in some order, and the periods were closed."""
    seller = replace(new_seller(), clock_shift=ALL_OF_JANUARY - world_now())
    name = f"same_books_{folder.name}_{seller.seller_id.hex[:8]}"
    try:
        with home_in(folder, owner_url=server.create(name), seller=seller) as home:
            with home.store() as store:
                open_shop(store, *CUSTOMERS)
            with ExitStack() as opened:
                serving = [opened.enter_context(home.serving(*parts)) for parts in shape]
                webs = [one for one, parts in zip(serving, shape, strict=True) if "web" in parts]
                # Whoever comes first under an id is who counts, so those that differ come when the others are there.
                for usage in _usage():
                    with ThreadPoolExecutor(SENDERS) as senders:
                        list(senders.map(lambda at, sent=usage: _send(webs, sent, seed * 10 + at), range(SENDERS)))
                with home.store() as store:
                    _wait_until_billed(store, through=ALL_OF_JANUARY)
                    move_clock(store, to=MARCH, world=world_now())
                    _wait_until_billed(store, through=MARCH)
            home.check()
            with home.store() as store, store.snapshot():
                return _read(store)
    finally:
        server.drop(name)


def _usage() -> list[list[dict[str, object]]]:
    known = [one for customer in CUSTOMERS for one in events(700, subject=customer)]
    strangers = events(40, subject="stranger")
    differing = [one | {"data": {"tokens": 5_000_000}} for one in events(20, begin=680)]
    return [known + strangers, differing]


def _send(webs: Sequence[Serving], usage: Sequence[dict[str, object]], seed: int) -> None:
    """All of it in an order of one's own, to one process and another."""
    chance = random.Random(seed)
    shuffled = chance.sample(usage, len(usage))
    for start in range(0, len(shuffled), IN_BATCH):
        chance.choice(webs).send(shuffled[start : start + IN_BATCH])


def _wait_until_billed(store: SellerStore, *, through: datetime) -> None:
    give_up_at = time.monotonic() + 120
    while True:
        with store.transaction():
            due = store.due_subscriptions(through=through)
        if not due:
            return
        assert time.monotonic() < give_up_at, "the workers do not bill"
        time.sleep(0.2)


def _read(store: SellerStore) -> dict[str, Any]:
    """The books by what they say; ids, positions and numbers differ with the order in which things happened."""
    keys = {customer.customer_id: customer.key for customer in store.customers()}
    plans = {one.subscription_id: keys[one.customer_id] for one in store.subscriptions()}
    invoices = list(store.all_invoices())
    booked = [
        (one.kind, one.booked_on, sorted((p.account, plans[p.subscription_id], p.amount.minor) for p in one.postings))
        for one in store.all_transactions()
    ]
    return {
        "invoices": sorted(
            (keys[one.draft.customer_id], one.draft.at, one.total.minor, [_said(line) for line in one.draft.lines])
            for one in invoices
        ),
        "numbers": [one.number for one in invoices],
        "transactions": sorted(booked),
        "quarantined": _apart(store.quarantine(limit=1000)),
        "conflicts": _apart(store.conflicts(limit=1000)),
        "accepted": store.counts().accepted,
        "counts": store.counts(),
    }


def _said(line: Line) -> list[str]:
    return [f"{each.name}: {getattr(line, each.name)}" for each in fields(line) if each.name != "slice"]


def _apart(events: Sequence[ApartEvent]) -> list[str]:
    return sorted(f"{one.reason} {one.event}" for one in events)
