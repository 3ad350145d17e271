-- Many invoices are issued at once: their numbers are given in one go, and the guards look at all that a statement added
-- together, as they look at lines and postings. What they refuse is the same.

ALTER TABLE farthing.number_series ADD COLUMN given_after bigint NOT NULL DEFAULT 0;

CREATE OR REPLACE FUNCTION farthing.check_month() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    wrong record;
    entity record;
BEGIN
    FOR entity IN SELECT kept.seller_id, kept.entity_key, kept.locked_through FROM farthing.legal_entity AS kept
        WHERE (kept.seller_id, kept.entity_key) IN (SELECT DISTINCT added.seller_id, added.entity_key FROM added)
        ORDER BY kept.entity_key FOR SHARE
    LOOP
        SELECT added.booked_on INTO wrong FROM added
        WHERE added.seller_id = entity.seller_id AND added.entity_key = entity.entity_key
          AND added.booked_on <= entity.locked_through
        ORDER BY added.booked_on LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'INV-25: % is in a month that is locked; the first open day is %',
                wrong.booked_on, entity.locked_through + 1
                USING ERRCODE = 'check_violation', CONSTRAINT = 'month_is_open';
        END IF;
    END LOOP;
    RETURN NULL;
END
$$;

DROP TRIGGER month_is_open ON farthing.transaction;
CREATE TRIGGER month_is_open AFTER INSERT ON farthing.transaction REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT WHEN (NOT farthing.is_copying()) EXECUTE FUNCTION farthing.check_month();

-- An invoice takes a number that its series has just given, and names its own transaction.
CREATE OR REPLACE FUNCTION farthing.check_invoice() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog
    -- By key, however few rows the planner knew of when it first looked.
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    wrong record;
BEGIN
    SELECT added.sequence INTO wrong FROM added
    LEFT JOIN farthing.number_series AS series
      ON series.seller_id = added.seller_id AND series.entity_key = added.entity_key AND series.kind = 'invoice'
    WHERE (added.sequence > series.given_after AND added.sequence <= series.last
           AND series.last_issued_at = added.issued_at) IS NOT TRUE
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'INV-09: % is not the number that the series has just given', wrong.sequence
            USING ERRCODE = 'check_violation';
    END IF;
    SELECT added.number INTO wrong FROM added
    WHERE NOT EXISTS (
        SELECT FROM farthing.transaction AS booked
        WHERE booked.seller_id = added.seller_id AND booked.transaction_id = added.transaction_id
          AND booked.kind = 'invoice' AND booked.about = added.invoice_id
    )
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'INV-02: invoice % does not name a transaction of its own', wrong.number
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;

DROP TRIGGER numbered_and_booked ON farthing.invoice;
CREATE TRIGGER numbered_and_booked AFTER INSERT ON farthing.invoice REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT WHEN (NOT farthing.is_copying()) EXECUTE FUNCTION farthing.check_invoice();

-- Numbers rise, never with an earlier time: those of credit notes one by one, those of invoices by as many as are issued
-- at once; each is a document's when the transaction ends. They begin at 1, or where the opening says.
CREATE OR REPLACE FUNCTION farthing.check_series() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.last_issued_at IS NULL AND OLD.last = 0 AND NEW.kind = 'invoice'
        AND (NEW.seller_id, NEW.entity_key, NEW.kind) = (OLD.seller_id, OLD.entity_key, OLD.kind)
        AND EXISTS (SELECT FROM farthing.opening AS opened
                    WHERE opened.seller_id = NEW.seller_id AND opened.entity_key = NEW.entity_key
                      AND opened.next_invoice = NEW.last + 1)
    THEN
        NEW.given_after := NEW.last;
        RETURN NEW;
    END IF;
    IF TG_OP = 'INSERT' AND (NEW.last <> 0 OR NEW.last_issued_at IS NOT NULL)
        OR TG_OP = 'UPDATE' AND (
            NEW.last <= OLD.last OR NEW.kind <> 'invoice' AND NEW.last <> OLD.last + 1
            OR NEW.last_issued_at IS NULL OR NEW.last_issued_at < OLD.last_issued_at
            OR (NEW.seller_id, NEW.entity_key, NEW.kind) <> (OLD.seller_id, OLD.entity_key, OLD.kind))
    THEN
        RAISE EXCEPTION 'INV-09: a series begins at 0 and rises, one by one where it is of credit notes, never with an earlier time'
            USING ERRCODE = 'check_violation';
    END IF;
    NEW.given_after := CASE TG_OP WHEN 'INSERT' THEN 0 ELSE OLD.last END;
    RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION farthing.check_number_is_used() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    used bigint;
BEGIN
    IF NEW.kind = 'invoice' AND NEW.last_issued_at IS NOT NULL THEN
        SELECT count(*) INTO used FROM farthing.invoice AS issued
        WHERE issued.seller_id = NEW.seller_id AND issued.entity_key = NEW.entity_key
          AND issued.sequence > OLD.last AND issued.sequence <= NEW.last;
        IF used <> NEW.last - OLD.last THEN
            RAISE EXCEPTION 'INV-09: number % was given and no invoice has it, or one of the % given with it', NEW.last,
                NEW.last - OLD.last USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    IF NEW.kind = 'credit_note' AND NOT EXISTS (
        SELECT FROM farthing.credit_note AS issued
        WHERE issued.seller_id = NEW.seller_id AND issued.entity_key = NEW.entity_key AND issued.sequence = NEW.last
    ) THEN
        RAISE EXCEPTION 'INV-09: number % was given and no credit note has it', NEW.last
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;

-- A slice begins where the one before it ended, and has the next number.
CREATE OR REPLACE FUNCTION farthing.check_slice() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog
    -- By key, however few rows the planner knew of when it first looked.
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    wrong record;
BEGIN
    SELECT added.after, added.upto, added.charge_id, coalesce(before.upto, 0) AS ended INTO wrong FROM added
    LEFT JOIN farthing.slice AS before
      ON before.seller_id = added.seller_id AND before.charge_id = added.charge_id
      AND before.revision = added.revision AND before.number = added.number - 1
    WHERE added.after <> coalesce(before.upto, 0) OR added.number <> coalesce(before.number, 0) + 1
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'INV-05: slice (%, %] of charge % does not begin at %, where the one before it ended',
            wrong.after, wrong.upto, wrong.charge_id, wrong.ended USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;

DROP TRIGGER chains ON farthing.slice;
CREATE TRIGGER chains AFTER INSERT ON farthing.slice REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT WHEN (NOT farthing.is_copying()) EXECUTE FUNCTION farthing.check_slice();
