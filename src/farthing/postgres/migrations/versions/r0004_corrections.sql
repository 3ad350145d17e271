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

-- A correction that took effect, an event of its own. The version that an amendment made is the usage_event at the
-- same position; a void made none.
CREATE TABLE farthing.usage_correction (
    seller_id      uuid NOT NULL DEFAULT farthing.seller(),
    position       bigint NOT NULL,
    key            uuid NOT NULL,
    source         text NOT NULL,
    id             text NOT NULL,
    of_key         uuid NOT NULL,
    kind           text NOT NULL CHECK (kind IN ('amend', 'void')),
    first_position bigint NOT NULL,  -- of the event as it was accepted, and its place among those of one instant
    reason         text NOT NULL,
    corrected_by   text NOT NULL,
    accepted_at    timestamptz NOT NULL,
    customer_id    uuid,  -- whose the amended version is, and its type
    type           text,
    PRIMARY KEY (seller_id, position),
    UNIQUE (seller_id, key),
    CHECK (first_position < position),
    CHECK ((kind = 'amend') = (customer_id IS NOT NULL AND type IS NOT NULL))
);
CREATE INDEX usage_correction_of ON farthing.usage_correction (seller_id, of_key, position);
CREATE INDEX usage_correction_made ON farthing.usage_correction (seller_id, customer_id, type) WHERE kind = 'amend';

-- A correction that came before its event waits in quarantine for it.
ALTER TABLE farthing.usage_quarantine ADD COLUMN waits_for uuid;
CREATE INDEX usage_quarantine_waiting ON farthing.usage_quarantine (seller_id, waits_for) WHERE waits_for IS NOT NULL;
GRANT UPDATE (waits_for) ON farthing.usage_quarantine TO farthing_app;

-- Events that came together under a name, as the ranges of positions (after, upto] that held nothing else.
CREATE TABLE farthing.usage_batch (
    seller_id uuid NOT NULL DEFAULT farthing.seller(),
    name      text NOT NULL CHECK (name <> ''),
    opened_at timestamptz NOT NULL,
    PRIMARY KEY (seller_id, name)
);

CREATE TABLE farthing.usage_batch_part (
    seller_id uuid NOT NULL DEFAULT farthing.seller(),
    name      text NOT NULL,
    after     bigint NOT NULL,
    upto      bigint NOT NULL CHECK (upto > after),
    events    bigint NOT NULL CHECK (events > 0),
    kept_at   timestamptz NOT NULL,
    PRIMARY KEY (seller_id, name, after),
    FOREIGN KEY (seller_id, name) REFERENCES farthing.usage_batch
);

-- What of a batch was kept apart; it is the batch's when it is accepted later.
CREATE TABLE farthing.usage_batch_apart (
    seller_id uuid NOT NULL DEFAULT farthing.seller(),
    name      text NOT NULL,
    key       uuid NOT NULL,
    PRIMARY KEY (seller_id, name, key),
    FOREIGN KEY (seller_id, name) REFERENCES farthing.usage_batch
);

-- One act: from here on nothing is added to the batch, and what is in force of it is voided, step by step.
CREATE TABLE farthing.usage_batch_revert (
    seller_id   uuid NOT NULL DEFAULT farthing.seller(),
    name        text NOT NULL,
    reverted_at timestamptz NOT NULL,
    reverted_by text NOT NULL,
    reason      text NOT NULL,
    PRIMARY KEY (seller_id, name),
    FOREIGN KEY (seller_id, name) REFERENCES farthing.usage_batch
);

-- A step voids what is in force of the batch at positions up to one, and of what was accepted out of quarantine up to
-- another, at a position of its own.
CREATE TABLE farthing.usage_batch_revert_step (
    seller_id  uuid NOT NULL DEFAULT farthing.seller(),
    position   bigint NOT NULL,
    name       text NOT NULL,
    upto       bigint NOT NULL,
    apart_upto bigint NOT NULL,
    events     bigint NOT NULL CHECK (events >= 0),
    PRIMARY KEY (seller_id, position),
    FOREIGN KEY (seller_id, name) REFERENCES farthing.usage_batch_revert
);
CREATE INDEX usage_batch_revert_step_of ON farthing.usage_batch_revert_step (seller_id, name, position);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'usage_superseded', 'usage_correction', 'usage_batch', 'usage_batch_part', 'usage_batch_apart',
        'usage_batch_revert', 'usage_batch_revert_step'
    ] LOOP
        EXECUTE format(
            'CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON farthing.%I '
            'FOR EACH STATEMENT EXECUTE FUNCTION farthing.refuse_change()', name);
        EXECUTE format('ALTER TABLE farthing.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE farthing.%I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY own_rows ON farthing.%I USING (seller_id = farthing.seller()) '
            'WITH CHECK (seller_id = farthing.seller())', name);
        EXECUTE format('GRANT SELECT, INSERT ON farthing.%I TO farthing_app', name);
    END LOOP;
END
$$;
