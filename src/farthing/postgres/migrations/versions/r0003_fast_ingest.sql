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
ALTER TABLE farthing.event_key RENAME TO accepted_key;
ALTER INDEX farthing.event_key_pkey RENAME TO accepted_key_pkey;
ALTER TABLE farthing.usage_event RENAME TO accepted_event;
ALTER INDEX farthing.usage_event_pkey RENAME TO accepted_event_pkey;
ALTER INDEX farthing.usage_event_measured RENAME TO accepted_event_measured;
DO $$
DECLARE
    name text;
    constraint_name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['accepted_key', 'accepted_event'] LOOP
        EXECUTE format('DROP POLICY own_rows ON farthing.%I', name);
        EXECUTE format('ALTER TABLE farthing.%I NO FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE farthing.%I DISABLE ROW LEVEL SECURITY', name);
        EXECUTE format('REVOKE SELECT ON farthing.%I FROM farthing_app', name);
        -- PostgreSQL 18 names a constraint for each column that may not be empty.
        FOR constraint_name IN SELECT conname FROM pg_constraint
                               WHERE conrelid = format('farthing.%I', name)::regclass AND contype = 'n' LOOP
            EXECUTE format('ALTER TABLE farthing.%I RENAME CONSTRAINT %I TO %I', name, constraint_name,
                regexp_replace(constraint_name, '^(event_key|usage_event)_', name || '_'));
        END LOOP;
    END LOOP;
END
$$;

CREATE VIEW farthing.event_key WITH (security_barrier) AS
    SELECT seller_id, key, content, position FROM farthing.accepted_key WHERE seller_id = farthing.seller()
    WITH LOCAL CHECK OPTION;
CREATE VIEW farthing.usage_event WITH (security_barrier) AS
    SELECT seller_id, position, key, customer_id, type, happened_at, accepted_at, source, id, subject, time, data
    FROM farthing.accepted_event WHERE seller_id = farthing.seller()
    WITH LOCAL CHECK OPTION;
GRANT SELECT, INSERT ON farthing.event_key, farthing.usage_event TO farthing_app;

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

CREATE TRIGGER positions_rise AFTER INSERT ON farthing.accepted_key REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION farthing.check_positions();
CREATE TRIGGER positions_rise AFTER INSERT ON farthing.accepted_event REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION farthing.check_positions();

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
