-- Taxes by rules, several legal entities, and what customers are taxed by.

ALTER TABLE farthing.legal_entity
    ADD COLUMN rank integer NOT NULL DEFAULT 1 CHECK (rank > 0), -- the first one invoices customers that name none
    ADD COLUMN currency text,
    ADD COLUMN credit_prefix text NOT NULL DEFAULT '',
    ADD COLUMN taxed_by text NOT NULL DEFAULT 'rules',
    ADD COLUMN tax_included boolean NOT NULL DEFAULT false,
    ADD COLUMN letterhead jsonb NOT NULL DEFAULT '{}',
    ADD UNIQUE (seller_id, rank),
    ADD UNIQUE (seller_id, number_prefix);
GRANT UPDATE (name, in_zone, number_prefix, terms_days, currency, credit_prefix, taxed_by, tax_included, letterhead)
    ON farthing.legal_entity TO farthing_app;

-- Pictures by their digest, so that an old invoice has its old one.
CREATE TABLE farthing.entity_logo (
    seller_id uuid NOT NULL DEFAULT farthing.seller() REFERENCES farthing.seller,
    digest    text NOT NULL,
    kind      text NOT NULL CHECK (kind IN ('png', 'svg')),
    content   bytea NOT NULL,
    PRIMARY KEY (seller_id, digest)
);

-- Which tax what bears (INV-08: versions never change; invoices name theirs).
CREATE TABLE farthing.tax_rules_version (
    seller_id  uuid NOT NULL DEFAULT farthing.seller() REFERENCES farthing.seller,
    version    integer NOT NULL CHECK (version > 0),
    terms      jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (seller_id, version)
);

ALTER TABLE farthing.customer
    ADD COLUMN entity_key text, -- NULL for the seller's first legal entity
    ADD FOREIGN KEY (seller_id, entity_key) REFERENCES farthing.legal_entity;
GRANT UPDATE (entity_key) ON farthing.customer TO farthing_app;

ALTER TABLE farthing.customer_profile
    ADD COLUMN address jsonb,
    ADD COLUMN is_business boolean NOT NULL DEFAULT false,
    ADD COLUMN tax_ids jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN exemptions jsonb NOT NULL DEFAULT '[]';
GRANT UPDATE (address, is_business, tax_ids, exemptions) ON farthing.customer_profile TO farthing_app;

-- To whom an invoice was made out. Personal, so it stands apart from the books: it never changes, and can be erased.
CREATE TABLE farthing.invoice_addressee (
    seller_id  uuid NOT NULL DEFAULT farthing.seller(),
    invoice_id uuid NOT NULL,
    name       text NOT NULL,
    address    jsonb,
    tax_ids    jsonb NOT NULL,
    PRIMARY KEY (seller_id, invoice_id),
    FOREIGN KEY (seller_id, invoice_id) REFERENCES farthing.invoice
);
CREATE TRIGGER never_changed BEFORE UPDATE ON farthing.invoice_addressee
    FOR EACH STATEMENT EXECUTE FUNCTION farthing.refuse_change();

ALTER TABLE farthing.invoice_line ADD COLUMN tax_category text NOT NULL DEFAULT 'standard';

CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON farthing.legal_entity
    FOR EACH STATEMENT EXECUTE FUNCTION farthing.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON farthing.entity_logo
    FOR EACH STATEMENT EXECUTE FUNCTION farthing.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON farthing.tax_rules_version
    FOR EACH STATEMENT EXECUTE FUNCTION farthing.refuse_change();

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['entity_logo', 'tax_rules_version', 'invoice_addressee'] LOOP
        EXECUTE format('ALTER TABLE farthing.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE farthing.%I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY own_rows ON farthing.%I USING (seller_id = farthing.seller()) '
            'WITH CHECK (seller_id = farthing.seller())', name);
        EXECUTE format('GRANT SELECT, INSERT ON farthing.%I TO farthing_app', name);
    END LOOP;
END
$$;
GRANT DELETE ON farthing.invoice_addressee TO farthing_app;
