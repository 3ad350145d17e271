-- An invoice bills moments, each a part with what it rests on; those that were issued before bill one each, or none.
ALTER TABLE farthing.invoice ADD COLUMN several boolean NOT NULL DEFAULT false;

CREATE TABLE farthing.invoice_part (
    seller_id       uuid NOT NULL DEFAULT farthing.seller(),
    invoice_id      uuid NOT NULL,
    number          integer NOT NULL CHECK (number > 0),
    customer_id     uuid NOT NULL,
    subscription_id uuid,
    billed_at       timestamptz NOT NULL,
    revision        integer NOT NULL CHECK (revision >= 0),
    frozen          jsonb,
    PRIMARY KEY (seller_id, invoice_id, number),
    UNIQUE (seller_id, subscription_id, billed_at, revision),
    FOREIGN KEY (seller_id, invoice_id) REFERENCES farthing.invoice,
    FOREIGN KEY (seller_id, customer_id) REFERENCES farthing.customer,
    FOREIGN KEY (seller_id, subscription_id) REFERENCES farthing.subscription
);
CREATE INDEX invoice_part_of_customer ON farthing.invoice_part (seller_id, customer_id);

ALTER TABLE farthing.invoice NO FORCE ROW LEVEL SECURITY;
INSERT INTO farthing.invoice_part (seller_id, invoice_id, number, customer_id, subscription_id, billed_at, revision)
SELECT seller_id, invoice_id, 1, customer_id, subscription_id, billed_at, revision FROM farthing.invoice;
ALTER TABLE farthing.invoice FORCE ROW LEVEL SECURITY;

ALTER TABLE farthing.invoice_line ADD COLUMN in_part integer NOT NULL DEFAULT 1;
ALTER TABLE farthing.invoice_line ADD FOREIGN KEY (seller_id, invoice_id, in_part) REFERENCES farthing.invoice_part;

ALTER TABLE farthing.draft ALTER COLUMN subscription_id DROP NOT NULL;
ALTER TABLE farthing.draft ADD COLUMN customer_id uuid;
ALTER TABLE farthing.draft ADD CHECK ((subscription_id IS NULL) <> (customer_id IS NULL));
ALTER TABLE farthing.draft ADD FOREIGN KEY (seller_id, customer_id) REFERENCES farthing.customer;

CREATE TABLE farthing.draft_part (
    seller_id       uuid NOT NULL DEFAULT farthing.seller(),
    invoice_id      uuid NOT NULL,
    number          integer NOT NULL CHECK (number > 0),
    subscription_id uuid NOT NULL,
    billed_at       timestamptz NOT NULL,
    PRIMARY KEY (seller_id, invoice_id, number),
    FOREIGN KEY (seller_id, invoice_id) REFERENCES farthing.draft,
    FOREIGN KEY (seller_id, subscription_id) REFERENCES farthing.subscription
);
CREATE INDEX draft_part_of_subscription ON farthing.draft_part (seller_id, subscription_id, billed_at);

CREATE TABLE farthing.customer_billing (
    seller_id   uuid NOT NULL DEFAULT farthing.seller(),
    customer_id uuid NOT NULL,
    version     integer NOT NULL CHECK (version > 0),
    terms       jsonb NOT NULL,
    set_at      timestamptz NOT NULL,
    set_by      text NOT NULL,
    PRIMARY KEY (seller_id, customer_id, version),
    FOREIGN KEY (seller_id, customer_id) REFERENCES farthing.customer
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['invoice_part', 'draft_part', 'customer_billing'] LOOP
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
