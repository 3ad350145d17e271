-- Payment methods on file, the seller's terms of collecting, and by which method on file an attempt was made.
ALTER TABLE farthing.payment_attempt ADD COLUMN method_number integer;
CREATE INDEX payment_attempt_of_invoice ON farthing.payment_attempt (seller_id, invoice_id, begun_at)
    WHERE invoice_id IS NOT NULL;

-- How a customer pays by themselves: what the gateway calls the method by, never a card. The last one is in force; one
-- without a token says that there is none any more.
CREATE TABLE farthing.payment_method (
    seller_id   uuid NOT NULL DEFAULT farthing.seller(),
    customer_id uuid NOT NULL,
    number      integer NOT NULL CHECK (number > 0),
    token       text NOT NULL,
    label       text NOT NULL,
    put_at      timestamptz NOT NULL,
    put_by      text NOT NULL CHECK (put_by <> ''),
    PRIMARY KEY (seller_id, customer_id, number),
    FOREIGN KEY (seller_id, customer_id) REFERENCES farthing.customer
);

-- When what was declined is tried again, and when a subscription is past due. The last version is in force.
CREATE TABLE farthing.collecting_terms (
    seller_id           uuid NOT NULL DEFAULT farthing.seller() REFERENCES farthing.seller,
    version             integer NOT NULL CHECK (version > 0),
    retry_days          integer[] NOT NULL,
    retry_hour          integer NOT NULL CHECK (retry_hour BETWEEN 0 AND 23),
    past_due_after_days integer NOT NULL CHECK (past_due_after_days >= 0),
    set_at              timestamptz NOT NULL,
    set_by              text NOT NULL CHECK (set_by <> ''),
    PRIMARY KEY (seller_id, version)
);

-- What a gateway answered stands; only an attempt without an answer may be given one. One that was dropped as never
-- heard of there, and came after all, is done: what moved is kept.
CREATE OR REPLACE FUNCTION farthing.check_attempt() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF NOT (OLD.state = 'live' OR OLD.state = 'dropped' AND NEW.state = 'done') OR NEW.state = 'live' THEN
        RAISE EXCEPTION 'INV-08: the answer to attempt % is kept already', OLD.attempt_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['payment_method', 'collecting_terms'] LOOP
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
