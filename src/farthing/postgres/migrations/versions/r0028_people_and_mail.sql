-- A person's accounts stand apart from the person, who gets more columns.
ALTER TABLE farthing.person NO FORCE ROW LEVEL SECURITY;
CREATE TEMPORARY TABLE person_before ON COMMIT DROP AS SELECT * FROM farthing.person;
DROP TABLE farthing.person;
CREATE TABLE farthing.person (
    seller_id   uuid NOT NULL DEFAULT farthing.seller() REFERENCES farthing.seller,
    person_id   uuid NOT NULL,
    name        text NOT NULL,
    role        text NOT NULL,
    customer_id uuid,
    since       timestamptz NOT NULL,  -- since when they have this role
    email       text,                  -- where they were invited; personal, as the name is
    given_by    text NOT NULL,
    ended_at    timestamptz,
    PRIMARY KEY (seller_id, person_id),
    FOREIGN KEY (seller_id, customer_id) REFERENCES farthing.customer,
    CONSTRAINT person_has_a_role CHECK (
        role IN ('owner', 'finance', 'approver', 'support', 'engineer', 'customer-admin', 'customer-viewer')
    ),
    CONSTRAINT person_of_a_customer CHECK (
        (role IN ('customer-admin', 'customer-viewer')) = (customer_id IS NOT NULL)
    )
);
CREATE UNIQUE INDEX person_of_address ON farthing.person (seller_id, email) WHERE ended_at IS NULL;

INSERT INTO farthing.person (seller_id, person_id, name, role, customer_id, since, given_by)
SELECT seller_id, person_id, name, role, customer_id, since, 'the operator' FROM person_before;

-- One person may have several accounts in Slack; what they may do hangs on the person.
CREATE TABLE farthing.person_account (
    seller_id  uuid NOT NULL DEFAULT farthing.seller(),
    slack_team text NOT NULL,
    slack_user text NOT NULL,
    person_id  uuid NOT NULL,
    linked_at  timestamptz NOT NULL,
    lapsed_at  timestamptz,  -- since when Slack says that it is no full member: then no role of staff counts
    PRIMARY KEY (seller_id, slack_team, slack_user),
    FOREIGN KEY (seller_id, person_id) REFERENCES farthing.person
);

INSERT INTO farthing.person_account (seller_id, slack_team, slack_user, person_id, linked_at)
SELECT seller_id, slack_team, slack_user, person_id, since FROM person_before;

-- Who let whom in, changed what, and took what away.
CREATE TABLE farthing.person_act (
    seller_id   uuid NOT NULL DEFAULT farthing.seller(),
    number      bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    person_id   uuid NOT NULL,
    act         text NOT NULL CHECK (act IN ('let in', 'role changed', 'account linked', 'revoked')),
    role        text NOT NULL,
    customer_id uuid,
    acted_by    text NOT NULL,
    acted_at    timestamptz NOT NULL,
    PRIMARY KEY (seller_id, number),
    FOREIGN KEY (seller_id, person_id) REFERENCES farthing.person,
    FOREIGN KEY (seller_id, customer_id) REFERENCES farthing.customer
);

-- The code is mailed and never kept: only its fingerprint is. The address is personal and can be erased.
CREATE TABLE farthing.invitation (
    seller_id     uuid NOT NULL DEFAULT farthing.seller() REFERENCES farthing.seller,
    invitation_id uuid NOT NULL,
    email         text,
    role          text NOT NULL,
    customer_id   uuid,
    code_mac      bytea NOT NULL,
    invited_by    text NOT NULL,
    invited_at    timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,
    wrong_tries   integer NOT NULL DEFAULT 0,
    ended_at      timestamptz,
    ended         text CHECK (ended IN ('used', 'replaced', 'withdrawn')),
    person_id     uuid,
    PRIMARY KEY (seller_id, invitation_id),
    CHECK ((ended_at IS NULL) = (ended IS NULL)),
    CHECK ((ended IS NOT DISTINCT FROM 'used') = (person_id IS NOT NULL)),
    FOREIGN KEY (seller_id, customer_id) REFERENCES farthing.customer,
    FOREIGN KEY (seller_id, person_id) REFERENCES farthing.person
);
CREATE UNIQUE INDEX invitation_open ON farthing.invitation (seller_id, email) WHERE ended_at IS NULL;

-- For how long one person may decide alone, and why; the newest row holds, one without a day ends it.
CREATE TABLE farthing.solo (
    seller_id  uuid NOT NULL DEFAULT farthing.seller() REFERENCES farthing.seller,
    number     bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    until_day  date,
    because    text NOT NULL,
    set_by     text NOT NULL,
    set_at     timestamptz NOT NULL,
    PRIMARY KEY (seller_id, number)
);

-- Mail: how it is sent, and what is to be sent; written in the transaction that decides.
CREATE TABLE farthing.mail_account (
    seller_id    uuid PRIMARY KEY DEFAULT farthing.seller() REFERENCES farthing.seller,
    sender       text NOT NULL,
    finance      text,            -- where finance hears what Slack does not take
    secrets      bytea NOT NULL,  -- the server and what opens it: AES-GCM, bound to the seller
    connected_at timestamptz NOT NULL
);

CREATE TABLE farthing.mail (
    seller_id     uuid NOT NULL DEFAULT farthing.seller() REFERENCES farthing.seller,
    mail_id       uuid NOT NULL,
    written       bigint GENERATED ALWAYS AS IDENTITY,
    written_at    timestamptz NOT NULL,
    about         uuid NOT NULL,  -- the notice or the invitation that it tells of
    recipients    text[] NOT NULL,
    subject       text NOT NULL,
    sealed        bytea,          -- the words, which may hold a code: AES-GCM, taken away once they are sent
    message_id    text NOT NULL,
    state         text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'refused', 'withdrawn')),
    attempts      integer NOT NULL DEFAULT 0,
    next_try_at   timestamptz NOT NULL DEFAULT to_timestamp(0),
    sending_since timestamptz,    -- set before a call, cleared with its answer: a lost answer leaves it set
    sent_at       timestamptz,
    trouble       text,
    PRIMARY KEY (seller_id, mail_id),
    CHECK ((state = 'sent') = (sent_at IS NOT NULL)),
    CHECK (state NOT IN ('waiting', 'refused') OR sealed IS NOT NULL)
);
CREATE INDEX mail_waiting ON farthing.mail (seller_id, written) WHERE state = 'waiting';

ALTER TABLE farthing.notice ADD COLUMN mailed_at timestamptz, ADD COLUMN folded_into uuid;

-- Somebody owns it for as long as anybody did.
CREATE FUNCTION farthing.check_owners() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM farthing.person AS other
        WHERE other.seller_id = OLD.seller_id AND other.role = 'owner' AND other.ended_at IS NULL
    ) THEN
        RAISE EXCEPTION 'the last owner stays' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER owned AFTER UPDATE ON farthing.person
    FOR EACH ROW WHEN (OLD.role = 'owner' AND OLD.ended_at IS NULL AND (NEW.role <> 'owner' OR NEW.ended_at IS NOT NULL))
    EXECUTE FUNCTION farthing.check_owners();

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['person_act', 'solo'] LOOP
        EXECUTE format(
            'CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON farthing.%I '
            'FOR EACH STATEMENT EXECUTE FUNCTION farthing.refuse_change()', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['person', 'invitation', 'mail'] LOOP
        EXECUTE format(
            'CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON farthing.%I '
            'FOR EACH STATEMENT EXECUTE FUNCTION farthing.refuse_change()', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['person', 'person_account', 'person_act', 'invitation', 'solo', 'mail_account', 'mail'] LOOP
        EXECUTE format('ALTER TABLE farthing.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE farthing.%I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY own_rows ON farthing.%I USING (seller_id = farthing.seller()) '
            'WITH CHECK (seller_id = farthing.seller())', name);
        EXECUTE format('GRANT SELECT, INSERT ON farthing.%I TO farthing_app', name);
    END LOOP;
END
$$;
GRANT UPDATE (name, role, customer_id, since, email, given_by, ended_at) ON farthing.person TO farthing_app;
GRANT UPDATE (person_id, linked_at, lapsed_at), DELETE ON farthing.person_account TO farthing_app;
GRANT UPDATE (email, wrong_tries, ended_at, ended, person_id) ON farthing.invitation TO farthing_app;
GRANT UPDATE (sender, finance, secrets, connected_at), DELETE ON farthing.mail_account TO farthing_app;
GRANT UPDATE (recipients, sealed, state, attempts, next_try_at, sending_since, sent_at, trouble)
    ON farthing.mail TO farthing_app;
GRANT UPDATE (mailed_at, folded_into) ON farthing.notice TO farthing_app;
COMMENT ON TABLE farthing.invitation IS 'not copied: a code is for one person, once';
COMMENT ON TABLE farthing.mail_account IS 'not copied: its secrets are bound to the seller';
COMMENT ON TABLE farthing.mail IS 'not copied: what is to be told is told once, by the one that wrote it';

DROP TRIGGER append_only ON farthing.audit_entry;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON farthing.audit_entry
    FOR EACH STATEMENT WHEN (current_setting('farthing.erasing', true) IS DISTINCT FROM 'yes')
    EXECUTE FUNCTION farthing.refuse_change();

-- Erasing a person is the one thing that changes the audit log (decision 0034): their name, address and accounts give
-- way to a pseudonym, whole words at a time, and all else stays as it was. Nobody may write there but through this door.
CREATE FUNCTION farthing.erase_from_log(names text[], pseudonym text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog
AS $$
DECLARE
    name text;
    pattern text;
    changed bigint := 0;
    more bigint;
BEGIN
    PERFORM set_config('farthing.erasing', 'yes', true);
    FOREACH name IN ARRAY names LOOP
        pattern := '(?<![[:alnum:]])' || regexp_replace(name, '([^[:alnum:]])', '\\\1', 'g') || '(?![[:alnum:]])';
        UPDATE farthing.audit_entry AS entry
        SET said = regexp_replace(entry.said, pattern, pseudonym, 'g'),
            slack_user = CASE WHEN entry.slack_user = name THEN pseudonym ELSE entry.slack_user END,
            person_name = CASE WHEN entry.person_name = name THEN pseudonym ELSE entry.person_name END
        WHERE entry.seller_id = farthing.seller()
          AND (entry.said ~ pattern OR entry.slack_user = name OR entry.person_name = name);
        GET DIAGNOSTICS more = ROW_COUNT;
        changed := changed + more;
    END LOOP;
    PERFORM set_config('farthing.erasing', 'no', true);
    RETURN changed;
END
$$;
REVOKE ALL ON FUNCTION farthing.erase_from_log(text[], text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION farthing.erase_from_log(text[], text) TO farthing_app;
