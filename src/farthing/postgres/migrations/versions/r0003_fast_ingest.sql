-- Usage at speed: events arrive by COPY, guarded by what the statement brings instead of row by row.

CREATE TABLE farthing.catalogue_revision (
    seller_id uuid PRIMARY KEY DEFAULT farthing.seller() REFERENCES farthing.seller,
    revision  bigint NOT NULL
);

ALTER TABLE farthing.catalogue_revision ENABLE ROW LEVEL SECURITY;
ALTER TABLE farthing.catalogue_revision FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON farthing.catalogue_revision USING (seller_id = farthing.seller())
    WITH CHECK (seller_id = farthing.seller());
GRANT SELECT, INSERT ON farthing.catalogue_revision TO farthing_app;
GRANT UPDATE (revision) ON farthing.catalogue_revision TO farthing_app;

ALTER TABLE farthing.usage_counter ADD COLUMN taken_after bigint NOT NULL DEFAULT 0;

DROP TRIGGER positions_rise ON farthing.usage_event;
DROP TRIGGER append_only ON farthing.event_key;
DROP TRIGGER append_only ON farthing.usage_event;
ALTER TABLE farthing.event_key RENAME TO accepted_key;
ALTER INDEX farthing.event_key_pkey RENAME TO accepted_key_pkey;
ALTER TABLE farthing.usage_event RENAME TO accepted_event;
ALTER INDEX farthing.usage_event_pkey RENAME TO accepted_event_pkey;
ALTER INDEX farthing.usage_event_measured RENAME TO accepted_event_seller_id_customer_id_type_happened_at_idx;
DO $$
DECLARE
    names text[];
    name text;
    constraint_name text;
BEGIN
    FOREACH names SLICE 1 IN ARRAY ARRAY[['event_key', 'accepted_key'], ['usage_event', 'accepted_event']] LOOP
        EXECUTE format('DROP POLICY own_rows ON farthing.%I', names[2]);
        EXECUTE format('ALTER TABLE farthing.%I NO FORCE ROW LEVEL SECURITY', names[2]);
        EXECUTE format('ALTER TABLE farthing.%I DISABLE ROW LEVEL SECURITY', names[2]);
        EXECUTE format('REVOKE SELECT ON farthing.%I FROM farthing_app', names[2]);
        -- PostgreSQL 18 names a constraint for each column that may not be empty; the part has its table's names.
        FOR constraint_name IN SELECT conname FROM pg_constraint
                               WHERE conrelid = format('farthing.%I', names[2])::regclass AND contype = 'n'
                                 AND conname LIKE 'accepted%' LOOP
            EXECUTE format('ALTER TABLE farthing.%I RENAME CONSTRAINT %I TO %I', names[2], constraint_name,
                regexp_replace(constraint_name, '^accepted_(event|key)_', names[1] || '_'));
        END LOOP;
        EXECUTE format('CREATE TABLE farthing.%I (LIKE farthing.%I INCLUDING DEFAULTS) PARTITION BY LIST (seller_id)',
            names[1], names[2]);
    END LOOP;
END
$$;
ALTER TABLE farthing.event_key ADD PRIMARY KEY (seller_id, key);
ALTER TABLE farthing.usage_event ADD PRIMARY KEY (seller_id, position);
CREATE INDEX usage_event_measured ON farthing.usage_event (seller_id, customer_id, type, happened_at);
ALTER TABLE farthing.event_key ATTACH PARTITION farthing.accepted_key DEFAULT;
ALTER TABLE farthing.usage_event ATTACH PARTITION farthing.accepted_event DEFAULT;

CREATE OR REPLACE FUNCTION farthing.check_counter() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.last_position <> 0 OR TG_OP = 'UPDATE' AND (
        NEW.last_position < OLD.last_position OR NEW.seller_id <> OLD.seller_id)
    THEN
        RAISE EXCEPTION 'positions begin at 0 and only rise' USING ERRCODE = 'check_violation';
    END IF;
    NEW.taken_after := CASE TG_OP WHEN 'INSERT' THEN 0 ELSE OLD.last_position END;
    RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION farthing.check_positions() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    arrived record;
BEGIN
    SELECT min(added.position) AS first, max(added.position) AS last, count(*) AS events,
           bool_and(added.seller_id = farthing.seller()) AS own INTO arrived
    FROM added;
    IF arrived.events = 0 THEN
        RETURN NULL;
    END IF;
    IF arrived.own IS NOT TRUE THEN
        RAISE EXCEPTION 'INV-19: % took rows of a seller that this session is not', TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NOT EXISTS (
        SELECT FROM farthing.usage_counter AS counter
        WHERE counter.seller_id = farthing.seller() AND counter.taken_after < arrived.first
          AND counter.last_position >= arrived.last AND counter.xmin = pg_current_xact_id()::xid
    ) THEN
        RAISE EXCEPTION 'positions % to % are not above all others, taken from the counter by this transaction',
            arrived.first, arrived.last USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;

DO $$
DECLARE
    taken text;
BEGIN
    FOREACH taken IN ARRAY ARRAY['event_key', 'accepted_key', 'usage_event', 'accepted_event'] LOOP
        EXECUTE format(
            'CREATE TRIGGER positions_rise AFTER INSERT ON farthing.%I REFERENCING NEW TABLE AS added '
            'FOR EACH STATEMENT EXECUTE FUNCTION farthing.check_positions()', taken);
        EXECUTE format(
            'CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON farthing.%I '
            'FOR EACH STATEMENT EXECUTE FUNCTION farthing.refuse_change()', taken);
    END LOOP;
    FOREACH taken IN ARRAY ARRAY['event_key', 'usage_event'] LOOP
        EXECUTE format('ALTER TABLE farthing.%I ENABLE ROW LEVEL SECURITY', taken);
        EXECUTE format('ALTER TABLE farthing.%I FORCE ROW LEVEL SECURITY', taken);
        EXECUTE format(
            'CREATE POLICY own_rows ON farthing.%I USING (seller_id = farthing.seller()) '
            'WITH CHECK (seller_id = farthing.seller())', taken);
        EXECUTE format('GRANT SELECT, INSERT ON farthing.%I TO farthing_app', taken);
    END LOOP;
END
$$;

-- Events are screened against meters in use and by the seller's clock: whatever moves these is seen by who remembers them.
CREATE FUNCTION farthing.catalogue_moved() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    INSERT INTO farthing.catalogue_revision AS known (revision) VALUES (1)
    ON CONFLICT (seller_id) DO UPDATE SET revision = known.revision + 1;
    RETURN NULL;
END
$$;

-- Who subscribes to what is not the newest version brings its meters into use again.
CREATE FUNCTION farthing.older_version_agreed() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    is_older boolean;
BEGIN
    IF TG_TABLE_NAME = 'agreed_add_on' THEN
        is_older := EXISTS (SELECT FROM farthing.add_on_version AS newer
                            WHERE newer.seller_id = NEW.seller_id AND newer.add_on_key = NEW.add_on_key
                              AND newer.version > NEW.version);
    ELSE
        is_older := EXISTS (SELECT FROM farthing.plan_version AS newer
                            WHERE newer.seller_id = NEW.seller_id AND newer.plan_key = NEW.plan_key
                              AND newer.version > NEW.plan_version);
    END IF;
    IF is_older THEN
        INSERT INTO farthing.catalogue_revision AS known (revision) VALUES (1)
        ON CONFLICT (seller_id) DO UPDATE SET revision = known.revision + 1;
    END IF;
    RETURN NULL;
END
$$;

DO $$
DECLARE
    kept text;
BEGIN
    FOREACH kept IN ARRAY ARRAY['meter_version', 'plan_version', 'add_on_version'] LOOP
        EXECUTE format(
            'CREATE TRIGGER catalogue_moved AFTER INSERT ON farthing.%I '
            'FOR EACH STATEMENT EXECUTE FUNCTION farthing.catalogue_moved()', kept);
    END LOOP;
    FOREACH kept IN ARRAY ARRAY['subscription', 'agreed_version', 'agreed_add_on'] LOOP
        EXECUTE format(
            'CREATE TRIGGER older_version_agreed AFTER INSERT ON farthing.%I '
            'FOR EACH ROW EXECUTE FUNCTION farthing.older_version_agreed()', kept);
    END LOOP;
END
$$;

CREATE TRIGGER catalogue_moved AFTER UPDATE ON farthing.seller
    FOR EACH STATEMENT EXECUTE FUNCTION farthing.catalogue_moved();
