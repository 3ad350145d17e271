-- Periods of any length from an anchor's date, and how a subscription's change: to another anchor, interval or zone.

-- A day of the month becomes a date with that day; January has all of them.
ALTER TABLE farthing.subscription DROP CONSTRAINT subscription_anchor_day_check;
ALTER TABLE farthing.subscription ALTER COLUMN anchor_day DROP NOT NULL;
ALTER TABLE farthing.subscription ALTER COLUMN anchor_day TYPE date USING make_date(2000, 1, anchor_day);
ALTER TABLE farthing.subscription RENAME COLUMN anchor_day TO anchor;
ALTER TABLE farthing.subscription ALTER COLUMN anchor SET NOT NULL;
ALTER TABLE farthing.subscription ADD COLUMN every text NOT NULL DEFAULT 'month'
    CHECK (every ~ '^([0-9]{1,5} )?(day|week|month|quarter|year)s?$');

-- How time is cut from an instant on; of two that begin together the one written last is in force.
CREATE TABLE farthing.agreed_cycle (
    seller_id       uuid NOT NULL DEFAULT farthing.seller(),
    subscription_id uuid NOT NULL,
    written         bigint GENERATED ALWAYS AS IDENTITY,
    since           timestamptz NOT NULL,
    anchor          date NOT NULL,
    every           text NOT NULL CHECK (every ~ '^([0-9]{1,5} )?(day|week|month|quarter|year)s?$'),
    in_zone         text NOT NULL,
    PRIMARY KEY (seller_id, subscription_id, written),
    FOREIGN KEY (seller_id, subscription_id) REFERENCES farthing.subscription
);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON farthing.agreed_cycle
    FOR EACH STATEMENT EXECUTE FUNCTION farthing.refuse_change();
ALTER TABLE farthing.agreed_cycle ENABLE ROW LEVEL SECURITY;
ALTER TABLE farthing.agreed_cycle FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON farthing.agreed_cycle USING (seller_id = farthing.seller())
    WITH CHECK (seller_id = farthing.seller());
GRANT SELECT, INSERT ON farthing.agreed_cycle TO farthing_app;

-- A customer moves; where they were when is told by how their subscriptions' time is cut.
GRANT UPDATE (in_zone) ON farthing.customer TO farthing_app;
