"""A digest: what changed since the last one, what needs somebody, and what comes; said in one message."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from farthing.core.exact import Exact
from farthing.core.money import Currency, Money, zero
from farthing.core.period import Period
from farthing.core.telling.due_days import Due, Span


class Need(StrEnum):
    """What waits for a person, the most pressing first."""

    COLLECTION = "collections that failed"
    ALERT = "alerts that nobody has seen to"
    DRAFT = "drafts that are held"
    PAST_DUE = "invoices that are past due"
    QUARANTINE = "events in quarantine"


class Happening(StrEnum):
    """What comes on a day."""

    TRIAL_END = "trial ends"
    RENEWAL = "renews"
    PERIOD_END = "period closes"
    PRICE_CHANGE = "prices change"
    CREDIT_EXPIRES = "credit expires"
    PAYMENT_DUE = "payment is due"
    ENDS = "subscription ends"


@dataclass(frozen=True, slots=True)
class Counted:
    """So many documents, and what they come to in each currency."""

    many: int = 0
    sums: tuple[Money, ...] = ()

    @classmethod
    def of(cls, amounts: Iterable[Money]) -> Counted:
        """These amounts, counted and added up by currency.

        >>> from farthing.core.money import USD
        >>> Counted.of([Money(100, USD), Money(20, USD)])
        Counted(many=2, sums=(Money(minor=120, currency=Currency(code='USD', minor_digits=2)),))
        """
        many, sums = 0, dict[Currency, Money]()
        for amount in amounts:
            many += 1
            sums[amount.currency] = sums.get(amount.currency, zero(amount.currency)) + amount
        return cls(many, tuple(sorted(sums.values(), key=lambda money: money.currency.code)))


@dataclass(frozen=True, slots=True)
class MeterUsed:
    """What a meter measured in the window by local day, and in the one before."""

    name: str
    unit: str
    quantity: Exact
    before: Exact
    days: tuple[tuple[date, Exact], ...] = ()
    adds_up: bool = True


@dataclass(frozen=True, slots=True)
class Spender:
    """What a running period comes to so far; of a customer, or of all others in one row."""

    name: str
    so_far: tuple[Money, ...]


@dataclass(frozen=True, slots=True)
class Coming:
    """Something that happens on a day, to whom, and what it comes to where that is known; or to so many at once."""

    day: date
    happening: Happening
    name: str
    about: str = ""
    amount: Money | None = None
    many: int = 1


@dataclass(frozen=True, slots=True)
class Changes:
    """What came about in the window; `before` is the same of the window before."""

    invoiced: Counted = Counted()
    invoiced_before: Counted = Counted()
    paid: Counted = Counted()
    paid_before: Counted = Counted()
    usage: tuple[MeterUsed, ...] = ()
    spenders: tuple[Spender, ...] = ()
    started: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()
    alerts: int = 0

    @property
    def happened(self) -> bool:
        """Whether anything did; that things were so before and are no more is something too."""
        counted = (self.invoiced, self.invoiced_before, self.paid, self.paid_before)
        used = any(one.quantity or one.before for one in self.usage)
        return bool(any(one.many for one in counted) or used or self.started or self.ended or self.alerts)


@dataclass(frozen=True, slots=True)
class Needs:
    """How many of each wait for somebody, and what they come to."""

    waiting: tuple[tuple[Need, Counted], ...] = ()

    @classmethod
    def of(cls, found: Iterable[tuple[Need, Counted]]) -> Needs:
        """Those of which there are some, the most pressing first."""
        order = list(Need)
        some = [(need, counted) for need, counted in found if counted.many]
        return cls(tuple(sorted(some, key=lambda each: order.index(each[0]))))


@dataclass(frozen=True, slots=True)
class Digest:
    """What is said. `due` says for which day, whether late, and how many before it were missed."""

    span: Span
    due: Due
    window: Period
    changes: Changes
    needs: Needs
    coming: tuple[Coming, ...]

    @property
    def has_something_to_say(self) -> bool:
        """That billing periods close, as they always do, is no reason for a message by itself."""
        news = any(one.happening is not Happening.PERIOD_END for one in self.coming)
        return self.changes.happened or bool(self.needs.waiting) or news


def in_order(coming: Iterable[Coming], *, through: date | None = None) -> tuple[Coming, ...]:
    """What comes, by day; of one day the dearest first, then by name."""
    wanted = [one for one in coming if through is None or one.day <= through]
    return tuple(sorted(wanted, key=lambda one: (one.day, -(one.amount.minor if one.amount else 0), one.name)))


def largest(spenders: Sequence[Spender], *, most: int, others: str) -> tuple[Spender, ...]:
    """The largest so many, and the others added up in one row, so that nothing is missing.

    >>> from farthing.core.money import USD
    >>> rows = largest([Spender(name, (Money(1, USD),)) for name in "abc"], most=2, others="2 others")
    >>> [(row.name, row.so_far[0].minor) for row in rows]
    [('a', 1), ('2 others', 2)]
    """
    ranked = sorted(spenders, key=lambda one: (-max((m.amount for m in one.so_far), default=0), one.name))
    if len(ranked) <= most:
        return tuple(ranked)
    rest = Counted.of(money for one in ranked[most - 1 :] for money in one.so_far)
    return (*ranked[: most - 1], Spender(others, rest.sums))
