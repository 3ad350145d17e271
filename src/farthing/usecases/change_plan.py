"""A customer moves to another plan, or has another number of something: now, on a day, or with the next period."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from farthing.core.money import Money, total
from farthing.core.pricing.plan import Plan, Timing
from farthing.core.rating.agreement import Agreement, phase_running
from farthing.core.rating.rate import rate_fee
from farthing.core.refused import Clash, Refused, Unknown
from farthing.core.subscriptions.lifecycle import Act
from farthing.core.subscriptions.subscription import AgreedQuantity, AgreedVersion, Subscription
from farthing.usecases.change_subscription import (
    cycle_through,
    in_order,
    in_turn,
    refuse_other_payers,
    refuse_own_usage,
)
from farthing.usecases.changing import (
    Changed,
    When,
    billed_at_once,
    instant_of,
    instant_of_day,
    refuse_beyond_the_end,
    to_change,
)
from farthing.usecases.ports import SellerStore
from farthing.usecases.subscribe import check_quantities


def change_plan(
    store: SellerStore,
    *,
    customer_key: str,
    plan_key: str,
    to: str,
    now: datetime,
    when: When | None = None,
    from_day: date | None = None,
    quantities: Mapping[str, Decimal] | None = None,
    subscription_id: UUID | None = None,
) -> Changed:
    """Move to the newest version of another plan.

    If nothing is said, a plan with a higher base fee counts from now on, and one with a lower fee from the next period
    on. Now, the rest of a fee that was charged ahead is given back and the new one is charged from its day on, on an
    invoice at once; the old plan's usage is billed when the period ends. What was to change later is replaced.
    """
    with store.transaction():
        agreement = to_change(  # Read.
            store,
            Act.CHANGE_PLAN,
            customer_key=customer_key,
            plan_key=plan_key,
            now=now,
            subscription_id=subscription_id,
        )
        subscription = agreement.subscription
        plan = _offered(store, to)
        check_quantities(plan, quantities or {})
        since = _since(agreement, plan, quantities or {}, when=when, from_day=from_day, now=now)  # Decide.
        refuse_beyond_the_end(subscription, since)
        if subscription.plan_at(since)[0] == plan.key:
            raise Clash(f"{customer_key} is on the plan “{plan.key}” by then already.", field="to")
        changed = moved(agreement, plan, since=since, quantities=quantities or {})
        known = {**agreement.plans, (plan.key, plan.version): plan}
        changed = replace(changed, cycle=cycle_through(changed, known, since=since))
        _refuse_what_cannot_be_billed(store, agreement, changed, plan, since=since)
        store.keep_agreement(changed)  # Write.
        if changed.cycle != subscription.cycle:
            store.keep_cycle(changed)
        return billed_at_once(store, changed, since=since, now=now)


def change_quantities(
    store: SellerStore,
    *,
    customer_key: str,
    plan_key: str,
    quantities: Mapping[str, Decimal],
    now: datetime,
    subscription_id: UUID | None = None,
) -> Changed:
    """So many of something from now on; what was charged ahead for the old number is given back from today on.

    `change_subscription.agree_quantities` does the same from the next period on.
    """
    with store.transaction():
        agreement = to_change(  # Read.
            store,
            Act.CHANGE_QUANTITY,
            customer_key=customer_key,
            plan_key=plan_key,
            now=now,
            subscription_id=subscription_id,
        )
        subscription = agreement.subscription
        since = max(instant_of(subscription, When.NOW, now=now), subscription.starts_at)  # Decide.
        refuse_beyond_the_end(subscription, since)
        check_quantities(agreement.plan_at(since), quantities)
        changed = replace(subscription, quantities=_agreed(subscription, quantities, since=since))
        if changed == subscription:
            return Changed(subscription, since)
        store.keep_agreement(changed)  # Write.
        return billed_at_once(store, changed, since=since, now=now)


def base_fee(agreement: Agreement, plan: Plan, quantities: Mapping[str, Decimal], *, at: datetime) -> Money:
    """What a plan's fees come to for the full period that holds an instant, for what is agreed or wished."""
    subscription = agreement.subscription
    period = subscription.cycle.period_holding(at)
    fees = []
    for price in plan.prices:
        if price.meter is None and price.timing is not Timing.ONCE:
            name = price.quantity
            said = None if name is None else quantities.get(name, subscription.quantity_at(name, at))
            number = said if said is not None or name is None else Decimal(1)
            fees.append(rate_fee(price, period, subscription.cycle, in_currency=plan.currency, number=number).amount)
    return total(fees, in_currency=plan.currency)


def moved(
    agreement: Agreement, plan: Plan, *, since: datetime, quantities: Mapping[str, Decimal] | None = None
) -> Subscription:
    """The subscription with another plan from an instant on, whatever was agreed for later."""
    subscription = agreement.subscription
    before = phase_running(agreement.plan_at(since), subscription, since)
    after = phase_running(plan, subscription, since)
    ends_phases = before is not None and (after is None or after.key != before.key)
    later = sorted({agreed.since for agreed in subscription.versions if agreed.since > since})
    added = [AgreedVersion(since, plan.key, plan.version, ends_phases)]
    added += [AgreedVersion(instant, plan.key, plan.version) for instant in later]
    return replace(
        subscription,
        versions=in_turn(subscription.versions, added),
        quantities=_agreed(subscription, quantities or {}, since=since),
    )


def _agreed(
    subscription: Subscription, quantities: Mapping[str, Decimal], *, since: datetime
) -> tuple[AgreedQuantity, ...]:
    added = [
        AgreedQuantity(since, name, number)
        for name, number in sorted(quantities.items())
        if subscription.quantity_at(name, since) != number
    ]
    return in_order(subscription.quantities, added)


def _offered(store: SellerStore, key: str) -> Plan:
    plan = store.plan(key)
    if plan is None:
        known = ", ".join(known.key for known in store.plans())
        raise Unknown(f"There is no plan “{key}”; there are: {known}.", field="to")
    return plan


def _since(
    agreement: Agreement,
    plan: Plan,
    quantities: Mapping[str, Decimal],
    *,
    when: When | None,
    from_day: date | None,
    now: datetime,
) -> datetime:
    subscription = agreement.subscription
    if from_day is not None:
        if when is not None:
            raise Refused("Say a day, or now, or period_end; not two of them.", field="when")
        return instant_of_day(subscription, from_day, now=now)
    if plan.every != subscription.cycle.in_force(now).every:
        if when is When.NOW:
            raise Refused(
                f"The plan “{plan.key}” has periods of another length; such a move begins with the next period.",
                field="when",
            )
        return instant_of(subscription, When.PERIOD_END, now=now)
    return instant_of(subscription, when or _by_base_fee(agreement, plan, quantities, now=now), now=now)


def _by_base_fee(agreement: Agreement, plan: Plan, quantities: Mapping[str, Decimal], *, now: datetime) -> When:
    """An upgrade counts now and a downgrade with the next period; both share a cycle, so a day's fee is a period's."""
    there = agreement.plan_at(now)
    agreed = _in_currency_of(agreement, plan)
    before = base_fee(agreement, there, {}, at=now)
    after = base_fee(agreement, agreed, quantities, at=now)
    if before == after:
        raise Refused(
            f"The plans “{there.key}” and “{plan.key}” have the same base fee, {after}; say whether the change counts "
            "now or from period_end on.",
            field="when",
        )
    return When.NOW if after.minor > before.minor else When.PERIOD_END


def _in_currency_of(agreement: Agreement, plan: Plan) -> Plan:
    """The plan in the currency of the subscription, which it has to have."""
    subscription = agreement.subscription
    in_currency = agreement.plan_at(subscription.starts_at).currency
    offered = plan.currency if subscription.currency is None else None
    if in_currency not in plan.currencies or (offered is not None and offered != in_currency):
        raise Refused(
            f"The plan “{plan.key}” does not charge in {in_currency} first, which the subscription is in; an invoice "
            "has one currency.",
            field="to",
        )
    return plan.in_currency(in_currency.code)


def _refuse_what_cannot_be_billed(
    store: SellerStore, agreement: Agreement, changed: Subscription, plan: Plan, *, since: datetime
) -> None:
    """Refuses another currency, usage that an add-on prices too, and usage that another subscription pays for."""
    agreed = _in_currency_of(agreement, plan)
    refuse_other_payers(store, changed, agreed, f"the plan “{plan.key}”", since=since)
    known = {**agreement.plans, (plan.key, plan.version): plan}
    after = Agreement(changed, known, agreement.add_ons)
    for attached in changed.add_ons:
        if attached.ends_at is None or attached.ends_at > since:
            add_on = agreement.add_ons[attached.add_on_key, attached.version]
            refuse_own_usage(after, add_on, since=max(since, attached.starts_at))
