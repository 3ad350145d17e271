-- The customers' people that there are could set budgets, so they are admins of their account from now on.
ALTER TABLE farthing.person DROP CONSTRAINT person_role_check, DROP CONSTRAINT person_check;
UPDATE farthing.person SET role = 'customer-admin' WHERE role = 'customer';
ALTER TABLE farthing.person
    ADD CONSTRAINT person_has_a_role CHECK (
        role IN ('owner', 'finance', 'approver', 'support', 'engineer', 'customer-admin', 'customer-viewer')
    ),
    ADD CONSTRAINT person_of_a_customer CHECK (
        (role IN ('customer-admin', 'customer-viewer')) = (customer_id IS NOT NULL)
    );

CREATE TABLE farthing.audit_entry (
    seller_id   uuid NOT NULL DEFAULT farthing.seller() REFERENCES farthing.seller,
    entry_id    uuid NOT NULL,
    number      bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    act_id      uuid NOT NULL,
    happened_at timestamptz NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('asked', 'shown', 'failed', 'posted')),
    slack_team  text NOT NULL,
    slack_user  text NOT NULL,
    person_name text,
    role        text,
    channel_id  text NOT NULL,
    message_ts  text NOT NULL,
    said        text NOT NULL,
    PRIMARY KEY (seller_id, entry_id)
);
CREATE INDEX audit_entry_newest ON farthing.audit_entry (seller_id, number);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON farthing.audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION farthing.refuse_change();
ALTER TABLE farthing.audit_entry ENABLE ROW LEVEL SECURITY;
ALTER TABLE farthing.audit_entry FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON farthing.audit_entry USING (seller_id = farthing.seller())
    WITH CHECK (seller_id = farthing.seller());
GRANT SELECT, INSERT ON farthing.audit_entry TO farthing_app;
COMMENT ON TABLE farthing.audit_entry IS 'not copied: what people did, they did at the one that wrote it';
