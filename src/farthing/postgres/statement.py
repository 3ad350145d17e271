"""A statement under construction: its structure is ours, and every value in it is a parameter, never text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, LiteralString

from psycopg import sql

Sql = sql.Composable


class Parameters:
    """The values one statement is asked with, each at a name of its own."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}

    def text(self, value: str) -> Sql:
        """A text."""
        return self._of(value, "text")

    def number(self, value: Decimal | int) -> Sql:
        """An exact number."""
        return self._of(Decimal(value), "numeric")

    def position(self, value: int) -> Sql:
        """A position, or a count."""
        return self._of(value, "bigint")

    def instant(self, value: datetime) -> Sql:
        """An instant."""
        return self._of(value, "timestamptz")

    def identity(self, value: object) -> Sql:
        """A UUID."""
        return self._of(value, "uuid")

    def counts(self, values: Iterable[int]) -> Sql:
        """Whole numbers in a row."""
        return self._of(list(values), "bigint[]")

    def identities(self, values: Iterable[object]) -> Sql:
        """UUIDs in a row."""
        return self._of(list(values), "uuid[]")

    def instants(self, values: Sequence[datetime]) -> Sql:
        """Instants in a row."""
        return self._of(list(values), "timestamptz[]")

    def texts(self, values: Iterable[str]) -> Sql:
        """Texts in a row."""
        return self._of(list(values), "text[]")

    def documents(self, values: Iterable[str]) -> Sql:
        """JSON texts in a row."""
        return self._of(list(values), "text[]::jsonb[]")

    def _of(self, value: Any, as_type: LiteralString) -> Sql:
        name = f"value_{len(self.values)}"
        self.values[name] = value
        return sql.Composed([sql.Placeholder(name), sql.SQL("::"), sql.SQL(as_type)])


def listed(parts: Iterable[Sql], *, between: LiteralString = ", ") -> Sql:
    """Parts with something between them."""
    return sql.SQL(between).join(parts)
