"""The events that a reading asks about, in SQL: whose, when, which of them match, and what is taken of each."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg import sql

from farthing.core.metering.filter import All, Any, Filter, Not, TimeOfDay
from farthing.core.metering.meter import Reading
from farthing.core.period import Period
from farthing.postgres.filters_sql import match_sql, may_be_unsure
from farthing.postgres.statement import Parameters, Sql, listed
from farthing.postgres.values_sql import text_sql

# The name under which a statement about many customers knows each of them.
EACH = sql.Identifier("asked", "customer_id")


@dataclass(frozen=True, slots=True)
class ManyCustomers:
    """Customers who are asked about in one statement, one row of `asked` each."""

    customer_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A reading of one customer's events at positions up to one, over stretches of time.

    `edges` cut time into stretches: 0 is all before the first edge, and n begins at the n-th. `since` is None where
    everything before `until` counts; `earliest` is then no later than the first event there is.
    """

    reading: Reading
    customer_id: UUID | ManyCustomers
    to_position: int
    edges: Sequence[datetime]
    since: datetime | None
    until: datetime
    earliest: datetime

    @property
    def filter(self) -> Filter | None:
        """The meter's own filter and the price's."""
        both = tuple(one for one in (self.reading.meter.where, self.reading.where) if one is not None)
        return None if not both else both[0] if len(both) == 1 else All(both)

    def stretch_from(self, edge: datetime) -> int:
        """The stretch that begins at this edge; all stretches before it lie before the edge."""
        return bisect_right(self.edges, edge)


def has_hours(filter: Filter | None) -> bool:
    """Whether a filter asks for the time of day."""
    match filter:
        case All(of=parts) | Any(of=parts):
            return any(has_hours(part) for part in parts)
        case Not(of=inner):
            return has_hours(inner)
    return isinstance(filter, TimeOfDay)


def cells_of(asked: Asked) -> list[Sql]:
    """The columns that hold the values of an event's group."""
    return [sql.Identifier(f"cell_{number}") for number in range(len(asked.reading.group_by))]


def events_sql(asked: Asked, columns: Mapping[str, Sql], parameters: Parameters, *, stretch: Sql | None = None) -> Sql:
    """A row an event: happened_at, position, stretch, cells, the columns, and `unsure` where it takes the core.

    `OFFSET 0` keeps each column from being worked out again wherever it is mentioned.
    """
    filter = asked.filter
    matched = None if filter is None else _match(asked, filter, parameters)
    taken = {f"cell_{number}": text_sql(name, parameters) for number, name in enumerate(asked.reading.group_by)}
    taken |= columns
    return sql.SQL(
        """SELECT happened_at, {place} AS position, {stretch} AS stretch, {unsure} AS unsure{taken}
           FROM farthing.usage_event WHERE {where} OFFSET 0"""
    ).format(
        place=_place(asked, parameters),
        stretch=stretch or _stretch(asked, parameters),
        unsure=sql.SQL("({}) IS NULL").format(matched) if may_be_unsure(filter) else sql.SQL("false"),
        taken=sql.Composed([sql.SQL(", {} AS {}").format(made, sql.Identifier(name)) for name, made in taken.items()]),
        where=where_sql(asked, parameters, matched=matched),
    )


def whole_events_sql(asked: Asked, parameters: Parameters) -> sql.Composed:
    """The same events in order and with all their data, for the core."""
    filter = asked.filter
    matched = None if filter is None else _match(asked, filter, parameters)
    return sql.SQL(
        """SELECT happened_at, {place} AS position, data FROM farthing.usage_event WHERE {where}
           ORDER BY happened_at, position"""
    ).format(place=_place(asked, parameters), where=where_sql(asked, parameters, matched=matched))


def where_sql(asked: Asked, parameters: Parameters, *, matched: Sql | None) -> Sql:
    """Which rows are asked for, as the index `usage_event_measured` has them."""
    customer_id, event_type = _whose(asked, parameters)
    own = EACH if isinstance(asked.customer_id, ManyCustomers) else customer_id
    to_position = parameters.position(asked.to_position)
    conditions = [
        sql.SQL("customer_id = {}").format(own),
        sql.SQL("type = {}").format(event_type),
        sql.SQL("happened_at < {}").format(parameters.instant(asked.until)),
        sql.SQL("position <= {}").format(to_position),
        in_force_sql(customer_id, event_type, to_position),
    ]
    if asked.since is not None:
        conditions.append(sql.SQL("happened_at >= {}").format(parameters.instant(asked.since)))
    if matched is not None:
        conditions.append(sql.SQL("({}) IS NOT FALSE").format(matched))
    return listed(conditions, between=" AND ")


def in_force_sql(customer_id: Sql, event_type: Sql, to_position: Sql) -> Sql:
    """That a version of an event was not ended by a correction up to a position.

    The few that were are gathered once a statement and looked up in a hash; as an array, so that the planner hashes
    them however many it expects. A join it would do event by event where it expects few events.
    """
    return sql.SQL(
        """position NOT IN (
               SELECT unnest(ARRAY(
                   SELECT ended.position FROM farthing.usage_superseded AS ended
                   WHERE ended.customer_id = {customer_id} AND ended.type = {event_type} AND ended.by_position <= {to}
               ))
           )"""
    ).format(customer_id=customer_id, event_type=event_type, to=to_position)


def _place(asked: Asked, parameters: Parameters) -> Sql:
    """An event's place among those of one instant: the position of its first version, however often it was amended.

    Few events ever are, so their places are gathered once a statement rather than kept with every event.
    """
    customer_id, event_type = _whose(asked, parameters)
    places = sql.SQL(
        """(SELECT jsonb_object_agg(made.position, made.first_position) FROM farthing.usage_correction AS made
            WHERE made.kind = 'amend' AND made.customer_id = {customer_id} AND made.type = {event_type})"""
    ).format(customer_id=customer_id, event_type=event_type)
    return sql.SQL(
        "CASE WHEN {places} IS NULL THEN position ELSE coalesce(({places} ->> position::text)::bigint, position) END"
    ).format(places=places)


def _whose(asked: Asked, parameters: Parameters) -> tuple[Sql, Sql]:
    """What a customer's id is to equal, and the type; any of many, since a position is one customer's anyway."""
    event_type = parameters.text(asked.reading.meter.event_type)
    if isinstance(asked.customer_id, ManyCustomers):
        return sql.SQL("ANY({})").format(parameters.identities(asked.customer_id.customer_ids)), event_type
    return parameters.identity(asked.customer_id), event_type


def _match(asked: Asked, filter: Filter, parameters: Parameters) -> Sql:
    since = asked.since or min(asked.earliest, asked.edges[0])
    within = Period(since, asked.until)
    return match_sql(filter, parameters, in_zone=asked.reading.window.in_zone, within=within)


def _stretch(asked: Asked, parameters: Parameters) -> Sql:
    if asked.since == asked.edges[0] and len(asked.edges) == 2:
        return sql.SQL("1")
    return sql.SQL("width_bucket(happened_at, {})").format(parameters.instants(asked.edges))
