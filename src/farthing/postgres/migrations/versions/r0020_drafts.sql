-- Drafts that wait, for their grace to pass or for a person; what people wrote on them; and the seller's policy.
CREATE TABLE farthing.billing_policy (
    seller_id uuid NOT NULL DEFAULT farthing.seller() REFERENCES farthing.seller,
    version   integer NOT NULL CHECK (version > 0),
    terms     jsonb NOT NULL,
    set_at    timestamptz NOT NULL,
    set_by    text NOT NULL,
    PRIMARY KEY (seller_id, version)
);

CREATE TABLE farthing.draft (
    seller_id       uuid NOT NULL DEFAULT farthing.seller(),
    invoice_id      uuid NOT NULL,
    subscription_id uuid NOT NULL,
    billed_at       timestamptz NOT NULL,
    opened_at       timestamptz NOT NULL,
    issue_at        timestamptz NOT NULL,
    state           text NOT NULL CHECK (state IN ('waiting', 'held')),
    reasons         text[] NOT NULL,
    ended_at        timestamptz,
    ended_by        text,
    PRIMARY KEY (seller_id, invoice_id),
    CHECK ((ended_at IS NULL) = (ended_by IS NULL)),
    FOREIGN KEY (seller_id, subscription_id) REFERENCES farthing.subscription
);
CREATE UNIQUE INDEX draft_waiting ON farthing.draft (seller_id, subscription_id, billed_at) WHERE ended_at IS NULL;

CREATE TABLE farthing.draft_edit (
    seller_id  uuid NOT NULL DEFAULT farthing.seller(),
    invoice_id uuid NOT NULL,
    number     integer NOT NULL CHECK (number > 0),
    name       text NOT NULL,
    currency   text NOT NULL,
    minor      bigint NOT NULL,
    why        text NOT NULL,
    edited_by  text NOT NULL,
    edited_at  timestamptz NOT NULL,
    PRIMARY KEY (seller_id, invoice_id, number),
    FOREIGN KEY (seller_id, invoice_id) REFERENCES farthing.draft
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['billing_policy', 'draft_edit'] LOOP
        EXECUTE format(
            'CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON farthing.%I '
            'FOR EACH STATEMENT EXECUTE FUNCTION farthing.refuse_change()', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['billing_policy', 'draft', 'draft_edit'] LOOP
        EXECUTE format('ALTER TABLE farthing.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE farthing.%I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY own_rows ON farthing.%I USING (seller_id = farthing.seller()) '
            'WITH CHECK (seller_id = farthing.seller())', name);
        EXECUTE format('GRANT SELECT, INSERT ON farthing.%I TO farthing_app', name);
    END LOOP;
END
$$;
CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON farthing.draft
    FOR EACH STATEMENT EXECUTE FUNCTION farthing.refuse_change();
GRANT UPDATE (issue_at, state, reasons, ended_at, ended_by) ON farthing.draft TO farthing_app;
