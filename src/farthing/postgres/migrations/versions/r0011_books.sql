-- Every transaction belongs to a legal entity, whose months are locked one after the other; and books may begin with
-- what another system left open.

-- Whose the transactions of before are: until now a seller had one legal entity.
ALTER TABLE farthing.transaction ADD COLUMN entity_key text;
ALTER TABLE farthing.transaction NO FORCE ROW LEVEL SECURITY;
ALTER TABLE farthing.legal_entity NO FORCE ROW LEVEL SECURITY;
ALTER TABLE farthing.transaction DISABLE TRIGGER append_only;
UPDATE farthing.transaction AS booked SET entity_key = (
    SELECT min(entity.entity_key COLLATE "C") FROM farthing.legal_entity AS entity
    WHERE entity.seller_id = booked.seller_id
);
ALTER TABLE farthing.transaction ENABLE TRIGGER append_only;
ALTER TABLE farthing.transaction FORCE ROW LEVEL SECURITY;
ALTER TABLE farthing.legal_entity FORCE ROW LEVEL SECURITY;
ALTER TABLE farthing.transaction
    ALTER entity_key SET NOT NULL,
    ADD FOREIGN KEY (seller_id, entity_key) REFERENCES farthing.legal_entity;
CREATE INDEX transaction_booked ON farthing.transaction (seller_id, entity_key, booked_on);

ALTER TABLE farthing.legal_entity ADD COLUMN locked_through date;  -- the last day of the last locked month
GRANT UPDATE (locked_through) ON farthing.legal_entity TO farthing_app;

-- Who locked a month, or unlocked it, when and why.
CREATE TABLE farthing.month_lock (
    seller_id  uuid NOT NULL DEFAULT farthing.seller(),
    entity_key text NOT NULL,
    number     integer NOT NULL,
    month      date NOT NULL,  -- its first day
    locked     boolean NOT NULL,
    acted_at   timestamptz NOT NULL,
    acted_by   text NOT NULL CHECK (acted_by <> ''),
    because    text NOT NULL CHECK (because <> ''),
    PRIMARY KEY (seller_id, entity_key, number),
    FOREIGN KEY (seller_id, entity_key) REFERENCES farthing.legal_entity
);

-- Where the books of a legal entity begin, when another system kept them before: once, before the first document.
CREATE TABLE farthing.opening (
    seller_id    uuid NOT NULL DEFAULT farthing.seller(),
    entity_key   text NOT NULL,
    booked_on    date NOT NULL,
    next_invoice bigint NOT NULL CHECK (next_invoice > 0),
    opened_at    timestamptz NOT NULL,
    opened_by    text NOT NULL CHECK (opened_by <> ''),
    PRIMARY KEY (seller_id, entity_key),
    FOREIGN KEY (seller_id, entity_key) REFERENCES farthing.legal_entity
);

-- What was open in the other system: an invoice that is not paid, or a fee that was paid ahead.
CREATE TABLE farthing.opening_item (
    seller_id      uuid NOT NULL DEFAULT farthing.seller(),
    item_id        uuid NOT NULL,
    entity_key     text NOT NULL,
    customer_id    uuid NOT NULL,
    number         text NOT NULL CHECK (number <> ''),
    currency       text NOT NULL,
    minor          bigint NOT NULL CHECK (minor > 0),
    due_on         date,     -- of an invoice that is not paid
    first_day      date,     -- of a fee that was paid ahead: what is left of it is for these days
    days           integer CHECK (days > 0),
    transaction_id uuid NOT NULL,
    PRIMARY KEY (seller_id, item_id),
    UNIQUE (seller_id, transaction_id),
    CHECK ((due_on IS NULL) = (first_day IS NOT NULL)),
    CHECK ((first_day IS NULL) = (days IS NULL)),
    FOREIGN KEY (seller_id, entity_key) REFERENCES farthing.opening,
    FOREIGN KEY (seller_id, customer_id) REFERENCES farthing.customer,
    FOREIGN KEY (seller_id, transaction_id) REFERENCES farthing.transaction
);

-- INV-25: a locked month takes no transaction. Who books holds the entity's row, so that no month is locked meanwhile.
CREATE FUNCTION farthing.check_month() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    through date;
BEGIN
    SELECT entity.locked_through INTO through FROM farthing.legal_entity AS entity
    WHERE entity.seller_id = NEW.seller_id AND entity.entity_key = NEW.entity_key FOR SHARE;
    IF NEW.booked_on <= through THEN
        RAISE EXCEPTION 'INV-25: % is in a month that is locked; the first open day is %', NEW.booked_on, through + 1
            USING ERRCODE = 'check_violation', CONSTRAINT = 'month_is_open';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER month_is_open BEFORE INSERT ON farthing.transaction
    FOR EACH ROW EXECUTE FUNCTION farthing.check_month();

-- Months are locked forwards, and only the last locked one is unlocked.
CREATE FUNCTION farthing.check_month_lock() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    through date;
    acts integer;
BEGIN
    SELECT entity.locked_through INTO through FROM farthing.legal_entity AS entity
    WHERE entity.seller_id = NEW.seller_id AND entity.entity_key = NEW.entity_key FOR NO KEY UPDATE;
    SELECT coalesce(max(kept.number), 0) INTO acts FROM farthing.month_lock AS kept
    WHERE kept.seller_id = NEW.seller_id AND kept.entity_key = NEW.entity_key;
    IF NEW.number <> acts + 1 OR extract(day FROM NEW.month) <> 1
        OR NEW.locked AND NEW.month <= through
        OR NOT NEW.locked AND (NEW.month + interval '1 month' - interval '1 day')::date IS DISTINCT FROM through
    THEN
        RAISE EXCEPTION 'INV-25: months are locked forwards, and only the last locked one is unlocked'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER goes_by_month BEFORE INSERT ON farthing.month_lock
    FOR EACH ROW EXECUTE FUNCTION farthing.check_month_lock();

CREATE FUNCTION farthing.lock_month() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    UPDATE farthing.legal_entity AS entity
    SET locked_through = CASE WHEN NEW.locked THEN NEW.month + interval '1 month' ELSE NEW.month END - interval '1 day'
    WHERE entity.seller_id = NEW.seller_id AND entity.entity_key = NEW.entity_key;
    RETURN NULL;
END
$$;

CREATE TRIGGER locks_month AFTER INSERT ON farthing.month_lock
    FOR EACH ROW EXECUTE FUNCTION farthing.lock_month();

CREATE FUNCTION farthing.check_locked_through() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    through date;
BEGIN
    SELECT CASE WHEN last.locked THEN last.month + interval '1 month' ELSE last.month END - interval '1 day' INTO through
    FROM farthing.month_lock AS last
    WHERE last.seller_id = NEW.seller_id AND last.entity_key = NEW.entity_key ORDER BY last.number DESC LIMIT 1;
    IF NEW.locked_through IS DISTINCT FROM through THEN
        RAISE EXCEPTION 'INV-25: the months of % are locked through %, as who locked them said', NEW.entity_key, through
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER locked_as_said BEFORE UPDATE OF locked_through ON farthing.legal_entity
    FOR EACH ROW EXECUTE FUNCTION farthing.check_locked_through();

-- Books are opened before anything is in them.
CREATE FUNCTION farthing.check_opening() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF EXISTS (SELECT FROM farthing.transaction AS booked
               WHERE booked.seller_id = NEW.seller_id AND booked.entity_key = NEW.entity_key)
    THEN
        RAISE EXCEPTION 'the books of % have begun already', NEW.entity_key USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER opens_empty_books BEFORE INSERT ON farthing.opening
    FOR EACH ROW EXECUTE FUNCTION farthing.check_opening();

-- Numbers rise by one, never with an earlier time, and each is an invoice's when the transaction ends; they begin at 1, or
-- where the opening says.
CREATE OR REPLACE FUNCTION farthing.check_series() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.last_issued_at IS NULL AND OLD.last = 0 AND NEW.kind = 'invoice'
        AND (NEW.seller_id, NEW.entity_key, NEW.kind) = (OLD.seller_id, OLD.entity_key, OLD.kind)
        AND EXISTS (SELECT FROM farthing.opening AS opened
                    WHERE opened.seller_id = NEW.seller_id AND opened.entity_key = NEW.entity_key
                      AND opened.next_invoice = NEW.last + 1)
    THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'INSERT' AND (NEW.last <> 0 OR NEW.last_issued_at IS NOT NULL)
        OR TG_OP = 'UPDATE' AND (
            NEW.last <> OLD.last + 1 OR NEW.last_issued_at IS NULL OR NEW.last_issued_at < OLD.last_issued_at
            OR (NEW.seller_id, NEW.entity_key, NEW.kind) <> (OLD.seller_id, OLD.entity_key, OLD.kind))
    THEN
        RAISE EXCEPTION 'INV-09: a series begins at 0 and rises by one, never with an earlier time'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION farthing.check_number_is_used() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF NEW.kind = 'invoice' AND NEW.last_issued_at IS NOT NULL AND NOT EXISTS (
        SELECT FROM farthing.invoice AS issued
        WHERE issued.seller_id = NEW.seller_id AND issued.entity_key = NEW.entity_key AND issued.sequence = NEW.last
    ) THEN
        RAISE EXCEPTION 'INV-09: number % was given and no invoice has it', NEW.last USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['month_lock', 'opening', 'opening_item'] LOOP
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
