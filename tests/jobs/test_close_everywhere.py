"""Periods that have ended are closed for every seller, whatever one of them is in trouble with."""

from pathlib import Path
from uuid import UUID

from farthing.jobs.close_due_periods import close_everywhere
from farthing.postgres.database import Database
from farthing.postgres.vault import Vault
from farthing.settings import Settings, SlackMode, save
from farthing.wiring import Wired
from tests.databases import NOW, DatabaseUrls, new_seller
from tests.usecases.shop import invoices, open_shop, record, sent


def test_one_seller_who_cannot_be_billed_does_not_keep_the_others_waiting(
    tmp_path: Path, database_urls: DatabaseUrls
) -> None:
    settings = Settings(home=tmp_path, database_url=database_urls.app, slack_mode=SlackMode.OFF)
    Vault.make_file(settings.key_file)
    save(settings)
    with Wired(settings, world_clock=lambda: NOW) as wired:
        for _ in range(2):
            wired.database.add_seller(new_seller())
        first, second = (wired.for_seller(seller_id) for seller_id in wired.sellers())
        for store in (first, second):
            open_shop(store)
        record(first, sent("huge", tokens=10**30))
        told: dict[UUID, str] = {}

        close_everywhere(wired, told)

        assert isinstance(wired.database, Database)
        assert len(invoices(wired.database.for_seller(wired.sellers()[1]))) == 6
        assert list(told) == [wired.sellers()[0]]
        assert "acme could not be billed" in told[wired.sellers()[0]]
