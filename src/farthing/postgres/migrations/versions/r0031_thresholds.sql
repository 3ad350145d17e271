-- What had accrued of a period that ran crossed its plan's threshold, and is a moment at which it is billed.
CREATE TABLE farthing.threshold_crossing (
    seller_id       uuid NOT NULL DEFAULT farthing.seller(),
    subscription_id uuid NOT NULL,
    since           timestamptz NOT NULL,
    position        bigint NOT NULL CHECK (position >= 0),
    currency        text NOT NULL,
    accrued_minor   bigint NOT NULL,
    threshold_minor bigint NOT NULL CHECK (threshold_minor >= 0),
    PRIMARY KEY (seller_id, subscription_id, since),
    CHECK (accrued_minor >= threshold_minor),
    FOREIGN KEY (seller_id, subscription_id) REFERENCES farthing.subscription
);

-- Up to where usage was looked at for thresholds, and the subscriptions that it may be for.
CREATE TABLE farthing.threshold_watch (
    seller_id uuid PRIMARY KEY DEFAULT farthing.seller() REFERENCES farthing.seller,
    position  bigint NOT NULL
);

CREATE TABLE farthing.accruing (
    seller_id       uuid NOT NULL DEFAULT farthing.seller(),
    subscription_id uuid NOT NULL,
    position        bigint NOT NULL,
    found_at        timestamptz NOT NULL,
    PRIMARY KEY (seller_id, subscription_id),
    FOREIGN KEY (seller_id, subscription_id) REFERENCES farthing.subscription
);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON farthing.threshold_crossing
    FOR EACH STATEMENT EXECUTE FUNCTION farthing.refuse_change();
CREATE TRIGGER after_what_is_billed BEFORE INSERT OR UPDATE ON farthing.threshold_crossing
    FOR EACH ROW WHEN (NOT farthing.is_copying()) EXECUTE FUNCTION farthing.check_agreed();

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['threshold_crossing', 'threshold_watch', 'accruing'] LOOP
        EXECUTE format('ALTER TABLE farthing.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE farthing.%I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY own_rows ON farthing.%I USING (seller_id = farthing.seller()) '
            'WITH CHECK (seller_id = farthing.seller())', name);
        EXECUTE format('GRANT SELECT, INSERT ON farthing.%I TO farthing_app', name);
    END LOOP;
END
$$;
GRANT UPDATE (position) ON farthing.threshold_watch TO farthing_app;
GRANT UPDATE (position), DELETE ON farthing.accruing TO farthing_app;
