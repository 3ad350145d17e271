"""Batches: what came in under a name is previewed before, and taken back as a whole, each event once."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from farthing.core.metering.event import UsageEvent, read_event
from farthing.core.refused import Clash, Refused, Unknown
from farthing.postgres.database import PostgresStore
from farthing.usecases.batches import (
    check_batch_name,
    find_batch,
    go_on_reverting,
    go_on_reverting_all,
    list_batches,
    record_in_batch,
    revert_batch,
)
from farthing.usecases.check_books import check_books
from farthing.usecases.customers import add_customer
from farthing.usecases.mend_usage import replay
from farthing.usecases.owed import find_owed
from farthing.usecases.ports import ALL_APART, SellerStore
from farthing.usecases.preview_usage import preview
from farthing.usecases.record_usage import record_events
from tests.databases import NOW, close
from tests.usecases.shop import at_once, instant, open_shop, outcomes, record, sent
from tests.usecases.test_correct_usage import amendment, correct, correction, counts, tokens


class Undone(Exception):
    """What a test did is not to be kept."""


def bring_in(store: PostgresStore, name: str, *ids: str, **members: Any) -> list[str]:
    """Import some events of Acme's under a name; what became of each."""
    events = [read_event({**dict(sent(one)), **members}) for one in ids]  # type: ignore[call-overload]
    return outcomes(record_in_batch(store, name, events, now=NOW))


def revert(store: PostgresStore, name: str) -> int:
    batch = revert_batch(store, name, reason="It was last year's file.", by="ada", now=NOW)
    assert batch.revert is not None
    assert batch.revert.is_complete
    return batch.revert.voided


def test_a_batch_is_reverted_as_a_whole_and_nothing_else_is(store: PostgresStore) -> None:
    open_shop(store)
    record(store, sent("0"))
    bring_in(store, "backfill", "1", "2")
    record(store, sent("3"))
    assert bring_in(store, "backfill", "2", "3", "4") == ["duplicate", "duplicate", "accepted"]
    assert (tokens(store), find_batch(store, "backfill").events) == (2000, 3)
    assert revert(store, "backfill") == 3
    assert tokens(store) == 800
    assert (counts(store).accepted, counts(store).voided) == (5, 3)
    assert check_books(store) == []
    told = record(store, sent("1"), sent("0"))
    assert outcomes(told) == ["duplicate", "duplicate"]
    assert ["voided" in one.reason for one in told] == [True, False]


def test_the_steps_of_a_revert_begin_and_end_within_the_batchs_parts(store: PostgresStore) -> None:
    """A part is what came in at once: steps may end inside of one, reach over several, and skip what is between."""
    open_shop(store)
    for part, own in enumerate((2, 1, 3, 1)):
        bring_in(store, "backfill", *(f"{part} {number}" for number in range(own)))
        record(store, sent(f"not of it {part}"))
    for limit, steps in ((1, [1] * 7), (2, [2, 2, 2, 1]), (3, [3, 3, 1]), (4, [4, 3]), (100, [7])):
        with pytest.raises(Undone), store.transaction():  # noqa: PT012
            store.hold_acceptance()
            store.open_revert("backfill", by="ada", reason="r", at=NOW)
            done = []
            while (voided := store.revert_step("backfill", limit=limit)) is not None:
                done.append(voided)
            assert (limit, done, store.unfinished_reverts()) == (limit, steps, [])
            raise Undone


def test_reverting_again_changes_nothing_and_who_and_why_stay(store: PostgresStore) -> None:
    open_shop(store)
    bring_in(store, "backfill", "1", "2")
    revert(store, "backfill")
    batch = revert_batch(store, "backfill", reason="Another one.", by="bob", now=NOW)
    assert batch.revert is not None
    assert (batch.revert.by, batch.revert.reason, batch.revert.voided) == ("ada", "It was last year's file.", 2)
    with store.transaction():
        history = store.history(read_event(sent("1")).key)
    assert history is not None
    (only,) = history.corrections
    assert (history.batch, only.batch, only.by) == ("backfill", "backfill", "ada")


def test_what_was_amended_is_voided_as_amended_and_what_was_voided_is_left_alone(store: PostgresStore) -> None:
    open_shop(store)
    bring_in(store, "backfill", "1", "2", "3")
    correct(store, amendment("a", "1", 7), correction("b", "2"))
    assert tokens(store) == 407
    assert revert(store, "backfill") == 2
    assert tokens(store) == 0
    assert outcomes(correct(store, amendment("c", "1", 8))) == ["refused"]
    assert check_books(store) == []


def test_a_revert_that_was_cut_off_goes_on_where_it_was(store: PostgresStore) -> None:
    open_shop(store)
    bring_in(store, "backfill", *map(str, range(10)))
    bring_in(store, "backfill", *map(str, range(5, 15)))

    def cut_off(voided: int) -> None:
        raise KeyboardInterrupt(voided)

    with pytest.raises(KeyboardInterrupt):
        revert_batch(store, "backfill", reason="Wrong.", by="ada", now=NOW, after_step=cut_off)
    with store.transaction():
        store.hold_acceptance()
        assert store.revert_step("backfill", limit=3) is None
    assert tokens(store) == 0

    bring_in(store, "another", *map(str, range(20, 30)))
    with store.transaction():
        store.hold_acceptance()
        store.open_revert("another", by="ada", reason="Wrong.", at=NOW)
    for expected in (3, 3):
        with store.transaction():
            store.hold_acceptance()
            assert store.revert_step("another", limit=3) == expected
    assert tokens(store) == 1600
    before = find_batch(store, "another").revert
    assert before is not None
    assert (before.voided, before.is_complete) == (6, False)
    assert go_on_reverting_all(store) == 4
    assert (tokens(store), go_on_reverting_all(store), go_on_reverting(store, "another")) == (0, 0, 0)
    after = find_batch(store, "another").revert
    assert after is not None
    assert (after.voided, after.is_complete) == (10, True)


def test_what_is_accepted_out_of_quarantine_belongs_to_its_batch(store: PostgresStore) -> None:
    open_shop(store)
    assert bring_in(store, "backfill", "1", "2", subject="globex") == ["quarantined"] * 2
    bring_in(store, "backfill", "3")
    add_customer(store, key="globex", name="Globex", in_zone="UTC", now=NOW)
    with store.transaction():
        first = store.quarantine()[0].key
    replay(store, ALL_APART, now=NOW, limit=1)
    assert revert(store, "backfill") == 2
    replay(store, ALL_APART, now=NOW)
    assert tokens(store, customer="globex") == 400
    assert go_on_reverting_all(store) == 1
    assert (tokens(store, customer="globex"), go_on_reverting_all(store)) == (0, 0)
    assert find_batch(store, "backfill").apart == 2
    with store.transaction():
        history = store.history(first)
    assert history is not None
    assert history.batch == "backfill"


def test_nothing_is_added_to_a_batch_that_was_reverted(store: PostgresStore) -> None:
    open_shop(store)
    bring_in(store, "backfill", "1")
    revert(store, "backfill")
    with pytest.raises(Clash, match="another name"):
        bring_in(store, "backfill", "2")
    assert bring_in(store, "once more", "2") == ["accepted"]
    assert {one.name for one in list_batches(store)} == {"backfill", "once more"}


def test_an_unknown_batch_and_a_name_that_cannot_be_typed_are_refused(store: PostgresStore) -> None:
    open_shop(store)
    bring_in(store, "backfill", "1")
    with pytest.raises(Unknown, match="the newest are: backfill"):
        find_batch(store, "backfil")
    with pytest.raises(Unknown):
        find_batch(store, "\x00")
    for name in ("", " x", "a/b", "a\nb", "x" * 300):
        with pytest.raises(Refused):
            check_batch_name(name)
    with pytest.raises(Refused, match="reason"):
        revert_batch(store, "backfill", reason=" ", by="ada", now=NOW)
    assert tokens(store) == 400


def test_reverting_beside_ingestion_and_corrections_has_one_effect_each(store: PostgresStore) -> None:
    """Real threads: no deadlock, and what came in beside it stays."""
    open_shop(store)
    for start in range(0, 200, 50):
        bring_in(store, "backfill", *(f"b{number}" for number in range(start, start + 50)))

    def send(number: int) -> Callable[[], object]:
        return lambda: [record(store, *(sent(f"{number}-{at}-{one}") for one in range(10))) for at in range(10)]

    def amend(number: int) -> Callable[[], object]:
        return lambda: [correct(store, amendment(f"{number}-{at}", f"b{at}", 1)) for at in range(0, 200, 20)]

    acts = [lambda: revert_batch(store, "backfill", reason="Wrong.", by="ada", now=NOW)] * 2
    answers = at_once(*acts, *map(send, range(3)), *map(amend, range(2)))
    assert not [one for one in answers if isinstance(one, Exception)], answers
    assert tokens(store) == 300 * 400
    assert counts(store).voided == 200
    assert check_books(store) == []


# Previews. -----------------------------------------------------------------------------------------------------


def kept(events: list[UsageEvent]) -> Callable[[SellerStore], None]:
    def act(store: SellerStore) -> None:
        record_events(store, events, now=NOW)

    return act


def test_a_preview_says_what_would_change_on_which_draft_and_keeps_nothing(store: PostgresStore) -> None:
    open_shop(store)
    record(store, sent("1", time="2026-06-03T00:00:00Z"))
    close(store, "2026-05-31")
    events = [read_event(sent(one, time="2026-06-05T00:00:00Z", tokens=1000)) for one in ("2", "3")]
    (change,) = preview(store, kept(events), now=NOW)
    assert (change.customer.key, change.plan_key, change.price_key, change.invoice) == (
        "acme",
        "starter",
        "tokens",
        None,
    )
    assert change.before is not None
    assert change.after is not None
    assert (change.before.quantity, change.after.quantity) == (400, 2400)
    assert (str(change.before.amount), str(change.after.amount)) == ("0.80 USD", "4.10 USD")
    assert str(change.difference) == "3.30 USD"
    with store.transaction():
        assert (store.last_position(), store.counts().accepted) == (1, 1)


def test_a_preview_of_late_usage_says_what_would_be_owed_beside_the_invoice(store: PostgresStore) -> None:
    open_shop(store)
    record(store, sent("1"))
    close(store, "2026-01-31")
    (change,) = preview(store, kept([read_event(sent("2"))]), now=NOW)
    assert change.invoice is not None
    assert change.before is not None
    assert change.after is not None
    assert (change.before.quantity, change.after.quantity) == (400, 800)
    record(store, sent("2"))
    (again,) = preview(store, kept([read_event(sent("3"))]), now=NOW)
    assert again.before is not None
    assert again.after is not None
    assert (again.before.quantity, again.after.quantity) == (800, 1200)
    (owed,) = find_owed(store)
    assert (owed.line.quantity, owed.today.quantity, owed.late) == (400, 800, 1)
    assert owed.difference.amount == Decimal("0.80")


def test_what_changes_nothing_previews_nothing(store: PostgresStore) -> None:
    open_shop(store)
    record(store, sent("1"))
    assert preview(store, kept([read_event(sent("1"))]), now=NOW) == []
    assert preview(store, kept([read_event(sent("2", type="unknown"))]), now=NOW) == []
    with store.transaction():
        assert store.quarantine() == []


def test_a_preview_that_is_refused_keeps_nothing(store: PostgresStore) -> None:
    open_shop(store)

    def act(within: SellerStore) -> None:
        record_events(within, [read_event(sent("1"))], now=NOW)
        raise Refused("No more of it.")

    with pytest.raises(Refused, match="No more"):
        preview(store, act, now=instant("2026-01-20"))
    assert tokens(store) == 0
