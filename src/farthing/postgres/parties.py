"""The seller and its customers; what can be erased about a customer stands apart from the books."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg

from farthing.core.parties import Customer, Mode, Seller
from farthing.core.refused import Clash
from farthing.postgres.entities import Entities, entity_from, insert_entity
from farthing.postgres.written import is_storable


def insert_seller(connection: psycopg.Connection[Any], seller: Seller) -> None:
    """A new seller with its legal entity, its counter of usage and its series of invoice numbers."""
    entity = seller.entity
    with connection.transaction():
        connection.execute("SELECT set_config('farthing.seller', %s, true)", [str(seller.seller_id)])
        found = connection.execute("SELECT FROM farthing.seller WHERE seller_id = %s", [seller.seller_id]).fetchone()
        if found is not None:
            raise Clash(f"There is a seller with the id {seller.seller_id} already; give the new one an id of its own.")
        connection.execute(
            "INSERT INTO farthing.seller (seller_id, name, mode, clock_shift) VALUES (%s, %s, %s, %s)",
            [seller.seller_id, seller.name, seller.mode.value, seller.clock_shift],
        )
        insert_entity(connection, entity)
        connection.execute("INSERT INTO farthing.usage_counter (seller_id) VALUES (%s)", [seller.seller_id])


class Parties(Entities):
    """Who sells and who owes."""

    def seller(self) -> Seller:
        """Whose books these are, with its first legal entity."""
        row = self._row(
            """
            SELECT seller.name AS seller_name, seller.mode, seller.clock_shift, copied.family_id, entity.*
            FROM farthing.seller AS seller JOIN farthing.legal_entity AS entity ON entity.seller_id = seller.seller_id
            LEFT JOIN farthing.sandbox_copy AS copied ON copied.seller_id = seller.seller_id
            ORDER BY entity.rank LIMIT 1
            """
        )
        assert row is not None, f"there is no seller {self._seller_id}"
        return Seller(
            self._seller_id, row.seller_name, Mode(row.mode), entity_from(row), row.clock_shift, row.family_id
        )

    def set_clock_shift(self, shift: timedelta) -> None:
        """Move the seller's clock; only a sandbox has one."""
        self._run("UPDATE farthing.seller SET clock_shift = %(shift)s", {"shift": shift})

    def add_customer(self, customer: Customer, *, email: str | None, created_at: datetime) -> None:
        """Refuses (Clash) a key that another customer has."""
        added = self._run(
            """
            INSERT INTO farthing.customer (customer_id, key, in_zone, created_at)
            VALUES (%(customer_id)s, %(key)s, %(in_zone)s, %(created_at)s) ON CONFLICT DO NOTHING
            """,
            {
                "customer_id": customer.customer_id,
                "key": customer.key,
                "in_zone": customer.in_zone,
                "created_at": created_at,
            },
        )
        if not added:
            raise Clash(f"There is a customer “{customer.key}” already; choose another key.", field="key")
        self._run(
            """
            INSERT INTO farthing.customer_profile (customer_id, name, email)
            VALUES (%(customer_id)s, %(name)s, %(email)s)
            """,
            {"customer_id": customer.customer_id, "name": customer.name, "email": email},
        )

    def customer(self, customer_id: UUID) -> Customer | None:
        """The customer with this id."""
        return self.customers_with([customer_id]).get(customer_id)

    def customers_with(self, customer_ids: Sequence[UUID]) -> dict[UUID, Customer]:
        """The customers with these ids."""
        rows = self._rows(
            """
            SELECT customer.customer_id, customer.key, coalesce(profile.name, customer.key) AS name, customer.in_zone
            FROM farthing.customer AS customer LEFT JOIN farthing.customer_profile AS profile
                USING (seller_id, customer_id)
            WHERE customer.customer_id = ANY(%(ids)s::uuid[])
            """,
            {"ids": list(customer_ids)},
        )
        return {row.customer_id: _customer(row) for row in rows}

    def customer_email(self, customer_id: UUID) -> str | None:
        """Where mail reaches the customer; None where none was given or it was erased."""
        row = self._row(
            "SELECT email FROM farthing.customer_profile WHERE customer_id = %(customer_id)s",
            {"customer_id": customer_id},
        )
        return None if row is None else row.email

    def customer_by_key(self, key: str) -> Customer | None:
        """The customer with this key."""
        if not is_storable(key):
            return None
        row = self._row(
            """
            SELECT customer.customer_id, customer.key, coalesce(profile.name, customer.key) AS name, customer.in_zone
            FROM farthing.customer AS customer LEFT JOIN farthing.customer_profile AS profile
                USING (seller_id, customer_id)
            WHERE customer.key = %(key)s
            """,
            {"key": key},
        )
        return None if row is None else _customer(row)

    def customers(self) -> list[Customer]:
        """All of them by key."""
        rows = self._rows(
            """
            SELECT customer.customer_id, customer.key, coalesce(profile.name, customer.key) AS name, customer.in_zone
            FROM farthing.customer AS customer LEFT JOIN farthing.customer_profile AS profile
                USING (seller_id, customer_id)
            ORDER BY customer.key COLLATE "C"
            """
        )
        return [_customer(row) for row in rows]

    def customers_by_subject(self, subjects: Iterable[str]) -> Mapping[str, UUID]:
        """Whose each subject is, without those that are nobody's."""
        rows = self._rows(
            "SELECT key, customer_id FROM farthing.customer WHERE key = ANY(%(subjects)s::text[])",
            {"subjects": [subject for subject in subjects if is_storable(subject)]},
        )
        return {row.key: row.customer_id for row in rows}

    def lock_customer(self, customer_id: UUID) -> None:
        """Until the transaction ends nobody else changes what this customer subscribes to."""
        self._lock_name("customer", str(customer_id))


def _customer(row: Any) -> Customer:
    return Customer(row.customer_id, row.key, row.name, row.in_zone)
