"""The API on a real port, over a real database, with the clock held."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from datetime import date

import httpx2
import pytest
import uvicorn

from farthing.core.parties import Seller
from farthing.documents.printer import Printer
from farthing.http_api.app import make_app, with_door
from farthing.postgres.database import Database, PostgresStore
from farthing.usecases.api_keys import new_api_key
from farthing.usecases.apply_catalogue import apply_catalogue
from farthing.usecases.customers import add_customer
from farthing.usecases.subscribe import subscribe
from tests.databases import new_seller
from tests.http_api.callers import METERS, NOW, STARTER, Api, HeldInstallation


@pytest.fixture(scope="session")
def address(shared_database: Database) -> Iterator[str]:
    """Where the API listens."""
    listening = socket.create_server(("127.0.0.1", 0))
    app = with_door(make_app(HeldInstallation(shared_database), Printer()))
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listening.close()


@pytest.fixture
def client(address: str) -> Iterator[httpx2.Client]:
    """A caller without a key."""
    with httpx2.Client(base_url=address, trust_env=False, timeout=60) as opened:
        yield opened


@pytest.fixture
def api(client: httpx2.Client, store: PostgresStore) -> Api:
    """The seller's own caller."""
    return Api(client, new_api_key(store, label="test", now=NOW))


@pytest.fixture
def acme(store: PostgresStore) -> PostgresStore:
    """Acme, on the starter plan since 1 January."""
    apply_catalogue(store, meters=METERS, plans=[STARTER], now=NOW)
    add_customer(store, key="acme", name="Acme GmbH", in_zone="UTC", now=NOW)
    subscribe(store, customer_key="acme", plan_key="starter", starts_on=date(2026, 1, 1))
    return store


@pytest.fixture
def stranger(client: httpx2.Client, shared_database: Database) -> Api:
    """Another seller's caller."""
    other: Seller = new_seller()
    shared_database.add_seller(other)
    return Api(client, new_api_key(shared_database.for_seller(other.seller_id), label="test", now=NOW))
