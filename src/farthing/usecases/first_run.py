"""The first run: from nothing to a first invoice that can be looked at, in steps that can be taken in any sitting.

What the books say themselves (a bound channel, a plan, an event) is never noted a second time; so a step that somebody
took elsewhere counts as well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from farthing.core.first_run import FirstRun
from farthing.core.metering.meter import Meter
from farthing.core.parties import Customer
from farthing.core.people import Ask, Person
from farthing.core.period import Period, local_date
from farthing.core.pricing.plan import Plan
from farthing.core.refused import Refused
from farthing.core.saying import message
from farthing.core.subscriptions.subscription import Subscription
from farthing.usecases.agreed import agreement_of
from farthing.usecases.apply_catalogue import Change, apply_catalogue
from farthing.usecases.customers import add_customer
from farthing.usecases.goal_ports import Done, Step
from farthing.usecases.joined import joined
from farthing.usecases.ports import KeptEvent, SellerStore
from farthing.usecases.subscribe import Wishes, subscribe

_NO_KEY = re.compile(r"[^a-z0-9]+")


def show_first_run(store: SellerStore, *, person: Person) -> FirstRun:
    """How far it has come, for whoever may take its steps."""
    person.must(Ask.SET_UP)
    with store.transaction():
        steps = {done.step: done for done in store.first_run_steps()}
        trial = None if Step.CUSTOMER not in steps else store.customer_by_key(steps[Step.CUSTOMER].about)
        install = store.slack_install()
        event = None if trial is None else _first_event(store, trial)
        put, taken = steps.get(Step.PUT_AWAY), steps.get(Step.TAKEN_OUT)
        return FirstRun(
            goals=store.goals(),
            finance_channel=None if install is None else install.finance_channel,
            plans=store.plans(),
            example=steps[Step.CATALOGUE].about if Step.CATALOGUE in steps else None,
            trial=trial,
            has_subscriptions=bool(store.subscriptions()),
            has_events=event is not None if trial is not None else store.last_position() > 0,
            event_id=None if event is None else event.event.id,
            event_at=None if event is None else event.accepted_at,
            seen_preview=Step.PREVIEW in steps,
            is_put_away=put is not None and (taken is None or taken.at < put.at),
        )


def _first_event(store: SellerStore, customer: Customer) -> KeptEvent | None:
    """The first event of a customer that a meter of their plans counts."""
    last = store.last_position()
    for subscription in store.subscriptions(customer_id=customer.customer_id):
        prices = [price for plan in agreement_of(store, subscription).plans.values() for price in plan.prices]
        for event_type in sorted({price.meter.event_type for price in prices if price.meter is not None}):
            since = Period(subscription.starts_at, datetime.max.replace(tzinfo=UTC))
            first = store.events(
                customer_id=customer.customer_id, event_type=event_type, period=since, to_position=last, limit=1
            )
            if first:
                return first[0]
    return None


def take_example(
    store: SellerStore,
    *,
    example: str,
    meters: Mapping[str, Meter],
    plans: Sequence[Plan],
    person: Person,
    now: datetime,
) -> list[Change]:
    """Make an example's meters and plans part of the catalogue; what is there already stays as it is."""
    person.must(Ask.SET_UP)
    with store.transaction():
        changes = apply_catalogue(joined(store), meters=meters, plans=plans, now=now)
        note_step(joined(store), Step.CATALOGUE, example, by=person, now=now)
    return changes


def add_trial_customer(
    store: SellerStore, *, name: str, plan_key: str, quantities: Mapping[str, Decimal], person: Person, now: datetime
) -> tuple[Customer, Subscription]:
    """A customer of this name on a plan from the first of this month on, so that their first event is seen at once."""
    person.must(Ask.SET_UP)
    key = customer_key(name)
    with store.transaction():
        in_zone = store.seller().entity.in_zone
        customer = add_customer(joined(store), key=key, name=name, in_zone=in_zone, now=now)
        today = local_date(now, in_zone=in_zone)
        subscription = subscribe(
            joined(store),
            customer_key=key,
            plan_key=plan_key,
            starts_on=today.replace(day=1),
            wishes=Wishes(quantities=quantities),
        )
        note_step(joined(store), Step.CUSTOMER, key, by=person, now=now)
    return customer, subscription


def note_step(store: SellerStore, step: Step, about: str, *, by: Person, now: datetime) -> None:
    """Keep that a step was taken; one that says nothing new is not kept again."""
    by.must(Ask.SET_UP)
    with store.transaction():
        store.lock_goals()
        same = [done for done in store.first_run_steps() if done.step is step]
        if same and same[-1].about == about and step not in (Step.PUT_AWAY, Step.TAKEN_OUT):
            return
        store.keep_first_run_step(Done(step, about, by.name, now.astimezone(UTC)))


def customer_key(name: str) -> str:
    """The key that a customer of this name gets.

    >>> customer_key("Example & Söhne Ltd")
    'example-s-hne-ltd'
    """
    key = _NO_KEY.sub("-", name.casefold()).strip("-")[:64].strip("-")
    if not key:
        raise Refused(
            message("Write some letters from a to z too; the customer's key is made from them."), field="name"
        )
    return key
