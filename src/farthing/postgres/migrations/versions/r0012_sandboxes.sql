-- A sandbox is copied under a new seller: saved points and forks.

-- Whether a sandbox is being copied here and now. What was kept in its order once is not asked for that order again; a
-- guard that asks for it is created WHEN (NOT farthing.is_copying()). Only `copy_sandbox` can make it so.
CREATE FUNCTION farthing.is_copying() RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog
    RETURN CASE WHEN current_setting('farthing.copying', true) = 'yes' THEN EXISTS (
        SELECT FROM pg_proc AS copying
        WHERE copying.pronamespace = 'farthing'::regnamespace AND copying.proname = 'copy_sandbox'
          AND pg_get_userbyid(copying.proowner) = current_user
    ) ELSE false END;

-- A sandbox that is a copy of another one: a saved point stays as it is, a fork goes on by itself. A family is all copies
-- of one sandbox, however many copies lie between; its id is the first one's. Only `copy_sandbox` adds to it.
CREATE TABLE farthing.sandbox_copy (
    seller_id   uuid PRIMARY KEY DEFAULT farthing.seller() REFERENCES farthing.seller,
    family_id   uuid NOT NULL REFERENCES farthing.seller,
    copied_from uuid NOT NULL REFERENCES farthing.seller,
    name        text NOT NULL CHECK (name <> ''),
    kind        text NOT NULL CHECK (kind IN ('point', 'fork')),
    stands_at   timestamptz NOT NULL,  -- the sandbox's own time at which it was copied
    copied_at   timestamptz NOT NULL,  -- the world's
    UNIQUE (family_id, name)
);

ALTER TABLE farthing.sandbox_copy ENABLE ROW LEVEL SECURITY;
ALTER TABLE farthing.sandbox_copy FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON farthing.sandbox_copy USING (seller_id = farthing.seller())
    WITH CHECK (seller_id = farthing.seller());
CREATE POLICY asked_by_owner ON farthing.sandbox_copy FOR SELECT TO CURRENT_USER USING (true);
GRANT SELECT ON farthing.sandbox_copy TO farthing_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON farthing.sandbox_copy
    FOR EACH STATEMENT EXECUTE FUNCTION farthing.refuse_change();

-- What was kept in its order once is not asked for that order again ------------------------------------------------

CREATE OR REPLACE TRIGGER numbered_and_booked BEFORE INSERT ON farthing.invoice
    FOR EACH ROW WHEN (NOT farthing.is_copying()) EXECUTE FUNCTION farthing.check_invoice();
CREATE OR REPLACE TRIGGER rises_by_one BEFORE INSERT OR UPDATE ON farthing.number_series
    FOR EACH ROW WHEN (NOT farthing.is_copying()) EXECUTE FUNCTION farthing.check_series();
CREATE OR REPLACE TRIGGER chains BEFORE INSERT ON farthing.slice
    FOR EACH ROW WHEN (NOT farthing.is_copying()) EXECUTE FUNCTION farthing.check_slice();
CREATE OR REPLACE TRIGGER only_rises BEFORE INSERT OR UPDATE ON farthing.usage_counter
    FOR EACH ROW WHEN (NOT farthing.is_copying()) EXECUTE FUNCTION farthing.check_counter();
CREATE OR REPLACE TRIGGER month_is_open BEFORE INSERT ON farthing.transaction
    FOR EACH ROW WHEN (NOT farthing.is_copying()) EXECUTE FUNCTION farthing.check_month();
CREATE OR REPLACE TRIGGER goes_by_month BEFORE INSERT ON farthing.month_lock
    FOR EACH ROW WHEN (NOT farthing.is_copying()) EXECUTE FUNCTION farthing.check_month_lock();
CREATE OR REPLACE TRIGGER locks_month AFTER INSERT ON farthing.month_lock
    FOR EACH ROW WHEN (NOT farthing.is_copying()) EXECUTE FUNCTION farthing.lock_month();
CREATE OR REPLACE TRIGGER opens_empty_books BEFORE INSERT ON farthing.opening
    FOR EACH ROW WHEN (NOT farthing.is_copying()) EXECUTE FUNCTION farthing.check_opening();

DO $$
DECLARE
    kept text;
BEGIN
    FOREACH kept IN ARRAY ARRAY['agreed_version', 'agreed_quantity', 'agreed_pause'] LOOP
        EXECUTE format(
            'CREATE OR REPLACE TRIGGER after_what_is_billed BEFORE INSERT OR UPDATE ON farthing.%I '
            'FOR EACH ROW WHEN (NOT farthing.is_copying()) EXECUTE FUNCTION farthing.check_agreed()', kept);
    END LOOP;
    FOREACH kept IN ARRAY ARRAY['event_key', 'accepted_key', 'usage_event', 'accepted_event'] LOOP
        EXECUTE format(
            'CREATE OR REPLACE TRIGGER positions_rise AFTER INSERT ON farthing.%I REFERENCING NEW TABLE AS added '
            'FOR EACH STATEMENT WHEN (NOT farthing.is_copying()) EXECUTE FUNCTION farthing.check_positions()', kept);
    END LOOP;
    FOREACH kept IN ARRAY ARRAY['meter_version', 'plan_version', 'add_on_version', 'event_rule_version'] LOOP
        EXECUTE format(
            'CREATE OR REPLACE TRIGGER catalogue_moved AFTER INSERT ON farthing.%I '
            'FOR EACH STATEMENT WHEN (NOT farthing.is_copying()) EXECUTE FUNCTION farthing.catalogue_moved()', kept);
    END LOOP;
    FOREACH kept IN ARRAY ARRAY['subscription', 'agreed_version', 'agreed_add_on'] LOOP
        EXECUTE format(
            'CREATE OR REPLACE TRIGGER older_version_agreed AFTER INSERT ON farthing.%I '
            'FOR EACH ROW WHEN (NOT farthing.is_copying()) EXECUTE FUNCTION farthing.older_version_agreed()', kept);
    END LOOP;
END
$$;

-- Nothing happens to saved points ----------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION farthing.sellers() RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog
    BEGIN ATOMIC
        SELECT known.seller_id FROM farthing.seller AS known
        WHERE NOT EXISTS (
            SELECT FROM farthing.sandbox_copy AS saved
            WHERE saved.seller_id = known.seller_id AND saved.kind = 'point'
        )
        ORDER BY known.seller_id;
    END;

CREATE OR REPLACE FUNCTION farthing.sellers_to_follow() RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog
    BEGIN ATOMIC
        SELECT counter.seller_id FROM farthing.usage_counter AS counter
        WHERE (EXISTS (
            SELECT FROM farthing.usage_rollup AS rollup
            WHERE rollup.seller_id = counter.seller_id
              AND (rollup.retired OR NOT rollup.ready OR rollup.position < counter.last_position)
        ) OR (
            SELECT count(*) FROM farthing.meter_version AS meter WHERE meter.seller_id = counter.seller_id
        ) <> coalesce((
            SELECT following.meter_versions FROM farthing.usage_following AS following
            WHERE following.seller_id = counter.seller_id
        ), 0))
        AND NOT EXISTS (
            SELECT FROM farthing.sandbox_copy AS saved
            WHERE saved.seller_id = counter.seller_id AND saved.kind = 'point'
        )
        ORDER BY counter.seller_id;
    END;

-- Sandboxes are copied ----------------------------------------------------------------------------------------------

-- What a copy does not take along says so where it stands, with the reason; everything else is copied, whatever it is.
COMMENT ON TABLE farthing.sandbox_copy IS 'not copied: a copy is a copy of its own';
COMMENT ON TABLE farthing.api_key IS 'not copied: a key opens one door';
COMMENT ON TABLE farthing.owner_code IS 'not copied: a code is for one owner, once';
COMMENT ON TABLE farthing.slack_install IS 'not copied: a workspace is connected to one seller, and its secrets are bound to it';
COMMENT ON TABLE farthing.notice IS 'not copied: what is to be told is told once, by the one that wrote it';

-- Everything of the session's sandbox, once more under a new seller, as of one instant: the number of rows. Each table is
-- read while the session names the one and written while it names the other, so that row-level security binds even this.
CREATE FUNCTION farthing.copy_sandbox(
    copy_id uuid, called text, as_kind text, standing_at timestamptz, at_world timestamptz
) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog
AS $$
DECLARE
    original uuid := farthing.seller();
    family uuid;
    waiting oid[];
    next_one oid;
    columns text;
    copied text;
    rows_of_it bigint;
    all_rows bigint := 0;
BEGIN
    -- A setting of the function itself only a superuser may write down.
    PERFORM set_config('farthing.copying', 'yes', true);
    IF NOT EXISTS (
        SELECT FROM farthing.seller AS known WHERE known.seller_id = original AND known.mode = 'sandbox'
    ) THEN
        RAISE EXCEPTION 'only a sandbox is copied, and only by itself' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF EXISTS (SELECT FROM farthing.seller AS known WHERE known.seller_id = copy_id) THEN
        RAISE EXCEPTION 'a copy needs an id of its own' USING ERRCODE = 'unique_violation';
    END IF;
    IF current_setting('transaction_isolation') <> 'repeatable read' THEN
        RAISE EXCEPTION 'a sandbox is copied as of one instant, in a transaction that reads as of one'
            USING ERRCODE = 'invalid_transaction_state';
    END IF;
    SELECT coalesce(own.family_id, original) INTO family
    FROM (VALUES (original)) AS asked (seller_id) LEFT JOIN farthing.sandbox_copy AS own USING (seller_id);
    -- What this transaction did before is proved while its own seller is named.
    SET CONSTRAINTS ALL IMMEDIATE;
    SET CONSTRAINTS ALL DEFERRED;
    waiting := ARRAY(
        SELECT kept.oid FROM pg_class AS kept
        WHERE kept.relnamespace = 'farthing'::regnamespace AND kept.relkind IN ('r', 'p') AND NOT kept.relispartition
          AND coalesce(obj_description(kept.oid, 'pg_class'), '') NOT LIKE 'not copied: %'
        ORDER BY kept.relname
    );
    WHILE cardinality(waiting) > 0 LOOP
        -- What others refer to goes first.
        SELECT candidate INTO next_one FROM unnest(waiting) WITH ORDINALITY AS listed (candidate, place)
        WHERE NOT EXISTS (
            SELECT FROM pg_constraint AS refers
            WHERE refers.contype = 'f' AND NOT refers.condeferrable AND refers.conrelid = candidate
              AND refers.confrelid <> candidate AND refers.confrelid = ANY (waiting)
        ) ORDER BY place LIMIT 1;
        IF next_one IS NULL THEN
            RAISE EXCEPTION 'these tables refer to each other in a circle: %',
                (SELECT string_agg(listed::regclass::text, ', ') FROM unnest(waiting) AS listed);
        END IF;
        SELECT string_agg(quote_ident(field.attname), ', ' ORDER BY field.attnum),
               string_agg(CASE
                   WHEN field.attname = 'seller_id' THEN '$2'
                   WHEN next_one = 'farthing.seller'::regclass AND field.attname = 'clock_shift' THEN '$3'
                   ELSE 'kept.' || quote_ident(field.attname)
               END, ', ' ORDER BY field.attnum)
        INTO columns, copied
        FROM pg_attribute AS field
        WHERE field.attrelid = next_one AND field.attnum > 0 AND NOT field.attisdropped AND field.attgenerated = '';
        -- The rows are all read before the session names the copy, and written after: each step needs the one before.
        EXECUTE format(
            'WITH kept AS MATERIALIZED (SELECT * FROM %1$s WHERE seller_id = $1), '
            'turned AS MATERIALIZED (SELECT set_config(''farthing.seller'', $2::text, true) '
            '                        FROM (SELECT count(*) FROM kept) AS every_row) '
            'INSERT INTO %1$s (%2$s) OVERRIDING SYSTEM VALUE SELECT %3$s FROM turned CROSS JOIN kept',
            next_one::regclass, columns, copied
        ) USING original, copy_id, standing_at - at_world;
        GET DIAGNOSTICS rows_of_it = ROW_COUNT;
        all_rows := all_rows + rows_of_it;
        PERFORM set_config('farthing.seller', original::text, true);
        waiting := array_remove(waiting, next_one);
    END LOOP;
    PERFORM set_config('farthing.seller', copy_id::text, true);
    INSERT INTO farthing.sandbox_copy (seller_id, family_id, copied_from, name, kind, stands_at, copied_at)
    VALUES (copy_id, family, original, called, as_kind, standing_at, at_world);
    -- The copy is proved by every guard that looks at a whole, while it is the one that is named.
    SET CONSTRAINTS ALL IMMEDIATE;
    SET CONSTRAINTS ALL DEFERRED;
    PERFORM set_config('farthing.seller', original::text, true);
    PERFORM set_config('farthing.copying', '', true);
    RETURN all_rows;
END
$$;

-- The session's sandbox and all of its family: the first one without a name, then its copies. A seller that is no copy
-- and has none is its own family.
CREATE FUNCTION farthing.sandboxes() RETURNS TABLE (
    seller_id uuid, name text, kind text, copied_from uuid, stands_at timestamptz, copied_at timestamptz,
    clock_shift interval
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
    BEGIN ATOMIC
        SELECT known.seller_id, copied.name, copied.kind, copied.copied_from, copied.stands_at, copied.copied_at,
               known.clock_shift
        FROM farthing.seller AS known LEFT JOIN farthing.sandbox_copy AS copied USING (seller_id)
        WHERE coalesce(copied.family_id, known.seller_id) = coalesce(
            (SELECT own.family_id FROM farthing.sandbox_copy AS own WHERE own.seller_id = farthing.seller()),
            farthing.seller()
        )
        ORDER BY copied.copied_at NULLS FIRST, copied.name;
    END;

REVOKE ALL ON FUNCTION farthing.copy_sandbox(uuid, text, text, timestamptz, timestamptz), farthing.sandboxes()
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION farthing.copy_sandbox(uuid, text, text, timestamptz, timestamptz), farthing.sandboxes()
    TO farthing_app;
