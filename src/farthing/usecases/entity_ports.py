"""What we ask of the store about legal entities."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from farthing.core.invoicing.invoice import LegalEntity
from farthing.core.invoicing.logo import Logo


class EntityStore(Protocol):
    """Who sends invoices; a part of the books."""

    def lock_entities(self) -> None:
        """Until the transaction ends nobody else adds or changes a legal entity."""

    def entities(self) -> list[LegalEntity]:
        """All of them; the first invoices customers that belong to none."""

    def entity(self, key: str) -> LegalEntity | None: ...
    def entity_of(self, customer_id: UUID) -> LegalEntity:
        """The one that invoices a customer, in the customer's own language where they have one."""

    def add_entity(self, entity: LegalEntity) -> None:
        """A new one, with a series of numbers of its own; refuses (Clash) a key that is taken."""

    def keep_entity(self, entity: LegalEntity) -> None:
        """Keep what is said of one from now on; issued invoices keep what they say."""

    def bill_by_entity(self, customer_id: UUID, entity_key: str) -> None:
        """From now on this legal entity invoices the customer."""

    def keep_logo(self, logo: Logo) -> None: ...
    def logo(self, digest: str) -> Logo | None: ...
