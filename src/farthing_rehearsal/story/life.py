"""How a story tells a subscription's life: another plan or number, a rest, an end, and going on after all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from farthing.usecases.cancel_subscription import cancel_subscription, uncancel_subscription
from farthing.usecases.change_plan import change_plan, change_quantities
from farthing.usecases.changing import When
from farthing.usecases.rest_subscription import pause_subscription, resume_subscription
from farthing_rehearsal.story.expect import Unmet
from farthing_rehearsal.story.script import Cue
from farthing_rehearsal.story.stage import Stage
from farthing_rehearsal.story.wishes import read_day, read_quantities

_WHEN = {"now": When.NOW, "later": When.PERIOD_END}


def _words(cue: Cue, usage: str, least: int) -> Sequence[str]:
    if len(cue.words) < least:
        raise Unmet(expected=usage, happened=cue.text)
    return cue.words


def _when(words: Sequence[str], cue: Cue, usage: str) -> tuple[When | None, date | None]:
    """`now`, `later` for the next period, or a day; nothing where nothing is said."""
    match words:
        case []:
            return None, None
        case [word] if word in _WHEN:
            return _WHEN[word], None
        case [day] if day[:1].isdigit():
            return None, read_day(day)
    raise Unmet(expected=usage, happened=cue.text)


def _change(stage: Stage, cue: Cue) -> None:
    usage = "change CUSTOMER PLAN [to PLAN] [NAME=NUMBER …] [now|later|DATE]"
    key, plan, *more = _words(cue, usage, 3)
    agreed = read_quantities([word for word in more if "=" in word])
    rest = [word for word in more if "=" not in word]
    if rest[:1] != ["to"]:
        if rest not in ([], ["now"]) or not agreed:
            raise Unmet(expected=usage, happened=cue.text)
        change_quantities(stage.store, customer_key=key, plan_key=plan, quantities=agreed, now=cue.at)
        return
    if len(rest) < 2:
        raise Unmet(expected=usage, happened=cue.text)
    when, from_day = _when(rest[2:], cue, usage)
    change_plan(
        stage.store,
        customer_key=key,
        plan_key=plan,
        to=rest[1],
        now=cue.at,
        when=when,
        from_day=from_day,
        quantities=agreed or None,
    )


def _pause(stage: Stage, cue: Cue) -> None:
    usage = "pause CUSTOMER PLAN [now|later] [until DATE]"
    key, plan, *more = _words(cue, usage, 2)
    until = None
    if len(more) >= 2 and more[-2] == "until":
        until, more = read_day(more[-1]), more[:-2]
    when, day = _when(more, cue, usage)
    if day is not None:
        raise Unmet(expected=usage, happened=cue.text)
    pause_subscription(stage.store, customer_key=key, plan_key=plan, now=cue.at, when=when or When.NOW, until=until)


def _resume(stage: Stage, cue: Cue) -> None:
    key, plan = _exactly(cue, "resume CUSTOMER PLAN")
    resume_subscription(stage.store, customer_key=key, plan_key=plan, now=cue.at)


def _cancel(stage: Stage, cue: Cue) -> None:
    usage = "cancel CUSTOMER PLAN [now|later|DATE]"
    key, plan, *more = _words(cue, usage, 2)
    when, on = _when(more, cue, usage)
    cancel_subscription(stage.store, customer_key=key, plan_key=plan, now=cue.at, when=when or When.PERIOD_END, on=on)


def _uncancel(stage: Stage, cue: Cue) -> None:
    key, plan = _exactly(cue, "uncancel CUSTOMER PLAN")
    uncancel_subscription(stage.store, customer_key=key, plan_key=plan, now=cue.at)


def _exactly(cue: Cue, usage: str) -> Sequence[str]:
    if len(cue.words) != 2:
        raise Unmet(expected=usage, happened=cue.text)
    return cue.words


VERBS: Mapping[str, Callable[[Stage, Cue], None]] = {
    "change": _change,
    "pause": _pause,
    "resume": _resume,
    "cancel": _cancel,
    "uncancel": _uncancel,
}
