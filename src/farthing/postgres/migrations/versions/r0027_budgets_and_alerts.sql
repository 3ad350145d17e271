-- Budgets, the alerts that they raise, and what people did about each. Only that a budget ended is ever changed.
CREATE TABLE farthing.budget (
    seller_id   uuid NOT NULL DEFAULT farthing.seller(),
    budget_id   uuid NOT NULL,
    customer_id uuid NOT NULL,
    name        text NOT NULL,
    most        numeric NOT NULL CHECK (most > 0),
    currency    text,
    meter_key   text,
    shares      integer[] NOT NULL,
    ahead       boolean NOT NULL,
    tells       text NOT NULL CHECK (tells IN ('finance', 'customer', 'both')),
    set_by      text NOT NULL,
    set_at      timestamptz NOT NULL,
    ended_by    text,
    ended_at    timestamptz,
    PRIMARY KEY (seller_id, budget_id),
    CHECK (currency IS NOT NULL OR meter_key IS NOT NULL),
    CHECK ((ended_at IS NULL) = (ended_by IS NULL)),
    FOREIGN KEY (seller_id, customer_id) REFERENCES farthing.customer
);
CREATE UNIQUE INDEX budget_in_force ON farthing.budget (seller_id, customer_id, name) WHERE ended_at IS NULL;

CREATE TABLE farthing.alert (
    seller_id    uuid NOT NULL DEFAULT farthing.seller(),
    alert_id     uuid NOT NULL,
    budget_id    uuid NOT NULL,
    period_start timestamptz NOT NULL,
    period_end   timestamptz NOT NULL CHECK (period_end > period_start),
    mark         integer NOT NULL CHECK (mark >= 0),
    spent        text NOT NULL,  -- exact, as a fraction
    steady       text NOT NULL,
    most         numeric NOT NULL,
    raised_at    timestamptz NOT NULL,
    is_told      boolean NOT NULL,
    PRIMARY KEY (seller_id, alert_id),
    UNIQUE (seller_id, budget_id, period_start, mark),
    FOREIGN KEY (seller_id, budget_id) REFERENCES farthing.budget
);

CREATE TABLE farthing.alert_act (
    seller_id uuid NOT NULL DEFAULT farthing.seller(),
    alert_id  uuid NOT NULL,
    number    integer NOT NULL CHECK (number > 0),
    act       text NOT NULL CHECK (act IN ('acknowledged', 'snoozed', 'assigned', 'reminded')),
    acted_by  text NOT NULL,
    acted_at  timestamptz NOT NULL,
    until     timestamptz,
    PRIMARY KEY (seller_id, alert_id, number),
    CHECK ((act = 'snoozed') = (until IS NOT NULL)),
    FOREIGN KEY (seller_id, alert_id) REFERENCES farthing.alert
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['alert', 'alert_act'] LOOP
        EXECUTE format(
            'CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON farthing.%I '
            'FOR EACH STATEMENT EXECUTE FUNCTION farthing.refuse_change()', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['budget', 'alert', 'alert_act'] LOOP
        EXECUTE format('ALTER TABLE farthing.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE farthing.%I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY own_rows ON farthing.%I USING (seller_id = farthing.seller()) '
            'WITH CHECK (seller_id = farthing.seller())', name);
        EXECUTE format('GRANT SELECT, INSERT ON farthing.%I TO farthing_app', name);
    END LOOP;
END
$$;
CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON farthing.budget
    FOR EACH STATEMENT EXECUTE FUNCTION farthing.refuse_change();
GRANT UPDATE (ended_by, ended_at) ON farthing.budget TO farthing_app;
