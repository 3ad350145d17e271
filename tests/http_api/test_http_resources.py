"""Customers, subscriptions, usage and invoices over HTTP: exact text for money, one form for every error."""

from __future__ import annotations

import asyncio
from datetime import date
from uuid import uuid4

import httpx2
import pytest

from farthing.documents.printer import Printer
from farthing.http_api.app import make_app
from farthing.postgres.database import PostgresStore
from farthing.usecases.close_period import close_period
from tests.http_api.callers import NOW, Api, event

ACME = {"key": "acme", "name": "Acme GmbH", "zone": "Europe/Berlin"}


@pytest.fixture
def billed(api: Api, acme: PostgresStore) -> Api:
    """Acme's January and February, closed: 1,600 tokens in February."""
    api.post("/v1/events", [event(str(number)) for number in range(4)])
    close_period(acme, through=date(2026, 2, 28), now=NOW)
    return api


def february(api: Api) -> dict[str, object]:
    newest = api.get("/v1/invoices", customer="acme").json()["invoices"][0]
    invoice: dict[str, object] = api.get(f"/v1/invoices/{newest['number']}").json()
    return invoice


def test_a_customer_is_taken_on_and_seen(api: Api) -> None:
    made = api.post("/v1/customers", ACME)
    assert made.status_code == 201
    assert made.json() == ACME | {"customer_id": made.json()["customer_id"]}
    assert api.post("/v1/customers", ACME).json() == made.json()
    assert api.get("/v1/customers/acme").json() == made.json()
    assert api.get("/v1/customers").json() == {"customers": [made.json()]}


def test_a_key_that_is_taken_is_a_clash(api: Api) -> None:
    api.post("/v1/customers", ACME)
    answer = api.post("/v1/customers", ACME | {"name": "Another"})
    assert (answer.status_code, answer.json()["code"]) == (409, "clash")


def test_a_request_with_a_key_is_done_once_and_answered_alike(api: Api, acme: PostgresStore) -> None:
    body = {"customer": "acme", "plan": "starter", "starts_on": "2026-01-01"}
    first = api.post("/v1/subscriptions", body, Idempotency_Key="k1")
    listed = api.get("/v1/subscriptions").json()
    again = api.post("/v1/subscriptions", body, Idempotency_Key="k1")
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    other = api.post("/v1/subscriptions", body | {"anchor_day": 15}, Idempotency_Key="k1")
    assert (other.status_code, other.json()["code"]) == (409, "clash")
    assert api.get("/v1/subscriptions").json() == listed
    with acme.transaction():
        assert len(acme.subscriptions()) == 1


def test_what_a_refused_request_did_is_undone_and_its_key_is_free(api: Api, acme: PostgresStore) -> None:
    body = {"customer": "nobody", "plan": "starter", "starts_on": "2026-01-01"}
    assert api.post("/v1/subscriptions", body, Idempotency_Key="k1").status_code == 404
    api.post("/v1/customers", ACME | {"key": "nobody"})
    assert api.post("/v1/subscriptions", body, Idempotency_Key="k1").status_code == 201
    with acme.transaction():
        assert len(acme.subscriptions()) == 2


def test_a_subscription_ends_with_its_running_period(api: Api, acme: PostgresStore) -> None:  # noqa: ARG001
    subscription = api.get("/v1/subscriptions", customer="acme").json()["subscriptions"][0]
    assert (subscription["starts_on"], subscription["ends_on"], subscription["standing"]) == (
        "2026-01-01",
        None,
        "active",
    )
    ended = api.post(f"/v1/subscriptions/{subscription['subscription_id']}/end")
    assert (ended.status_code, ended.json()["ends_on"]) == (200, "2026-04-01")
    assert api.post(f"/v1/subscriptions/{uuid4()}/end").status_code == 404


def test_usage_so_far_is_told_in_exact_text(api: Api, acme: PostgresStore) -> None:  # noqa: ARG001
    api.post("/v1/events", [event("1", time="2026-03-05T10:00:00Z", data={"tokens": 1500})])
    running = api.get("/v1/usage/running", customer="acme").json()["subscriptions"][0]
    assert running["period"] == {"start": "2026-03-01T00:00:00Z", "end": "2026-04-01T00:00:00Z"}
    assert running["total_so_far"] == {"amount": "51.75", "currency": "USD"}
    assert running["lines"][1]["amount"] == {"amount": "2.75", "currency": "USD"}
    assert running["meters"][0]["days"] == [{"day": "2026-03-05", "quantity": "1500", "events": 1}]


def test_an_invoice_is_told_line_by_line(billed: Api) -> None:
    invoice = february(billed)
    assert (invoice["total"], invoice["customer"]) == ({"amount": "51.90", "currency": "USD"}, "acme")
    tokens = invoice["lines"][1]  # type: ignore[index]
    assert (tokens["quantity"], tokens["events"], tokens["amount"]["amount"]) == ("1600", 4, "2.90")
    assert [(step["units"], step["unit_price"], step["exact"]) for step in tokens["steps"]] == [
        ("1000", "0.002", "2"),
        ("600", "0.0015", "0.9"),
    ]
    by_id = billed.get(f"/v1/invoices/{invoice['invoice_id']}")
    assert by_id.json() == invoice


def test_an_explanation_leads_down_to_the_events(billed: Api) -> None:
    number = february(billed)["number"]
    whole = billed.get(f"/v1/invoices/{number}/explanation").json()
    assert [line["holds"] for line in whole["lines"]] == [True, True]
    line = billed.get(f"/v1/invoices/{number}/explanation", line=2).json()["lines"]
    assert line == whole["lines"][1:]
    assert line[0]["days"] == [{"day": "2026-02-05", "quantity": "1600", "events": 4}]
    page = billed.get(f"/v1/invoices/{number}/lines/2/events", limit=3).json()
    rest = billed.get(f"/v1/invoices/{number}/lines/2/events", limit=3, after=page["next_after"]).json()
    assert [kept["id"] for kept in page["events"] + rest["events"]] == ["0", "1", "2", "3"]
    assert rest["next_after"] is None
    assert page["events"][0]["data"] == {"tokens": "400"}


def test_an_invoice_comes_as_a_pdf(billed: Api) -> None:
    answer = billed.get(f"/v1/invoices/{february(billed)['number']}/pdf")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")


def test_what_belongs_to_another_seller_answers_like_what_is_not(billed: Api, stranger: Api) -> None:
    invoice = february(billed)
    subscription = invoice["subscription_id"]
    unknown, unknown_number = str(uuid4()), "EX-999999"
    for real, made_up in (
        (f"/v1/invoices/{invoice['invoice_id']}", f"/v1/invoices/{unknown}"),
        (f"/v1/invoices/{invoice['number']}", f"/v1/invoices/{unknown_number}"),
        (f"/v1/invoices/{invoice['number']}/pdf", f"/v1/invoices/{unknown_number}/pdf"),
        (f"/v1/invoices/{invoice['number']}/explanation", f"/v1/invoices/{unknown_number}/explanation"),
        ("/v1/customers/acme", "/v1/customers/nobody"),
        ("/v1/usage/running?customer=acme", "/v1/usage/running?customer=nobody"),
    ):
        answers = stranger.get(real), stranger.get(made_up)
        said = [
            {k: v.replace(word, "…") if isinstance(v, str) else v for k, v in answer.json().items()}
            for answer, path in zip(answers, (real, made_up), strict=True)
            for word in [path.partition("=")[2] or path.split("/")[3]]
        ]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert said[0] == said[1]
    assert stranger.post(f"/v1/subscriptions/{subscription}/end").status_code == 404
    assert stranger.get("/v1/invoices").json() == {"invoices": []}
    sent = stranger.post("/v1/events", [event("x")]).json()
    assert sent["quarantined"] == 1


@pytest.mark.parametrize(
    ("path", "body", "status", "field", "says"),
    [
        ("/v1/customers", ACME | {"zone": "Mars/Olympus"}, 422, None, "is not a time zone"),
        ("/v1/customers", ACME | {"key": "no spaces"}, 422, "key", "cannot be a customer's key"),
        ("/v1/customers", ACME | {"key": "a\x00b"}, 422, "key", "control characters"),
        ("/v1/customers", ACME | {"name": 7}, 422, "name", "must be text"),
        ("/v1/customers", ACME | {"colour": "red"}, 422, "colour", "means nothing here"),
        ("/v1/customers", {"key": "acme"}, 422, "name", "is missing"),
        ("/v1/customers", [], 422, None, "object"),
        ("/v1/customers", b"{", 400, None, "not JSON"),
        ("/v1/customers", b'{"key": "\xff"}', 400, None, ""),
        ("/v1/subscriptions", {"customer": "acme", "plan": "nix", "starts_on": "2026-01-01"}, 404, "plan", "nix"),
        ("/v1/subscriptions", {"customer": "x", "plan": "nix", "starts_on": "2026-01-01"}, 404, "customer", "“x”"),
        ("/v1/subscriptions", {"customer": "acme", "plan": "starter", "starts_on": "2026-02-31"}, 422, "starts_on", ""),
        ("/v1/subscriptions", {"customer": "acme", "plan": "starter", "starts_on": 20260101}, 422, "starts_on", ""),
        ("/v1/subscriptions", {"customer": "acme", "plan": "starter", "starts_on": "2026-02-01"}, 409, "plan", "since"),
        ("/v1/subscriptions/not-an-id/end", None, 422, "subscription_id", ""),
    ],
)
def test_wrong_input_is_told_in_a_sentence(
    api: Api, acme: PostgresStore, path: str, body: object, status: int, field: str | None, says: str
) -> None:
    answer = api.post(path, body, **({"Content_Type": "application/json"} if isinstance(body, bytes) else {}))
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert (answer.status_code, told["status"]) == (status, status)
    assert field is None or told["field"] == field
    assert says in told["detail"]
    assert told["detail"].endswith(".")
    with acme.transaction():
        assert (len(acme.customers()), len(acme.subscriptions())) == (1, 1)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "no_such_address"),
        ("DELETE", "/v1/customers", 405, "method_not_allowed"),
        ("GET", "/v1/invoices?limit=many", 422, "invalid"),
        ("GET", "/v1/invoices?limit=0", 422, "invalid"),
        ("GET", "/v1/usage/running", 422, "invalid"),
        ("GET", "/v1/usage/running?customer=%00", 422, "invalid"),
        ("GET", "/v1/customers/%00", 422, "invalid"),
        ("GET", "/v1/invoices/%00", 422, "invalid"),
        ("GET", "/v1/invoices/1/explanation?line=-1", 422, "invalid"),
        ("GET", "/v1/invoices/1/lines/99999999999999999999/events?after=99999999999999999999", 422, "invalid"),
    ],
)
def test_every_error_is_a_problem(api: Api, method: str, path: str, status: int, code: str) -> None:
    answer = api.client.request(method, path, headers={"Authorization": f"Bearer {api.key}"})
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize("header", [None, "Bearer fk_wrong", "Basic Zm9v", "Bearer wrong", "fk_wrong"])
def test_without_a_right_key_nothing_is_answered(
    client: httpx2.Client, acme: PostgresStore, header: str | None
) -> None:
    headers = {} if header is None else {"Authorization": header}
    for answer in (
        client.get("/v1/customers", headers=headers),
        client.post("/v1/events", json=event("1"), headers=headers),
    ):
        assert (answer.status_code, answer.json()["status"]) == (401, 401)
        assert answer.headers["www-authenticate"].startswith("Bearer")
    with acme.transaction():
        assert acme.counts().accepted == 0


def test_a_line_that_is_not_there_is_unknown(billed: Api) -> None:
    number = february(billed)["number"]
    for path in (f"/v1/invoices/{number}/explanation?line=3", f"/v1/invoices/{number}/lines/3/events"):
        answer = billed.get(path)
        assert (answer.status_code, answer.json()["field"]) == (404, "line")


def test_an_idempotency_key_that_is_no_key_is_refused(api: Api) -> None:
    answer = api.post("/v1/customers", ACME, Idempotency_Key="k" * 256)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


def test_health_needs_no_key(client: httpx2.Client) -> None:
    assert client.get("/health").json() == {"status": "ok"}


class OutOfOrder:
    """An installation in which nothing works."""

    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"the secret insides of {name}")


def test_a_fault_of_ours_shows_a_reference_and_none_of_its_insides() -> None:
    app = make_app(OutOfOrder(), Printer())  # type: ignore[arg-type]

    async def ask() -> httpx2.Response:
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://test") as client:
            return await client.get("/health")

    answer = asyncio.run(ask())
    told = answer.json()
    assert (answer.status_code, told["code"], len(told["reference"])) == (500, "fault", 12)
    assert "secret" not in answer.text
    assert told["reference"] in told["detail"]


@pytest.mark.usefixtures("acme")
def test_a_day_is_written_out_and_never_a_number_of_seconds(api: Api) -> None:
    payment = {"customer": "acme", "amount": "49.00", "currency": "USD", "by": "Ada"}
    for day in (0, 86400, "0"):
        assert api.post("/v1/payments", payment | {"received_on": day}).status_code == 422
        assert (
            api.post("/v1/subscriptions", {"customer": "acme", "plan": "starter", "starts_on": day}).status_code == 422
        )
    assert api.post("/v1/payments", payment | {"received_on": "2026-03-01"}).status_code == 201
