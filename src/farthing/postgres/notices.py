"""Notices: written in the transaction that decides, told afterwards one by one, never lost and never doubled."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from farthing.core.notices import (
    BudgetReached,
    ConflictsFound,
    CreditLow,
    DayAudited,
    DigestMade,
    Fold,
    Foretold,
    InvoiceIssued,
    Meanwhile,
    Notice,
    RunClosed,
    SourcesBack,
    SourcesSilent,
    WouldHaveTold,
    ear_of,
    kind_of,
)
from farthing.core.telling.ear import Ear
from farthing.postgres.session import Session
from farthing.postgres.written import storable, write_json
from farthing.usecases.ports import NoticeRow

FINANCE = "finance"


class Notices(Session):
    """The writing side, in the same transaction as the books."""

    def write_notices(
        self,
        notices: Iterable[Notice],
        *,
        written_at: datetime,
        again: bool = True,
        held_back: timedelta = timedelta(0),
    ) -> None:
        """A notice that is there already is said again, unless `again` is False: its revision rises where the one
        that is there was told or is being told.

        It is due at once, or so much later as it is `held_back`. `written_at` is the seller's time; the outbox waits
        by the world's, so what is held back is held by the database's own clock.
        """
        for notice in notices:
            self._write_notice(notice, written_at=written_at, again=again, held_back=held_back)

    def _write_notice(self, notice: Notice, *, written_at: datetime, again: bool, held_back: timedelta) -> None:
        """Write it where its ear hears of such things; what a quiet customer would hear is a line of finance's."""
        (kind, about), ear, fold = _written(notice), ear_of(notice), WouldHaveTold(written_at.date())
        row = self._row(
            """
            INSERT INTO farthing.notice (notice_id, kind, about, subject, written_at, next_try_at, folded_into)
            SELECT %(notice_id)s, %(kind)s, %(about)s, %(subject)s, %(written_at)s,
                   CASE WHEN %(held_back)s > interval '0' THEN clock_timestamp() + %(held_back)s
                        ELSE to_timestamp(0) END,
                   (SELECT CASE WHEN NOT said.is_live THEN %(fold_id)s::uuid END
                    FROM farthing.customer_hearing AS said
                    WHERE said.customer_id = %(customer_id)s::uuid ORDER BY said.number DESC LIMIT 1)
            WHERE NOT coalesce((SELECT %(switch)s::text = ANY (own.switched_off) FROM farthing.notice_settings AS own
                                WHERE own.ear = %(subject)s ORDER BY own.number DESC LIMIT 1), false)
               OR EXISTS (SELECT FROM farthing.notice AS there WHERE there.notice_id = %(notice_id)s)
            ON CONFLICT (seller_id, notice_id) DO UPDATE
            SET revision = greatest(
                    notice.revision, notice.told_revision + 1, coalesce(notice.sending, 0) + 1),
                attempts = 0, next_try_at = excluded.next_try_at,
                folded_into = coalesce(notice.folded_into, excluded.folded_into)
            WHERE %(again)s
            RETURNING folded_into
            """,
            {
                "notice_id": notice.notice_id,
                "kind": kind,
                "about": write_json(about),
                "subject": str(ear),
                "written_at": written_at,
                "again": again,
                "held_back": held_back,
                "fold_id": fold.notice_id,
                "customer_id": ear.customer_id,
                "switch": kind_of(notice),
            },
        )
        if row is None or row.folded_into is None:
            return
        if row.folded_into == fold.notice_id:
            self._write_notice(fold, written_at=written_at, again=True, held_back=timedelta(0))
        else:
            self._say_again(row.folded_into)

    def _say_again(self, notice_id: UUID) -> None:
        self._run(
            """
            UPDATE farthing.notice
            SET revision = greatest(revision, told_revision + 1, coalesce(sending, 0) + 1), attempts = 0,
                next_try_at = to_timestamp(0)
            WHERE notice_id = %(notice_id)s
            """,
            {"notice_id": notice_id},
        )

    def fold_untold(
        self, ear: Ear, into: Fold, *, written_at: datetime, keep_alone_below: int = 1, new_only: bool = False
    ) -> int:
        """What was written for an ear and not told yet becomes lines of another notice; how many.

        What is being told at this moment is told. `new_only` leaves alone what changes a message that is there.
        """
        self._lock_name("folding", str(ear))
        rows = self._rows(
            """
            SELECT notice_id FROM farthing.notice
            WHERE subject = %(subject)s AND told_revision < revision AND folded_into IS NULL
              AND sending_since IS NULL AND kind <> 'meanwhile' AND (told_revision = 0 OR NOT %(new_only)s)
            ORDER BY written FOR UPDATE
            """,
            {"subject": str(ear), "new_only": new_only},
        )
        if not rows or len(rows) < keep_alone_below:
            return 0
        self._write_notice(into, written_at=written_at, again=True, held_back=timedelta(0))
        self._run(
            "UPDATE farthing.notice SET folded_into = %(into)s WHERE notice_id = ANY (%(these)s)",
            {"into": into.notice_id, "these": [row.notice_id for row in rows]},
        )
        return len(rows)

    def folded(self, fold_id: UUID, *, limit: int) -> list[tuple[Notice, datetime]]:
        """The lines of a notice in the order in which they were written, and when."""
        rows = self._rows(
            """
            SELECT kind, about, written_at FROM farthing.notice WHERE folded_into = %(fold_id)s
            ORDER BY written LIMIT %(limit)s
            """,
            {"fold_id": fold_id, "limit": limit},
        )
        return [(_read(row.kind, row.about), row.written_at) for row in rows]

    def folded_days(self, ear: Ear) -> list[date]:
        """The days of the messages to finance in which a quiet customer's notices are lines."""
        rows = self._rows(
            """
            SELECT DISTINCT fold.about ->> 'day' AS day
            FROM farthing.notice AS line JOIN farthing.notice AS fold
              ON fold.seller_id = line.seller_id AND fold.notice_id = line.folded_into
            WHERE line.subject = %(subject)s AND fold.kind = 'would have told'
            """,
            {"subject": str(ear)},
        )
        return [date.fromisoformat(row.day) for row in rows]

    def count_folded(self, fold_id: UUID) -> int:
        """How many lines it has."""
        row = self._row(
            "SELECT count(*) AS lines FROM farthing.notice WHERE folded_into = %(fold_id)s", {"fold_id": fold_id}
        )
        return int(row.lines)


class PostgresOutbox:
    """The delivery job's side of the notices; each call is a transaction of its own."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def take(self, *, now: datetime, unsure_after: timedelta) -> NoticeRow | None:
        """The oldest notice that is due, marked as being sent; nobody else takes it meanwhile.

        One whose sending began more than `unsure_after` ago had no answer: it is taken again. What people of one
        subject hear, they hear in the order in which it was written. The row is as it was before it was taken:
        its `sending_since` is set when an earlier sending had no answer.
        """
        with self._session.transaction():
            row = self._session.connection.execute(
                """
                SELECT * FROM farthing.notice AS due
                WHERE told_revision < revision AND folded_into IS NULL AND next_try_at <= %(now)s
                  AND (sending_since IS NULL OR sending_since <= %(unsure_before)s)
                  AND NOT EXISTS (
                      SELECT FROM farthing.notice AS earlier
                      WHERE earlier.subject = due.subject AND earlier.told_revision < earlier.revision
                        AND earlier.folded_into IS NULL AND earlier.written < due.written)
                ORDER BY written LIMIT 1 FOR UPDATE SKIP LOCKED
                """,
                {"now": now, "unsure_before": now - unsure_after},
            ).fetchone()
            if row is None:
                return None
            taken = _notice_row(row)
            self._session.connection.execute(
                """
                UPDATE farthing.notice SET sending_since = %(now)s, sending = revision, attempts = attempts + 1
                WHERE notice_id = %(notice_id)s
                """,
                {"now": now, "notice_id": taken.notice_id},
            )
        return taken

    def told(self, notice_id: UUID, *, revision: int, channel_id: str, message_ts: str) -> None:
        """Our call was answered: this revision can be seen at this place. A newer one, if there is, is due."""
        self._place(notice_id, revision=revision, channel_id=channel_id, message_ts=message_ts, moves_from=revision)

    def put_off(self, notice_id: UUID, *, until: datetime, trouble: str, sent: bool) -> None:
        """Try again later. `sent` says that the call may have taken effect: wait for Slack to say so first.

        Does nothing to a notice that was told meanwhile.
        """
        self._write(
            """
            UPDATE farthing.notice
            SET next_try_at = %(until)s, trouble = %(trouble)s,
                sending_since = CASE WHEN %(sent)s THEN sending_since END,
                sending = CASE WHEN %(sent)s THEN sending END
            WHERE notice_id = %(notice_id)s AND told_revision < revision AND sending_since IS NOT NULL
            """,
            {"notice_id": notice_id, "until": until, "trouble": storable(trouble), "sent": sent},
        )

    def hold(self, notice_id: UUID, *, until: datetime) -> None:
        """It came up in quiet hours: nothing is wrong, and it is taken again when they are over."""
        self._write(
            """
            UPDATE farthing.notice
            SET next_try_at = %(until)s, held_until = %(until)s, attempts = 0, sending_since = NULL, sending = NULL
            WHERE notice_id = %(notice_id)s AND told_revision < revision
            """,
            {"notice_id": notice_id, "until": until},
        )

    def let_go(self, notice_id: UUID) -> None:
        """It is to be looked at again before it is told: as if it had not been taken."""
        self._write(
            """
            UPDATE farthing.notice SET attempts = 0, sending_since = NULL, sending = NULL, held_until = NULL
            WHERE notice_id = %(notice_id)s AND told_revision < revision
            """,
            {"notice_id": notice_id},
        )

    def seen_in_slack(self, notice_id: UUID, *, revision: int, channel_id: str, message_ts: str) -> None:
        """Slack says that a message with this revision exists, whatever became of the answer to our call.

        Says nothing of a newer revision that is being told meanwhile; and a second copy does not replace the first.
        """
        self._place(notice_id, revision=revision, channel_id=channel_id, message_ts=message_ts, moves_from=revision - 1)

    def stuck(self, *, limit: int = 100) -> list[NoticeRow]:
        """Notices that are still to be told and met with trouble, oldest first."""
        with self._session.transaction():
            rows = self._session.connection.execute(
                """
                SELECT * FROM farthing.notice
                WHERE told_revision < revision AND folded_into IS NULL AND trouble IS NOT NULL
                ORDER BY written LIMIT %(limit)s
                """,
                {"limit": limit},
            ).fetchall()
        return [_notice_row(row) for row in rows]

    def _place(self, notice_id: UUID, *, revision: int, channel_id: str, message_ts: str, moves_from: int) -> None:
        """What is known to be told, and where: the place is a new one when no more than `moves_from` was told before.

        A call that tells a newer revision goes on, and so does the doubt whether it was answered.
        """
        with self._session.transaction():
            values = {"notice_id": notice_id, "revision": revision}
            self._session.connection.execute(
                """
                UPDATE farthing.notice
                SET told_revision = greatest(told_revision, least(revision, %(revision)s)),
                    channel_id = CASE WHEN message_ts IS NULL OR told_revision <= %(moves_from)s
                                 THEN %(channel_id)s ELSE channel_id END,
                    message_ts = CASE WHEN message_ts IS NULL OR told_revision <= %(moves_from)s
                                 THEN %(message_ts)s ELSE message_ts END
                WHERE notice_id = %(notice_id)s
                """,
                {**values, "channel_id": channel_id, "message_ts": message_ts, "moves_from": moves_from},
            )
            self._session.connection.execute(
                """
                UPDATE farthing.notice SET sending_since = NULL, sending = NULL, trouble = NULL, attempts = 0
                WHERE notice_id = %(notice_id)s AND coalesce(sending, revision) <= %(revision)s
                """,
                values,
            )

    def _write(self, statement: Any, values: Mapping[str, Any]) -> None:
        with self._session.transaction():
            self._session.connection.execute(statement, values)


def _written(notice: Notice) -> tuple[str, dict[str, str]]:
    """The notice as a kind, and what it is about."""
    match notice:
        case InvoiceIssued(invoice_id=invoice_id, customer_id=customer_id):
            return "invoice issued", {"invoice_id": str(invoice_id), "customer_id": str(customer_id)}
        case BudgetReached(alert_id=alert_id, customer_id=customer_id, times=times, to_customer=to_customer):
            return "budget reached", {
                "alert_id": str(alert_id),
                "customer_id": str(customer_id),
                "times": str(times),
                "to": _to(to_customer),
            }
        case CreditLow(customer_id=customer_id, currency=currency, number=number, to_customer=to_customer):
            return "credit low", {
                "customer_id": str(customer_id),
                "currency": currency,
                "number": str(number),
                "to": _to(to_customer),
            }
        case Foretold(foretold_id=foretold_id, customer_id=customer_id):
            return "foretold", {"foretold_id": str(foretold_id), "customer_id": str(customer_id)}
        case DigestMade(digest_id=digest_id, ear=ear):
            return "digest", {"digest_id": str(digest_id), "ear": str(ear)}
        case WouldHaveTold(day=day):
            return "would have told", {"day": day.isoformat()}
        case Meanwhile(ear=ear, until=until):
            return "meanwhile", {"ear": str(ear), "until": until.isoformat()}
        case RunClosed(run_id=run_id):
            return "run closed", {"run_id": str(run_id)}
        case SourcesSilent(found_at=at):
            return "sources silent", {"found_at": at.isoformat()}
        case SourcesBack(found_at=at):
            return "sources back", {"found_at": at.isoformat()}
        case ConflictsFound(hour=hour):
            return "conflicts found", {"hour": hour.isoformat()}
        case DayAudited(day=day):
            return "day audited", {"day": day.isoformat()}


def _to(to_customer: bool) -> str:
    return "customer" if to_customer else FINANCE


def _read(kind: str, about: Mapping[str, str]) -> Notice:
    match kind:
        case "invoice issued":
            return InvoiceIssued(UUID(about["invoice_id"]), UUID(about["customer_id"]))
        case "budget reached":
            return BudgetReached(
                UUID(about["alert_id"]),
                UUID(about["customer_id"]),
                times=int(about["times"]),
                to_customer=about["to"] == "customer",
            )
        case "credit low":
            return CreditLow(
                UUID(about["customer_id"]),
                about["currency"],
                number=int(about["number"]),
                to_customer=about["to"] == "customer",
            )
        case "foretold":
            return Foretold(UUID(about["foretold_id"]), UUID(about["customer_id"]))
        case "digest":
            return DigestMade(UUID(about["digest_id"]), Ear.read(about["ear"]))
        case "would have told":
            return WouldHaveTold(date.fromisoformat(about["day"]))
        case "meanwhile":
            return Meanwhile(Ear.read(about["ear"]), datetime.fromisoformat(about["until"]))
        case "run closed":
            return RunClosed(UUID(about["run_id"]))
        case "sources silent":
            return SourcesSilent(datetime.fromisoformat(about["found_at"]))
        case "sources back":
            return SourcesBack(datetime.fromisoformat(about["found_at"]))
        case "conflicts found":
            return ConflictsFound(datetime.fromisoformat(about["hour"]))
        case "day audited":
            return DayAudited(date.fromisoformat(about["day"]))
        case other:
            raise AssertionError(f"there are no notices of kind {other}")


def _notice_row(row: Any) -> NoticeRow:
    return NoticeRow(
        notice_id=row.notice_id,
        notice=_read(row.kind, row.about),
        written_at=row.written_at,
        revision=row.revision,
        told_revision=row.told_revision,
        attempts=row.attempts,
        next_try_at=row.next_try_at,
        sending_since=row.sending_since,
        channel_id=row.channel_id,
        message_ts=row.message_ts,
        trouble=row.trouble,
        held_until=row.held_until,
    )
