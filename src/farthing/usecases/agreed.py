"""What a subscription agreed to, with the plans and add-ons it names; to be called in a transaction."""

from farthing.core.pricing.plan import AddOn, Plan
from farthing.core.rating.agreement import Agreement
from farthing.core.subscriptions.subscription import Subscription
from farthing.usecases.ports import SellerStore


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
