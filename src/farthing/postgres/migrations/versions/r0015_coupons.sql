-- Coupons, and who has which.

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

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['coupon', 'applied_coupon', 'removed_coupon'] LOOP
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
