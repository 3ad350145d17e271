"""Notices: written in the transaction that decides, told afterwards one by one, never lost and never doubled."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from farthing.core.notices import InvoiceIssued, Notice, RunClosed
from farthing.postgres.session import Session
from farthing.postgres.written import storable, write_json
from farthing.usecases.ports import NoticeRow

FINANCE = "finance"


class Notices(Session):
    """The writing side, in the same transaction as the books."""

    def write_notices(self, notices: Iterable[Notice], *, written_at: datetime, again: bool = True) -> None:
        """A notice that is there already is said again (its revision rises), unless `again` is False.

        It is due at once. `written_at` is the seller's time; the outbox waits by the world's.
        """
        for notice in notices:
            kind, about, subject = _written(notice)
            self._run(
                """
                INSERT INTO farthing.notice (notice_id, kind, about, subject, written_at, next_try_at)
                VALUES (%(notice_id)s, %(kind)s, %(about)s, %(subject)s, %(written_at)s, to_timestamp(0))
                ON CONFLICT (seller_id, notice_id) DO UPDATE
                SET revision = notice.revision + 1, attempts = 0, next_try_at = to_timestamp(0) WHERE %(again)s
                """,
                {
                    "notice_id": notice.notice_id,
                    "kind": kind,
                    "about": write_json(about),
                    "subject": subject,
                    "written_at": written_at,
                    "again": again,
                },
            )


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
                WHERE told_revision < revision AND next_try_at <= %(now)s
                  AND (sending_since IS NULL OR sending_since <= %(unsure_before)s)
                  AND NOT EXISTS (
                      SELECT FROM farthing.notice AS earlier
                      WHERE earlier.subject = due.subject AND earlier.told_revision < earlier.revision
                        AND earlier.written < due.written)
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
        """This revision can be seen at this place; a newer one, if there is, is due."""
        self._write(
            """
            UPDATE farthing.notice
            SET told_revision = greatest(told_revision, %(revision)s), channel_id = %(channel_id)s,
                message_ts = %(message_ts)s, sending_since = NULL, sending = NULL, trouble = NULL, attempts = 0
            WHERE notice_id = %(notice_id)s
            """,
            {"notice_id": notice_id, "revision": revision, "channel_id": channel_id, "message_ts": message_ts},
        )

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

    def seen_in_slack(self, notice_id: UUID, *, channel_id: str, message_ts: str) -> None:
        """Slack says that this message exists, whatever became of the answer to our call."""
        self._write(
            """
            UPDATE farthing.notice
            SET told_revision = greatest(told_revision, sending), channel_id = %(channel_id)s,
                message_ts = %(message_ts)s, sending_since = NULL, sending = NULL, trouble = NULL, attempts = 0,
                next_try_at = to_timestamp(0)
            WHERE notice_id = %(notice_id)s AND sending IS NOT NULL AND message_ts IS NULL
            """,
            {"notice_id": notice_id, "channel_id": channel_id, "message_ts": message_ts},
        )

    def stuck(self, *, limit: int = 100) -> list[NoticeRow]:
        """Notices that are still to be told and met with trouble, oldest first."""
        with self._session.transaction():
            rows = self._session.connection.execute(
                """
                SELECT * FROM farthing.notice WHERE told_revision < revision AND trouble IS NOT NULL
                ORDER BY written LIMIT %(limit)s
                """,
                {"limit": limit},
            ).fetchall()
        return [_notice_row(row) for row in rows]

    def _write(self, statement: Any, values: Mapping[str, Any]) -> None:
        with self._session.transaction():
            self._session.connection.execute(statement, values)


def _written(notice: Notice) -> tuple[str, dict[str, str], str]:
    """The notice as a kind, what it is about, and whose ears it is for."""
    match notice:
        case InvoiceIssued(invoice_id=invoice_id, customer_id=customer_id):
            about = {"invoice_id": str(invoice_id), "customer_id": str(customer_id)}
            return "invoice issued", about, f"customer {customer_id}"
        case RunClosed(run_id=run_id):
            return "run closed", {"run_id": str(run_id)}, FINANCE


def _read(kind: str, about: Mapping[str, str]) -> Notice:
    match kind:
        case "invoice issued":
            return InvoiceIssued(UUID(about["invoice_id"]), UUID(about["customer_id"]))
        case "run closed":
            return RunClosed(UUID(about["run_id"]))
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
    )
