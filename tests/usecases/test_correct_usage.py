"""Corrections: an event is amended or voided by a fact of its own; open periods follow, issued lines stay true."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from farthing.core.ids import id_of
from farthing.core.metering.correction import CorrectionKind, read_correction
from farthing.core.metering.meter import Reading
from farthing.core.metering.sample import whole
from farthing.core.period import Period
from farthing.core.refused import Refused
from farthing.jobs.settle_corrections import settle_everywhere
from farthing.postgres.database import Database, PostgresStore
from farthing.usecases.check_books import check_books
from farthing.usecases.correct_usage import apply_waiting, correct_usage
from farthing.usecases.customers import add_customer
from farthing.usecases.mend_usage import mend, replay
from farthing.usecases.ports import ALL_APART, UsageCounts
from farthing.usecases.record_usage import Told
from farthing.usecases.show_quality import show_conflicts
from tests.databases import NOW, close, fresh_store
from tests.http_api.callers import HeldInstallation
from tests.usecases.shop import METERS, instant, open_shop, outcomes, record, sent

JANUARY = Period(instant("2026-01-01"), instant("2026-02-01"))


def correction(correction_id: str, of: str, **members: object) -> dict[str, Any]:
    """A correction of the event with this id: a void, but for what is said otherwise."""
    usual = {"kind": "void", "of": {"source": "test", "id": of}, "reason": "It was a test.", "by": "ada"}
    return {"id": correction_id, "source": "ops", **usual, **members}


def amendment(
    correction_id: str, of: str, tokens: object, *, time: str | None = "2026-01-15T10:00:00Z", subject: str = "acme"
) -> dict[str, Any]:
    """One that says how many tokens it were."""
    event = {"type": "completion", "subject": subject, "time": time, "data": {"tokens": tokens}}
    return correction(correction_id, of, kind="amend", event=event)


def correct(store: PostgresStore, *corrections: object) -> list[Told]:
    return correct_usage(store, corrections, now=NOW)


def tokens(store: PostgresStore, *, customer: str = "acme", upto: int | None = None) -> Decimal:
    """January's tokens, as of a position."""
    with store.transaction():
        known = store.customer_by_key(customer)
        assert known is not None
        to_position = store.last_position() if upto is None else upto
        measured = store.measure(
            Reading(METERS["tokens"], whole(JANUARY)), customer_id=known.customer_id, to_position=to_position
        )
    assert isinstance(measured.quantity, Decimal)
    return measured.quantity


def counts(store: PostgresStore) -> UsageCounts:
    with store.transaction():
        return store.counts()


def key_of(event_id: str) -> Any:
    return id_of("event", "test", event_id)


def test_a_voided_event_counts_no_more_and_one_as_of_before_still_does(store: PostgresStore) -> None:
    open_shop(store)
    record(store, sent("1"), sent("2", tokens=5))
    assert outcomes(correct(store, correction("c", "1"))) == ["accepted"]
    assert (tokens(store), tokens(store, upto=2)) == (5, 405)
    assert (counts(store).accepted, counts(store).voided) == (2, 1)
    assert check_books(store) == []


def test_an_amended_event_says_something_else_and_stays_readable(store: PostgresStore) -> None:
    open_shop(store)
    record(store, sent("1"))
    assert outcomes(correct(store, amendment("c", "1", 7))) == ["accepted"]
    assert (tokens(store), tokens(store, upto=1)) == (7, 400)
    with store.transaction():
        history = store.history(key_of("1"))
    assert history is not None
    assert [version.data for version in history.versions] == [{"tokens": 400}, {"tokens": 7}]
    assert [version.ended_at for version in history.versions] == [2, None]
    (only,) = history.corrections
    assert (only.kind, only.by, only.reason, only.id) == (CorrectionKind.AMEND, "ada", "It was a test.", "c")
    assert counts(store).accepted == 1
    assert check_books(store) == []


def test_of_several_amendments_the_latest_position_counts(store: PostgresStore) -> None:
    open_shop(store)
    record(store, sent("1"))
    assert outcomes(correct(store, amendment("a", "1", 5), amendment("b", "1", 6))) == ["accepted"] * 2
    assert outcomes(correct(store, amendment("c", "1", 7))) == ["accepted"]
    assert [tokens(store, upto=upto) for upto in (1, 2, 3, 4)] == [400, 5, 6, 7]


def test_a_changed_time_or_subject_moves_usage_between_periods_and_customers(store: PostgresStore) -> None:
    open_shop(store)
    add_customer(store, key="globex", name="Globex", in_zone="UTC", now=NOW)
    record(store, sent("1"), sent("2"))
    correct(store, amendment("a", "1", 9, subject="globex"), amendment("b", "2", 400, time="2026-02-03T00:00:00Z"))
    assert (tokens(store), tokens(store, customer="globex")) == (0, 9)


def test_without_a_time_an_amended_event_happened_when_it_was_received(store: PostgresStore) -> None:
    open_shop(store)
    record(store, {**dict(sent("1")), "time": None}, now=instant("2026-01-20"))  # type: ignore[call-overload]
    assert outcomes(correct(store, amendment("a", "1", 9, time=None))) == ["accepted"]
    assert tokens(store) == 9


def test_a_correction_sent_again_takes_effect_once_and_other_content_is_a_conflict(store: PostgresStore) -> None:
    open_shop(store)
    record(store, sent("1"), sent("2"))
    first = correction("c", "1")
    assert outcomes(correct(store, first, first, {**first, "reason": "Another one."})) == [
        "accepted",
        "duplicate",
        "conflict",
    ]
    assert outcomes(correct(store, {**first, "by": "bob"})) == ["duplicate"]
    assert outcomes(correct(store, correction("c", "2"))) == ["conflict"]
    with store.transaction():
        assert {one.event["data"]["reason"] for one in store.conflicts()} == {"Another one.", "It was a test."}
    assert tokens(store) == 400


def test_what_conflicts_with_a_correction_is_shown_beside_it(store: PostgresStore) -> None:
    open_shop(store)
    record(store, sent("1"), sent("2"))
    correct(store, correction("a", "1"), amendment("b", "2", 5))
    correct(store, correction("a", "2"), amendment("b", "2", 6))
    with store.transaction():
        found = {one.other.event["id"]: one for one in store.conflicts_side_by_side()}
    assert found["a"].accepted == read_correction(correction("a", "1")).as_event()
    assert found["b"].accepted == read_correction(amendment("b", "2", 5)).as_event()
    assert found["b"].other.event["data"]["event"]["data"] == {"tokens": 6}
    told = show_conflicts(store, since=NOW, until=NOW + timedelta(hours=1), limit=10)
    assert (told.count, {one.other.event["id"]: one for one in told.newest}) == (2, found)


def test_corrections_and_events_share_their_identities(store: PostgresStore) -> None:
    open_shop(store)
    record(store, sent("1"), sent("2"))
    assert outcomes(correct(store, correction("2", "1", source="test"))) == ["conflict"]
    assert outcomes(correct(store, correction("c", "1", source="test"))) == ["accepted"]
    assert outcomes(record(store, sent("c"))) == ["conflict"]
    assert (tokens(store), counts(store).accepted) == (400, 2)
    (told,) = correct(store, correction("d", "c"))
    assert told.outcome == "refused"
    assert "is a correction itself" in told.reason


def test_what_was_voided_is_neither_voided_again_nor_amended(store: PostgresStore) -> None:
    open_shop(store)
    record(store, sent("1"))
    told = correct(store, correction("a", "1"), correction("b", "1"), amendment("c", "1", 5))
    assert outcomes(told) == ["accepted", "refused", "refused"]
    assert "voided already" in told[1].reason
    assert "as a new event" in told[2].reason
    assert tokens(store) == 0


def test_an_amendment_that_is_not_good_waits_in_quarantine_and_changes_nothing(store: PostgresStore) -> None:
    open_shop(store)
    record(store, sent("1"))
    (told,) = correct(store, amendment("a", "1", 9, subject="globex"))
    assert (told.outcome, "globex" in told.reason) == ("quarantined", True)
    assert tokens(store) == 400
    assert apply_waiting(store, now=NOW) == 0
    add_customer(store, key="globex", name="Globex", in_zone="UTC", now=NOW)
    done = replay(store, ALL_APART, now=NOW)
    assert (done.looked_at, done.accepted) == (1, 1)
    assert (tokens(store), tokens(store, customer="globex")) == (0, 9)
    with store.transaction():
        assert store.quarantine() == []


def test_a_correction_that_comes_before_its_event_waits_and_takes_effect_by_itself(store: PostgresStore) -> None:
    open_shop(store)
    told = correct(store, amendment("a", "1", 5), correction("b", "2"), amendment("c", "3", 1))
    assert outcomes(told) == ["quarantined"] * 3
    assert "has not been accepted yet" in told[0].reason
    assert apply_waiting(store, now=NOW) == 0
    done = replay(store, ALL_APART, now=NOW)
    assert (done.looked_at, done.quarantined) == (3, 3)
    record(store, sent("1"), sent("2"))
    assert tokens(store) == 800
    assert apply_waiting(store, now=NOW + timedelta(seconds=5)) == 2
    assert tokens(store) == 5
    with store.transaction():
        assert [one.event["id"] for one in store.quarantine()] == ["c"]
    assert outcomes(correct(store, amendment("a", "1", 5))) == ["duplicate"]
    assert check_books(store) == []


def test_a_waiting_correction_that_comes_to_late_says_so_in_quarantine(store: PostgresStore) -> None:
    open_shop(store)
    correct(store, correction("a", "1"), correction("b", "1"))
    record(store, sent("1"))
    assert apply_waiting(store, now=NOW) == 2
    with store.transaction():
        (left,) = store.quarantine()
    assert "voided already" in left.reason
    assert apply_waiting(store, now=NOW) == 0


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"id": None}, "no id"),
        ({"source": " "}, "no source"),
        ({"kind": "delete"}, "no kind"),
        ({"of": "1"}, "of which event"),
        ({"of": {"source": "test"}}, "no id"),
        ({"reason": ""}, "no reason"),
        ({"by": None}, "no by"),
        ({"by": "\x00"}, "not text"),
        ({"event": {}}, "says nothing in place"),
        ({"kind": "amend"}, "all that the event says"),
        ({"kind": "amend", "event": {"id": "2"}}, "keeps its source and id"),
    ],
)
def test_what_does_not_say_what_it_corrects_is_refused(store: PostgresStore, changed: Any, said: str) -> None:
    open_shop(store)
    record(store, sent("1"))
    (told,) = correct(store, correction("c", "1") | changed)
    assert told.outcome == "refused"
    assert said in told.reason
    assert tokens(store) == 400


def test_a_resend_of_an_amended_event_is_a_duplicate_and_of_a_voided_one_says_so(store: PostgresStore) -> None:
    open_shop(store)
    record(store, sent("1"), sent("2"))
    correct(store, amendment("a", "1", 5), correction("b", "2"))
    told = record(store, sent("1"), sent("1", tokens=5), sent("2"), sent("2", tokens=9), sent("3"))
    assert outcomes(told) == ["duplicate", "conflict", "duplicate", "conflict", "accepted"]
    assert ["voided" in one.reason for one in told] == [False, False, True, True, False]
    assert tokens(store) == 405


def test_an_issued_line_stays_true_and_what_was_billed_is_counted_as_corrected(store: PostgresStore) -> None:
    open_shop(store)
    record(store, sent("1"), sent("2"), sent("3"))
    close(store, "2026-01-31")
    correct(store, correction("a", "1"), amendment("b", "2", 5), amendment("c", "3", 400, time="2026-03-01T00:00:00Z"))
    found = counts(store)
    assert (found.accepted, found.voided, found.late, found.open, found.billed) == (3, 1, 1, 1, 0)
    assert found.corrected == 3
    assert check_books(store) == []


def test_of_two_waiting_with_one_identity_the_last_takes_effect_and_the_other_stays_readable(
    store: PostgresStore,
) -> None:
    open_shop(store)
    correct_usage(store, [amendment("a", "1", 5)], now=NOW)
    correct_usage(store, [amendment("a", "1", 6)], now=NOW + timedelta(seconds=1))
    record(store, sent("1"))
    assert apply_waiting(store, now=NOW + timedelta(seconds=2)) == 2
    assert tokens(store) == 6
    with store.transaction():
        assert store.quarantine() == []
        assert [one.event["data"]["event"]["data"] for one in store.conflicts()] == [{"tokens": 5}]


def test_a_correction_in_quarantine_is_not_mended_as_if_it_were_an_event(store: PostgresStore) -> None:
    open_shop(store)
    record(store, sent("1"))
    correct(store, amendment("a", "1", "many"))
    with store.transaction():
        (waiting,) = store.quarantine()
    with pytest.raises(Refused, match="takes the place of this one"):
        mend(store, waiting.key, dict(sent("a")), now=NOW)  # type: ignore[call-overload]
    assert outcomes(correct(store, amendment("a", "1", 5))) == ["accepted"]
    with store.transaction():
        assert store.quarantine() == []
        assert len(store.conflicts()) == 1
    assert tokens(store) == 5


def test_what_is_nested_too_deep_to_be_read_again_keeps_no_other_from_taking_effect(store: PostgresStore) -> None:
    open_shop(store)
    nested: list[Any] = []
    for _ in range(5000):
        nested = [nested]
    correct(store, amendment("a", "1", nested), correction("b", "2"))
    record(store, sent("1"), sent("2"))
    assert apply_waiting(store, now=NOW) == 2
    assert tokens(store) == 400
    assert apply_waiting(store, now=NOW) == 0


def test_the_job_settles_what_waits_of_every_seller(shared_database: Database) -> None:
    stores = [fresh_store(shared_database) for _ in range(2)]
    for store in stores:
        open_shop(store)
        correct(store, correction("a", "1"))
        record(store, sent("1"))
    settle_everywhere(HeldInstallation(shared_database))
    assert [tokens(store) for store in stores] == [0, 0]


def test_a_correction_that_waits_stays_readable_when_an_event_takes_its_source_and_id(store: PostgresStore) -> None:
    open_shop(store)
    assert outcomes(correct(store, correction("x", "later"))) == ["quarantined"]
    assert outcomes(record(store, {**dict(sent("x")), "source": "ops"})) == ["accepted"]  # type: ignore[call-overload]
    with store.transaction():
        assert store.quarantine() == []
        (lost,) = store.conflicts()
    assert lost.event["type"] == "farthing.void"
