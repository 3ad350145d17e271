"""A customer subscribes to a plan, or stops at the end of a period."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from itertools import takewhile
from typing import Any
from uuid import UUID

from farthing.core.cycle_words import cycle_in_words
from farthing.core.ids import id_of
from farthing.core.interval import MONTH, anchor_for
from farthing.core.metering.event import is_text
from farthing.core.money import exact_decimal, plain
from farthing.core.parties import Customer
from farthing.core.period import Cycle, local_date, start_of_day
from farthing.core.pricing.plan import Plan
from farthing.core.pricing.terms import overridden
from farthing.core.rating.agreement import phase_ends
from farthing.core.refused import Clash, Refused, Unknown
from farthing.core.subscriptions.subscription import AgreedQuantity, Standing, Subscription
from farthing.usecases.agreed import agreement_of
from farthing.usecases.customers import find_customer
from farthing.usecases.ports import SellerStore

_DEEPEST_TERMS = 24
_LONGEST_TEXT = 4_096


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a customer agrees to beside the plan: its currency, quantities such as seats, and terms of their own.

    `overrides` are price terms by price key, as a catalogue file writes them, merged over the plan's.
    """

    currency: str | None = None
    quantities: Mapping[str, Decimal] = field(default_factory=dict)
    overrides: Mapping[str, Any] = field(default_factory=dict)


def subscribe(
    store: SellerStore,
    *,
    customer_key: str,
    plan_key: str,
    starts_on: date,
    anchor_day: int | None = None,
    anchor: date | None = None,
    wishes: Wishes | None = None,
) -> Subscription:
    """Subscribe from the first instant of a local day; the same request again is answered as done.

    Periods are counted from the `anchor`, or from a day of the month where they are months; if neither is said, from
    where the plan says that they start.

    Refuses a second subscription that would price the same usage at the same time: it would be billed twice.
    """
    wishes = wishes or Wishes()
    wishes = replace(wishes, overrides=as_agreed(wishes.overrides))
    with store.transaction():
        customer = find_customer(store, customer_key, person=None)  # Read.
        store.lock_customer(customer.customer_id)
        store.hold_catalogue()
        plan = store.plan(plan_key, for_start=starts_on)
        if plan is None:
            known = ", ".join(known.key for known in store.plans()) or "none yet; apply a catalogue first"
            raise Unknown(f"There is no plan “{plan_key}”; there are: {known}.", field="plan")
        others = store.subscriptions(customer_id=customer.customer_id)
        withdrawn = sum(other.withdrawn for other in others)
        agreed = check_wishes(plan, wishes)  # Decide.
        cycle = first_cycle(agreed, in_zone=customer.in_zone, starts_on=starts_on, anchor_day=anchor_day, anchor=anchor)
        wanted = _wanted(customer, agreed, wishes, starts_on=starts_on, cycle=cycle, attempt=withdrawn)
        for other in others:
            if _the_same(wanted, other):
                return other
            _refuse_overlap(store, wanted, plan, other)
        store.add_subscription(wanted)  # Write.
    return wanted


def end_subscription(
    store: SellerStore, *, customer_key: str, plan_key: str, now: datetime, subscription_id: UUID | None = None
) -> Subscription:
    """Stop at the end of the running period; what was agreed for it stands. One that has yet to begin is withdrawn.

    `subscription_id` says which one, where a customer had several of a plan.
    """
    with store.transaction():
        customer = find_customer(store, customer_key, person=None)  # Read.
        store.lock_customer(customer.customer_id)
        to_end = [
            subscription
            for subscription in store.subscriptions(customer_id=customer.customer_id)
            if subscription.plan_key == plan_key
            and subscription_id in (None, subscription.subscription_id)
            and subscription.standing(at=now) is not Standing.ENDED
        ]
        if not to_end:
            raise Unknown(f"{customer.key} has no running subscription to “{plan_key}”.", field="plan")
        locked = store.lock_subscription(to_end[0].subscription_id)
        assert locked is not None, f"subscription {to_end[0].subscription_id} was there a moment ago"
        if locked.ends_at is not None and locked.billed_through == locked.ends_at:
            return locked  # Ended already, and the close was quicker than this request.
        ended = replace(locked, ends_at=_end(locked, now=now))  # Decide.
        store.end_subscription(ended)  # Write.
    return ended


def _end(subscription: Subscription, *, now: datetime) -> datetime:
    """Where it ends: after what was billed ahead, even if the close was quicker than this request."""
    if subscription.billed_through is None and now < subscription.starts_at:
        return subscription.starts_at
    period = subscription.period_at(max(now, subscription.billed_through or now))
    assert period is not None, "a running subscription has a period"
    return period.end


def check_wishes(plan: Plan, wishes: Wishes) -> Plan:
    """The plan as it is agreed; refuses a currency, a quantity or a price that it does not have."""
    agreed = plan if wishes.currency is None else plan.in_currency(wishes.currency)
    if wishes.overrides:
        agreed = overridden(agreed, wishes.overrides)
    check_quantities(agreed, wishes.quantities)
    return agreed


def check_quantities(plan: Plan, quantities: Mapping[str, Decimal]) -> None:
    """Refuses a number of what the plan does not have, and one below 0."""
    known = agreed_quantities(plan)
    for name, number in quantities.items():
        if name not in known:
            there = f"it has {', '.join(known)}" if known else "it has none"
            raise Refused(f"The plan “{plan.key}” has no agreed quantity “{name}”; {there}.", field="quantities")
        if number < 0:
            raise Refused(f"There cannot be {plain(number)} of “{name}”; give 0 or more.", field="quantities")


def as_agreed(overrides: Mapping[str, Any]) -> dict[str, Any]:
    """The terms as they are kept, with every number as its text, so that the same request is known again."""
    kept = _as_kept(overrides, depth=0)
    assert isinstance(kept, dict), "terms have names"
    return kept


def _as_kept(value: Any, *, depth: int) -> Any:
    if depth > _DEEPEST_TERMS:
        raise Refused("These terms are nested deeper than any price; write them simpler.", field="overrides")
    match value:
        case Mapping():
            if not all(isinstance(name, str) for name in value):
                raise Refused("Terms are names, each with its value, such as {unit: 0.02}.", field="overrides")
            for name in value:
                _check_text(name)
            return {name: _as_kept(each, depth=depth + 1) for name, each in value.items()}
        case list() | tuple():
            return [_as_kept(each, depth=depth + 1) for each in value]
        case bool() | None:
            return value
        case str():
            _check_text(value)
            return value
        case int() | Decimal():
            return plain(exact_decimal(value, what="A number of these terms"))
    raise Refused('Numbers in terms are text, so that no digit is lost; write "0.02", in quotes.', field="overrides")


def _check_text(text: str) -> None:
    """Refuses what no store can keep, or no page can hold."""
    if not is_text(text):
        raise Refused("These terms hold a character that is no text; write them anew.", field="overrides")
    if len(text) > _LONGEST_TEXT:
        raise Refused(
            f"These terms hold a text of {len(text):,} characters; {_LONGEST_TEXT:,} is the most.", field="overrides"
        )


def agreed_quantities(plan: Plan) -> list[str]:
    """What a subscription to this plan says how many of, such as seats."""
    return sorted({price.quantity for price in plan.all_prices if price.quantity is not None})


def first_cycle(
    plan: Plan, *, in_zone: str, starts_on: date, anchor_day: int | None = None, anchor: date | None = None
) -> Cycle:
    """How the time of a new subscription is cut; refuses an anchor that says two things, or a day that says too little.

    Where periods start with the customer, the first that is paid for is a whole one: a trial comes before it.
    """
    for day in (starts_on, anchor or starts_on):
        if not 1970 < day.year < 9000:
            raise Refused(f"{day} is too far away; check how the date is written.", field="starts_on")
    if anchor is not None and anchor_day is not None:
        raise Refused("Give an anchor or a day of the month to count periods from; not both.", field="anchor")
    if anchor_day is not None:
        monthly = Cycle.monthly(anchor_day, in_zone)
        if plan.every != MONTH:
            raise Refused(
                f"The plan “{plan.key}” is billed every {plan.every}, not every month: give a date to count from as "
                "its anchor.",
                field="anchor_day",
            )
        return monthly
    if anchor is None:
        anchor = anchor_for(plan.every, plan.periods, starts_on=_first_paid_day(plan, starts_on, in_zone))
    # One day of the month says all of a month's anchor, so that the same request is known whatever it was said with.
    return Cycle.monthly(anchor.day, in_zone) if plan.every == MONTH else Cycle(anchor, in_zone, plan.every)


def _first_paid_day(plan: Plan, starts_on: date, in_zone: str) -> date:
    trials = sum(1 for _ in takewhile(lambda phase: phase.trial, plan.phases))
    if not trials:
        return starts_on
    return local_date(phase_ends(plan, starts_on=starts_on, in_zone=in_zone)[trials - 1], in_zone=in_zone)


def _wanted(
    customer: Customer, plan: Plan, wishes: Wishes, *, starts_on: date, cycle: Cycle, attempt: int
) -> Subscription:
    starts_at = start_of_day(starts_on, in_zone=customer.in_zone)
    return Subscription(
        subscription_id=id_of("subscription", customer.customer_id, plan.key, starts_on.isoformat(), attempt),
        customer_id=customer.customer_id,
        plan_key=plan.key,
        plan_version=plan.version,
        cycle=cycle,
        starts_at=starts_at,
        currency=wishes.currency,
        quantities=tuple(AgreedQuantity(starts_at, name, number) for name, number in sorted(wishes.quantities.items())),
        phase_ends=phase_ends(plan, starts_on=starts_on, in_zone=customer.in_zone),
        overrides=dict(wishes.overrides),
    )


def _the_same(wanted: Subscription, other: Subscription) -> bool:
    """Whether this was agreed already; the version of the plan is the one of the first time."""
    agreed = (other.plan_key, other.starts_at, other.ends_at, other.currency, other.overrides)
    at_first = tuple(quantity for quantity in other.quantities if quantity.since == other.starts_at)
    same = (wanted.plan_key, wanted.starts_at, None, wanted.currency, wanted.overrides)
    # Whoever moved since agreed to what was agreed then.
    alike = wanted.cycle.same_as(other.cycle.first) or wanted.cycle.same_as(other.cycle)
    return agreed == same and alike and set(at_first) >= set(wanted.quantities)


def _refuse_overlap(store: SellerStore, wanted: Subscription, plan: Plan, other: Subscription) -> None:
    if other.withdrawn or (other.ends_at is not None and other.ends_at <= wanted.starts_at):
        return
    if other.plan_key == wanted.plan_key or plan.event_types & agreement_of(store, other).event_types:
        since = other.cycle.date_at(other.starts_at)
        raise Clash(
            f"This customer has been on the plan “{other.plan_key}” since {since}, with periods "
            f"{cycle_in_words(other.cycle, near=since)}, which covers the same usage; end that subscription first, "
            "or start the new one after it.",
            field="plan",
        )
