-- Reservations: units of a feature that a customer holds until an event uses them, somebody releases them, or their
-- time is over.

CREATE TABLE farthing.reservation (
    seller_id      uuid NOT NULL DEFAULT farthing.seller(),
    customer_id    uuid NOT NULL,
    reservation_id text NOT NULL CHECK (reservation_id <> ''),
    feature        text NOT NULL,
    units          numeric NOT NULL CHECK (units > 0 AND units < 'Infinity'),
    held_at        timestamptz NOT NULL,
    expires_at     timestamptz NOT NULL CHECK (expires_at > held_at),
    ended_at       timestamptz CHECK (ended_at >= held_at),  -- NULL while it is open, whether its time is over or not
    position       bigint CHECK (position IS NULL OR ended_at IS NOT NULL),  -- of its event; NULL where it was released
    PRIMARY KEY (seller_id, customer_id, reservation_id),
    FOREIGN KEY (seller_id, customer_id) REFERENCES farthing.customer
);
CREATE INDEX reservation_open ON farthing.reservation (seller_id, customer_id, expires_at) WHERE ended_at IS NULL;
CREATE INDEX reservation_committed ON farthing.reservation (seller_id, customer_id, position)
    WHERE position IS NOT NULL;

CREATE FUNCTION farthing.check_reservation_end() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF OLD.ended_at IS NOT NULL OR NEW.ended_at IS NULL
        OR (NEW.seller_id, NEW.customer_id, NEW.reservation_id, NEW.feature, NEW.units, NEW.held_at, NEW.expires_at)
           <> (OLD.seller_id, OLD.customer_id, OLD.reservation_id, OLD.feature, OLD.units, OLD.held_at, OLD.expires_at)
    THEN
        RAISE EXCEPTION 'INV-08: reservation % ends once, and nothing else of it changes', NEW.reservation_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER ends_once BEFORE UPDATE ON farthing.reservation
    FOR EACH ROW EXECUTE FUNCTION farthing.check_reservation_end();
CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON farthing.reservation
    FOR EACH STATEMENT EXECUTE FUNCTION farthing.refuse_change();

ALTER TABLE farthing.reservation ENABLE ROW LEVEL SECURITY;
ALTER TABLE farthing.reservation FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON farthing.reservation USING (seller_id = farthing.seller())
    WITH CHECK (seller_id = farthing.seller());
GRANT SELECT, INSERT ON farthing.reservation TO farthing_app;
GRANT UPDATE (ended_at, position) ON farthing.reservation TO farthing_app;
