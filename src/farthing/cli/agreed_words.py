"""What a subscription agrees to, in words: what changes for money and from when, and all of it at a glance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from farthing.cli.explained import line_quantity
from farthing.cli.reckoned import reckoned_rows
from farthing.cli.say import amount, grouped, instant, table
from farthing.core.cycle_words import cycle_in_words
from farthing.core.period import local_date
from farthing.core.pricing.plan import EntitlementKind, Timing, TrialUsage
from farthing.core.subscriptions.subscription import Attached, Subscription
from farthing.usecases.change_cycle import Moved
from farthing.usecases.entitlements import Entitled, Entitlements
from farthing.usecases.show_subscription import Agreed, fees_for, fees_of, first_draft, full_fee


def begun_sentence(agreed: Agreed) -> str:
    """What was subscribed to, and what it charges first."""
    subscription = agreed.subscription
    zone = subscription.cycle.in_zone
    beside = [f"in {agreed.currency.code}"] if subscription.currency is not None else []
    numbers = [f"{grouped(one.number)} {one.name}" for one in agreed.quantities if one.said]
    beside += [f"with {_listed(numbers)}"] if numbers else []
    beside += [f"with terms of its own for {_listed(list(subscription.overrides))}"] if subscription.overrides else []
    told = (
        f"{agreed.customer.key} is on the plan {subscription.plan_key} (version {subscription.plan_version}) "
        f"from {local_date(subscription.starts_at, in_zone=zone)} in {zone}"
        f"{''.join(f', {part}' for part in beside)}; "
        f"its periods {_begin(subscription)}"
    )
    if subscription.starts_at >= agreed.as_of and agreed.phase is not None and agreed.phase.phase.trial:
        told += f", its trial ends on {local_date(agreed.phase.ends_at, in_zone=zone)}"
    return f"{told}, and {_first_charge(agreed)}."


def _begin(subscription: Subscription) -> str:
    """How long its periods are, and where they start."""
    told = cycle_in_words(subscription.cycle, near=subscription.cycle.date_at(subscription.starts_at))
    return told.replace("from day", "start on day", 1) if told.startswith("from day") else f"are {told} on"


def anchored_sentence(customer_key: str, subscription: Subscription, since: datetime) -> str:
    """From when on the periods of a subscription are counted from another day, and what comes before that."""
    cycle = subscription.cycle
    since_day, stub = cycle.date_at(since), cycle.stretch_holding(since)
    told = (
        f"The periods of {customer_key} on the plan {subscription.plan_key} are counted "
        f"{cycle_in_words(cycle, near=cycle.date_at(stub.end))} on, since {since_day}"
    )
    full = cycle.period_holding(since)
    if stub == full:
        return f"{told}."
    running = cycle.in_force(since)
    return f"{told}; the first one is {running.days(stub)} of the {running.days(full)} days of its full period."


def moved_sentences(moved: Moved) -> Iterator[str]:
    """Where a customer is now, and from when on each subscription is cut by the clock there."""
    customer = moved.customer
    yield f"{customer.key} is in {customer.in_zone} now."
    for subscription, since in moved.subscriptions:
        cycle = subscription.cycle
        end = cycle.stretch_holding(since).end
        yield (
            f"The plan {subscription.plan_key} follows with the period that starts on {cycle.date_at(since)} and ends "
            f"at midnight there, {cycle.date_at(end)}; no fee changes by it."
        )


def quantities_sentence(agreed: Agreed, names: list[str], since: datetime) -> str:
    """How many there are from when on, and what that does to the fees for them."""
    subscription = agreed.subscription
    day = subscription.cycle.date_at(since)
    before_since = [one for one in agreed.quantities if one.since < since]
    parts = []
    for name in names:
        number = subscription.quantity_at(name, since)
        assert number is not None, f"{name} was agreed"
        before = next((one.number for one in before_since if one.name == name), None)
        part = f"{grouped(number)} {name}"
        if before is not None and before != number:
            part += f" instead of {grouped(before)}"
        fees = []
        for price in fees_for(agreed, name, at=since):
            fee = f"{price.name} is {full_fee(agreed, price, at=since, number=number)} a period then"
            if before is not None and before != number:
                fee += f" instead of {full_fee(agreed, price, at=since, number=before)}"
            fees.append(fee)
        parts.append(part + (f" ({_listed(fees)})" if fees else ""))
    return f"{agreed.customer.key} has {_listed(parts)} on the plan {subscription.plan_key} from {day} on."


def attached_sentence(agreed: Agreed, attached: Attached) -> str:
    """Which add-on runs from when on, and what it costs."""
    zone = agreed.subscription.cycle.in_zone
    add_on = agreed.add_on(attached)
    costs = []
    for price, fee in fees_of(agreed, attached):
        if price.timing is Timing.ONCE:
            costs.append(f"{price.name} is {fee} once")
        else:
            first = "" if _begins_a_period(agreed, attached.starts_at) else " (by its days in the first one)"
            costs.append(f"{price.name} is {fee} a period{first}")
    usage = [price.name for price in add_on.prices if price.meter is not None]
    if usage:
        costs.append(f"{_listed(usage)} {'is' if len(usage) == 1 else 'are'} charged by what is used")
    return (
        f"{agreed.customer.key} has the add-on {add_on.key} (version {add_on.version}{_times(attached.number)}) beside "
        f"the plan {agreed.subscription.plan_key} from {local_date(attached.starts_at, in_zone=zone)} on: "
        f"{_listed(costs)}."
    )


def detached_sentence(agreed: Agreed, attached: Attached) -> str:
    """From when on an add-on is no longer there, and what is still charged."""
    assert attached.ends_at is not None, f"{attached.add_on_key} ends"
    zone, of = agreed.subscription.cycle.in_zone, f"The add-on {attached.add_on_key} of {agreed.customer.key}"
    day = local_date(attached.ends_at, in_zone=zone)
    if attached.ends_at == attached.starts_at:
        return f"{of} is taken back before it began on {day}, and nothing is charged for it."
    return f"{of} ends: {day} is the first day without it, and what was agreed until then is charged."


def agreed_lines(agreed: Agreed) -> Iterator[str]:
    """All that a subscription agrees to, and its next invoice as it stands."""
    subscription, plan = agreed.subscription, agreed.plan
    cycle = subscription.cycle
    yield f"{plan.name} ({plan.key}), version {plan.version}, {_standing(agreed)}"
    near = cycle.date_at(max(agreed.as_of, subscription.starts_at))
    rows = [["Billed", f"in {agreed.currency.code}, in periods {cycle_in_words(cycle, near=near)} in "
             f"{cycle.in_zone}{_billed(agreed)}"]]  # fmt: skip
    for later in _versions_to_come(agreed):
        rows.append(["Version", later])
    if agreed.phase is not None:
        rows.append(["Phase", f"{agreed.phase.phase.name} until {_day(agreed, agreed.phase.ends_at)}{_free(agreed)}"])
    for quantity in agreed.quantities:
        since = f"since {_day(agreed, quantity.since)}" if quantity.said else "as long as no other number is agreed"
        if quantity.since > max(agreed.as_of, subscription.starts_at):
            since = f"from {_day(agreed, quantity.since)}"
        rows.append([quantity.name, f"{grouped(quantity.number)} {since}"])
    for attached in subscription.add_ons:
        rows.append(["Add-on", _attached_words(agreed, attached)])
    for path, value in override_paths(subscription.overrides):
        rows.append(["Own terms", f"{path} = {value}"])
    yield table(rows, indent="  ")
    if agreed.draft is not None:
        yield f"  Next invoice as it stands, of {_day(agreed, agreed.draft.at)}:"
        lines = [[line.name, line_quantity(line), amount(line.amount)] for line in agreed.draft.lines]
        *between, (total, comes_to) = reckoned_rows(agreed.draft)
        lines += [[name, "", money] for name, money in between]
        lines.append([f"{total} ({agreed.draft.currency.code})", "", comes_to])
        yield table(lines, right=[1, 2], indent="    ")


def entitlement_lines(entitlements: Entitlements) -> Iterator[str]:
    """What a customer may use, and where each comes from."""
    yield f"{entitlements.customer.name} ({entitlements.customer.key}), as of {instant(entitlements.as_of)}"
    if not entitlements.features:
        yield "No running subscription entitles to anything; plans and add-ons do with “entitlements” in the catalogue."
        return
    rows = [["FEATURE", "", "USED", "HELD", "LEFT", "UNTIL", "FROM"]]
    rows += [_entitled_row(entitled) for entitled in entitlements.features]
    if not any(entitled.held for entitled in entitlements.features):
        rows = [[*row[:3], *row[4:]] for row in rows]
    yield table(rows, right=range(2, len(rows[0]) - 2))


def override_paths(terms: Mapping[str, Any], *, under: str = "") -> Iterator[tuple[str, str]]:
    """Terms as the option --set writes them.

    >>> list(override_paths({"input": {"unit": "0.02", "minimum": None}}))
    [('input.unit', '0.02'), ('input.minimum', 'null')]
    """
    for name, value in terms.items():
        if isinstance(value, Mapping) and value:
            yield from override_paths(value, under=f"{under}{name}.")
        else:
            yield f"{under}{name}", _flow(value)


def _flow(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case Mapping():
            return "{" + ", ".join(f"{name}: {_flow(each)}" for name, each in value.items()) + "}"
        case list():
            return "[" + ", ".join(_flow(each) for each in value) + "]"
        case _:
            return str(value)


def _entitled_row(entitled: Entitled) -> list[str]:
    entitlement = entitled.entitlement
    unit = "" if entitlement.meter is None or not entitlement.meter.unit else f" {entitlement.meter.unit}"
    match entitlement.kind:
        case EntitlementKind.BOOLEAN:
            value = "yes" if entitlement.value else "no"
        case EntitlementKind.LIMIT:
            assert isinstance(entitlement.value, Decimal), f"{entitlement.feature} is a limit"
            value = f"{grouped(entitlement.value)}{unit}"
        case EntitlementKind.CONFIGURATION:
            value = str(entitlement.value)
    zone = entitled.sources[0].subscription.cycle.in_zone
    return [
        entitlement.feature,
        value,
        "" if entitled.used is None else grouped(entitled.used),
        grouped(entitled.held) if entitled.held else "",
        "" if entitled.left is None else grouped(entitled.left),
        "" if entitled.period is None else str(local_date(entitled.period.end, in_zone=zone)),
        " + ".join(
            source.key if source.number == 1 else f"{grouped(source.number)} x {source.key}"
            for source in entitled.sources
        ),
    ]


def _first_charge(agreed: Agreed) -> str:
    subscription = agreed.subscription
    draft = first_draft(agreed.agreement)
    begins = subscription.period_at(subscription.starts_at)
    assert begins is not None, f"subscription {subscription.subscription_id} begins"
    if draft.lines:
        return f"{draft.total} is charged at its start"
    return f"nothing is charged before its first period ends on {_day(agreed, begins.end)}"


def _standing(agreed: Agreed) -> str:
    subscription = agreed.subscription
    starts = _day(agreed, subscription.starts_at)
    if subscription.withdrawn:
        return f"taken back before it began on {starts}"
    match agreed.standing.value:
        case "coming":
            told = f"begins on {starts}"
        case "active":
            told = f"runs since {starts}"
        case _:
            told = f"ran from {starts}"
    if agreed.past_due:
        told = f"{told}, past due ({', '.join(invoice.number for invoice in agreed.past_due)})"
    if subscription.ends_at is None:
        return told
    return f"{told}, {_day(agreed, subscription.ends_at)} is the first day without it"


def _billed(agreed: Agreed) -> str:
    through = agreed.subscription.billed_through
    return ", nothing billed yet" if through is None else f", billed up to {_day(agreed, through)}"


def _versions_to_come(agreed: Agreed) -> list[str]:
    subscription = agreed.subscription
    shown = max(agreed.as_of, subscription.starts_at)
    in_force, told = subscription.version_at(shown), []
    for since in sorted({later.since for later in subscription.versions if later.since > shown}):
        # A move that was postponed leaves a day on which nothing changes.
        if subscription.version_at(since) != in_force:
            in_force = subscription.version_at(since)
            told.append(f"{in_force} from {_day(agreed, since)}")
    return told


def _free(agreed: Agreed) -> str:
    assert agreed.phase is not None, "a phase runs"
    phase = agreed.phase.phase
    if not phase.trial:
        return ""
    return ", a trial with free usage" if phase.trial_usage is TrialUsage.FREE else ", a trial whose usage is billed"


def _attached_words(agreed: Agreed, attached: Attached) -> str:
    add_on = agreed.add_on(attached)
    told = f"{add_on.name} ({add_on.key}), version {add_on.version}{_times(attached.number)}"
    starts = _day(agreed, attached.starts_at)
    if attached.ends_at is None:
        return f"{told}, {'since' if attached.starts_at <= agreed.as_of else 'from'} {starts}"
    if attached.ends_at == attached.starts_at:
        return f"{told}, taken back before it began on {starts}"
    return f"{told}, from {starts}, {_day(agreed, attached.ends_at)} is the first day without it"


def _begins_a_period(agreed: Agreed, at: datetime) -> bool:
    return agreed.subscription.cycle.stretch_holding(at).start == at


def _times(number: Decimal) -> str:
    return "" if number == 1 else f", {grouped(number)} times"


def _day(agreed: Agreed, at: datetime) -> str:
    return str(agreed.subscription.cycle.date_at(at))


def _listed(parts: list[str]) -> str:
    """Some parts as one text.

    >>> _listed(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
