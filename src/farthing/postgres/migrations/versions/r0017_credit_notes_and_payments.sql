-- Credit notes, payments that pay invoices, what was paid back, and what a gateway is asked for.

CREATE TABLE farthing.credit_note (
    seller_id       uuid NOT NULL DEFAULT farthing.seller(),
    credit_note_id  uuid NOT NULL,
    entity_key      text NOT NULL,
    sequence        bigint NOT NULL,
    number          text NOT NULL,
    invoice_id      uuid NOT NULL,
    customer_id     uuid NOT NULL,
    subscription_id uuid,
    currency        text NOT NULL,
    issued_at       timestamptz NOT NULL,
    issued_on       date NOT NULL,
    kind            text NOT NULL CHECK (kind IN ('correction', 'goodwill')),
    voids           boolean NOT NULL CHECK (NOT voids OR kind = 'correction'),
    reason          text NOT NULL CHECK (reason <> ''),
    written_by      text NOT NULL CHECK (written_by <> ''),
    total_minor     bigint NOT NULL,
    discount_minor  bigint NOT NULL,
    tax_minor       bigint NOT NULL,
    tax_included    boolean NOT NULL,
    credit_minor    bigint NOT NULL CHECK (credit_minor >= 0), -- what goes back to grants of prepaid credit
    freed_minor     bigint NOT NULL CHECK (freed_minor >= 0),  -- what was paid and is the customer's balance again
    transaction_id  uuid NOT NULL,
    PRIMARY KEY (seller_id, credit_note_id),
    UNIQUE (seller_id, entity_key, sequence),
    UNIQUE (seller_id, number),
    UNIQUE (seller_id, transaction_id),
    FOREIGN KEY (seller_id, entity_key) REFERENCES farthing.legal_entity,
    FOREIGN KEY (seller_id, invoice_id) REFERENCES farthing.invoice,
    FOREIGN KEY (seller_id, transaction_id) REFERENCES farthing.transaction
);
CREATE INDEX credit_note_of_invoice ON farthing.credit_note (seller_id, invoice_id, sequence);
CREATE INDEX credit_note_of_customer ON farthing.credit_note (seller_id, customer_id);
CREATE UNIQUE INDEX credit_note_voids ON farthing.credit_note (seller_id, invoice_id) WHERE voids;

CREATE TABLE farthing.credit_note_line (
    seller_id      uuid NOT NULL DEFAULT farthing.seller(),
    credit_note_id uuid NOT NULL,
    number         integer NOT NULL CHECK (number > 0),
    invoice_id     uuid NOT NULL,
    line_number    integer NOT NULL,
    gross_minor    bigint NOT NULL, -- off the line's own amount
    minor          bigint NOT NULL, -- without the discounts' share of that
    units          numeric,
    units_of       numeric NOT NULL DEFAULT 1 CHECK (units_of > 0),
    PRIMARY KEY (seller_id, credit_note_id, number),
    UNIQUE (seller_id, credit_note_id, line_number),
    FOREIGN KEY (seller_id, credit_note_id) REFERENCES farthing.credit_note,
    FOREIGN KEY (seller_id, invoice_id, line_number) REFERENCES farthing.invoice_line
);

-- What of an invoice's discounts a note leaves out: promotional credit returns to its grant, a coupon's use with a void.
CREATE TABLE farthing.credit_note_discount (
    seller_id      uuid NOT NULL DEFAULT farthing.seller(),
    credit_note_id uuid NOT NULL,
    number         integer NOT NULL CHECK (number > 0),
    kind           text NOT NULL CHECK (kind IN ('coupon', 'promotional')),
    source_id      uuid NOT NULL,
    key            text NOT NULL,
    name           text NOT NULL,
    minor          bigint NOT NULL,
    minors         bigint[] NOT NULL, -- off each line of the note, in their order
    terms          jsonb NOT NULL,
    PRIMARY KEY (seller_id, credit_note_id, number),
    FOREIGN KEY (seller_id, credit_note_id) REFERENCES farthing.credit_note
);
CREATE INDEX credit_note_discount_of_source ON farthing.credit_note_discount (seller_id, source_id);

CREATE TABLE farthing.credit_note_tax (
    seller_id      uuid NOT NULL DEFAULT farthing.seller(),
    credit_note_id uuid NOT NULL,
    number         integer NOT NULL CHECK (number > 0),
    key            text NOT NULL,
    name           text NOT NULL,
    category       text NOT NULL,
    jurisdiction   text NOT NULL,
    rate           numeric NOT NULL,
    treatment      text NOT NULL CHECK (treatment IN ('standard', 'zero', 'exempt', 'reverse_charge', 'outside')),
    reason         text NOT NULL,
    reason_code    text NOT NULL,
    base_minor     bigint NOT NULL,
    minor          bigint NOT NULL,
    lines          bigint[] NOT NULL, -- the invoice's number, base and tax of each line, one after the other
    PRIMARY KEY (seller_id, credit_note_id, number),
    FOREIGN KEY (seller_id, credit_note_id) REFERENCES farthing.credit_note
);

-- What goes back to the grants that paid.
CREATE TABLE farthing.credit_note_credit (
    seller_id      uuid NOT NULL DEFAULT farthing.seller(),
    credit_note_id uuid NOT NULL,
    number         integer NOT NULL CHECK (number > 0),
    grant_id       uuid NOT NULL,
    name           text NOT NULL,
    minor          bigint NOT NULL CHECK (minor > 0),
    PRIMARY KEY (seller_id, credit_note_id, number),
    FOREIGN KEY (seller_id, credit_note_id) REFERENCES farthing.credit_note
);
CREATE INDEX credit_note_credit_of_grant ON farthing.credit_note_credit (seller_id, grant_id);

CREATE TABLE farthing.payment (
    seller_id      uuid NOT NULL DEFAULT farthing.seller(),
    payment_id     uuid NOT NULL,
    customer_id    uuid NOT NULL,
    entity_key     text NOT NULL,
    currency       text NOT NULL,
    minor          bigint NOT NULL CHECK (minor > 0),
    paid_by        text NOT NULL CHECK (paid_by IN ('bank_transfer', 'cash', 'check', 'other', 'gateway')),
    reference      text NOT NULL,
    received_on    date NOT NULL,
    recorded_at    timestamptz NOT NULL,
    recorded_by    text NOT NULL CHECK (recorded_by <> ''),
    written        bigint GENERATED ALWAYS AS IDENTITY,
    transaction_id uuid NOT NULL,
    PRIMARY KEY (seller_id, payment_id),
    UNIQUE (seller_id, transaction_id),
    FOREIGN KEY (seller_id, customer_id) REFERENCES farthing.customer,
    FOREIGN KEY (seller_id, entity_key) REFERENCES farthing.legal_entity,
    FOREIGN KEY (seller_id, transaction_id) REFERENCES farthing.transaction
);
CREATE INDEX payment_of_customer ON farthing.payment (seller_id, customer_id, received_on, written);

CREATE TABLE farthing.payment_allocation (
    seller_id      uuid NOT NULL DEFAULT farthing.seller(),
    payment_id     uuid NOT NULL,
    number         integer NOT NULL CHECK (number > 0),
    invoice_id     uuid NOT NULL,
    minor          bigint NOT NULL CHECK (minor <> 0), -- below zero: it pays that no more
    transaction_id uuid NOT NULL,
    allocated_at   timestamptz NOT NULL,
    PRIMARY KEY (seller_id, payment_id, number),
    FOREIGN KEY (seller_id, payment_id) REFERENCES farthing.payment,
    FOREIGN KEY (seller_id, invoice_id) REFERENCES farthing.invoice,
    FOREIGN KEY (seller_id, transaction_id) REFERENCES farthing.transaction
);
CREATE INDEX payment_allocation_of_invoice ON farthing.payment_allocation (seller_id, invoice_id);

CREATE TABLE farthing.payment_refund (
    seller_id      uuid NOT NULL DEFAULT farthing.seller(),
    refund_id      uuid NOT NULL,
    payment_id     uuid NOT NULL,
    minor          bigint NOT NULL CHECK (minor > 0),
    reason         text NOT NULL CHECK (reason <> ''),
    refunded_on    date NOT NULL,
    refunded_at    timestamptz NOT NULL,
    refunded_by    text NOT NULL CHECK (refunded_by <> ''),
    transaction_id uuid NOT NULL,
    PRIMARY KEY (seller_id, refund_id),
    UNIQUE (seller_id, transaction_id),
    FOREIGN KEY (seller_id, payment_id) REFERENCES farthing.payment,
    FOREIGN KEY (seller_id, transaction_id) REFERENCES farthing.transaction
);
CREATE INDEX payment_refund_of_payment ON farthing.payment_refund (seller_id, payment_id);

-- What a gateway is asked for. It is written before it is asked, so that a lost answer can be asked about.
CREATE TABLE farthing.payment_attempt (
    seller_id   uuid NOT NULL DEFAULT farthing.seller(),
    attempt_id  uuid NOT NULL,
    customer_id uuid NOT NULL,
    invoice_id  uuid,  -- what is to be paid
    payment_id  uuid,  -- or what is to be paid back
    currency    text NOT NULL,
    minor       bigint NOT NULL CHECK (minor > 0),
    method      text NOT NULL,
    reason      text NOT NULL,
    asked_by    text NOT NULL CHECK (asked_by <> ''),
    begun_at    timestamptz NOT NULL,
    state       text NOT NULL CHECK (state IN ('live', 'done', 'declined_soft', 'declined_hard', 'dropped')),
    said        text NOT NULL DEFAULT '',
    ended_at    timestamptz,
    PRIMARY KEY (seller_id, attempt_id),
    CHECK ((invoice_id IS NULL) <> (payment_id IS NULL)),
    CHECK ((state = 'live') = (ended_at IS NULL)),
    FOREIGN KEY (seller_id, customer_id) REFERENCES farthing.customer,
    FOREIGN KEY (seller_id, invoice_id) REFERENCES farthing.invoice,
    FOREIGN KEY (seller_id, payment_id) REFERENCES farthing.payment
);
-- One invoice has at most one live attempt, and so has each payment that is paid back.
CREATE UNIQUE INDEX payment_attempt_live ON farthing.payment_attempt (seller_id, coalesce(invoice_id, payment_id))
    WHERE state = 'live';

CREATE OR REPLACE FUNCTION farthing.check_transaction() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM farthing.posting AS kept
        WHERE kept.seller_id = NEW.seller_id AND kept.transaction_id = NEW.transaction_id
    ) THEN
        RAISE EXCEPTION 'INV-01: transaction % has no postings', NEW.transaction_id USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.kind = 'invoice' AND NOT EXISTS (
        SELECT FROM farthing.invoice AS issued
        WHERE issued.seller_id = NEW.seller_id AND issued.invoice_id = NEW.about
          AND issued.transaction_id = NEW.transaction_id
    ) THEN
        RAISE EXCEPTION 'INV-02: transaction % books an invoice that does not exist', NEW.transaction_id
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.kind = 'credit_note' AND NOT EXISTS (
            SELECT FROM farthing.credit_note AS issued
            WHERE issued.seller_id = NEW.seller_id AND issued.credit_note_id = NEW.about
              AND issued.transaction_id = NEW.transaction_id)
        OR NEW.kind = 'payment' AND NOT EXISTS (
            SELECT FROM farthing.payment AS kept
            WHERE kept.seller_id = NEW.seller_id AND kept.payment_id = NEW.about
              AND kept.transaction_id = NEW.transaction_id)
        OR NEW.kind = 'allocation' AND NOT EXISTS (
            SELECT FROM farthing.payment_allocation AS kept
            WHERE kept.seller_id = NEW.seller_id AND kept.transaction_id = NEW.transaction_id)
        OR NEW.kind = 'refund' AND NOT EXISTS (
            SELECT FROM farthing.payment_refund AS kept
            WHERE kept.seller_id = NEW.seller_id AND kept.refund_id = NEW.about
              AND kept.transaction_id = NEW.transaction_id)
    THEN
        RAISE EXCEPTION 'INV-02: transaction % books a % that does not exist', NEW.transaction_id, NEW.kind
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

-- A credit note takes the number that its own series has just given, and names its own transaction.
CREATE FUNCTION farthing.check_credit_note() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM farthing.number_series AS series
        WHERE series.seller_id = NEW.seller_id AND series.entity_key = NEW.entity_key AND series.kind = 'credit_note'
          AND series.last = NEW.sequence AND series.last_issued_at = NEW.issued_at
    ) THEN
        RAISE EXCEPTION 'INV-09: % is not the number that the series has just given', NEW.sequence
            USING ERRCODE = 'check_violation';
    END IF;
    IF NOT EXISTS (
        SELECT FROM farthing.transaction AS booked
        WHERE booked.seller_id = NEW.seller_id AND booked.transaction_id = NEW.transaction_id
          AND booked.kind = 'credit_note' AND booked.about = NEW.credit_note_id
    ) THEN
        RAISE EXCEPTION 'INV-02: credit note % does not name a transaction of its own', NEW.number
            USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (
        SELECT FROM farthing.credit_note AS kept
        WHERE kept.seller_id = NEW.seller_id AND kept.invoice_id = NEW.invoice_id AND kept.voids
    ) THEN
        RAISE EXCEPTION 'INV-12: nothing is left of the invoice that credit note % is about', NEW.number
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER numbered_and_booked BEFORE INSERT ON farthing.credit_note
    FOR EACH ROW EXECUTE FUNCTION farthing.check_credit_note();

-- A note's parts make it up when the transaction ends; none of them is added to it later.
CREATE FUNCTION farthing.check_credited() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    note record;
    of_lines record;
BEGIN
    SELECT * INTO note FROM farthing.credit_note AS kept
    WHERE kept.seller_id = NEW.seller_id AND kept.credit_note_id = NEW.credit_note_id;
    SELECT count(*) AS lines, sum(kept.minor) AS minor, sum(kept.gross_minor - kept.minor) AS discounted INTO of_lines
    FROM farthing.credit_note_line AS kept
    WHERE kept.seller_id = NEW.seller_id AND kept.credit_note_id = NEW.credit_note_id
      AND kept.invoice_id = note.invoice_id;
    IF of_lines.lines = 0
        OR note.total_minor <> of_lines.minor + (CASE WHEN note.tax_included THEN 0 ELSE note.tax_minor END)
        OR note.discount_minor <> of_lines.discounted
        OR (note.discount_minor, note.tax_minor, note.credit_minor) <> (
        (SELECT coalesce(sum(kept.minor), 0) FROM farthing.credit_note_discount AS kept
         WHERE kept.seller_id = NEW.seller_id AND kept.credit_note_id = NEW.credit_note_id),
        (SELECT coalesce(sum(kept.minor), 0) FROM farthing.credit_note_tax AS kept
         WHERE kept.seller_id = NEW.seller_id AND kept.credit_note_id = NEW.credit_note_id),
        (SELECT coalesce(sum(kept.minor), 0) FROM farthing.credit_note_credit AS kept
         WHERE kept.seller_id = NEW.seller_id AND kept.credit_note_id = NEW.credit_note_id))
    THEN
        RAISE EXCEPTION 'INV-03: credit note % says %, and its parts do not make it', note.number, note.total_minor
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;

-- What pays and credits an invoice never exceeds it.
CREATE FUNCTION farthing.check_settled() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    issued record;
    credited record;
    paid numeric;
BEGIN
    SELECT kept.number, kept.total_minor, kept.total_minor - kept.credit_minor AS due INTO issued
    FROM farthing.invoice AS kept WHERE kept.seller_id = NEW.seller_id AND kept.invoice_id = NEW.invoice_id;
    SELECT coalesce(sum(kept.total_minor), 0) AS total, coalesce(sum(kept.total_minor - kept.credit_minor), 0) AS due
    INTO credited
    FROM farthing.credit_note AS kept WHERE kept.seller_id = NEW.seller_id AND kept.invoice_id = NEW.invoice_id;
    SELECT coalesce(sum(kept.minor), 0) INTO paid
    FROM farthing.payment_allocation AS kept WHERE kept.seller_id = NEW.seller_id AND kept.invoice_id = NEW.invoice_id;
    IF abs(credited.total) > abs(issued.total_minor) OR credited.total * issued.total_minor < 0
        OR paid < 0 OR paid > greatest(issued.due, 0) - greatest(credited.due, 0)
    THEN
        RAISE EXCEPTION 'INV-12: invoice % asks %, of which % is credited and % is paid', issued.number, issued.due,
            credited.due, paid USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;

-- No more comes out of a payment than it brought.
CREATE FUNCTION farthing.check_paid_out() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    brought bigint;
    allocated numeric;
    refunded numeric;
BEGIN
    SELECT kept.minor INTO brought FROM farthing.payment AS kept
    WHERE kept.seller_id = NEW.seller_id AND kept.payment_id = NEW.payment_id;
    SELECT coalesce(sum(kept.minor), 0) INTO allocated FROM farthing.payment_allocation AS kept
    WHERE kept.seller_id = NEW.seller_id AND kept.payment_id = NEW.payment_id;
    SELECT coalesce(sum(kept.minor), 0) INTO refunded FROM farthing.payment_refund AS kept
    WHERE kept.seller_id = NEW.seller_id AND kept.payment_id = NEW.payment_id;
    IF allocated < 0 OR allocated + refunded > brought THEN
        RAISE EXCEPTION 'INV-12: payment % brought %, of which % pays invoices and % was paid back', NEW.payment_id,
            brought, allocated, refunded USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['credit_note', 'credit_note_line', 'credit_note_discount', 'credit_note_tax',
                                'credit_note_credit'] LOOP
        EXECUTE format(
            'CREATE CONSTRAINT TRIGGER credited AFTER INSERT ON farthing.%I DEFERRABLE INITIALLY DEFERRED '
            'FOR EACH ROW EXECUTE FUNCTION farthing.check_credited()', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['credit_note', 'payment_allocation'] LOOP
        EXECUTE format(
            'CREATE CONSTRAINT TRIGGER settled AFTER INSERT ON farthing.%I DEFERRABLE INITIALLY DEFERRED '
            'FOR EACH ROW EXECUTE FUNCTION farthing.check_settled()', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['payment_allocation', 'payment_refund'] LOOP
        EXECUTE format(
            'CREATE CONSTRAINT TRIGGER paid_out AFTER INSERT ON farthing.%I DEFERRABLE INITIALLY DEFERRED '
            'FOR EACH ROW EXECUTE FUNCTION farthing.check_paid_out()', name);
    END LOOP;
END
$$;

-- What a gateway answered stands; only an attempt without an answer may be given one.
CREATE FUNCTION farthing.check_attempt() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF OLD.state <> 'live' OR NEW.state = 'live' THEN
        RAISE EXCEPTION 'INV-08: the answer to attempt % is kept already', OLD.attempt_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER answered_once BEFORE UPDATE ON farthing.payment_attempt
    FOR EACH ROW EXECUTE FUNCTION farthing.check_attempt();

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'credit_note', 'credit_note_line', 'credit_note_discount', 'credit_note_tax', 'credit_note_credit', 'payment',
        'payment_allocation', 'payment_refund', 'payment_attempt'
    ] LOOP
        IF name = 'payment_attempt' THEN
            EXECUTE format(
                'CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON farthing.%I '
                'FOR EACH STATEMENT EXECUTE FUNCTION farthing.refuse_change()', name);
        ELSE
            EXECUTE format(
                'CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON farthing.%I '
                'FOR EACH STATEMENT EXECUTE FUNCTION farthing.refuse_change()', name);
        END IF;
        EXECUTE format('ALTER TABLE farthing.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE farthing.%I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY own_rows ON farthing.%I USING (seller_id = farthing.seller()) '
            'WITH CHECK (seller_id = farthing.seller())', name);
        EXECUTE format('GRANT SELECT, INSERT ON farthing.%I TO farthing_app', name);
    END LOOP;
END
$$;

GRANT UPDATE (state, said, ended_at) ON farthing.payment_attempt TO farthing_app;

-- INV-10 with what credit notes give back.
CREATE OR REPLACE FUNCTION farthing.check_grant() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
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
        UNION ALL
        SELECT -back.minor FROM farthing.credit_note_discount AS back
        WHERE back.seller_id = NEW.seller_id AND back.source_id = asked
        UNION ALL
        SELECT -back.minor FROM farthing.credit_note_credit AS back
        WHERE back.seller_id = NEW.seller_id AND back.grant_id = asked
    ) AS each;
    IF gone > granted THEN
        RAISE EXCEPTION 'INV-10: grant % is %, and % of it is gone', asked, granted, gone
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
