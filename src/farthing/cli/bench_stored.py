"""Events with random ids that a benchmark finds stored already, made where they are kept."""

from __future__ import annotations

import psycopg

from farthing.cli.bench_load import CUSTOMERS, EVENT_TYPE
from farthing.cli.bench_shop import Shop

_AT_ONCE = 1_000_000


def store_events(shop: Shop, wanted: int, *, there: int) -> int:
    """Bring the number of stored events up to this; how many there are then.

    Made by the server itself, past the product's guards, in the state in which the product leaves what it keeps.
    """
    missing = wanted - there
    if missing <= 0:
        return there
    with psycopg.connect(shop.owner_url, autocommit=True) as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("SELECT set_config('farthing.seller', %s, false)", [str(shop.seller_id)])
        for first in range(0, missing, _AT_ONCE):
            _store(owner, shop, min(_AT_ONCE, missing - first))
        owner.execute("VACUUM ANALYZE farthing.accepted_key, farthing.accepted_event")
        owner.execute("CHECKPOINT")
    return wanted


def _store(owner: psycopg.Connection, shop: Shop, many: int) -> None:
    values = {"seller": shop.seller_id, "many": many, "customers": CUSTOMERS, "type": EVENT_TYPE}
    with owner.transaction():
        owner.execute(
            """
            CREATE TEMPORARY TABLE made ON COMMIT DROP AS
            SELECT counter.last_position + number AS position, gen_random_uuid() AS key, number,
                   'customer-' || mod(number, %(customers)s) AS subject
            FROM farthing.usage_counter AS counter, generate_series(1, %(many)s::bigint) AS number
            WHERE counter.seller_id = %(seller)s
            """,
            values,
        )
        owner.execute(
            """
            INSERT INTO farthing.accepted_key (seller_id, key, content, position)
            SELECT %(seller)s, key, key, position FROM made ORDER BY key
            """,
            values,
        )
        owner.execute(
            """
            INSERT INTO farthing.accepted_event (
                seller_id, position, key, customer_id, type, happened_at, accepted_at, source, id, subject, time, data
            )
            SELECT %(seller)s, position, made.key, customer.customer_id, %(type)s, moment.at, moment.at, 'stored',
                   made.key::text, subject, to_char(moment.at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
                   jsonb_build_object('model', 'large', 'tokens', mod(number, 5000))
            FROM made
            JOIN farthing.customer AS customer ON customer.seller_id = %(seller)s AND customer.key = made.subject
            CROSS JOIN LATERAL (SELECT now() - interval '40 days' + position * interval '0.02 s' AS at) AS moment
            ORDER BY position
            """,
            values,
        )
        owner.execute(
            "UPDATE farthing.usage_counter SET last_position = last_position + %(many)s WHERE seller_id = %(seller)s",
            values,
        )
