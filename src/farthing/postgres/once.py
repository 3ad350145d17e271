"""Answers that were given, so that the same request is answered the same and has its effect once (INV-13)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from farthing.postgres.session import Session
from farthing.postgres.written import storable, write_json


class Once(Session):
    """The seller's answers by scope and key."""

    def answered(self, scope: str, key: str) -> tuple[UUID, Any] | None:
        """The request's hash and the answer kept for it."""
        row = self._row(
            "SELECT request, answer FROM farthing.once WHERE scope = %(scope)s AND key = %(key)s",
            {"scope": storable(scope), "key": storable(key)},
        )
        return None if row is None else (row.request, row.answer)

    def keep_answer(self, scope: str, key: str, *, request: UUID, answer: Any, created_at: datetime) -> bool:
        """Keep an answer; False when somebody else did so first (then nothing of this transaction may stay)."""
        kept = self._run(
            """
            INSERT INTO farthing.once (scope, key, request, answer, created_at)
            VALUES (%(scope)s, %(key)s, %(request)s, %(answer)s, %(created_at)s) ON CONFLICT DO NOTHING
            """,
            {
                "scope": storable(scope),
                "key": storable(key),
                "request": request,
                "answer": write_json(answer),
                "created_at": created_at,
            },
        )
        return kept == 1
