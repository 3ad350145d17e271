"""The parts of an invoice or a draft: which moments of which subscriptions it bills."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import Field

from farthing.core.invoicing.invoice import Draft
from farthing.core.money import Money, total
from farthing.http_api.shapes import Given, MoneyGiven, money


class PartGiven(Given):
    """One moment of one subscription, or what bills none: late usage and what a person wrote."""

    part: int = Field(description="From 1; each line names its part.")
    subscription_id: UUID | None
    plan: str | None
    plan_version: int | None
    billed_at: datetime
    subtotal: MoneyGiven = Field(description="What its lines add up to.")


def parts_given(draft: Draft) -> list[PartGiven]:
    """The parts of a draft with what each comes to; most have one."""
    amounts: list[list[Money]] = [[] for _ in draft.all_parts]
    for line in draft.lines:
        amounts[line.in_part - 1].append(line.amount)
    return [
        PartGiven(
            part=number,
            subscription_id=part.subscription_id,
            plan=part.frozen.get("plan_key"),
            plan_version=part.frozen.get("plan_version"),
            billed_at=part.at,
            subtotal=money(total(amounts[number - 1], in_currency=draft.currency)),
        )
        for number, part in enumerate(draft.all_parts, start=1)
    ]
