-- Subscriptions change plans within a period, rest, and go on.

-- Usage is billed with its period, not at a change within it.
ALTER TABLE farthing.subscription ADD COLUMN usage_through timestamptz;
UPDATE farthing.subscription SET usage_through = billed_through;
ALTER TABLE farthing.subscription ADD CHECK (usage_through <= billed_through);
GRANT UPDATE (usage_through) ON farthing.subscription TO farthing_app;

ALTER TABLE farthing.agreed_version ADD COLUMN ends_phases boolean NOT NULL DEFAULT false;

CREATE TABLE farthing.agreed_pause (
    seller_id       uuid NOT NULL DEFAULT farthing.seller(),
    subscription_id uuid NOT NULL,
    starts_at       timestamptz NOT NULL,
    ends_at         timestamptz CHECK (ends_at >= starts_at),  -- NULL until somebody resumes
    PRIMARY KEY (seller_id, subscription_id, starts_at),
    FOREIGN KEY (seller_id, subscription_id) REFERENCES farthing.subscription
);
CREATE UNIQUE INDEX agreed_pause_one_at_a_time ON farthing.agreed_pause (seller_id, subscription_id)
    WHERE ends_at IS NULL;

-- Nothing is agreed for a time that is billed.
CREATE FUNCTION farthing.check_agreed() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    since timestamptz;
    through timestamptz;
BEGIN
    IF TG_TABLE_NAME <> 'agreed_pause' THEN
        since := NEW.since;
    ELSIF TG_OP = 'INSERT' THEN
        since := NEW.starts_at;
    ELSE
        since := NEW.ends_at;
    END IF;
    SELECT billed_through INTO through FROM farthing.subscription AS changed
    WHERE changed.seller_id = NEW.seller_id AND changed.subscription_id = NEW.subscription_id;
    IF since <= through THEN
        RAISE EXCEPTION 'INV-16: subscription % is billed through %, which stays billed', NEW.subscription_id, through
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['agreed_version', 'agreed_quantity', 'agreed_pause'] LOOP
        EXECUTE format(
            'CREATE TRIGGER after_what_is_billed BEFORE INSERT OR UPDATE ON farthing.%I '
            'FOR EACH ROW EXECUTE FUNCTION farthing.check_agreed()', name);
    END LOOP;
END
$$;

CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON farthing.agreed_pause
    FOR EACH STATEMENT EXECUTE FUNCTION farthing.refuse_change();
ALTER TABLE farthing.agreed_pause ENABLE ROW LEVEL SECURITY;
ALTER TABLE farthing.agreed_pause FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON farthing.agreed_pause USING (seller_id = farthing.seller())
    WITH CHECK (seller_id = farthing.seller());
GRANT SELECT, INSERT ON farthing.agreed_pause TO farthing_app;
GRANT UPDATE (ends_at) ON farthing.agreed_pause TO farthing_app;
