"""The guide to entitlements is true: each exchange in it happens so, in its order, and its program runs."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest
import yaml

from farthing.core.pricing.terms import meter_from, plan_from
from farthing.postgres.database import PostgresStore
from farthing.usecases.apply_catalogue import apply_catalogue
from farthing.usecases.check_books import check_books
from farthing.usecases.customers import add_customer
from farthing.usecases.subscribe import subscribe
from tests.http_api.callers import NOW, Api

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "entitlements.md").read_text(encoding="utf-8")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)


@pytest.fixture(autouse=True)
def shop(store: PostgresStore) -> PostgresStore:
    """The guide's plan, and Acme on it since 1 March."""
    (catalogue,) = blocks("yaml")
    written = yaml.load(catalogue, Loader=yaml.BaseLoader)
    meters = {key: meter_from(key, terms, version=1) for key, terms in written["meters"].items()}
    terms = written["plans"]["team"]
    terms["entitlements"]["sso"] = terms["entitlements"]["sso"] == "true"
    apply_catalogue(store, meters=meters, plans=[plan_from("team", terms, version=1, meters=meters)], now=NOW)
    add_customer(store, key="acme", name="Acme GmbH", in_zone="UTC", now=NOW)
    subscribe(store, customer_key="acme", plan_key="team", starts_on=date(2026, 3, 1))
    return store


def test_each_exchange_happens_as_it_stands_there(api: Api, shop: PostgresStore) -> None:
    exchanges = blocks("http")
    assert len(exchanges) >= 5
    for exchange in exchanges:
        asked, _, told = exchange.partition("\n\n")
        (method, path), body = asked.splitlines()[0].split(), "\n".join(asked.splitlines()[1:])
        status, _, said = told.partition("\n")
        answer = api.get(path) if method == "GET" else api.post(path, json.loads(body))
        assert (answer.status_code, answer.json()) == (int(status), json.loads(said)), asked
    assert check_books(shop) == []


def test_its_program_runs(api: Api, address: str, capsys: pytest.CaptureFixture[str]) -> None:
    (program,) = blocks("python")
    exec(program.replace("http://localhost:8480", address).replace("fk_…", api.key), {})
    said = capsys.readouterr().out.splitlines()
    assert said == [
        "HELLO",
        "Not now: The limit is 10000 tokens until 2026-04-01: used 5, held 0, left 9995, asked for 20000.",
    ]
    assert api.get("/v1/customers/acme/reservations").json()["reservations"] == []
