-- Prices of every shape: what is agreed over time, add-ons, and lines with cells and modifiers.

ALTER TABLE farthing.plan_version ADD COLUMN starts_from date;

CREATE TABLE farthing.add_on_version (
    seller_id  uuid NOT NULL DEFAULT farthing.seller() REFERENCES farthing.seller,
    add_on_key text NOT NULL,
    version    integer NOT NULL CHECK (version > 0),
    terms      jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (seller_id, add_on_key, version)
);

ALTER TABLE farthing.subscription
    ADD COLUMN currency text,
    ADD COLUMN overrides jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN phase_ends timestamptz[] NOT NULL DEFAULT '{}';

-- What was agreed later, from an instant on; of two that begin together the one written last is in force.
CREATE TABLE farthing.agreed_version (
    seller_id       uuid NOT NULL DEFAULT farthing.seller(),
    subscription_id uuid NOT NULL,
    written         bigint GENERATED ALWAYS AS IDENTITY,
    since           timestamptz NOT NULL,
    plan_key        text NOT NULL,
    plan_version    integer NOT NULL,
    PRIMARY KEY (seller_id, subscription_id, written),
    FOREIGN KEY (seller_id, subscription_id) REFERENCES farthing.subscription,
    FOREIGN KEY (seller_id, plan_key, plan_version) REFERENCES farthing.plan_version
);

CREATE TABLE farthing.agreed_quantity (
    seller_id       uuid NOT NULL DEFAULT farthing.seller(),
    subscription_id uuid NOT NULL,
    written         bigint GENERATED ALWAYS AS IDENTITY,
    since           timestamptz NOT NULL,
    name            text NOT NULL,
    number          numeric NOT NULL CHECK (number >= 0),
    PRIMARY KEY (seller_id, subscription_id, written),
    FOREIGN KEY (seller_id, subscription_id) REFERENCES farthing.subscription
);

CREATE TABLE farthing.agreed_add_on (
    seller_id       uuid NOT NULL DEFAULT farthing.seller(),
    subscription_id uuid NOT NULL,
    add_on_key      text NOT NULL,
    version         integer NOT NULL,
    starts_at       timestamptz NOT NULL,
    ends_at         timestamptz CHECK (ends_at >= starts_at),
    number          numeric NOT NULL CHECK (number > 0),
    PRIMARY KEY (seller_id, subscription_id, add_on_key, starts_at),
    FOREIGN KEY (seller_id, subscription_id) REFERENCES farthing.subscription,
    FOREIGN KEY (seller_id, add_on_key, version) REFERENCES farthing.add_on_version
);

ALTER TABLE farthing.invoice_line
    ADD COLUMN quantity_of numeric NOT NULL DEFAULT 1 CHECK (quantity_of > 0),
    ADD COLUMN share_unit text NOT NULL DEFAULT 'days' CHECK (share_unit IN ('days', 'seconds')),
    ADD COLUMN kind text CHECK (kind IN ('fee', 'once', 'usage', 'true_up', 'overage')),
    ADD COLUMN cells jsonb,
    ADD COLUMN modified jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN part jsonb,
    ADD COLUMN rate jsonb;

ALTER TABLE farthing.slice
    ADD COLUMN quantity_of numeric NOT NULL DEFAULT 1 CHECK (quantity_of > 0),
    ADD COLUMN event_type text;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['add_on_version', 'agreed_version', 'agreed_quantity'] LOOP
        EXECUTE format(
            'CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON farthing.%I '
            'FOR EACH STATEMENT EXECUTE FUNCTION farthing.refuse_change()', name);
    END LOOP;
    CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON farthing.agreed_add_on
        FOR EACH STATEMENT EXECUTE FUNCTION farthing.refuse_change();
    FOREACH name IN ARRAY ARRAY['add_on_version', 'agreed_version', 'agreed_quantity', 'agreed_add_on'] LOOP
        EXECUTE format('ALTER TABLE farthing.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE farthing.%I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY own_rows ON farthing.%I USING (seller_id = farthing.seller()) '
            'WITH CHECK (seller_id = farthing.seller())', name);
        EXECUTE format('GRANT SELECT, INSERT ON farthing.%I TO farthing_app', name);
    END LOOP;
END
$$;

GRANT UPDATE (ends_at) ON farthing.agreed_add_on TO farthing_app;
