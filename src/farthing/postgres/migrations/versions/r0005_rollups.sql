-- Usage added up by hour and day.

-- What is added up, each once, whatever meters measure it; and the position up to which it was.
CREATE TABLE farthing.usage_rollup (
    seller_id uuid NOT NULL DEFAULT farthing.seller() REFERENCES farthing.seller,
    rollup_id integer NOT NULL,
    terms_id  uuid NOT NULL,  -- stands for the terms; a rollup that is made anew has them a second time for a while
    terms     jsonb NOT NULL,
    position  bigint NOT NULL DEFAULT 0,
    moved_at  timestamptz NOT NULL,
    ready     boolean NOT NULL DEFAULT false,  -- it has caught up with the events once, and answers from then on
    retired   boolean NOT NULL DEFAULT false,  -- nobody asks it any more; its rows are being removed
    PRIMARY KEY (seller_id, rollup_id)
);

-- How much of the catalogue has been looked at for what is to be added up.
CREATE TABLE farthing.usage_following (
    seller_id      uuid PRIMARY KEY DEFAULT farthing.seller() REFERENCES farthing.seller,
    meter_versions bigint NOT NULL
);

-- Signed sums, or the one number that counts, of a customer's events in an hour and in a day of UTC. `cell` stands for
-- the values in `of`; `doubtful` events are those that only the core can read.
CREATE TABLE farthing.usage_by_hour (
    seller_id   uuid NOT NULL DEFAULT farthing.seller(),
    rollup_id   integer NOT NULL,
    customer_id uuid NOT NULL,
    starts_at   timestamptz NOT NULL,
    cell        uuid NOT NULL,
    events      bigint NOT NULL,
    doubtful    bigint NOT NULL,
    amount      numeric,
    happened_at timestamptz,
    position    bigint,
    "of"        text[],
    PRIMARY KEY (seller_id, rollup_id, customer_id, starts_at, cell)
) WITH (fillfactor = 70);

CREATE TABLE farthing.usage_by_day (
    seller_id   uuid NOT NULL DEFAULT farthing.seller(),
    rollup_id   integer NOT NULL,
    customer_id uuid NOT NULL,
    starts_at   timestamptz NOT NULL,
    cell        uuid NOT NULL,
    events      bigint NOT NULL,
    doubtful    bigint NOT NULL,
    amount      numeric,
    happened_at timestamptz,
    position    bigint,
    "of"        text[],
    PRIMARY KEY (seller_id, rollup_id, customer_id, starts_at, cell)
) WITH (fillfactor = 70);

-- How many cells a customer's day has; one with too many has no rows, and is read from its events.
CREATE TABLE farthing.usage_cells (
    seller_id   uuid NOT NULL DEFAULT farthing.seller(),
    rollup_id   integer NOT NULL,
    customer_id uuid NOT NULL,
    starts_at   timestamptz NOT NULL,
    cells       bigint NOT NULL,
    PRIMARY KEY (seller_id, rollup_id, customer_id, starts_at)
) WITH (fillfactor = 70);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['usage_rollup', 'usage_following', 'usage_by_hour', 'usage_by_day', 'usage_cells'] LOOP
        EXECUTE format('ALTER TABLE farthing.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE farthing.%I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY own_rows ON farthing.%I USING (seller_id = farthing.seller()) '
            'WITH CHECK (seller_id = farthing.seller())', name);
        EXECUTE format('GRANT SELECT, INSERT ON farthing.%I TO farthing_app', name);
    END LOOP;
END
$$;

GRANT UPDATE (position, moved_at, ready, retired), DELETE ON farthing.usage_rollup TO farthing_app;
GRANT UPDATE (meter_versions) ON farthing.usage_following TO farthing_app;
GRANT UPDATE (events, doubtful, amount, happened_at, position), DELETE ON farthing.usage_by_hour TO farthing_app;
GRANT UPDATE (events, doubtful, amount, happened_at, position), DELETE ON farthing.usage_by_day TO farthing_app;
GRANT UPDATE (cells), DELETE ON farthing.usage_cells TO farthing_app;

CREATE POLICY asked_by_owner ON farthing.meter_version FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY asked_by_owner ON farthing.usage_counter FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY asked_by_owner ON farthing.usage_rollup FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY asked_by_owner ON farthing.usage_following FOR SELECT TO CURRENT_USER USING (true);

-- Whose usage is to be added up further: one question for all of them, so that it can be asked often.
CREATE FUNCTION farthing.sellers_to_follow() RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog
    BEGIN ATOMIC
        SELECT counter.seller_id FROM farthing.usage_counter AS counter
        WHERE EXISTS (
            SELECT FROM farthing.usage_rollup AS rollup
            WHERE rollup.seller_id = counter.seller_id
              AND (rollup.retired OR NOT rollup.ready OR rollup.position < counter.last_position)
        ) OR (
            SELECT count(*) FROM farthing.meter_version AS meter WHERE meter.seller_id = counter.seller_id
        ) <> coalesce((
            SELECT following.meter_versions FROM farthing.usage_following AS following
            WHERE following.seller_id = counter.seller_id
        ), 0)
        ORDER BY counter.seller_id;
    END;

REVOKE ALL ON FUNCTION farthing.sellers_to_follow() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION farthing.sellers_to_follow() TO farthing_app;
