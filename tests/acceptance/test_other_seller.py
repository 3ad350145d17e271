"""Another seller's API key finds nothing of the first: whatever exists is told like what does not."""

from datetime import date
from pathlib import Path

from farthing.postgres.database import add_seller
from farthing.settings import load
from farthing.usecases.api_keys import new_api_key
from farthing.usecases.close_period import close_period
from farthing.usecases.record_usage import record_usage
from farthing.wiring import Wired
from tests.acceptance.processes import BEGIN, events, home_in, open_shop
from tests.databases import new_seller


def test_another_sellers_key_sees_nothing_of_ours(empty_database: str, tmp_path: Path) -> None:
    with home_in(tmp_path / "home", owner_url=empty_database) as home:
        other = new_seller()
        add_seller(empty_database, other)
        with Wired(load(home.folder, environment={})) as wired:
            store = wired.store
            open_shop(store, "acme")
            record_usage(store, events(10), now=BEGIN.replace(month=2))
            close_period(store, through=date(2024, 1, 31), now=BEGIN.replace(month=2, day=2))
            with store.transaction():
                invoice = next(iter(store.all_invoices()))
            theirs = wired.for_seller(other.seller_id)
            key = new_api_key(theirs, label="theirs", now=BEGIN)
            with home.serving() as serving:
                for path, unknown in (
                    ("/v1/customers/{acme}", "nobody"),
                    ("/v1/usage/running?customer={acme}", "nobody"),
                    ("/v1/invoices?customer={acme}", "nobody"),
                    ("/v1/subscriptions?customer={acme}", "nobody"),
                    ("/v1/invoices/{number}", "EX-999999"),
                    ("/v1/invoices/{number}/pdf", "EX-999999"),
                    ("/v1/invoices/{number}/explanation", "EX-999999"),
                    ("/v1/invoices/{number}/lines/1/events", "EX-999999"),
                    ("/v1/invoices/{id}", str(other.seller_id)),
                ):
                    ours = path.format(acme="acme", number=invoice.number, id=invoice.draft.invoice_id)
                    mine = ours.split("/")[-1] if "{id}" in path else "acme" if "{acme}" in path else invoice.number
                    assert serving.get(ours).status_code == 200, ours
                    answer = serving.get(ours, api_key=key)
                    nothing = serving.get(ours.replace(mine, unknown), api_key=key)
                    assert answer.status_code == nothing.status_code == 404, ours
                    assert answer.text.replace(mine, unknown) == nothing.text, ours
                for listing in ("/v1/customers", "/v1/invoices", "/v1/subscriptions", "/v1/quarantine"):
                    listed = serving.get(listing, api_key=key).json()
                    assert all(value == [] for value in listed.values() if isinstance(value, list)), listing
                theirs_sent = serving.client.post("/v1/events", json=events(1), headers=serving.headers(key)).json()
                assert theirs_sent["quarantined"] == 1, "to them Acme is nobody"
                assert serving.get("/v1/quarantine").json()["quarantined"] == []
                for wrong in ("fk_wrong", "wrong", "fk_" + "x" * 5000):
                    assert serving.get("/v1/customers", api_key=wrong).status_code == 401
