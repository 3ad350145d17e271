-- How each source of usage behaves: what it sent by the hour, when it fell silent, and what was told of it.

-- What came of one source in one hour of receipt. The source '' stands for all beyond the first so many of an hour.
CREATE TABLE farthing.usage_source_hour (
    seller_id         uuid NOT NULL DEFAULT farthing.seller() REFERENCES farthing.seller,
    hour              timestamptz NOT NULL,
    source            text NOT NULL,
    accepted          bigint NOT NULL,
    duplicates        bigint NOT NULL,
    conflicts         bigint NOT NULL,
    quarantined       bigint NOT NULL,
    earliest_at       timestamptz,  -- when it says that it happened, of what was new
    latest_at         timestamptz,
    least_lag         interval,     -- received less happened; below zero where its clock is ahead of ours
    greatest_lag      interval,
    first_received_at timestamptz NOT NULL,
    last_received_at  timestamptz NOT NULL,
    PRIMARY KEY (seller_id, hour, source)
) WITH (fillfactor = 70);

-- A source that fell silent, from the last time it was heard until it was back.
CREATE TABLE farthing.usage_silence (
    seller_id    uuid NOT NULL DEFAULT farthing.seller() REFERENCES farthing.seller,
    source       text NOT NULL,
    silent_since timestamptz NOT NULL,
    told_at      timestamptz NOT NULL,
    back_at      timestamptz CHECK (back_at >= silent_since),
    back_told_at timestamptz,
    PRIMARY KEY (seller_id, source, silent_since),
    CHECK ((back_at IS NULL) = (back_told_at IS NULL))
);
CREATE UNIQUE INDEX usage_silence_open ON farthing.usage_silence (seller_id, source) WHERE back_at IS NULL;

-- When the sources were last looked after, by the world's clock, and since when without a break, by the seller's.
CREATE TABLE farthing.usage_watch (
    seller_id     uuid PRIMARY KEY DEFAULT farthing.seller() REFERENCES farthing.seller,
    watched_at    timestamptz NOT NULL,
    watched_since timestamptz
);

-- One audit a day, with what could not be worked out again later.
CREATE TABLE farthing.usage_audit (
    seller_id    uuid NOT NULL DEFAULT farthing.seller() REFERENCES farthing.seller,
    day          date NOT NULL,
    made_at      timestamptz NOT NULL,
    unattributed jsonb NOT NULL,
    PRIMARY KEY (seller_id, day)
);

-- How many conflicts of an hour people were told of.
CREATE TABLE farthing.usage_conflict_told (
    seller_id uuid NOT NULL DEFAULT farthing.seller() REFERENCES farthing.seller,
    hour      timestamptz NOT NULL,
    conflicts bigint NOT NULL,
    PRIMARY KEY (seller_id, hour)
);
CREATE INDEX usage_conflict_received ON farthing.usage_conflict (seller_id, received_at);

ALTER TABLE farthing.slack_install ADD COLUMN data_channel text;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON farthing.usage_audit
    FOR EACH STATEMENT EXECUTE FUNCTION farthing.refuse_change();
CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON farthing.usage_silence
    FOR EACH STATEMENT EXECUTE FUNCTION farthing.refuse_change();

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'usage_source_hour', 'usage_silence', 'usage_watch', 'usage_audit', 'usage_conflict_told'
    ] LOOP
        EXECUTE format('ALTER TABLE farthing.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE farthing.%I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY own_rows ON farthing.%I USING (seller_id = farthing.seller()) '
            'WITH CHECK (seller_id = farthing.seller())', name);
        EXECUTE format('GRANT SELECT, INSERT ON farthing.%I TO farthing_app', name);
    END LOOP;
END
$$;
GRANT UPDATE (accepted, duplicates, conflicts, quarantined, earliest_at, latest_at, least_lag, greatest_lag,
              first_received_at, last_received_at), DELETE ON farthing.usage_source_hour TO farthing_app;
GRANT UPDATE (back_at, back_told_at) ON farthing.usage_silence TO farthing_app;
GRANT UPDATE (watched_at, watched_since) ON farthing.usage_watch TO farthing_app;
GRANT UPDATE (conflicts) ON farthing.usage_conflict_told TO farthing_app;
GRANT UPDATE (data_channel) ON farthing.slack_install TO farthing_app;
