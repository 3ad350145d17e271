"""What a running subscription agrees to is changed: quantities, add-ons, the plan's version; from a period on."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from farthing.core.interval import anchor_for
from farthing.core.metering.meter import Meter
from farthing.core.money import plain
from farthing.core.period import Cycle, local_date
from farthing.core.pricing.plan import AddOn, Plan
from farthing.core.rating.agreement import Agreement, phase_running
from farthing.core.refused import Clash, Refused, Unknown
from farthing.core.subscriptions.subscription import (
    AgreedQuantity,
    AgreedVersion,
    Attached,
    Standing,
    Subscription,
)
from farthing.usecases.agreed import agreement_of
from farthing.usecases.customers import find_customer
from farthing.usecases.ports import SellerStore
from farthing.usecases.subscribe import check_quantities


def agree_quantities(
    store: SellerStore,
    *,
    customer_key: str,
    plan_key: str,
    quantities: Mapping[str, Decimal],
    now: datetime,
    subscription_id: UUID | None = None,
) -> tuple[Subscription, datetime]:
    """So many of something from the next period on, or from the start of one that has yet to begin; and since when.

    Of two changes before the next period the later one counts; the same again changes nothing.
    """
    with store.transaction():
        lock_customer(store, customer_key)
        subscription = running(  # Read.
            store, customer_key=customer_key, plan_key=plan_key, now=now, subscription_id=subscription_id
        )
        since = next_beginning(subscription, now=now)  # Decide.
        if not quantities:
            raise Refused("Say how many of what are agreed, such as seats=12.", field="quantities")
        if subscription.ends_at is not None and since >= subscription.ends_at:
            last = local_date(subscription.ends_at, in_zone=subscription.cycle.in_zone)
            raise Clash(
                f"The subscription to “{plan_key}” ends on {last}, and the period until then is agreed; "
                "there is none after it for which another quantity could count.",
                field="quantities",
            )
        check_quantities(agreement_of(store, subscription).plan_at(since), quantities)
        added = [
            AgreedQuantity(since, name, number)
            for name, number in sorted(quantities.items())
            if subscription.quantity_at(name, since) != number
        ]
        changed = replace(subscription, quantities=in_order(subscription.quantities, added))
        store.keep_agreement(changed)  # Write.
    return changed, since


def attach_add_on(
    store: SellerStore,
    *,
    customer_key: str,
    plan_key: str,
    add_on_key: str,
    now: datetime,
    from_day: date | None = None,
    number: Decimal = Decimal(1),
    subscription_id: UUID | None = None,
) -> tuple[Subscription, Attached]:
    """Add an add-on from a local day on; the same request again is answered as done.

    If no day is said it is today, or the first day after what is billed already. Refuses one that prices what another
    subscription of the customer prices: it would be billed twice.
    """
    if number <= 0:
        raise Refused(f"An add-on is added once or more, not {plain(number)} times.", field="number")
    with store.transaction():
        lock_customer(store, customer_key)  # Read.
        store.hold_catalogue()
        subscription = running(
            store, customer_key=customer_key, plan_key=plan_key, now=now, subscription_id=subscription_id
        )
        add_on = store.add_on(add_on_key)
        if add_on is None:
            known = ", ".join(known.key for known in store.add_ons()) or "none yet; add one to the catalogue"
            raise Unknown(f"There is no add-on “{add_on_key}”; there are: {known}.", field="add_on")
        agreement = agreement_of(store, subscription)
        zone = subscription.cycle.in_zone
        starts_at = subscription.cycle.start_of_day(from_day or _first_day(subscription, now=now))  # Decide.
        wanted = Attached(add_on.key, add_on.version, starts_at, number=number)
        for there in subscription.add_ons:
            if there.add_on_key == add_on.key and there.starts_at == starts_at:
                return _again(store, subscription, there, wanted)
            _refuse_two_at_once(there, wanted, in_zone=zone)
        in_currency = agreement.plan_at(max(starts_at, subscription.starts_at)).currency
        if in_currency not in add_on.currencies:
            raise Refused(
                f"The add-on “{add_on.key}” has no prices in {in_currency}, which the subscription is in; "
                "an invoice has one currency.",
                field="add_on",
            )
        _refuse_what_is_billed(subscription, starts_at)
        refuse_own_usage(agreement, add_on, since=starts_at)
        refuse_other_payers(store, subscription, add_on, f"the add-on “{add_on.key}”", since=starts_at)
        changed = replace(subscription, add_ons=(*subscription.add_ons, wanted))
        store.keep_agreement(changed)  # Write.
    return changed, wanted


def end_add_on(
    store: SellerStore,
    *,
    customer_key: str,
    plan_key: str,
    add_on_key: str,
    now: datetime,
    subscription_id: UUID | None = None,
) -> tuple[Subscription, Attached]:
    """End an add-on with the running period; one that has yet to begin is withdrawn, and ends where it would begin.

    The same request again is answered as done.
    """
    with store.transaction():
        lock_customer(store, customer_key)
        subscription = running(  # Read.
            store, customer_key=customer_key, plan_key=plan_key, now=now, subscription_id=subscription_id
        )
        attached = [one for one in subscription.add_ons if one.add_on_key == add_on_key]
        there = [one for one in attached if one.ends_at is None]
        ending = [one for one in attached if one.ends_at is not None and one.ends_at > now]
        if not there and ending:
            return subscription, ending[-1]
        if not there:
            raise Unknown(f"The subscription has no running add-on “{add_on_key}”.", field="add_on")
        billed = subscription.billed_through
        not_begun = there[0].starts_at > now and (billed is None or there[0].starts_at > billed)  # Decide.
        ends_at = there[0].starts_at if not_begun else next_beginning(subscription, now=now)
        ended = replace(there[0], ends_at=max(there[0].starts_at, ends_at))
        changed = replace(
            subscription, add_ons=tuple(ended if one == there[0] else one for one in subscription.add_ons)
        )
        store.keep_agreement(changed)  # Write.
    return changed, ended


def move_to_version(
    store: SellerStore, subscription: Subscription, *, plan_key: str, version: int, from_day: date | None, now: datetime
) -> tuple[Subscription, datetime] | None:
    """Move a locked subscription to a version of its plan, from the first period that begins on a day or after it.

    Its next period if no day is said. A move to the same version that was to happen before that day, and has not yet,
    is postponed to it. A trial or another phase that runs and that the version does not have goes on to its end first.
    None when the version is in force there already, or the subscription ends before, or is on another plan by then.
    Refuses a version with which it could not be billed. In a transaction.
    """
    first = since = next_beginning(subscription, now=now)
    if from_day is not None:
        since = _period_from(subscription, max(since, subscription.cycle.start_of_day(from_day)))
    plan = store.plan(plan_key, version)
    if plan is None:
        raise Unknown(f"The plan “{plan_key}” has no version {version}.", field="version")
    agreement = agreement_of(store, subscription)
    undone = _undone(subscription, version, first, since)
    postponed = replace(subscription, versions=in_turn(subscription.versions, undone))
    without = Agreement(postponed, agreement.plans, agreement.add_ons)
    while _phase(without.plan_at(since), subscription, since) != _phase(plan, subscription, since):
        since = min(end for end in subscription.phase_ends if end > since)
    if subscription.ends_at is not None and since >= subscription.ends_at:
        return None
    if postponed.plan_at(since)[0] != plan_key:
        return None
    # A version that was to come later is replaced too: this one is in force from then on.
    later = sorted({agreed.since for agreed in subscription.versions if agreed.since > since})
    added = [
        AgreedVersion(instant, plan_key, version)
        for instant in (since, *later)
        if postponed.plan_at(instant)[0] == plan_key and postponed.version_at(instant) != version
    ]
    if not added and not undone:
        return None
    since = added[0].since if added else since
    changed = replace(postponed, versions=in_turn(postponed.versions, added))
    cycle = cycle_through(changed, {**agreement.plans, (plan_key, plan.version): plan}, since=first)
    changed = replace(changed, cycle=cycle)
    _refuse_unbillable(store, agreement, changed, plan, since=since)
    store.keep_agreement(changed)
    if cycle != subscription.cycle:
        store.keep_cycle(changed)
    return changed, since


def cycle_through(subscription: Subscription, plans: Mapping[tuple[str, int], Plan], *, since: datetime) -> Cycle:
    """How its time is cut through the versions of its plan from an instant on: another interval starts a new cycle."""
    cycle = subscription.cycle
    for instant in sorted({agreed.since for agreed in subscription.versions if agreed.since >= since}):
        plan = plans[subscription.plan_at(instant)]
        before, there = (cycle.in_force(at) for at in (instant - timedelta(microseconds=1), instant))
        if plan.every != before.every:
            anchor = anchor_for(plan.every, plan.periods, starts_on=cycle.date_at(instant))
            cycle = cycle.changed(since=instant, anchor=anchor, every=plan.every)
        elif there.every != before.every:
            # A move that was to come, and is taken back.
            cycle = cycle.changed(since=instant, anchor=before.anchor, every=before.every)
    return cycle


def running(
    store: SellerStore, *, customer_key: str, plan_key: str, now: datetime, subscription_id: UUID | None = None
) -> Subscription:
    """The customer's subscription to this plan that runs or has yet to begin, locked; to be called in a transaction.

    Of several it is the one that goes on, where no `subscription_id` says which one is meant.
    """
    customer = find_customer(store, customer_key, person=None)
    there = [
        subscription
        for subscription in store.subscriptions(customer_id=customer.customer_id)
        if plan_key in (subscription.plan_at(max(now, subscription.starts_at))[0], subscription.plan_key)
        and subscription_id in (None, subscription.subscription_id)
        and not _is_over(subscription, now=now)
    ]
    for found in sorted(there, key=lambda subscription: subscription.ends_at is not None):
        locked = store.lock_subscription(found.subscription_id)
        assert locked is not None, f"subscription {found.subscription_id} was there a moment ago"
        if not _is_over(locked, now=now):
            return locked
    raise Unknown(f"{customer.key} has no running subscription to “{plan_key}”.", field="plan")


def next_beginning(subscription: Subscription, *, now: datetime) -> datetime:
    """Where the first period begins of which nothing is billed or used yet."""
    if subscription.billed_through is None and now <= subscription.starts_at:
        return subscription.starts_at
    period = subscription.period_at(max(now, subscription.billed_through or now))
    assert period is not None, "a running subscription has a period"
    return period.end


def lock_customer(store: SellerStore, customer_key: str) -> None:
    """Hold a customer: before the catalogue is held and a subscription is locked, in that order wherever both are."""
    store.lock_customer(find_customer(store, customer_key, person=None).customer_id)


def _is_over(subscription: Subscription, *, now: datetime) -> bool:
    """Whether it has ended, by the time that was asked at or by what is billed, if that was quicker."""
    return subscription.standing(at=max(now, subscription.billed_through or now)) is Standing.ENDED


def _first_day(subscription: Subscription, *, now: datetime) -> date:
    """Today, or the day it begins, or the first one after what is billed."""
    day = subscription.cycle.date_at(max(now, subscription.starts_at))
    return max(day, _first_day_unbilled(subscription) or day)


def _first_day_unbilled(subscription: Subscription) -> date | None:
    if subscription.billed_through is None:
        return None
    return subscription.cycle.date_at(subscription.billed_through) + timedelta(days=1)


def _again(
    store: SellerStore, subscription: Subscription, there: Attached, wanted: Attached
) -> tuple[Subscription, Attached]:
    """The same add-on from the same day: it is there already, or was withdrawn and is wanted after all."""
    if there.ends_at is None and there.number == wanted.number:
        return subscription, there
    if there.ends_at == there.starts_at and wanted == replace(there, ends_at=None):
        _refuse_what_is_billed(subscription, wanted.starts_at)
        changed = replace(subscription, add_ons=tuple(wanted if one == there else one for one in subscription.add_ons))
        store.keep_agreement(changed)
        return changed, wanted
    _refuse_two_at_once(there, wanted, in_zone=subscription.cycle.in_zone)
    day = local_date(wanted.starts_at, in_zone=subscription.cycle.in_zone)
    raise Clash(
        f"The add-on “{wanted.add_on_key}” was agreed otherwise for {day} and taken back; let it start on another day.",
        field="from",
    )


def _refuse_two_at_once(there: Attached, wanted: Attached, *, in_zone: str) -> None:
    if there.add_on_key != wanted.add_on_key or there.ends_at == there.starts_at:
        return
    first = local_date(there.starts_at, in_zone=in_zone)
    if there.ends_at is None:
        raise Clash(
            f"The add-on “{wanted.add_on_key}” runs since {first}, {plain(there.number)} times; end it before it "
            "starts anew.",
            field="add_on",
        )
    if there.ends_at > wanted.starts_at:
        end = local_date(there.ends_at, in_zone=in_zone)
        raise Clash(
            f"The add-on “{wanted.add_on_key}” runs from {first} and ends on {end}; it can start anew on that day.",
            field="add_on",
        )


def _refuse_what_is_billed(subscription: Subscription, starts_at: datetime) -> None:
    zone = subscription.cycle.in_zone
    if starts_at < subscription.starts_at or (subscription.ends_at is not None and starts_at >= subscription.ends_at):
        runs = f"from {local_date(subscription.starts_at, in_zone=zone)}"
        if subscription.ends_at is not None:
            runs += f" and ends on {local_date(subscription.ends_at, in_zone=zone)}"
        raise Refused(f"An add-on starts while its subscription runs, which is {runs}; give a day then.", field="from")
    if subscription.billed_through is not None and starts_at <= subscription.billed_through:
        first = _first_day_unbilled(subscription)
        raise Refused(f"It is billed up to there already; the first day it can start is {first}.", field="from")


def refuse_own_usage(agreement: Agreement, add_on: AddOn, *, since: datetime) -> None:
    """Refuses an add-on that prices what its own plan prices, which would be charged twice."""
    plan = agreement.plan_at(max(since, agreement.subscription.starts_at))
    priced = {_usage(price.meter): price for price in plan.all_prices if price.meter is not None}
    for price in add_on.prices:
        there = None if price.meter is None else priced.get(_usage(price.meter))
        if there is not None:
            raise Clash(
                f"The add-on “{add_on.key}” prices the same usage as the price “{there.key}” of the plan "
                f"“{plan.key}”; a surcharge needs a meter of its own, say with a filter.",
                field="add_on",
            )


def _usage(meter: Meter) -> tuple[object, ...]:
    return meter.event_type, meter.measure, meter.where


def refuse_other_payers(
    store: SellerStore, subscription: Subscription, offer: Plan | AddOn, told_as: str, *, since: datetime
) -> None:
    """Refuses what would price the usage that another subscription prices at the same time."""
    for other in store.subscriptions(customer_id=subscription.customer_id):
        if other.subscription_id == subscription.subscription_id or other.withdrawn:
            continue
        if other.ends_at is not None and other.ends_at <= since:
            continue
        if subscription.ends_at is not None and other.starts_at >= subscription.ends_at:
            continue
        if offer.event_types & agreement_of(store, other).event_types:
            customer = store.customer(subscription.customer_id)
            assert customer is not None, f"subscription {subscription.subscription_id} has a customer"
            also_on, _ = other.plan_at(since)
            raise Clash(
                f"{customer.key} is on the plan “{also_on}” too, which covers usage that {told_as} prices; "
                "it would be billed twice.",
                field="plan",
            )


def _refuse_unbillable(
    store: SellerStore, agreement: Agreement, changed: Subscription, plan: Plan, *, since: datetime
) -> None:
    """Refuses a version that lacks what was agreed beside the plan, or what an invoice needs."""
    customer = store.customer(changed.customer_id)
    assert customer is not None, f"subscription {changed.subscription_id} has a customer"
    of = f"{customer.key} cannot move to version {plan.version} of “{plan.key}”"
    try:
        agreed = Agreement(changed, {**agreement.plans, (plan.key, plan.version): plan}, agreement.add_ons).plan_at(
            since
        )
    except Refused as fault:
        raise Refused(f"{of}. {fault.sentence}", field=fault.field) from None
    in_currency = agreement.plan_at(changed.starts_at).currency
    if agreed.currency != in_currency:
        raise Refused(
            f"{of}: it charges in {agreed.currency} first, and the subscription is in {in_currency}; "
            f"give it prices in {in_currency}, as the first of its currencies.",
            field="currency",
        )
    refuse_other_payers(store, changed, agreed, f"version {plan.version} of “{plan.key}”", since=since)


def _period_from(subscription: Subscription, instant: datetime) -> datetime:
    """Where the first period begins that begins then or later; its end where there is none."""
    period = subscription.period_at(instant)
    if period is None:
        assert subscription.ends_at is not None, f"subscription {subscription.subscription_id} goes on"
        return subscription.ends_at
    return instant if period.start == instant else period.end


def _phase(plan: Plan, subscription: Subscription, instant: datetime) -> str | None:
    """The phase of this version that would run then; None after all of them."""
    phase = phase_running(plan, subscription, instant)
    return None if phase is None else phase.key


def _undone(subscription: Subscription, version: int, first: datetime, before: datetime) -> list[AgreedVersion]:
    """What takes back the moves to a version from `first` on and before an instant: what was in force goes on."""
    undone: list[AgreedVersion] = []
    in_force = subscription.version_at(first - timedelta(microseconds=1))
    for since in sorted({agreed.since for agreed in subscription.versions if first <= agreed.since < before}):
        to = subscription.version_at(since)
        if to == version != in_force:
            undone.append(AgreedVersion(since, subscription.plan_at(since)[0], in_force))
        else:
            in_force = to
    return undone


def in_turn(there: tuple[AgreedVersion, ...], added: list[AgreedVersion]) -> tuple[AgreedVersion, ...]:
    """Versions in the order in which they come into force; of two from the same instant on the one said last counts."""
    return tuple(sorted((*there, *added), key=lambda agreed: agreed.since))


def in_order(there: tuple[AgreedQuantity, ...], added: list[AgreedQuantity]) -> tuple[AgreedQuantity, ...]:
    return tuple(sorted((*there, *added), key=lambda agreed: agreed.since))
