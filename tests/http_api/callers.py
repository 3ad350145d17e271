"""Who calls the API in these tests, and about what."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx2

from farthing.core.metering.count import Count
from farthing.core.metering.meter import Meter
from farthing.core.metering.total import Sum
from farthing.core.pricing.terms import plan_from
from farthing.postgres.database import Database, PostgresStore
from farthing_rehearsal.gateway import SimulatedGateway

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
METERS = {
    "tokens": Meter("tokens", 1, "completion", Sum("tokens"), unit="tokens"),
    "calls": Meter("calls", 1, "call", Count(), unit="calls"),
}
STARTER = plan_from(
    "starter",
    {
        "name": "Starter",
        "currency": "USD",
        "meters": {"tokens": {"event_type": "completion", "measure": "sum", "property": "tokens", "version": 1}},
        "prices": [
            {"key": "platform", "name": "Platform fee", "shape": "flat", "fee": "49", "charged": "advance"},
            {
                "key": "tokens",
                "name": "Tokens",
                "meter": "tokens",
                "shape": "graduated",
                "tiers": [{"up_to": "1000", "unit": "0.002"}, {"unit": "0.0015"}],
            },
        ],
    },
    version=1,
)


@dataclass(frozen=True)
class HeldInstallation:
    """The database's sellers, at an instant that stands still."""

    database: Database
    simulated: SimulatedGateway = field(default_factory=SimulatedGateway)

    def for_seller(self, seller_id: UUID) -> PostgresStore:
        return self.database.for_seller(seller_id)

    def seller_of_api_key(self, secret_mac: bytes) -> UUID | None:
        return self.database.seller_of_api_key(secret_mac)

    def sellers(self) -> list[UUID]:
        return self.database.sellers()

    def sellers_to_follow(self) -> list[UUID]:
        return self.database.sellers_to_follow()

    def now(self, store: Any) -> datetime:  # noqa: ARG002
        return NOW

    def world(self) -> datetime:
        return NOW

    def gateway(self, store: Any) -> SimulatedGateway:  # noqa: ARG002
        return self.simulated


@dataclass(frozen=True)
class Api:
    """A caller of the API with one seller's key."""

    client: httpx2.Client
    key: str

    def get(self, path: str, **query: object) -> httpx2.Response:
        return self.client.get(path, params=query or None, headers=self._headers())

    def post(self, path: str, body: object = None, **headers: str) -> httpx2.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if isinstance(body, bytes):
            return self.client.post(path, content=body, headers=self._headers() | named)
        return self.client.post(path, json=body, headers=self._headers() | named)

    def delete(self, path: str) -> httpx2.Response:
        return self.client.delete(path, headers=self._headers())

    def put(self, path: str, body: object) -> httpx2.Response:
        """Put JSON there."""
        return self.client.put(path, json=body, headers=self._headers())

    def patch(self, path: str, body: object) -> httpx2.Response:
        """Change what is there."""
        return self.client.patch(path, json=body, headers=self._headers())

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}


def event(event_id: str, **members: object) -> dict[str, object]:
    """An event of Acme with 400 tokens, but for what is said otherwise."""
    usual = {"source": "test", "type": "completion", "subject": "acme", "time": "2026-02-05T10:00:00Z"}
    return {"specversion": "1.0", "id": event_id, **usual, "data": {"tokens": 400}} | members
