"""The catalogue is applied: what is new or changed becomes a new version, what is equal stays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Generic, TypeVar

from farthing.core.metering.meter import Meter
from farthing.core.metering.rule import EventRule, rule_terms
from farthing.core.pricing.plan import AddOn, Plan
from farthing.core.pricing.terms import addon_terms, meter_terms, plan_terms
from farthing.core.refused import Clash
from farthing.usecases.ports import SellerStore

Part = TypeVar("Part", Meter, EventRule, Plan, AddOn)


@dataclass(frozen=True, slots=True)
class Change:
    """One meter, rule, plan or add-on that got a version; a rule's key is the type of its events."""

    what: str
    key: str
    version: int


@dataclass(frozen=True, slots=True)
class Pair(Generic[Part]):
    """What a file says of one thing: as it is now, if it is there, and as it would be."""

    before: Part | None
    after: Part
    changes: bool


@dataclass(frozen=True, slots=True)
class Decided:
    """What a file would make of the catalogue, in its own order; what it does not name stays."""

    meters: tuple[Pair[Meter], ...]
    plans: tuple[Pair[Plan], ...]
    add_ons: tuple[Pair[AddOn], ...]
    rules: tuple[Pair[EventRule], ...] = ()


def apply_catalogue(
    store: SellerStore,
    *,
    meters: Mapping[str, Meter],
    plans: Sequence[Plan],
    add_ons: Sequence[AddOn] = (),
    rules: Sequence[EventRule] = (),
    now: datetime,
    starts_from: date | None = None,
) -> list[Change]:
    """Keep what differs from the newest versions. Subscriptions stay on the version they agreed to.

    With `starts_from` the new versions of plans are for subscriptions that start on that day or later. The versions
    the parts come with are not looked at. Refuses (Clash) a meter of events of which some were accepted without what
    it needs: no period with one of them could ever be closed.
    """
    changes: list[Change] = []
    with store.transaction():
        store.lock_catalogue()  # Read.
        decided = decide(  # Decide.
            store, meters=meters, plans=plans, add_ons=add_ons, rules=rules, starts_from=starts_from
        )
        for meter in decided.meters:  # Write, in the order in which one needs the other.
            if meter.changes:
                store.keep_meter(meter.after, created_at=now)
                changes.append(Change("meter", meter.after.key, meter.after.version))
        for rule in decided.rules:
            if rule.changes:
                store.keep_event_rule(rule.after, created_at=now)
                changes.append(Change("rule", rule.after.key, rule.after.version))
        for plan in decided.plans:
            if plan.changes:
                store.keep_plan(plan.after, created_at=now, starts_from=starts_from)
                changes.append(Change("plan", plan.after.key, plan.after.version))
        for add_on in decided.add_ons:
            if add_on.changes:
                store.keep_add_on(add_on.after, created_at=now)
                changes.append(Change("add-on", add_on.after.key, add_on.after.version))
    return changes


def decide(
    store: SellerStore,
    *,
    meters: Mapping[str, Meter],
    plans: Sequence[Plan],
    add_ons: Sequence[AddOn] = (),
    rules: Sequence[EventRule] = (),
    starts_from: date | None = None,
) -> Decided:
    """What applying these would change; to be called in a transaction."""
    known = store.meters()
    of_meters = tuple(_meter(store, known.get(key), wanted) for key, wanted in meters.items())
    newest = {**known, **{pair.after.key: pair.after for pair in of_meters}}
    there = store.event_rules() if rules else {}
    return Decided(
        of_meters,
        tuple(_plan(store, wanted.with_meters(newest), starts_from=starts_from) for wanted in plans),
        tuple(_add_on(store, wanted.with_meters(newest)) for wanted in add_ons),
        tuple(_rule(there.get(wanted.event_type), wanted) for wanted in rules),
    )


def _meter(store: SellerStore, there: Meter | None, wanted: Meter) -> Pair[Meter]:
    # The schemas are compared as their texts: true is not 1 there.
    if there is not None and meter_terms(there) == meter_terms(wanted) and there.schema == wanted.schema:
        return Pair(there, there, changes=False)
    _refuse_unmeasurable(store, wanted)
    return Pair(there, replace(wanted, version=1 if there is None else there.version + 1), changes=True)


def _rule(there: EventRule | None, wanted: EventRule) -> Pair[EventRule]:
    if there is not None and replace(wanted, version=there.version) == there:
        return Pair(there, there, changes=False)
    if there is None and not rule_terms(wanted):
        return Pair(None, wanted, changes=False)
    return Pair(there, replace(wanted, version=1 if there is None else there.version + 1), changes=True)


def _plan(store: SellerStore, wanted: Plan, *, starts_from: date | None) -> Pair[Plan]:
    there = store.plan(wanted.key)
    if there is None:
        return Pair(None, wanted.as_version(1), changes=True)
    if plan_terms(there) == plan_terms(wanted):
        from_day = store.plan_starts_from(there.key, there.version)
        if from_day is None or (starts_from is not None and from_day <= starts_from):
            return Pair(there, there, changes=False)
    return Pair(there, wanted.as_version(there.version + 1), changes=True)


def _add_on(store: SellerStore, wanted: AddOn) -> Pair[AddOn]:
    there = store.add_on(wanted.key)
    if there is not None and addon_terms(there) == addon_terms(wanted):
        return Pair(there, there, changes=False)
    return Pair(there, wanted.as_version(1 if there is None else there.version + 1), changes=True)


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
