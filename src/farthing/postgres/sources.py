"""The sources of usage in PostgreSQL: what came of each by the hour, when one fell silent, and what was told of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from farthing.core.quality.arrivals import OTHERS, Arrived, SourceHour, hour_of
from farthing.core.quality.audit import NoOnes
from farthing.postgres.session import Session
from farthing.postgres.written import write_json
from farthing.usecases.ports import Silence

# So many sources of one hour have a row of their own; whoever makes up sources cannot make us keep more. Where several
# batches come at the same moment, each may add its share of the last ones.
MOST_SOURCES = 200


class Sources(Session):
    """What is known of a seller's sources."""

    def note_sources(self, arrived: Iterable[Arrived], *, received_at: datetime) -> None:
        """Add what came in one batch to the hour's rows; to be called once, and last, in the batch's transaction.

        Rows are taken in the order of their sources, so that two who write the same ones wait and do not deadlock.
        """
        columns = list(arrived)
        if not columns:
            return
        self._run(
            """
            WITH there AS (
                SELECT source FROM farthing.usage_source_hour WHERE hour = %(hour)s
            ), sent AS (
                SELECT CASE WHEN there.source IS NOT NULL OR row_number() OVER (
                           PARTITION BY there.source IS NULL ORDER BY given.source
                       ) <= %(most)s - (SELECT count(*) FROM there) THEN given.source ELSE %(others)s END AS source,
                       accepted, duplicates, conflicts, quarantined, earliest_at, latest_at
                FROM unnest(
                    %(sources)s::text[], %(accepted)s::bigint[], %(duplicates)s::bigint[], %(conflicts)s::bigint[],
                    %(quarantined)s::bigint[], %(earliest_at)s::timestamptz[], %(latest_at)s::timestamptz[]
                ) AS given (source, accepted, duplicates, conflicts, quarantined, earliest_at, latest_at)
                LEFT JOIN there ON there.source = given.source
            )
            INSERT INTO farthing.usage_source_hour AS kept (
                hour, source, accepted, duplicates, conflicts, quarantined, earliest_at, latest_at, least_lag,
                greatest_lag, first_received_at, last_received_at
            )
            SELECT %(hour)s, source, sum(accepted), sum(duplicates), sum(conflicts), sum(quarantined),
                   min(earliest_at), max(latest_at), %(received_at)s - max(latest_at),
                   %(received_at)s - min(earliest_at), %(received_at)s, %(received_at)s
            FROM sent GROUP BY source ORDER BY source
            ON CONFLICT (seller_id, hour, source) DO UPDATE
            SET accepted = kept.accepted + excluded.accepted, duplicates = kept.duplicates + excluded.duplicates,
                conflicts = kept.conflicts + excluded.conflicts,
                quarantined = kept.quarantined + excluded.quarantined,
                earliest_at = least(kept.earliest_at, excluded.earliest_at),
                latest_at = greatest(kept.latest_at, excluded.latest_at),
                least_lag = least(kept.least_lag, excluded.least_lag),
                greatest_lag = greatest(kept.greatest_lag, excluded.greatest_lag),
                first_received_at = least(kept.first_received_at, excluded.first_received_at),
                last_received_at = greatest(kept.last_received_at, excluded.last_received_at)
            """,
            {
                "hour": hour_of(received_at),
                "received_at": received_at,
                "most": MOST_SOURCES,
                "others": OTHERS,
                "sources": [one.source for one in columns],
                "accepted": [one.accepted for one in columns],
                "duplicates": [one.duplicates for one in columns],
                "conflicts": [one.conflicts for one in columns],
                "quarantined": [one.quarantined for one in columns],
                "earliest_at": [one.earliest_at for one in columns],
                "latest_at": [one.latest_at for one in columns],
            },
        )

    def last_heard(self, *, since: datetime, limit: int) -> dict[str, datetime]:
        """The sources that sent most since then, and when each was heard last."""
        rows = self._rows(
            """
            SELECT source, max(last_received_at) AS last FROM farthing.usage_source_hour
            WHERE hour >= %(since)s AND source <> %(others)s
            GROUP BY source ORDER BY sum(accepted + duplicates + conflicts + quarantined) DESC, source LIMIT %(limit)s
            """,
            {"since": since, "others": OTHERS, "limit": limit},
        )
        return {row.source: row.last for row in rows}

    def source_hours(self, sources: Iterable[str], *, since: datetime, until: datetime) -> list[SourceHour]:
        """The hours of these sources from one instant up to another, by source and time."""
        rows = self._rows(
            """
            SELECT source, hour, accepted, duplicates, conflicts, quarantined, first_received_at, last_received_at,
                   extract(epoch FROM least_lag) AS least_lag, extract(epoch FROM greatest_lag) AS greatest_lag
            FROM farthing.usage_source_hour
            WHERE hour >= %(since)s AND hour < %(until)s AND source = ANY(%(sources)s::text[])
            ORDER BY source, hour
            """,
            {"since": since, "until": until, "sources": list(sources)},
        )
        return [
            SourceHour(
                source=row.source,
                hour=row.hour,
                accepted=row.accepted,
                duplicates=row.duplicates,
                conflicts=row.conflicts,
                quarantined=row.quarantined,
                first_received_at=row.first_received_at,
                last_received_at=row.last_received_at,
                least_lag=None if row.least_lag is None else timedelta(microseconds=int(row.least_lag * 1_000_000)),
                greatest_lag=(
                    None if row.greatest_lag is None else timedelta(microseconds=int(row.greatest_lag * 1_000_000))
                ),
            )
            for row in rows
        ]

    def forget_source_hours(self, *, before: datetime) -> None:
        """Take away the hours before this instant."""
        self._run("DELETE FROM farthing.usage_source_hour WHERE hour < %(before)s", {"before": before})

    def hold_watch(self) -> tuple[datetime, datetime | None] | None:
        """When the sources were last looked after, and since when without a break; nobody else does so meanwhile."""
        self._lock_name("watch")
        row = self._row("SELECT watched_at, watched_since FROM farthing.usage_watch")
        return None if row is None else (row.watched_at, row.watched_since)

    def keep_watch(self, *, watched_at: datetime, watched_since: datetime | None) -> None:
        """Note that the sources were looked after."""
        self._run(
            """
            INSERT INTO farthing.usage_watch (watched_at, watched_since) VALUES (%(at)s, %(since)s)
            ON CONFLICT (seller_id) DO UPDATE
            SET watched_at = excluded.watched_at, watched_since = excluded.watched_since
            """,
            {"at": watched_at, "since": watched_since},
        )

    def open_silences(self) -> list[Silence]:
        """The sources that are silent and were told of, by source."""
        return [
            Silence(row.source, row.silent_since, row.told_at, None)
            for row in self._rows(
                "SELECT source, silent_since, told_at FROM farthing.usage_silence WHERE back_at IS NULL ORDER BY source"
            )
        ]

    def silences(self, *, told_at: datetime) -> list[Silence]:
        """Those that were told of together, whether they are over or not."""
        return [
            Silence(row.source, row.silent_since, row.told_at, row.back_at)
            for row in self._rows(
                """
                SELECT source, silent_since, told_at, back_at FROM farthing.usage_silence
                WHERE told_at = %(told_at)s ORDER BY source
                """,
                {"told_at": told_at},
            )
        ]

    def silences_over(self, *, told_at: datetime) -> list[Silence]:
        """Those of which it was told together that they are over."""
        return [
            Silence(row.source, row.silent_since, row.told_at, row.back_at)
            for row in self._rows(
                """
                SELECT source, silent_since, told_at, back_at FROM farthing.usage_silence
                WHERE back_told_at = %(told_at)s ORDER BY source
                """,
                {"told_at": told_at},
            )
        ]

    def begin_silences(self, silences: Sequence[Silence]) -> None:
        """Keep that they are silent."""
        for one in silences:
            self._run(
                """
                INSERT INTO farthing.usage_silence (source, silent_since, told_at)
                VALUES (%(source)s, %(since)s, %(told_at)s)
                """,
                {"source": one.source, "since": one.since, "told_at": one.told_at},
            )

    def end_silence(self, silence: Silence, *, back_at: datetime, told_at: datetime) -> None:
        """Keep that it is over."""
        self._run(
            """
            UPDATE farthing.usage_silence SET back_at = %(back_at)s, back_told_at = %(told_at)s
            WHERE source = %(source)s AND silent_since = %(since)s
            """,
            {"back_at": back_at, "told_at": told_at, "source": silence.source, "since": silence.since},
        )

    def has_audit(self, day: date) -> bool:
        """Whether the audit of this day was made."""
        return self._row("SELECT FROM farthing.usage_audit WHERE day = %(day)s", {"day": day}) is not None

    def keep_audit(self, day: date, *, made_at: datetime, unattributed: Sequence[NoOnes]) -> None:
        """Keep that the audit of this day was made, with what was unattributed then."""
        written = [
            {
                "customer": one.customer_key,
                "type": one.type,
                "events": one.events,
                "first_on": one.first_on.isoformat(),
                "last_on": one.last_on.isoformat(),
            }
            for one in unattributed
        ]
        self._run(
            "INSERT INTO farthing.usage_audit (day, made_at, unattributed) VALUES (%(day)s, %(made_at)s, %(written)s)",
            {"day": day, "made_at": made_at, "written": write_json(written)},
        )

    def unattributed_at_audit(self, day: date) -> list[NoOnes] | None:
        """What was unattributed when the audit of this day was made; None when it was not made."""
        row = self._row("SELECT unattributed FROM farthing.usage_audit WHERE day = %(day)s", {"day": day})
        return None if row is None else _no_ones(row.unattributed)

    def unattributed_before(self, day: date) -> list[NoOnes]:
        """The same of the last audit of an earlier day; none where there is no such audit."""
        row = self._row(
            "SELECT unattributed FROM farthing.usage_audit WHERE day < %(day)s ORDER BY day DESC LIMIT 1", {"day": day}
        )
        return [] if row is None else _no_ones(row.unattributed)

    def quarantine_of(self, *, since: datetime, until: datetime, limit: int = 20) -> list[tuple[str, int]]:
        """How many of those received in this time are in quarantine for each reason, the most frequent first."""
        rows = self._rows(
            """
            SELECT reason, count(*) AS events FROM farthing.usage_quarantine
            WHERE received_at >= %(since)s AND received_at < %(until)s
            GROUP BY reason ORDER BY events DESC, reason LIMIT %(limit)s
            """,
            {"since": since, "until": until, "limit": limit},
        )
        return [(row.reason, row.events) for row in rows]

    def count_conflicts(self, *, since: datetime, until: datetime) -> int:
        """How many came into conflict in this time."""
        row = self._row(
            """
            SELECT count(*) AS conflicts FROM farthing.usage_conflict
            WHERE received_at >= %(since)s AND received_at < %(until)s
            """,
            {"since": since, "until": until},
        )
        return int(row.conflicts)

    def untold_conflicts(self, *, since: datetime) -> dict[datetime, int]:
        """The hours since then in which more came into conflict than was told of, and how many."""
        rows = self._rows(
            """
            SELECT found.hour, found.conflicts FROM (
                SELECT date_trunc('hour', received_at, 'UTC') AS hour, count(*) AS conflicts
                FROM farthing.usage_conflict WHERE received_at >= %(since)s GROUP BY 1
            ) AS found LEFT JOIN farthing.usage_conflict_told AS told USING (hour)
            WHERE found.conflicts > coalesce(told.conflicts, 0) ORDER BY found.hour
            """,
            {"since": since},
        )
        return {row.hour: row.conflicts for row in rows}

    def note_conflicts_told(self, hour: datetime, conflicts: int) -> None:
        """Keep how many conflicts of an hour people are told of."""
        self._run(
            """
            INSERT INTO farthing.usage_conflict_told (hour, conflicts) VALUES (%(hour)s, %(conflicts)s)
            ON CONFLICT (seller_id, hour) DO UPDATE SET conflicts = excluded.conflicts
            """,
            {"hour": hour, "conflicts": conflicts},
        )


def _no_ones(kept: Iterable[Mapping[str, Any]]) -> list[NoOnes]:
    return [
        NoOnes(
            one["customer"],
            one["type"],
            one["events"],
            first_on=date.fromisoformat(one["first_on"]),
            last_on=date.fromisoformat(one["last_on"]),
        )
        for one in kept
    ]
