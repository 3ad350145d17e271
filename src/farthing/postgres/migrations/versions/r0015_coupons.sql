-- Coupons and credit, and who has which.

-- Coupons: what each promises, who has one, and from whom it was taken back. What a coupon took off stands on the
-- invoices (invoice_discount.source_id is applied_id); there is no second record of it.
CREATE TABLE farthing.coupon (
    seller_id  uuid NOT NULL DEFAULT farthing.seller() REFERENCES farthing.seller,
    coupon_key text NOT NULL,
    terms      jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (seller_id, coupon_key)
);

-- The terms are those of the day on which it was applied; no more people have it than they say, whoever asks.
CREATE TABLE farthing.applied_coupon (
    seller_id       uuid NOT NULL DEFAULT farthing.seller(),
    applied_id      uuid NOT NULL,
    coupon_key      text NOT NULL,
    customer_id     uuid NOT NULL,
    subscription_id uuid,
    redemption      integer NOT NULL CHECK (redemption > 0), -- counts all who ever had it
    terms           jsonb NOT NULL,
    applied_at      timestamptz NOT NULL,
    PRIMARY KEY (seller_id, applied_id),
    UNIQUE (seller_id, coupon_key, redemption),
    CHECK (redemption <= coalesce((terms ->> 'max_redemptions')::integer, redemption)),
    FOREIGN KEY (seller_id, coupon_key) REFERENCES farthing.coupon,
    FOREIGN KEY (seller_id, customer_id) REFERENCES farthing.customer,
    FOREIGN KEY (seller_id, subscription_id) REFERENCES farthing.subscription
);
CREATE INDEX applied_coupon_of_customer ON farthing.applied_coupon (seller_id, customer_id);

CREATE TABLE farthing.removed_coupon (
    seller_id  uuid NOT NULL DEFAULT farthing.seller(),
    applied_id uuid NOT NULL,
    removed_at timestamptz NOT NULL,
    removed_by text NOT NULL,
    because    text NOT NULL,
    PRIMARY KEY (seller_id, applied_id),
    FOREIGN KEY (seller_id, applied_id) REFERENCES farthing.applied_coupon
);

-- Credit: what was granted, and what of it will never be used. What a grant paid stands on the invoices
-- (invoice_discount.source_id and invoice_credit.grant_id).
CREATE TABLE farthing.credit_grant (
    seller_id      uuid NOT NULL DEFAULT farthing.seller(),
    grant_id       uuid NOT NULL,
    customer_id    uuid NOT NULL,
    entity_key     text NOT NULL,
    kind           text NOT NULL CHECK (kind IN ('promotional', 'prepaid')),
    name           text NOT NULL,
    currency       text NOT NULL,
    minor          bigint NOT NULL CHECK (minor > 0),
    priority       integer NOT NULL,
    granted_at     timestamptz NOT NULL,
    granted_by     text NOT NULL,
    because        text NOT NULL,
    starts_at      timestamptz NOT NULL,
    expires_at     timestamptz CHECK (expires_at > starts_at),
    transaction_id uuid,
    PRIMARY KEY (seller_id, grant_id),
    CHECK ((kind = 'prepaid') = (transaction_id IS NOT NULL)), -- what is given away is booked when it is used
    FOREIGN KEY (seller_id, customer_id) REFERENCES farthing.customer,
    FOREIGN KEY (seller_id, entity_key) REFERENCES farthing.legal_entity,
    FOREIGN KEY (seller_id, transaction_id) REFERENCES farthing.transaction
);
CREATE INDEX credit_grant_of_customer ON farthing.credit_grant (seller_id, customer_id);

CREATE TABLE farthing.credit_expiry (
    seller_id      uuid NOT NULL DEFAULT farthing.seller(),
    grant_id       uuid NOT NULL,
    minor          bigint NOT NULL CHECK (minor > 0),
    expired_at     timestamptz NOT NULL,
    transaction_id uuid,
    PRIMARY KEY (seller_id, grant_id),
    FOREIGN KEY (seller_id, grant_id) REFERENCES farthing.credit_grant,
    FOREIGN KEY (seller_id, transaction_id) REFERENCES farthing.transaction
);

-- INV-10: a grant pays, and lets expire, no more than it is. Who bills holds the customer's credit, so that two that
-- pay from one grant come here one after the other.
CREATE FUNCTION farthing.check_grant() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    asked uuid := CASE TG_TABLE_NAME WHEN 'invoice_discount' THEN (to_jsonb(NEW) ->> 'source_id')::uuid
                                     ELSE (to_jsonb(NEW) ->> 'grant_id')::uuid END;
    granted bigint;
    gone numeric;
BEGIN
    SELECT kept.minor INTO granted FROM farthing.credit_grant AS kept
    WHERE kept.seller_id = NEW.seller_id AND kept.grant_id = asked;
    IF granted IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT coalesce(sum(each.minor), 0) INTO gone FROM (
        SELECT taken.minor FROM farthing.invoice_discount AS taken
        WHERE taken.seller_id = NEW.seller_id AND taken.source_id = asked
        UNION ALL
        SELECT paid.minor FROM farthing.invoice_credit AS paid
        WHERE paid.seller_id = NEW.seller_id AND paid.grant_id = asked
        UNION ALL
        SELECT expired.minor FROM farthing.credit_expiry AS expired
        WHERE expired.seller_id = NEW.seller_id AND expired.grant_id = asked
    ) AS each;
    IF gone > granted THEN
        RAISE EXCEPTION 'INV-10: grant % is %, and % of it is gone', asked, granted, gone
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER pays_no_more AFTER INSERT ON farthing.invoice_discount
    FOR EACH ROW WHEN (NEW.kind = 'promotional') EXECUTE FUNCTION farthing.check_grant();
CREATE TRIGGER pays_no_more AFTER INSERT ON farthing.invoice_credit
    FOR EACH ROW EXECUTE FUNCTION farthing.check_grant();
CREATE TRIGGER pays_no_more AFTER INSERT ON farthing.credit_expiry
    FOR EACH ROW EXECUTE FUNCTION farthing.check_grant();

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['coupon', 'applied_coupon', 'removed_coupon', 'credit_grant', 'credit_expiry'] LOOP
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
