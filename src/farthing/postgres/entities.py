"""Legal entities with their letterheads and logos, and which one invoices a customer."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import psycopg

from farthing.core.invoicing.invoice import LegalEntity
from farthing.core.invoicing.letterhead import letterhead_from, letterhead_terms
from farthing.core.invoicing.logo import Logo, LogoKind
from farthing.core.money import currency
from farthing.core.refused import Clash
from farthing.postgres.session import Session
from farthing.postgres.written import is_storable, write_json


def insert_entity(connection: psycopg.Connection[Any], entity: LegalEntity) -> None:
    """A legal entity behind those there are, with its series of numbers; the session names its seller."""
    connection.execute(
        """
        INSERT INTO farthing.legal_entity (
            entity_key, name, in_zone, number_prefix, terms_days, currency, credit_prefix, taxed_by, tax_included,
            letterhead, language, rank
        )
        SELECT %(key)s, %(name)s, %(in_zone)s, %(number_prefix)s, %(terms_days)s, %(currency)s, %(credit_prefix)s,
               %(taxed_by)s, %(tax_included)s, %(letterhead)s, %(language)s, coalesce(max(rank), 0) + 1
        FROM farthing.legal_entity WHERE seller_id = farthing.seller()
        """,
        _columns(entity),
    )
    connection.execute(
        "INSERT INTO farthing.number_series (entity_key, kind) VALUES (%(key)s, 'invoice')", {"key": entity.key}
    )


class Entities(Session):
    """Who sends invoices."""

    def lock_entities(self) -> None:
        """Until the transaction ends nobody else adds or changes a legal entity."""
        self._lock_name("entities")

    def entities(self) -> list[LegalEntity]:
        """All of them; the first invoices customers that belong to none."""
        return [entity_from(row) for row in self._rows("SELECT * FROM farthing.legal_entity ORDER BY rank")]

    def entity(self, key: str) -> LegalEntity | None:
        """The one with this key."""
        if not is_storable(key):
            return None
        row = self._row("SELECT * FROM farthing.legal_entity WHERE entity_key = %(key)s", {"key": key})
        return None if row is None else entity_from(row)

    def entity_of(self, customer_id: UUID) -> LegalEntity:
        """The one that invoices a customer, in the customer's own language where they have one."""
        row = self._row(
            """
            SELECT entity.*, customer.language AS own_language FROM farthing.legal_entity AS entity
            LEFT JOIN farthing.customer AS customer
                ON customer.seller_id = entity.seller_id AND customer.customer_id = %(customer_id)s
            ORDER BY customer.entity_key IS DISTINCT FROM entity.entity_key, entity.rank LIMIT 1
            """,
            {"customer_id": customer_id},
        )
        assert row is not None, "every seller has a legal entity"
        return _in_own_language(entity_from(row), row.own_language)

    def entities_of(self, customer_ids: Sequence[UUID]) -> dict[UUID, LegalEntity]:
        """The same of many customers."""
        known = {entity.key: entity for entity in self.entities()}
        first = next(iter(known.values()))
        rows = self._rows(
            "SELECT customer_id, entity_key, language FROM farthing.customer WHERE customer_id = ANY(%(ids)s::uuid[])",
            {"ids": list(customer_ids)},
        )
        return {row.customer_id: _in_own_language(known.get(row.entity_key, first), row.language) for row in rows}

    def add_entity(self, entity: LegalEntity) -> None:
        """A new one, with a series of numbers of its own; refuses (Clash) a key that is taken."""
        if self.entity(entity.key) is not None:
            raise Clash(f"There is a legal entity “{entity.key}” already; choose another key.", field="key")
        insert_entity(self.connection, entity)

    def keep_entity(self, entity: LegalEntity) -> None:
        """Keep what is said of one from now on; issued invoices keep what they say."""
        changed = self._run(
            """
            UPDATE farthing.legal_entity SET
                name = %(name)s, in_zone = %(in_zone)s, number_prefix = %(number_prefix)s, terms_days = %(terms_days)s,
                currency = %(currency)s, credit_prefix = %(credit_prefix)s, taxed_by = %(taxed_by)s,
                tax_included = %(tax_included)s, letterhead = %(letterhead)s, language = %(language)s
            WHERE entity_key = %(key)s
            """,
            _columns(entity),
        )
        assert changed == 1, f"there is no legal entity {entity.key}"

    def bill_by_entity(self, customer_id: UUID, entity_key: str) -> None:
        """From now on this legal entity invoices the customer."""
        self._run(
            "UPDATE farthing.customer SET entity_key = %(entity_key)s WHERE customer_id = %(customer_id)s",
            {"customer_id": customer_id, "entity_key": entity_key},
        )

    def own_language(self, customer_id: UUID) -> str | None:
        """The one that a customer chose; None where theirs is that of who invoices them."""
        row = self._row(
            "SELECT language FROM farthing.customer WHERE customer_id = %(customer_id)s", {"customer_id": customer_id}
        )
        return None if row is None else row.language

    def keep_own_language(self, customer_id: UUID, language: str | None) -> None:
        """From now on; issued documents keep theirs."""
        self._run(
            "UPDATE farthing.customer SET language = %(language)s WHERE customer_id = %(customer_id)s",
            {"customer_id": customer_id, "language": language},
        )

    def keep_logo(self, logo: Logo) -> None:
        """Keep a picture; the same one again is kept once."""
        self._run(
            """
            INSERT INTO farthing.entity_logo (digest, kind, content) VALUES (%(digest)s, %(kind)s, %(content)s)
            ON CONFLICT DO NOTHING
            """,
            {"digest": logo.digest, "kind": logo.kind.value, "content": logo.content},
        )

    def logo(self, digest: str) -> Logo | None:
        """The picture with this digest."""
        row = self._row("SELECT kind, content FROM farthing.entity_logo WHERE digest = %(digest)s", {"digest": digest})
        return None if row is None else Logo(LogoKind(row.kind), bytes(row.content))


def entity_from(row: Any) -> LegalEntity:
    """The legal entity in a row of farthing.legal_entity."""
    return LegalEntity(
        key=row.entity_key,
        name=row.name,
        in_zone=row.in_zone,
        number_prefix=row.number_prefix,
        terms_days=row.terms_days,
        currency=None if row.currency is None else currency(row.currency),
        credit_prefix=row.credit_prefix,
        taxed_by=row.taxed_by,
        tax_included=row.tax_included,
        letterhead=letterhead_from(row.letterhead),
        language=row.language,
    )


def _in_own_language(entity: LegalEntity, language: str | None) -> LegalEntity:
    return entity if language is None else replace(entity, language=language)


def _columns(entity: LegalEntity) -> Mapping[str, Any]:
    return {
        "key": entity.key,
        "name": entity.name,
        "in_zone": entity.in_zone,
        "number_prefix": entity.number_prefix,
        "terms_days": entity.terms_days,
        "currency": None if entity.currency is None else entity.currency.code,
        "credit_prefix": entity.credit_prefix,
        "taxed_by": entity.taxed_by,
        "tax_included": entity.tax_included,
        "letterhead": write_json(letterhead_terms(entity.letterhead)),
        "language": entity.language,
    }
