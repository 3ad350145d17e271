"""Who hears what and when, customers who are quiet, and digests, in PostgreSQL."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from farthing.core.telling.due_days import LATE_AFTER, Due, Span
from farthing.core.telling.ear import Ear
from farthing.core.telling.settings import Kind, QuietHours, Settings
from farthing.postgres.session import Session
from farthing.usecases.telling_ports import DigestRow, Hearing


class Telling(Session):
    """The seller's settings of telling."""

    def notice_settings(self, ear: Ear) -> Settings | None:
        """What was set last for an ear; None where nobody set anything."""
        row = self._row(
            "SELECT * FROM farthing.notice_settings WHERE ear = %(ear)s ORDER BY number DESC LIMIT 1",
            {"ear": str(ear)},
        )
        return None if row is None else _settings(row)

    def all_notice_settings(self) -> list[Settings]:
        """The same for all ears for which something was set."""
        rows = self._rows("SELECT DISTINCT ON (ear) * FROM farthing.notice_settings ORDER BY ear, number DESC")
        return [_settings(row) for row in rows]

    def keep_notice_settings(self, settings: Settings) -> None:
        """They hold from now on."""
        self._lock_name("notice settings", str(settings.ear))
        self._run(
            """
            INSERT INTO farthing.notice_settings
                (ear, number, spans, switched_off, at, in_zone, quiet_from, quiet_until, days_ahead, set_by, set_at)
            SELECT %(ear)s, count(*) + 1, %(spans)s, %(switched_off)s, %(at)s, %(in_zone)s, %(quiet_from)s,
                   %(quiet_until)s, %(days_ahead)s, %(set_by)s, %(set_at)s
            FROM farthing.notice_settings WHERE ear = %(ear)s
            """,
            {
                "ear": str(settings.ear),
                "spans": sorted(span.value for span in settings.spans),
                "switched_off": sorted(kind.value for kind in settings.switched_off),
                "at": settings.at,
                "in_zone": settings.in_zone,
                "quiet_from": None if settings.quiet is None else settings.quiet.begins,
                "quiet_until": None if settings.quiet is None else settings.quiet.ends,
                "days_ahead": settings.days_ahead,
                "set_by": settings.set_by,
                "set_at": settings.since,
            },
        )

    def hearing(self, customer_id: UUID) -> Hearing | None:
        """What was said last; None where nobody said anything, and the customer hears for themselves."""
        row = self._row(
            """
            SELECT * FROM farthing.customer_hearing WHERE customer_id = %(customer_id)s ORDER BY number DESC LIMIT 1
            """,
            {"customer_id": customer_id},
        )
        return None if row is None else _hearing(row)

    def quiet_customers(self) -> list[Hearing]:
        """Those who do not hear for themselves, by key."""
        rows = self._rows(
            """
            SELECT last.* FROM (
                SELECT DISTINCT ON (customer_id) * FROM farthing.customer_hearing ORDER BY customer_id, number DESC
            ) AS last JOIN farthing.customer AS customer USING (seller_id, customer_id)
            WHERE NOT last.is_live ORDER BY customer.key
            """
        )
        return [_hearing(row) for row in rows]

    def lock_hearing(self, customer_id: UUID) -> None:
        """Until the transaction ends nobody else switches this customer."""
        self._lock_name("hearing", str(customer_id))

    def keep_hearing(self, hearing: Hearing) -> None:
        """It holds from now on; the customer's hearing is locked."""
        self._run(
            """
            INSERT INTO farthing.customer_hearing (customer_id, number, is_live, set_by, set_at)
            SELECT %(customer_id)s, count(*) + 1, %(is_live)s, %(set_by)s, %(set_at)s
            FROM farthing.customer_hearing WHERE customer_id = %(customer_id)s
            """,
            {
                "customer_id": hearing.customer_id,
                "is_live": hearing.is_live,
                "set_by": hearing.set_by,
                "set_at": hearing.set_at,
            },
        )

    def new_customers_are_quiet(self) -> bool:
        """Whether customers are quiet from the start until somebody switches them live."""
        row = self._row("SELECT new_are_quiet FROM farthing.hearing_policy ORDER BY number DESC LIMIT 1")
        return row is not None and bool(row.new_are_quiet)

    def keep_hearing_policy(self, *, new_are_quiet: bool, by: str, at: datetime) -> None:
        """It holds for customers that are taken on from now on."""
        self._lock_name("hearing policy")
        self._run(
            """
            INSERT INTO farthing.hearing_policy (number, new_are_quiet, set_by, set_at)
            SELECT count(*) + 1, %(new_are_quiet)s, %(by)s, %(at)s FROM farthing.hearing_policy
            """,
            {"new_are_quiet": new_are_quiet, "by": by, "at": at},
        )

    def last_digest(self, ear: Ear, span: Span) -> date | None:
        """The day of the last that was made, or had nothing to say."""
        row = self._row(
            "SELECT max(day) AS day FROM farthing.digest WHERE ear = %(ear)s AND span = %(span)s",
            {"ear": str(ear), "span": span.value},
        )
        return None if row is None else row.day

    def keep_digest(self, row: DigestRow, *, is_told: bool) -> bool:
        """Keep that it was made; False where somebody else did so first."""
        return bool(
            self._run(
                """
                INSERT INTO farthing.digest
                    (ear, span, day, digest_id, in_zone, due_at, made_at, missed, is_told)
                VALUES (%(ear)s, %(span)s, %(day)s, %(digest_id)s, %(in_zone)s, %(due_at)s, %(made_at)s, %(missed)s,
                        %(is_told)s)
                ON CONFLICT (seller_id, ear, span, day) DO NOTHING
                """,
                {
                    "ear": str(row.ear),
                    "span": row.span.value,
                    "day": row.due.day,
                    "digest_id": row.digest_id,
                    "in_zone": row.in_zone,
                    "due_at": row.due.at,
                    "made_at": row.made_at,
                    "missed": row.due.missed,
                    "is_told": is_told,
                },
            )
        )

    def digest(self, digest_id: UUID) -> DigestRow | None:
        """The one with this id."""
        row = self._row("SELECT * FROM farthing.digest WHERE digest_id = %(digest_id)s", {"digest_id": digest_id})
        if row is None:
            return None
        late = row.made_at - row.due_at > LATE_AFTER
        due = Due(row.day, row.due_at, late=late, missed=row.missed)
        return DigestRow(row.digest_id, Ear.read(row.ear), Span(row.span), due, row.in_zone, row.made_at)


def _settings(row: Any) -> Settings:
    return Settings(
        ear=Ear.read(row.ear),
        spans=frozenset(Span(span) for span in row.spans),
        in_zone=row.in_zone,
        since=row.set_at,
        set_by=row.set_by,
        switched_off=frozenset(Kind(kind) for kind in row.switched_off),
        at=row.at,
        quiet=None if row.quiet_from is None else QuietHours(row.quiet_from, row.quiet_until),
        days_ahead=row.days_ahead,
    )


def _hearing(row: Any) -> Hearing:
    return Hearing(row.customer_id, row.is_live, row.set_by, row.set_at)
