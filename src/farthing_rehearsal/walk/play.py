"""A walk is played on a real database: after each act the books are proved, and a refusal is a sentence."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random

from farthing.core.refused import Refused
from farthing.usecases.check_books import check_books
from farthing.usecases.ports import SellerStore
from farthing.usecases.recompute_invoice import recompute_invoice
from farthing.usecases.show_invoices import list_invoices
from farthing_rehearsal.walk import agreements, money
from farthing_rehearsal.walk.shop import Shop, open_shop

ACTS = {**agreements.ACTS, **money.ACTS}
# What happens more often than the rest.
_OFTEN = ("use", "close", "close", "close", "change plan", "change quantities", "credit", "reissue", "pause", "resume")
AT_ONCE = "at once"


@dataclass(frozen=True, slots=True)
class Step:
    """One act, some hours after the one before it; `seed` decides all that is left open."""

    act: str
    hours: int
    seed: int


LAST = Step("release", 0, -1)


@dataclass
class Played:
    """How a walk went: its story, how many acts were done and refused, and why it failed if it did."""

    story: list[str] = field(default_factory=list)
    done: int = 0
    refused: int = 0
    failure: str | None = None
    kind: str = ""


def steps_of(seed: int, *, length: int) -> list[Step]:
    """The same seed makes the same walk."""
    dice = Random(f"steps {seed}")
    names = [*ACTS, *_OFTEN, AT_ONCE]
    hours = [0, 1, 20, 24, 50, 170, 300, 740]
    return [Step(dice.choice(names), dice.choice(hours), dice.randrange(2**32)) for _ in range(length)]


def play(store: SellerStore, seed: int, steps: Sequence[Step]) -> Played:
    """Play it on an empty seller; the books are proved after each act."""
    shop, played = open_shop(store, seed), Played()
    for step in [*steps, Step("close", 24 * 45, 0), LAST]:
        shop.wait(step.hours)
        try:
            _act(shop, step, played)
            _prove(shop)
            if step == LAST:
                _recompute(shop)
        except Exception as failure:
            played.failure = "".join(traceback.format_exception(failure)[-12:])
            played.kind = f"{type(failure).__name__}: {failure}".split("\n", maxsplit=1)[0][:300]
            return played
    return played


class Unsound(AssertionError):
    """The books do not prove."""


def _act(shop: Shop, step: Step, played: Played) -> None:
    at = f"{shop.now:%Y-%m-%d %H:%M}  {step.act}"
    if step.act != AT_ONCE:
        told = _tried(shop, step, played)
        played.story.append(f"{at}: {told}")
        return
    dice = Random(step.seed)
    both = [Step(dice.choice(list(ACTS)), 0, dice.randrange(2**32)) for _ in range(3)]
    played.story.append(f"{at}: {', '.join(one.act for one in both)}")
    with ThreadPoolExecutor(len(both)) as threads:
        for told in threads.map(lambda one: _tried(shop, one, played), both):
            played.story.append(f"    {told}")


def _tried(shop: Shop, step: Step, played: Played) -> str:
    try:
        told = ACTS[step.act](shop, Random(step.seed))
    except Refused as refusal:
        said = refusal.sentence
        assert said.endswith("."), f"a refusal is a sentence: {said!r}"
        played.refused += 1
        return f"refused: {said}"
    except Exception as failure:
        played.story.append(f"{step.act}: {failure!r}")
        raise
    played.done += 1
    return told


def _prove(shop: Shop) -> None:
    findings = check_books(shop.store)
    if findings:
        said = "; ".join(f"INV-{finding.number:02d} {finding.sentence}" for finding in findings)
        raise Unsound(said)


def _recompute(shop: Shop) -> None:
    """Each invoice comes out again by itself."""
    for _, invoice in list_invoices(shop.store, person=None):
        found = recompute_invoice(shop.store, invoice.number).findings
        if found:
            raise Unsound(f"{invoice.number} does not come out again: {'; '.join(map(str, found))}")
