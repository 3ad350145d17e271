"""The API on a real port, for the clients of other products, which are taken from the package index as they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from farthing.core.metering.meter import Reading
from farthing.core.metering.sample import whole
from farthing.core.period import Period
from farthing.postgres.database import PostgresStore
from farthing.usecases.api_keys import new_api_key
from tests.http_api.callers import NOW
from tests.http_api.conftest import acme, address

__all__ = ["acme", "address"]
FEBRUARY = Period(datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC))
MARCH = Period(FEBRUARY.end, datetime(2026, 4, 1, tzinfo=UTC))


@dataclass(frozen=True)
class Place:
    """Where a client sends to, with which key, and the books in which its events are then found."""

    address: str
    key: str
    books: PostgresStore

    def tokens(self, period: Period) -> tuple[Decimal, int]:
        """Acme's tokens of a period, and how many events they are of."""
        with self.books.transaction():
            customer = self.books.customer_by_key("acme")
            assert customer is not None
            measured = self.books.measure(
                Reading(self.books.meters()["tokens"], whole(period, in_zone="UTC")),
                customer_id=customer.customer_id,
                to_position=self.books.last_position(),
            )
        return measured.quantity, measured.events


@pytest.fixture
def place(address: str, acme: PostgresStore) -> Place:
    """Acme's usage can be sent here."""
    return Place(address, new_api_key(acme, label="test", now=NOW), acme)
