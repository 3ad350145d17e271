-- What is kept apart, and by whom it was discarded.

-- What is done to events of a type before they are screened (INV-08: versions never change).
CREATE TABLE farthing.event_rule_version (
    seller_id  uuid NOT NULL DEFAULT farthing.seller() REFERENCES farthing.seller,
    event_type text NOT NULL,
    version    integer NOT NULL CHECK (version > 0),
    terms      jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (seller_id, event_type, version)
);

-- An accepted event that a rule changed, as it was sent; `usage_event` has what is measured.
CREATE TABLE farthing.usage_mapped (
    seller_id    uuid NOT NULL DEFAULT farthing.seller(),
    position     bigint NOT NULL,
    event_type   text NOT NULL,
    rule_version integer NOT NULL,
    sent         text NOT NULL,
    PRIMARY KEY (seller_id, position),
    FOREIGN KEY (seller_id, event_type, rule_version) REFERENCES farthing.event_rule_version
);

-- What a person took out of quarantine for good: it never counts, and stays readable.
CREATE TABLE farthing.usage_discarded (
    seller_id    uuid NOT NULL DEFAULT farthing.seller(),
    discarded    bigint GENERATED ALWAYS AS IDENTITY,
    key          uuid NOT NULL,
    content      uuid NOT NULL,
    received_at  timestamptz NOT NULL,
    reason       text NOT NULL,
    event        text NOT NULL,
    type         text NOT NULL,
    subject      text NOT NULL,
    source       text NOT NULL,
    discarded_at timestamptz NOT NULL,
    discarded_by text NOT NULL CHECK (discarded_by <> ''),
    because      text NOT NULL CHECK (because <> ''),
    PRIMARY KEY (seller_id, discarded)
);
CREATE INDEX usage_discarded_key ON farthing.usage_discarded (seller_id, key);

-- What an event kept apart is found by, cut to what an index holds. The event itself is the text of a JSON object with
-- its names in order, so that its own members are the last of their names in it.
ALTER TABLE farthing.usage_quarantine
    ADD type text, ADD subject text, ADD source text, ADD first_received_at timestamptz;
GRANT UPDATE (first_received_at) ON farthing.usage_quarantine TO farthing_app;

CREATE FUNCTION pg_temp.said(event text, name text, behind text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    said text := substring(event from ',"' || name || '":("(?:[^"\\]|\\.)*")' || behind || '}$');
BEGIN
    RETURN left(coalesce(said::jsonb #>> '{}', ''), 257);
EXCEPTION WHEN OTHERS THEN  -- A character that jsonb cannot hold stays as its escape.
    RETURN left(replace(substr(said, 2, length(said) - 2), '\u0000', '\x00'), 257);
END
$$;

ALTER TABLE farthing.usage_quarantine NO FORCE ROW LEVEL SECURITY;
UPDATE farthing.usage_quarantine SET
    type = pg_temp.said(event, 'type', ''),
    subject = pg_temp.said(
        event, 'subject', ',"time":(?:null|"(?:[^"\\]|\\.)*"),"type":"(?:[^"\\]|\\.)*"'),
    source = pg_temp.said(
        event, 'source',
        ',"subject":"(?:[^"\\]|\\.)*","time":(?:null|"(?:[^"\\]|\\.)*"),"type":"(?:[^"\\]|\\.)*"');
ALTER TABLE farthing.usage_quarantine FORCE ROW LEVEL SECURITY;
DROP FUNCTION pg_temp.said(text, text, text);

ALTER TABLE farthing.usage_quarantine
    ALTER type SET NOT NULL, ALTER subject SET NOT NULL, ALTER source SET NOT NULL;
CREATE INDEX usage_quarantine_newest ON farthing.usage_quarantine (seller_id, received_at, key, content);
CREATE INDEX usage_quarantine_type ON farthing.usage_quarantine (seller_id, type, received_at, key, content);
CREATE INDEX usage_quarantine_subject ON farthing.usage_quarantine (seller_id, subject, received_at, key, content);
CREATE INDEX usage_quarantine_source ON farthing.usage_quarantine (seller_id, source, received_at, key, content);
CREATE INDEX usage_conflict_newest ON farthing.usage_conflict (seller_id, received_at, key, content);

DO $$
DECLARE
    added text;
BEGIN
    FOREACH added IN ARRAY ARRAY['event_rule_version', 'usage_mapped', 'usage_discarded'] LOOP
        EXECUTE format(
            'CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON farthing.%I '
            'FOR EACH STATEMENT EXECUTE FUNCTION farthing.refuse_change()', added);
        EXECUTE format('ALTER TABLE farthing.%I ENABLE ROW LEVEL SECURITY', added);
        EXECUTE format('ALTER TABLE farthing.%I FORCE ROW LEVEL SECURITY', added);
        EXECUTE format(
            'CREATE POLICY own_rows ON farthing.%I USING (seller_id = farthing.seller()) '
            'WITH CHECK (seller_id = farthing.seller())', added);
        EXECUTE format('GRANT SELECT, INSERT ON farthing.%I TO farthing_app', added);
    END LOOP;
END
$$;

CREATE TRIGGER catalogue_moved AFTER INSERT ON farthing.event_rule_version
    FOR EACH STATEMENT EXECUTE FUNCTION farthing.catalogue_moved();
