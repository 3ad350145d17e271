-- Who hears what and when: settings, digests, what is told ahead, and customers who are not told anything yet.
CREATE TABLE farthing.notice_settings (
    seller_id    uuid NOT NULL DEFAULT farthing.seller() REFERENCES farthing.seller,
    ear          text NOT NULL,  -- as a notice's subject
    number       integer NOT NULL CHECK (number > 0),
    spans        text[] NOT NULL,
    switched_off text[] NOT NULL,
    at           time NOT NULL,
    in_zone      text NOT NULL,
    quiet_from   time,
    quiet_until  time,
    days_ahead   integer NOT NULL CHECK (days_ahead > 0),
    set_by       text NOT NULL CHECK (set_by <> ''),
    set_at       timestamptz NOT NULL,
    PRIMARY KEY (seller_id, ear, number),
    CHECK ((quiet_from IS NULL) = (quiet_until IS NULL))
);

-- Whether a customer hears for themselves; what a quiet one would have heard is told to finance.
CREATE TABLE farthing.customer_hearing (
    seller_id   uuid NOT NULL DEFAULT farthing.seller(),
    customer_id uuid NOT NULL,
    number      integer NOT NULL CHECK (number > 0),
    is_live     boolean NOT NULL,
    set_by      text NOT NULL CHECK (set_by <> ''),
    set_at      timestamptz NOT NULL,
    PRIMARY KEY (seller_id, customer_id, number),
    FOREIGN KEY (seller_id, customer_id) REFERENCES farthing.customer
);

CREATE TABLE farthing.hearing_policy (
    seller_id     uuid NOT NULL DEFAULT farthing.seller() REFERENCES farthing.seller,
    number        integer NOT NULL CHECK (number > 0),
    new_are_quiet boolean NOT NULL,
    set_by        text NOT NULL CHECK (set_by <> ''),
    set_at        timestamptz NOT NULL,
    PRIMARY KEY (seller_id, number)
);

-- A digest is made once for its ear, span and day, also when there is nothing to say.
CREATE TABLE farthing.digest (
    seller_id uuid NOT NULL DEFAULT farthing.seller() REFERENCES farthing.seller,
    ear       text NOT NULL,
    span      text NOT NULL CHECK (span IN ('daily', 'weekly', 'monthly')),
    day       date NOT NULL,
    digest_id uuid NOT NULL,
    in_zone   text NOT NULL,
    due_at    timestamptz NOT NULL,
    made_at   timestamptz NOT NULL,
    missed    integer NOT NULL CHECK (missed >= 0),
    is_told   boolean NOT NULL,
    PRIMARY KEY (seller_id, ear, span, day),
    UNIQUE (seller_id, digest_id)
);

-- What a customer was told ahead, once for what it is about and its day; and what became of that day.
CREATE TABLE farthing.foretold (
    seller_id   uuid NOT NULL DEFAULT farthing.seller(),
    foretold_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('trial end', 'renewal', 'price change', 'credit expiry')),
    about_id    uuid NOT NULL,  -- the subscription or the grant
    happens_at  timestamptz NOT NULL,
    foretold_at timestamptz NOT NULL,
    terms       jsonb NOT NULL,
    PRIMARY KEY (seller_id, foretold_id),
    UNIQUE (seller_id, kind, about_id, happens_at),
    FOREIGN KEY (seller_id, customer_id) REFERENCES farthing.customer
);

CREATE TABLE farthing.foretold_move (
    seller_id   uuid NOT NULL DEFAULT farthing.seller(),
    foretold_id uuid NOT NULL,
    number      integer NOT NULL CHECK (number > 0),
    moved_to    timestamptz,  -- NULL: it does not happen any more
    noted_at    timestamptz NOT NULL,
    PRIMARY KEY (seller_id, foretold_id, number),
    FOREIGN KEY (seller_id, foretold_id) REFERENCES farthing.foretold
);

-- Prepaid credit that ran low: told once, and again only after it was well above the mark.
CREATE TABLE farthing.credit_mark (
    seller_id   uuid NOT NULL DEFAULT farthing.seller(),
    customer_id uuid NOT NULL,
    currency    text NOT NULL,
    number      integer NOT NULL CHECK (number > 0),
    is_low      boolean NOT NULL,
    left_minor  bigint NOT NULL CHECK (left_minor >= 0),
    of_minor    bigint NOT NULL CHECK (of_minor >= 0),
    noted_at    timestamptz NOT NULL,
    PRIMARY KEY (seller_id, customer_id, currency, number),
    FOREIGN KEY (seller_id, customer_id) REFERENCES farthing.customer
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'notice_settings', 'customer_hearing', 'hearing_policy', 'digest', 'foretold', 'foretold_move', 'credit_mark'
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
COMMENT ON TABLE farthing.digest IS 'not copied: what is to be told is told once, by the one that wrote it';
COMMENT ON TABLE farthing.foretold IS 'not copied: what is to be told is told once, by the one that wrote it';
COMMENT ON TABLE farthing.foretold_move IS 'not copied: what is to be told is told once, by the one that wrote it';
COMMENT ON TABLE farthing.credit_mark IS 'not copied: what is to be told is told once, by the one that wrote it';

-- A notice may be told as a line of another one: of what a quiet customer would have heard, or of what came at night.
ALTER TABLE farthing.notice ADD folded_into uuid, ADD held_until timestamptz;
ALTER TABLE farthing.notice ADD FOREIGN KEY (seller_id, folded_into) REFERENCES farthing.notice
    DEFERRABLE INITIALLY DEFERRED;
DROP INDEX farthing.notice_untold;
CREATE INDEX notice_untold ON farthing.notice (seller_id, subject, written)
    WHERE told_revision < revision AND folded_into IS NULL;
CREATE INDEX notice_folded ON farthing.notice (seller_id, folded_into, written) WHERE folded_into IS NOT NULL;
GRANT UPDATE (folded_into, held_until) ON farthing.notice TO farthing_app;
