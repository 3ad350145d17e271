"""The API describes itself as OpenAPI 3.1, problems included, and no page of it needs another server."""

from __future__ import annotations

import re

import httpx2


def test_every_operation_describes_its_problems(client: httpx2.Client) -> None:
    described = client.get("/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    assert {"Problem", "InvoiceGiven"} <= set(described["components"]["schemas"])
    for path, operations in described["paths"].items():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                if int(status) >= 400:
                    assert list(response["content"]) == ["application/problem+json"], (path, status)
            assert operation["summary"], path


def test_every_reference_in_the_description_leads_somewhere(client: httpx2.Client) -> None:
    answer = client.get("/openapi.json")
    schemas = answer.json()["components"]["schemas"]
    named = set(re.findall(r'"#/components/schemas/(\w+)"', answer.text))
    assert named
    assert named <= set(schemas)


def test_no_amount_is_described_as_a_json_number(client: httpx2.Client) -> None:
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    assert not [
        (name, field)
        for name, schema in schemas.items()
        for field, described in schema.get("properties", {}).items()
        if described.get("type") == "number"
    ]
    assert schemas["MoneyGiven"]["properties"]["amount"]["type"] == "string"


def test_the_page_about_the_api_loads_nothing_from_elsewhere(client: httpx2.Client) -> None:
    page = client.get("/docs")
    assert "/v1/events" in page.text
    assert not re.search(r"https?://", page.text)
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_an_idempotency_key_is_offered_where_it_is_looked_at(client: httpx2.Client) -> None:
    described = client.get("/openapi.json").json()
    offering = {
        path
        for path, operations in described["paths"].items()
        for operation in operations.values()
        if "idempotency-key" in [parameter["name"].lower() for parameter in operation.get("parameters", [])]
    }
    changing = {path for path, operations in described["paths"].items() if "post" in operations}
    # Events, corrections and reservations carry an identity of their own, a batch is reverted once, and neither a
    # simulation nor a check changes anything.
    with_identity = {"/v1/events", "/v1/corrections", "/v1/customers/{key}/reservations", "/api/v1/events"}
    with_identity |= {"/api/v1/events/batch"}
    without_effect = {"/v1/prices/simulate", "/v1/customers/{key}/check"}
    without_effect |= {"/v1/invoices/{number}/credit-notes/preview"}
    assert offering == changing - with_identity - without_effect - {"/v1/batches/{name}/revert"}
    assert "own identity" in described["paths"]["/v1/events"]["post"]["description"]


def test_what_any_body_and_any_idempotency_key_may_be_answered_is_described(client: httpx2.Client) -> None:
    described = client.get("/openapi.json").json()
    for path, operations in described["paths"].items():
        for operation in operations.values():
            said = set(operation["responses"])
            if "requestBody" in operation:
                assert {"400", "413"} <= said, path
            named = [parameter["name"].lower() for parameter in operation.get("parameters", [])]
            if "idempotency-key" in named and "drop-ins" not in operation["tags"]:
                # Used before for another request, and used at the same time for the same one.
                assert {"409", "503"} <= said, path
