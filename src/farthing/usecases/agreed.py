"""What a subscription agreed to, with the plans and add-ons it names; to be called in a transaction."""

from collections.abc import Iterable
from uuid import UUID

from farthing.core.money import Currency
from farthing.core.pricing.plan import AddOn, Plan
from farthing.core.rating.agreement import Agreement
from farthing.core.subscriptions.subscription import Subscription
from farthing.usecases.ports import SellerStore


def agreements_of(store: SellerStore, subscriptions: Iterable[Subscription]) -> dict[UUID, Agreement]:
    """The agreements behind these; a plan or an add-on that several name is read once."""
    plans: dict[tuple[str, int], Plan] = {}
    add_ons: dict[tuple[str, int], AddOn] = {}
    found: dict[UUID, Agreement] = {}
    for one in subscriptions:
        named = [
            (one.plan_key, one.plan_version),
            *((agreed.plan_key, agreed.plan_version) for agreed in one.versions),
        ]
        attached = [(agreed.add_on_key, agreed.version) for agreed in one.add_ons]
        for place in named:
            if place not in plans:
                plans[place] = _plan(store, *place)
        for place in attached:
            if place not in add_ons:
                add_ons[place] = _add_on(store, *place)
        found[one.subscription_id] = Agreement(
            subscription=one,
            plans={place: plans[place] for place in named},
            add_ons={place: add_ons[place] for place in attached},
        )
    return found


def currency_of(agreement: Agreement) -> Currency:
    """The currency in which a subscription is billed."""
    return agreement.plan_at(agreement.subscription.starts_at).currency


def agreement_of(store: SellerStore, subscription: Subscription) -> Agreement:
    """The agreement behind a subscription."""
    named = {
        (subscription.plan_key, subscription.plan_version),
        *((agreed.plan_key, agreed.plan_version) for agreed in subscription.versions),
    }
    attached = {(agreed.add_on_key, agreed.version) for agreed in subscription.add_ons}
    return Agreement(
        subscription=subscription,
        plans={(key, version): _plan(store, key, version) for key, version in named},
        add_ons={(key, version): _add_on(store, key, version) for key, version in attached},
    )


def _plan(store: SellerStore, key: str, version: int) -> Plan:
    plan = store.plan(key, version)
    assert plan is not None, f"plan {key} {version} is subscribed to"
    return plan


def _add_on(store: SellerStore, key: str, version: int) -> AddOn:
    add_on = store.add_on(key, version)
    assert add_on is not None, f"add-on {key} {version} is subscribed to"
    return add_on
