"""What a story says of payments: a method on file, what is collected by it, what is left of a payment, and past due."""

from __future__ import annotations

from collections.abc import Callable

from farthing.usecases.collect import settle_attempts
from farthing.usecases.collect_due import collect_due, gateway_for
from farthing.usecases.payment_methods import put_method
from farthing.usecases.payments import list_payments
from farthing.usecases.show_subscription import show_subscriptions
from farthing_rehearsal.story.expect import Unmet, expect_money
from farthing_rehearsal.story.script import Cue
from farthing_rehearsal.story.stage import Stage

_BY = "the story"


def method(stage: Stage, cue: Cue) -> None:
    """`method CUSTOMER TOKEN`: how the customer pays by themselves from now on."""
    key, token = _words(cue, "method CUSTOMER TOKEN", 2)
    put_method(stage.store, key, token=token, by=_BY, now=cue.at)


def collect(stage: Stage, cue: Cue) -> None:
    """`collect [-> STATE …]`: what the job does; the attempts that ended or were made, in order."""
    gateway = gateway_for(stage.wired, stage.store)
    made = [*settle_attempts(stage.store, gateway, now=cue.at), *collect_due(stage.store, gateway, now=cue.at)]
    happened = " ".join(one.state.value for one in made) or "nothing"
    expected = cue.rest.removeprefix("->").strip()
    if expected and expected != happened:
        raise Unmet(expected=expected, happened=happened)


def free(stage: Stage, cue: Cue) -> None:
    """`free CUSTOMER AMOUNT CURRENCY`: what is left of the customer's newest payment and pays nothing."""
    key, *amount = _words(cue, "free CUSTOMER AMOUNT CURRENCY", 3)
    payments = list_payments(stage.store, customer_key=key, limit=1)
    if not payments:
        raise Unmet(expected=" ".join(amount), happened="no payment")
    expect_money(amount, payments[0].standing.free)


def state(stage: Stage, cue: Cue) -> None:
    """`state CUSTOMER PLAN STATE`: where the subscription is in its life."""
    key, plan, expected = _words(cue, "state CUSTOMER PLAN STATE (such as past_due)", 3)
    found = show_subscriptions(stage.store, customer_key=key, person=None, now=cue.at, plan_key=plan)
    happened = " ".join(one.state.value.replace(" ", "_") for one in found) or "no subscription"
    if happened != expected:
        raise Unmet(expected=expected, happened=happened)


VERBS: dict[str, Callable[[Stage, Cue], None]] = {
    "method": method,
    "collect": collect,
    "free": free,
    "state": state,
}


def _words(cue: Cue, usage: str, number: int) -> list[str]:
    if len(cue.words) != number:
        raise Unmet(expected=usage, happened=cue.text)
    return list(cue.words)
