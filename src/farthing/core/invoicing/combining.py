"""Several moments become one invoice: each stays a part with its own terms, and the whole is reckoned as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from farthing.core.ids import id_of
from farthing.core.invoicing.invoice import RULES_VERSION, Draft
from farthing.core.invoicing.part import Part
from farthing.core.period import ZONE_DATABASE_VERSION
from farthing.core.rating.line import Line


def combine(
    drafts: Sequence[Draft],
    *,
    customer_id: UUID,
    in_zone: str,
    extra: Mapping[UUID, Sequence[Line]] | None = None,
    revision: int = 0,
) -> Draft:
    """One draft of these, each of which bills one moment, in their order; it is reckoned as a whole afterwards.

    A moment with nothing to charge is no part. `extra` is what came late and what people wrote, by whose usage it is:
    parts of their own, which bill no moment. The invoice is told in the days of `in_zone`, the zone of who gets it.
    """
    assert drafts, "an invoice bills something"
    assert len({draft.currency for draft in drafts}) == 1, "an invoice has one currency"
    at = max(draft.at for draft in drafts)
    frozen = {"rules_version": RULES_VERSION, "zone": in_zone, "zone_database": ZONE_DATABASE_VERSION}
    parts: list[Part] = []
    lines: list[Line] = []
    for draft in drafts:
        if draft.lines:
            parts.append(Part(draft.customer_id, draft.subscription_id, draft.at, draft.frozen))
            lines += (replace(line, in_part=len(parts)) for line in draft.lines)
    for whose, own in (extra or {}).items():
        if own:
            parts.append(Part(whose, None, at, frozen))
            lines += (replace(line, in_part=len(parts)) for line in own)
    return Draft(
        invoice_id=together_id(drafts[0].subscription_id, drafts[0].at, revision),
        customer_id=customer_id,
        subscription_id=None,
        currency=drafts[0].currency,
        at=at,
        lines=tuple(lines),
        frozen=frozen,
        revision=revision,
        parts=tuple(parts),
    )


def together_id(subscription_id: UUID | None, at: datetime, revision: int) -> UUID:
    """The id of what bills this moment first and others with it; a moment is billed once in each revision (INV-07)."""
    return id_of("invoice", "together", subscription_id, at.isoformat(), revision)
