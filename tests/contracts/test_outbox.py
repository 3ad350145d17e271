"""INV-14: every notice is written with the books, told at least once, in order, and never by two at a time."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from farthing.core.ids import id_of
from farthing.core.notices import InvoiceIssued, Notice, RunClosed
from farthing.core.refused import Refused
from farthing.postgres.database import PostgresStore
from farthing.usecases.ports import NoticeRow
from tests.core.core_values import ACME
from tests.databases import NOW

UNSURE = timedelta(seconds=90)
OTHER = id_of("customer", "other")
FIRST, SECOND = InvoiceIssued(id_of("invoice", 1), ACME), InvoiceIssued(id_of("invoice", 2), ACME)
ELSEWHERE = InvoiceIssued(id_of("invoice", 3), OTHER)
SUMMARY = RunClosed(id_of("run", 1))


def write(store: PostgresStore, *notices: Notice, again: bool = True, held_back: timedelta = timedelta(0)) -> None:
    with store.transaction():
        store.write_notices(notices, written_at=NOW, again=again, held_back=held_back)


def take(store: PostgresStore, *, now: datetime = NOW) -> NoticeRow | None:
    return store.outbox.take(now=now, unsure_after=UNSURE)


def taken(store: PostgresStore, *, now: datetime = NOW) -> NoticeRow:
    row = take(store, now=now)
    assert row is not None, "a notice is due"
    return row


def tell(store: PostgresStore, row: NoticeRow, *, channel: str = "C1", ts: str = "1.1") -> None:
    store.outbox.told(row.notice_id, revision=row.revision, channel_id=channel, message_ts=ts)


def lose_the_answer(store: PostgresStore, row: NoticeRow) -> None:
    store.outbox.put_off(row.notice_id, until=NOW + UNSURE, trouble="No answer.", sent=True)


def see(store: PostgresStore, notice: Notice, *, revision: int = 1, channel: str = "C1", ts: str = "7.7") -> None:
    store.outbox.seen_in_slack(notice.notice_id, revision=revision, channel_id=channel, message_ts=ts)


def place_of(store: PostgresStore, notice: Notice) -> tuple[int, str | None, str | None]:
    """What was told of a notice, and where, as whoever tells it the next time will know it."""
    write(store, notice)
    row = taken(store, now=NOW + timedelta(days=1))
    assert row.notice == notice
    return row.told_revision, row.channel_id, row.message_ts


def test_a_notice_comes_back_as_it_was_written(store: PostgresStore) -> None:
    write(store, FIRST, SUMMARY)
    rows = [taken(store), taken(store)]
    assert [row.notice for row in rows] == [FIRST, SUMMARY]
    assert [row.notice_id for row in rows] == [FIRST.notice_id, SUMMARY.notice_id]
    first = rows[0]
    assert (first.revision, first.told_revision, first.attempts, first.written_at) == (1, 0, 0, NOW)
    assert (first.sending_since, first.channel_id, first.message_ts, first.trouble) == (None, None, None, None)


def test_a_notice_of_a_transaction_that_raises_is_never_told(store: PostgresStore) -> None:
    def change_my_mind() -> None:
        with store.transaction():
            store.write_notices([FIRST], written_at=NOW)
            raise Refused("I changed my mind.")

    with pytest.raises(Refused):
        change_my_mind()
    assert take(store) is None


def test_a_notice_is_due_at_once_whatever_the_sellers_clock_says(store: PostgresStore) -> None:
    with store.transaction():
        store.write_notices([FIRST], written_at=NOW + timedelta(days=1000))
    assert taken(store).notice == FIRST


def test_what_is_being_told_is_not_taken_by_another(store: PostgresStore) -> None:
    write(store, FIRST)
    taken(store)
    assert take(store) is None
    assert take(store, now=NOW + UNSURE - timedelta(seconds=1)) is None


def test_what_was_told_is_not_told_again(store: PostgresStore) -> None:
    write(store, FIRST)
    tell(store, taken(store))
    assert take(store, now=NOW + timedelta(days=9)) is None


def test_a_sending_without_an_answer_is_taken_again_and_known_for_one(store: PostgresStore) -> None:
    write(store, FIRST)
    assert taken(store).sending_since is None
    again = taken(store, now=NOW + UNSURE)
    assert (again.sending_since, again.attempts) == (NOW, 1)


def test_one_subject_hears_in_the_order_of_writing_and_does_not_hold_up_another(store: PostgresStore) -> None:
    write(store, FIRST, SECOND, ELSEWHERE)
    first = taken(store)
    assert (first.notice, taken(store).notice, take(store)) == (FIRST, ELSEWHERE, None)
    tell(store, first)
    assert taken(store).notice == SECOND


def test_a_notice_that_was_put_off_waits_and_so_does_what_comes_after_it(store: PostgresStore) -> None:
    write(store, FIRST, SECOND)
    row = taken(store)
    until = NOW + timedelta(minutes=5)
    store.outbox.put_off(row.notice_id, until=until, trouble="No channel \x00 yet.", sent=False)
    assert take(store, now=until - timedelta(seconds=1)) is None
    (stuck,) = store.outbox.stuck()
    assert (stuck.notice, stuck.trouble, stuck.attempts) == (FIRST, "No channel \\x00 yet.", 1)
    again = taken(store, now=until)
    assert (again.notice, again.sending_since, again.attempts) == (FIRST, None, 1)
    tell(store, again)
    assert store.outbox.stuck() == []


def test_after_a_lost_answer_the_doubt_stays_until_it_is_settled(store: PostgresStore) -> None:
    write(store, FIRST)
    lose_the_answer(store, taken(store))
    assert take(store, now=NOW + timedelta(seconds=89)) is None
    assert taken(store, now=NOW + UNSURE).sending_since == NOW


def test_slack_saying_that_a_message_exists_settles_the_doubt(store: PostgresStore) -> None:
    write(store, FIRST)
    lose_the_answer(store, taken(store))
    see(store, FIRST)
    assert take(store, now=NOW + timedelta(days=1)) is None
    assert store.outbox.stuck() == []
    write(store, FIRST)
    again = taken(store)
    assert (again.channel_id, again.message_ts, again.told_revision, again.revision) == ("C1", "7.7", 1, 2)


def test_slack_may_say_so_before_our_call_is_answered(store: PostgresStore) -> None:
    write(store, FIRST)
    row = taken(store)
    see(store, FIRST)
    lose_the_answer(store, row)
    assert take(store, now=NOW + timedelta(days=1)) is None
    assert store.outbox.stuck() == []


def test_what_can_be_seen_is_told_also_when_it_was_thought_that_it_had_not_been_sent(store: PostgresStore) -> None:
    write(store, FIRST)
    store.outbox.put_off(taken(store).notice_id, until=NOW + UNSURE, trouble="Too many at once.", sent=False)
    see(store, FIRST)
    assert take(store, now=NOW + timedelta(days=1)) is None
    assert store.outbox.stuck() == []


def test_what_nobody_wrote_cannot_be_seen(store: PostgresStore) -> None:
    see(store, FIRST)
    write(store, FIRST)
    assert (taken(store).message_ts, place_of(store, FIRST)) == (None, (0, None, None))


def test_a_revision_that_the_books_do_not_know_does_not_silence_the_next(store: PostgresStore) -> None:
    write(store, FIRST)
    see(store, FIRST, revision=5)
    assert take(store) is None
    assert place_of(store, FIRST) == (1, "C1", "7.7")


@pytest.mark.parametrize("revision", [1, 2])
def test_a_second_copy_in_slack_does_not_replace_the_first(store: PostgresStore, revision: int) -> None:
    for _ in range(2):
        write(store, FIRST)
        tell(store, taken(store), ts="1.1")
    see(store, FIRST, revision=revision, ts="9.9")
    assert place_of(store, FIRST) == (2, "C1", "1.1")


@pytest.mark.parametrize(("channel", "ts"), [("C2", "7.7"), ("C1", "7.7"), ("C1", "1.1")])
def test_a_lost_answer_is_made_up_for_wherever_the_message_went(store: PostgresStore, channel: str, ts: str) -> None:
    """In another channel, anew where the first was deleted, or as a reply below the first."""
    write(store, FIRST)
    tell(store, taken(store), ts="1.1")
    write(store, FIRST)
    lose_the_answer(store, taken(store))
    see(store, FIRST, revision=2, channel=channel, ts=ts)
    assert take(store, now=NOW + timedelta(days=1)) is None
    assert place_of(store, FIRST) == (2, channel, ts)


def test_seeing_an_older_revision_does_not_count_for_a_newer_one_that_is_being_told(store: PostgresStore) -> None:
    write(store, FIRST)
    lose_the_answer(store, taken(store))
    write(store, FIRST)
    assert taken(store, now=NOW + UNSURE).revision == 2
    see(store, FIRST, revision=1)
    assert take(store, now=NOW + UNSURE) is None, "the newer one is being told"
    again = taken(store, now=NOW + 2 * UNSURE)
    assert (again.revision, again.told_revision, again.message_ts) == (2, 1, "7.7")
    assert again.sending_since == NOW + UNSURE


def test_an_older_answer_does_not_count_for_a_newer_revision_that_is_being_told(store: PostgresStore) -> None:
    write(store, FIRST)
    row = taken(store)
    write(store, FIRST)
    taken(store, now=NOW + UNSURE)
    tell(store, row)
    assert take(store, now=NOW + UNSURE) is None
    assert taken(store, now=NOW + 2 * UNSURE).told_revision == 1


def test_the_place_of_the_newest_answer_is_the_place(store: PostgresStore) -> None:
    write(store, FIRST)
    row = taken(store)
    see(store, FIRST, channel="C1")
    tell(store, row, channel="C2", ts="8.8")
    assert place_of(store, FIRST) == (1, "C2", "8.8")


def test_a_notice_that_is_said_again_is_told_again_in_its_place(store: PostgresStore) -> None:
    write(store, FIRST)
    tell(store, taken(store), ts="1.1")
    write(store, FIRST)
    again = taken(store)
    assert (again.revision, again.told_revision, again.message_ts) == (2, 1, "1.1")


def test_a_notice_that_is_there_may_be_left_alone(store: PostgresStore) -> None:
    write(store, SUMMARY)
    tell(store, taken(store))
    write(store, SUMMARY, again=False)
    assert take(store) is None


def test_what_is_said_again_before_anybody_was_told_is_one_revision(store: PostgresStore) -> None:
    for _ in range(3):
        write(store, SUMMARY)
    row = taken(store)
    assert row.revision == 1
    store.outbox.put_off(row.notice_id, until=NOW, trouble="No finance channel.", sent=False)
    write(store, SUMMARY)
    row = taken(store)
    assert row.revision == 1
    for _ in range(3):
        write(store, SUMMARY)
    tell(store, row)
    assert (taken(store).revision, take(store)) == (2, None)


def test_what_is_held_back_waits_by_the_databases_clock_until_it_is_let_go(store: PostgresStore) -> None:
    write(store, SUMMARY, FIRST, held_back=timedelta(days=1))
    write(store, SUMMARY, again=False)
    assert take(store, now=datetime.now(UTC)) is None
    write(store, FIRST)
    row = taken(store)
    assert (row.notice, row.revision) == (FIRST, 1)
    tell(store, row)
    assert take(store, now=datetime.now(UTC)) is None
    row = taken(store, now=datetime.now(UTC) + timedelta(days=2))
    assert (row.notice, row.revision) == (SUMMARY, 1)


def test_what_was_told_can_be_held_back_when_it_is_said_again(store: PostgresStore) -> None:
    write(store, SUMMARY)
    tell(store, taken(store))
    write(store, SUMMARY, held_back=timedelta(days=1))
    see(store, SUMMARY)
    assert take(store, now=datetime.now(UTC)) is None
    write(store, SUMMARY)
    assert taken(store).revision == 2


def test_what_is_said_again_during_its_telling_is_told_once_more(store: PostgresStore) -> None:
    write(store, FIRST)
    row = taken(store)
    write(store, FIRST)
    assert take(store) is None
    tell(store, row)
    assert taken(store).revision == 2


def test_a_late_answer_does_not_take_back_what_was_told_since(store: PostgresStore) -> None:
    write(store, FIRST)
    row = taken(store)
    write(store, FIRST)
    tell(store, taken(store, now=NOW + UNSURE))
    tell(store, row)
    assert take(store, now=NOW + timedelta(days=1)) is None


def test_the_oldest_trouble_is_shown_first(store: PostgresStore) -> None:
    write(store, FIRST, ELSEWHERE, SUMMARY)
    seen: list[UUID] = []
    for _ in range(3):
        row = taken(store)
        seen.append(row.notice_id)
        store.outbox.put_off(row.notice_id, until=NOW + timedelta(days=1), trouble="Not connected.", sent=False)
    assert [row.notice_id for row in store.outbox.stuck()] == seen
    assert [row.notice_id for row in store.outbox.stuck(limit=2)] == seen[:2]
