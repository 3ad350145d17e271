-- What lies between an invoice's lines and what is due, and a whole chart of accounts.

ALTER TABLE farthing.transaction DROP CONSTRAINT transaction_kind_check;
ALTER TABLE farthing.transaction ADD CONSTRAINT transaction_kind_check CHECK (kind IN (
    'invoice', 'release', 'credit_note', 'payment', 'allocation', 'refund', 'write_off', 'top_up', 'expiry', 'accrual',
    'accrual_reversal', 'opening'
));
ALTER TABLE farthing.posting DROP CONSTRAINT posting_account_check;
ALTER TABLE farthing.posting ADD CONSTRAINT posting_account_check CHECK (account IN (
    'cash', 'receivable', 'accrued_receivable', 'revenue', 'accrued_revenue', 'deferred_revenue', 'promotional_credit',
    'prepaid_credit', 'breakage', 'customer_balance', 'tax_payable', 'bad_debt', 'opening'
));
ALTER TABLE farthing.posting ALTER COLUMN subscription_id DROP NOT NULL;
CREATE INDEX posting_of_customer ON farthing.posting (seller_id, customer_id, account);
ALTER TABLE farthing.number_series DROP CONSTRAINT number_series_kind_check;
ALTER TABLE farthing.number_series ADD CONSTRAINT number_series_kind_check CHECK (kind IN ('invoice', 'credit_note'));

ALTER TABLE farthing.invoice
    ALTER COLUMN subscription_id DROP NOT NULL,
    ALTER COLUMN run_id DROP NOT NULL,
    ADD COLUMN discount_minor bigint NOT NULL DEFAULT 0,
    ADD COLUMN tax_minor bigint NOT NULL DEFAULT 0,
    ADD COLUMN tax_included boolean NOT NULL DEFAULT false,
    ADD COLUMN credit_minor bigint NOT NULL DEFAULT 0,
    ADD COLUMN reckoned boolean NOT NULL DEFAULT false, -- whether discounts, taxes or credits are kept with it
    ADD COLUMN revision integer NOT NULL DEFAULT 0 CHECK (revision >= 0),
    DROP CONSTRAINT invoice_seller_id_subscription_id_billed_at_key,
    ADD UNIQUE (seller_id, subscription_id, billed_at, revision);

ALTER TABLE farthing.invoice_line DROP CONSTRAINT invoice_line_kind_check;
ALTER TABLE farthing.invoice_line
    ADD CONSTRAINT invoice_line_kind_check CHECK (
        kind IN ('fee', 'once', 'usage', 'true_up', 'overage', 'adjustment', 'item', 'unused')),
    ADD COLUMN origin_id uuid,  -- the invoice of which it sets a line right
    ADD COLUMN origin_line integer,
    ADD COLUMN note text NOT NULL DEFAULT '',
    ADD CHECK ((origin_id IS NULL) = (origin_line IS NULL)),
    ADD FOREIGN KEY (seller_id, origin_id, origin_line) REFERENCES farthing.invoice_line;

-- Between an invoice's lines and what is due: what takes something off, what taxes come of it, what is paid ahead.
CREATE TABLE farthing.invoice_discount (
    seller_id  uuid NOT NULL DEFAULT farthing.seller(),
    invoice_id uuid NOT NULL,
    number     integer NOT NULL CHECK (number > 0),
    kind       text NOT NULL CHECK (kind IN ('coupon', 'promotional')),
    source_id  uuid NOT NULL,     -- the coupon as this customer has it, or the grant
    key        text NOT NULL,
    name       text NOT NULL,
    minor      bigint NOT NULL,
    minors     bigint[] NOT NULL, -- off each line, in their order
    terms      jsonb NOT NULL,
    PRIMARY KEY (seller_id, invoice_id, number),
    FOREIGN KEY (seller_id, invoice_id) REFERENCES farthing.invoice
);
CREATE INDEX invoice_discount_of_source ON farthing.invoice_discount (seller_id, source_id);

CREATE TABLE farthing.invoice_tax (
    seller_id    uuid NOT NULL DEFAULT farthing.seller(),
    invoice_id   uuid NOT NULL,
    number       integer NOT NULL CHECK (number > 0),
    key          text NOT NULL,
    name         text NOT NULL,
    category     text NOT NULL,
    jurisdiction text NOT NULL,
    rate         numeric NOT NULL,
    treatment    text NOT NULL CHECK (treatment IN ('standard', 'zero', 'exempt', 'reverse_charge', 'outside')),
    reason       text NOT NULL,
    reason_code  text NOT NULL,
    base_minor   bigint NOT NULL,
    minor        bigint NOT NULL,
    lines        bigint[] NOT NULL, -- number, base and tax of each line that bears it, one after the other
    PRIMARY KEY (seller_id, invoice_id, number),
    FOREIGN KEY (seller_id, invoice_id) REFERENCES farthing.invoice
);

CREATE TABLE farthing.invoice_credit (
    seller_id  uuid NOT NULL DEFAULT farthing.seller(),
    invoice_id uuid NOT NULL,
    number     integer NOT NULL CHECK (number > 0),
    grant_id   uuid NOT NULL,
    name       text NOT NULL,
    minor      bigint NOT NULL CHECK (minor > 0),
    PRIMARY KEY (seller_id, invoice_id, number),
    FOREIGN KEY (seller_id, invoice_id) REFERENCES farthing.invoice
);
CREATE INDEX invoice_credit_of_grant ON farthing.invoice_credit (seller_id, grant_id);

-- Usage that came after it was billed: up to where it was looked for, and whose billed time something was said about.
CREATE TABLE farthing.usage_looked_over (
    seller_id uuid PRIMARY KEY DEFAULT farthing.seller() REFERENCES farthing.seller,
    position  bigint NOT NULL
);

CREATE TABLE farthing.late_customer (
    seller_id   uuid NOT NULL DEFAULT farthing.seller(),
    customer_id uuid NOT NULL,
    found_at    timestamptz NOT NULL,
    PRIMARY KEY (seller_id, customer_id),
    FOREIGN KEY (seller_id, customer_id) REFERENCES farthing.customer
);
CREATE INDEX invoice_line_of_origin ON farthing.invoice_line (seller_id, origin_id) WHERE origin_id IS NOT NULL;

CREATE OR REPLACE FUNCTION farthing.check_lines() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    wrong record;
BEGIN
    SELECT arrived.invoice_id, arrived.lines, arrived.minor, issued.total_minor, issued.number INTO wrong
    FROM (SELECT added.seller_id, added.invoice_id, count(*) AS lines, sum(added.minor) AS minor
          FROM added GROUP BY added.seller_id, added.invoice_id) AS arrived
    JOIN farthing.invoice AS issued
      ON issued.seller_id = arrived.seller_id AND issued.invoice_id = arrived.invoice_id
    WHERE issued.total_minor <> arrived.minor - issued.discount_minor
            + CASE WHEN issued.tax_included THEN 0 ELSE issued.tax_minor END
        OR arrived.lines <> (
        SELECT count(*) FROM farthing.invoice_line AS kept
        WHERE kept.seller_id = arrived.seller_id AND kept.invoice_id = arrived.invoice_id)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'INV-03: invoice % says %, and these lines do not make all of it', wrong.number, wrong.total_minor
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION farthing.check_number_is_used() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF NEW.kind = 'invoice' AND NOT EXISTS (
        SELECT FROM farthing.invoice AS issued
        WHERE issued.seller_id = NEW.seller_id AND issued.entity_key = NEW.entity_key AND issued.sequence = NEW.last
    ) THEN
        RAISE EXCEPTION 'INV-09: number % was given and no invoice has it', NEW.last USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;

-- None of them is added to an invoice later: they are looked at again when the transaction ends.
CREATE FUNCTION farthing.check_reckoned() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    wrong record;
BEGIN
    SELECT issued.number INTO wrong FROM farthing.invoice AS issued
    WHERE issued.seller_id = NEW.seller_id AND issued.invoice_id = NEW.invoice_id
      AND (issued.discount_minor, issued.tax_minor, issued.credit_minor) <> (
        (SELECT coalesce(sum(kept.minor), 0) FROM farthing.invoice_discount AS kept
         WHERE kept.seller_id = NEW.seller_id AND kept.invoice_id = NEW.invoice_id),
        (SELECT coalesce(sum(kept.minor), 0) FROM farthing.invoice_tax AS kept
         WHERE kept.seller_id = NEW.seller_id AND kept.invoice_id = NEW.invoice_id),
        (SELECT coalesce(sum(kept.minor), 0) FROM farthing.invoice_credit AS kept
         WHERE kept.seller_id = NEW.seller_id AND kept.invoice_id = NEW.invoice_id));
    IF FOUND THEN
        RAISE EXCEPTION 'INV-03: the discounts, taxes and credits of invoice % are not those it says', wrong.number
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;

CREATE CONSTRAINT TRIGGER reckoned AFTER INSERT ON farthing.invoice
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.discount_minor <> 0 OR NEW.tax_minor <> 0 OR NEW.credit_minor <> 0) EXECUTE FUNCTION farthing.check_reckoned();
CREATE CONSTRAINT TRIGGER reckoned AFTER INSERT ON farthing.invoice_discount
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION farthing.check_reckoned();
CREATE CONSTRAINT TRIGGER reckoned AFTER INSERT ON farthing.invoice_tax
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION farthing.check_reckoned();
CREATE CONSTRAINT TRIGGER reckoned AFTER INSERT ON farthing.invoice_credit
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION farthing.check_reckoned();

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['invoice_discount', 'invoice_tax', 'invoice_credit'] LOOP
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

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['usage_looked_over', 'late_customer'] LOOP
        EXECUTE format('ALTER TABLE farthing.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE farthing.%I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY own_rows ON farthing.%I USING (seller_id = farthing.seller()) '
            'WITH CHECK (seller_id = farthing.seller())', name);
        EXECUTE format('GRANT SELECT, INSERT ON farthing.%I TO farthing_app', name);
    END LOOP;
END
$$;
GRANT UPDATE (position) ON farthing.usage_looked_over TO farthing_app;
GRANT UPDATE (found_at), DELETE ON farthing.late_customer TO farthing_app;
