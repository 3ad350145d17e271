"""When an invoice is to be collected from the payment method on file, and when a customer is past due."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from farthing.core.invoicing.payment import InvoiceStanding
from farthing.core.period import local_date, zone
from farthing.core.refused import Refused

# A call that never arrived says nothing of the customer's money; it is made again a little later.
_NEVER_ARRIVED = timedelta(hours=1)
_MOST_RETRIES = 12
_CARD_NUMBER = re.compile(r"(?:[0-9][ -]?){12,}")


class AttemptState(StrEnum):
    """How an attempt stands: without a known answer, done, declined for now or for good, or never heard of there."""

    LIVE = "live"
    DONE = "done"
    DECLINED_SOFT = "declined_soft"
    DECLINED_HARD = "declined_hard"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Tried:
    """An attempt by the method on file as it stands; `ended_at` once its answer is known."""

    state: AttemptState
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class CollectingTerms:
    """A seller's terms *(parameters)*: how many days after a soft decline it is tried again, at which hour of the
    customer's day, and how many days after an invoice was due its subscription is past due."""

    retry_days: tuple[int, ...] = (1, 3, 5, 7)
    retry_hour: int = 9
    past_due_after_days: int = 0

    def __post_init__(self) -> None:
        rises = all(one < next_ for one, next_ in zip(self.retry_days, self.retry_days[1:], strict=False))
        if len(self.retry_days) > _MOST_RETRIES or not rises or any(not 1 <= day <= 90 for day in self.retry_days):
            raise Refused("Retries are at most 12 days, each later than the last, such as 1,3,5,7.", field="retry")
        if not 0 <= self.retry_hour <= 23:
            raise Refused("The hour of retries is one of 0 to 23.", field="hour")
        if not 0 <= self.past_due_after_days <= 365:
            raise Refused("Past due begins 0 to 365 days after the day on which it was due.", field="past_due")


def next_attempt_at(
    tried: Sequence[Tried], *, since: datetime, terms: CollectingTerms, in_zone: str
) -> datetime | None:
    """When an invoice is to be collected next from the method on file; None where it is not, or not by itself.

    `tried` are the attempts by this method, the oldest first; `since` is when it was put on file, or the invoice
    issued, whichever was later. Days count from the first soft decline.
    """
    if any(one.state in (AttemptState.LIVE, AttemptState.DECLINED_HARD) for one in tried):
        return None
    declined = [one.ended_at for one in tried if one.state is AttemptState.DECLINED_SOFT and one.ended_at is not None]
    due: datetime | None = since
    if declined:
        due = _retry_at(declined[0], len(declined), terms=terms, in_zone=in_zone)
    last = tried[-1] if tried else None
    if due is None or last is None or last.state is not AttemptState.DROPPED or last.ended_at is None:
        return due
    return max(due, last.ended_at + _NEVER_ARRIVED)


def gave_up(tried: Sequence[Tried], *, terms: CollectingTerms) -> bool:
    """Whether nothing is tried any more with this method: it was declined for good, or the last retry failed."""
    if any(one.state is AttemptState.DECLINED_HARD for one in tried):
        return True
    soft = sum(one.state is AttemptState.DECLINED_SOFT for one in tried)
    return soft > len(terms.retry_days) and all(one.state is not AttemptState.LIVE for one in tried)


def is_past_due(standing: InvoiceStanding, tried: Sequence[Tried], *, terms: CollectingTerms, on: date) -> bool:
    """Whether something is left to pay of it, and either it should have been paid by now or collecting gave up."""
    if standing.voided_by is not None or standing.open.minor <= 0:
        return False
    return gave_up(tried, terms=terms) or on > standing.invoice.due_on + timedelta(days=terms.past_due_after_days)


def refuse_card_number(text: str, *, field: str) -> None:
    """Refuses what looks like a card's number: we keep what a gateway calls a method by, never the card itself."""
    if _CARD_NUMBER.search(text):
        raise Refused(
            "That looks like the number of a card or an account; give what the gateway calls the method by.",
            field=field,
        )


def _retry_at(first: datetime, declines: int, *, terms: CollectingTerms, in_zone: str) -> datetime | None:
    if declines > len(terms.retry_days):
        return None
    day = local_date(first, in_zone=in_zone) + timedelta(days=terms.retry_days[declines - 1])
    # Where the clocks skip this hour it is the one after it.
    return datetime.combine(day, time(terms.retry_hour), tzinfo=zone(in_zone)).astimezone(UTC)
