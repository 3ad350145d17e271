"""The catalogue is applied: what is new or changed becomes a new version, what is equal stays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from farthing.core.metering.meter import Meter
from farthing.core.pricing.plan import Plan
from farthing.core.pricing.terms import meter_terms, plan_terms
from farthing.core.refused import Clash
from farthing.usecases.ports import SellerStore


@dataclass(frozen=True, slots=True)
class Change:
    """One meter or plan that got a version."""

    what: str
    key: str
    version: int


def apply_catalogue(
    store: SellerStore, *, meters: Mapping[str, Meter], plans: Sequence[Plan], now: datetime
) -> list[Change]:
    """Keep what differs from the newest versions. Subscriptions stay on the version they agreed to.

    The versions the meters and plans come with are not looked at. Refuses (Clash) a meter of events of which some
    were accepted without what it needs: no period with one of them could ever be closed.
    """
    changes: list[Change] = []
    with store.transaction():
        store.lock_catalogue()  # Read.
        known = store.meters()
        kept: dict[str, Meter] = {}
        for key, wanted in meters.items():  # Decide and write, in the order in which one needs the other.
            there = known.get(key)
            if there is not None and meter_terms(there) == meter_terms(wanted):
                kept[key] = there
                continue
            _refuse_unmeasurable(store, wanted)
            kept[key] = replace(wanted, version=1 if there is None else there.version + 1)
            store.keep_meter(kept[key], created_at=now)
            changes.append(Change("meter", key, kept[key].version))
        for wanted_plan in plans:
            newest = store.plan(wanted_plan.key)
            version = 1 if newest is None else newest.version + 1
            plan = wanted_plan.with_meters({**known, **kept}).as_version(version)
            if newest is None or plan_terms(newest) != plan_terms(plan):
                store.keep_plan(plan, created_at=now)
                changes.append(Change("plan", plan.key, version))
    return changes


def _refuse_unmeasurable(store: SellerStore, wanted: Meter) -> None:
    without = store.events_without(wanted)
    if without is None:
        return
    many = "1 event" if without.events == 1 else f"{without.events:,} events"
    needed = " and ".join(f"“{name}”" for name in sorted(wanted.measure.needs))
    first = without.first.event
    raise Clash(
        f"The meter “{wanted.key}” cannot measure {many} of type “{wanted.event_type}” that "
        f"{'was' if without.events == 1 else 'were'} accepted with no {needed} that it can measure, first “{first.id}” "
        f"from “{first.source}”; give the meter an event type of its own, and send that from now on.",
        field="property",
    )
