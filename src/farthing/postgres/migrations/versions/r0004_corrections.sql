-- Usage that was corrected, and batches of it.

-- A version of an event that a correction ended: a reading up to a position at or above `by_position` leaves it out.
CREATE TABLE farthing.usage_superseded (
    seller_id   uuid NOT NULL DEFAULT farthing.seller(),
    position    bigint NOT NULL,
    by_position bigint NOT NULL CHECK (by_position > position),
    customer_id uuid NOT NULL,
    type        text NOT NULL,
    happened_at timestamptz NOT NULL,
    PRIMARY KEY (seller_id, position)
);
CREATE INDEX usage_superseded_by ON farthing.usage_superseded (seller_id, by_position);
CREATE INDEX usage_superseded_measured ON farthing.usage_superseded (seller_id, customer_id, type, by_position);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON farthing.usage_superseded
    FOR EACH STATEMENT EXECUTE FUNCTION farthing.refuse_change();
ALTER TABLE farthing.usage_superseded ENABLE ROW LEVEL SECURITY;
ALTER TABLE farthing.usage_superseded FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON farthing.usage_superseded USING (seller_id = farthing.seller())
    WITH CHECK (seller_id = farthing.seller());
GRANT SELECT, INSERT ON farthing.usage_superseded TO farthing_app;
