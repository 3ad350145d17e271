"""What is told by itself, over HTTP: settings looked at and set, customers switched; what cannot be is told."""

from __future__ import annotations

import pytest

from farthing.postgres.database import PostgresStore
from tests.http_api.callers import Api


@pytest.mark.usefixtures("acme")
def test_settings_are_set_and_stay_where_nothing_is_said(api: Api) -> None:
    usual = api.get("/v1/notice-settings/acme").json()
    assert (usual["told"], usual["digests"], usual["quiet"]) == (["invoices", "alerts", "ahead"], [], None)
    wish = {"digests": ["daily"], "at": "8:30", "quiet": "22:00-7:00", "told": ["invoices"], "by": "Ada"}
    said = api.post("/v1/notice-settings/acme", wish, Idempotency_Key="n1").json()
    assert (said["at"], said["quiet"], said["told"], said["set_by"]) == ("08:30", "22:00-07:00", ["invoices"], "Ada")
    assert api.post("/v1/notice-settings/acme", wish, Idempotency_Key="n1").json() == said
    changed = api.post("/v1/notice-settings/acme", {"quiet": "none", "by": "Bob"}).json()
    assert (changed["quiet"], changed["digests"], changed["set_by"]) == (None, ["daily"], "Bob")
    listed = api.get("/v1/notice-settings").json()["settings"]
    assert [one["ear"] for one in listed][:2] == ["finance", "data"]
    assert listed[2] == changed


def test_a_customer_is_switched_quiet_and_live(api: Api, acme: PostgresStore) -> None:
    quiet = api.post("/v1/customers/acme/hearing", {"live": False, "by": "Ada"}, Idempotency_Key="h1").json()
    assert (quiet["customer"], quiet["live"], quiet["kept_back"]) == ("acme", False, 0)
    assert api.post("/v1/customers/acme/hearing", {"live": True, "by": "Bob"}).json()["set_by"] == "Bob"
    with acme.transaction():
        assert acme.quiet_customers() == []


@pytest.mark.parametrize(
    ("path", "wish", "status"),
    [
        ("/v1/notice-settings/acme", {"at": "25:00"}, 422),
        ("/v1/notice-settings/acme", {"quiet": "9:00-9:00"}, 422),
        ("/v1/notice-settings/acme", {"zone": "Mars"}, 422),
        ("/v1/notice-settings/acme", {"days_ahead": 0}, 422),
        ("/v1/notice-settings/acme", {"digests": ["hourly"]}, 422),
        ("/v1/notice-settings/nobody", {}, 404),
        ("/v1/customers/nobody/hearing", {"live": True}, 404),
    ],
)
@pytest.mark.usefixtures("acme")
def test_what_cannot_be_is_told(api: Api, path: str, wish: dict[str, object], status: int) -> None:
    assert api.post(path, {**wish, "by": "Ada"}).status_code == status
