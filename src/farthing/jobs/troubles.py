"""Trouble with one seller's work is not the others', and is told once, not at every round of the job."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from farthing.core.refused import Refused
from farthing.logs import get_logger

log = get_logger()


class Troubles:
    """What was told of each seller; it is told again when it is something else, or came back."""

    def __init__(self, *, refused: str, failed: str) -> None:
        self._refused, self._failed = refused, failed
        self._told: dict[UUID, str] = {}

    @contextmanager
    def of(self, seller_id: UUID) -> Iterator[None]:
        """Do one seller's work; whatever goes wrong with it is told and ends here."""
        try:
            yield
        except Refused as refusal:
            if self._is_news(seller_id, refusal.sentence):
                log.warning(self._refused, seller=str(seller_id), why=refusal.sentence)
        except Exception as fault:
            if self._is_news(seller_id, repr(fault)):
                log.exception(self._failed, seller=str(seller_id))
        else:
            self._told.pop(seller_id, None)

    def _is_news(self, seller_id: UUID, trouble: str) -> bool:
        known = self._told.get(seller_id)
        self._told[seller_id] = trouble
        return known != trouble
