"""What we ask of the store about languages."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID


class LanguageStore(Protocol):
    """Who is written to in which language; a part of the books."""

    def own_language(self, customer_id: UUID) -> str | None:
        """The one that a customer chose; None where theirs is that of who invoices them."""

    def keep_own_language(self, customer_id: UUID, language: str | None) -> None:
        """From now on; issued documents keep theirs."""

    def person_language(self, person_id: UUID) -> str | None:
        """The one that a person chose to read; None where they chose none."""

    def keep_person_language(self, person_id: UUID, language: str | None) -> None:
        """From now on."""
