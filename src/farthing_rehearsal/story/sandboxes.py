"""What a story says of sandboxes: it is forked, a line is played in a fork, and two of them are compared."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from farthing.core.comparing import Both
from farthing.core.money import currency, zero
from farthing.usecases.compare_sandboxes import compare_sandboxes
from farthing.usecases.sandboxes import find_sandbox
from farthing_rehearsal.story.expect import Unmet, expect_money
from farthing_rehearsal.story.script import Cue
from farthing_rehearsal.story.stage import Stage


def line_within(cue: Cue) -> tuple[str, Cue]:
    """`in SANDBOX VERB …`: the sandbox, and the line that is played there."""
    if len(cue.words) < 2:
        raise Unmet(expected="in SANDBOX VERB …", happened=cue.text)
    name, verb, *words = cue.words
    return name, replace(cue, verb=verb, words=tuple(words), rest=" ".join(words))


@contextmanager
def within(stage: Stage, name: str) -> Iterator[None]:
    """The stage plays in another sandbox for a while."""
    own = stage.store
    stage.store = stage.wired.for_seller(find_sandbox(own, name).seller_id)
    try:
        yield
    finally:
        stage.store = own


def expect_difference(stage: Stage, cue: Cue) -> None:
    """What the second sandbox was billed more than the first; lines below are `CUSTOMER AMOUNT`."""
    match cue.words:
        case [left, right, amount, code]:
            pass
        case _:
            raise Unmet(expected="compare SANDBOX SANDBOX AMOUNT CURRENCY", happened=cue.text)
    of = currency(code)
    found = compare_sandboxes(stage.wired, stage.store, left=left, right=right).comparison
    by_customer = {
        key: next((both for both in totals if both.currency == of), Both(None, None, of)).difference
        for key, totals in found.of_customers().items()
    }
    told = " / ".join(f"{key} {money.amount:f}" for key, money in by_customer.items() if money) or "no difference"
    whole = next((both.difference for both in found.totals if both.currency == of), zero(of))
    try:
        expect_money([amount, code], whole)
        for line in cue.below:
            key, _, difference = line.partition(" ")
            expect_money([difference.strip(), code], by_customer.get(key, zero(of)))
    except Unmet as unmet:
        raise Unmet(expected=unmet.expected, happened=f"{unmet.happened}: {told}") from None
