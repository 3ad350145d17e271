"""Every seller's usage is added up, and one who has none is not even looked at."""

from __future__ import annotations

from farthing.core.metering.count import Count
from farthing.core.metering.meter import Meter
from farthing.jobs.follow_usage import follow_everywhere
from farthing.postgres.database import Database
from tests.databases import NOW, fresh_store, send, used
from tests.http_api.callers import HeldInstallation

CALLS = Meter("calls", 1, "inference", Count())


def test_every_sellers_usage_is_added_up(database: Database) -> None:
    stores = [fresh_store(database) for _ in range(3)]
    for number, store in enumerate(stores[:2]):
        with store.transaction():
            store.keep_meter(CALLS, created_at=NOW)
        send(store, [used(str(event), "2026-01-05T00:00:00Z") for event in range(number + 1)])
    installation = HeldInstallation(database)
    assert len(installation.sellers_to_follow()) == 2
    assert not follow_everywhere(installation)
    assert installation.sellers_to_follow() == []
    for number, store in enumerate(stores[:2]):
        with store.transaction():
            (state,) = store.rollups([CALLS])
            assert store.tally_rollup(state.rollup_id).events == number + 1
