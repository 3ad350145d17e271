"""What a walk does with agreements: subscribe, change, rest, leave and come back, move, and use what was bought."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from farthing.core.subscriptions.subscription import Standing
from farthing.usecases.cancel_subscription import cancel_subscription, uncancel_subscription
from farthing.usecases.change_cycle import change_anchor, move_customer
from farthing.usecases.change_plan import change_plan, change_quantities
from farthing.usecases.change_subscription import agree_quantities, attach_add_on, end_add_on
from farthing.usecases.changing import When
from farthing.usecases.correct_usage import correct_usage
from farthing.usecases.customers import find_customer
from farthing.usecases.record_usage import record_usage
from farthing.usecases.rest_subscription import pause_subscription, resume_subscription
from farthing.usecases.subscribe import Wishes, subscribe
from farthing_rehearsal.walk.shop import CUSTOMER, PLANS, ZONES, Shop

Act = Callable[[Shop, Random], str]


def _day(shop: Shop, dice: Random, *, before: int, after: int) -> date:
    return (shop.now + timedelta(days=dice.randint(-before, after))).date()


def _named(shop: Shop, dice: Random) -> dict[str, Any]:
    """Mostly a plan that runs."""
    plan = dice.choice(PLANS)
    if dice.random() < 0.9:
        with shop.store.transaction():
            customer = find_customer(shop.store, CUSTOMER, person=None)
            there = list(shop.store.subscriptions(customer_id=customer.customer_id))
        runs = [one for one in there if one.standing(at=max(shop.now, one.starts_at)) is Standing.ACTIVE]
        if runs:
            plan = dice.choice(runs).plan_at(shop.now)[0]
    return {"customer_key": CUSTOMER, "plan_key": plan, "now": shop.now}


def _seats(dice: Random) -> dict[str, Decimal]:
    return {"seats": Decimal(dice.randint(0, 9))}


def _subscribe(shop: Shop, dice: Random) -> str:
    plan, starts_on = dice.choice(PLANS), _day(shop, dice, before=20, after=20)
    wishes = Wishes(quantities=_seats(dice) if plan in ("small", "large") else {})
    subscribe(shop.store, customer_key=CUSTOMER, plan_key=plan, starts_on=starts_on, wishes=wishes)
    return f"subscribes to {plan} from {starts_on}"


def _change_plan(shop: Shop, dice: Random) -> str:
    named, to = _named(shop, dice), dice.choice(PLANS)
    when = dice.choice([None, When.NOW, When.PERIOD_END])
    from_day = _day(shop, dice, before=0, after=40) if dice.random() < 0.2 else None
    when = None if from_day else when
    quantities = _seats(dice) if to in ("small", "large") and dice.random() < 0.4 else None
    done = change_plan(shop.store, **named, to=to, when=when, from_day=from_day, quantities=quantities)
    return f"changes {named['plan_key']} to {to} from {done.since}"


def _change_quantities(shop: Shop, dice: Random) -> str:
    named, seats = _named(shop, dice), _seats(dice)
    if dice.random() < 0.6:
        change_quantities(shop.store, **named, quantities=seats)
        return f"{seats['seats']} seats of {named['plan_key']} now"
    agree_quantities(shop.store, **named, quantities=seats)
    return f"{seats['seats']} seats of {named['plan_key']} from the next period on"


def _pause(shop: Shop, dice: Random) -> str:
    named, when = _named(shop, dice), dice.choice([When.NOW, When.NOW, When.PERIOD_END])
    until = dice.choice([None, _day(shop, dice, before=0, after=60)])
    pause_subscription(shop.store, **named, when=when, until=until)
    return f"pauses {named['plan_key']} {when} until {until}"


def _resume(shop: Shop, dice: Random) -> str:
    named = _named(shop, dice)
    resume_subscription(shop.store, **named)
    return f"resumes {named['plan_key']}"


def _cancel(shop: Shop, dice: Random) -> str:
    named, when = _named(shop, dice), dice.choice(list(When))
    on = dice.choice([None, _day(shop, dice, before=0, after=50)])
    cancel_subscription(shop.store, **named, when=when, on=on)
    return f"cancels {named['plan_key']} {when if on is None else on}"


def _uncancel(shop: Shop, dice: Random) -> str:
    named = _named(shop, dice)
    uncancel_subscription(shop.store, **named)
    return f"un-cancels {named['plan_key']}"


def _change_anchor(shop: Shop, dice: Random) -> str:
    named, anchor = _named(shop, dice), _day(shop, dice, before=5, after=40)
    change_anchor(shop.store, **named, anchor=anchor)
    return f"counts {named['plan_key']} from {anchor}"


def _move(shop: Shop, dice: Random) -> str:
    zone = dice.choice(ZONES)
    move_customer(shop.store, customer_key=CUSTOMER, in_zone=zone, now=shop.now)
    return f"moves to {zone}"


def _add_on(shop: Shop, dice: Random) -> str:
    named = _named(shop, dice)
    if dice.random() < 0.4:
        end_add_on(shop.store, **named, add_on_key="extra")
        return f"gives the add-on of {named['plan_key']} back"
    from_day = dice.choice([None, _day(shop, dice, before=5, after=30)])
    number = Decimal(dice.randint(1, 3))
    attach_add_on(shop.store, **named, add_on_key="extra", from_day=from_day, number=number)
    return f"{number} add-ons beside {named['plan_key']} from {from_day}"


def _event(shop: Shop, dice: Random, *, days: float) -> dict[str, object]:
    at = shop.now - timedelta(days=days * dice.random())
    return {
        "source": "walk",
        "type": dice.choice(["use", "use", "call"]),
        "subject": CUSTOMER,
        "time": f"{at:%Y-%m-%dT%H:%M:%S.%f}Z",
        "data": {"tokens": dice.choice([0, 1, 99, 250, 1000, 4000, -30])},
    }


def _use(shop: Shop, dice: Random) -> str:
    batch = []
    days = dice.choice([1.0, 5.0, 50.0])
    for _ in range(dice.randint(1, 5)):
        name = f"{len(shop.sent) + 1}"
        shop.sent.append(name)
        batch.append(_event(shop, dice, days=days) | {"id": name})
    record_usage(shop.store, batch, now=shop.now)
    return f"{len(batch)} events of the last {days:g} days"


def _correct(shop: Shop, dice: Random) -> str:
    if not shop.sent:
        return "nothing to correct"
    name = dice.choice(shop.sent)
    said: dict[str, object] = {"source": "walk", "id": f"correction {shop.now.isoformat()} {dice.random()}"}
    said |= {"reason": "So it was.", "by": "walk", "of": {"source": "walk", "id": name}, "kind": "void"}
    if dice.random() < 0.6:
        said |= {"kind": "amend", "event": _event(shop, dice, days=30) | {"id": name}}
    correct_usage(shop.store, [said], now=shop.now)
    return f"{said['kind']} of event {name}"


ACTS: Mapping[str, Act] = {
    "subscribe": _subscribe,
    "change plan": _change_plan,
    "change quantities": _change_quantities,
    "pause": _pause,
    "resume": _resume,
    "cancel": _cancel,
    "un-cancel": _uncancel,
    "change anchor": _change_anchor,
    "move": _move,
    "add-on": _add_on,
    "use": _use,
    "correct": _correct,
}
