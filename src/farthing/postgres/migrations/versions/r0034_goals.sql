-- The seller's goals, who signed them, how they stand; and what somebody did in the first run from Slack's Home.
CREATE TABLE farthing.goal (
    seller_id        uuid NOT NULL DEFAULT farthing.seller() REFERENCES farthing.seller,
    goal_id          uuid NOT NULL,
    place            integer NOT NULL CHECK (place BETWEEN 1 AND 3),
    title            text NOT NULL,
    unit             text NOT NULL,
    baseline         numeric NOT NULL,
    target           numeric NOT NULL CHECK (target <> baseline),
    by_day           date NOT NULL,
    owner            text NOT NULL,
    owner_slack_user text NOT NULL,
    set_by           text NOT NULL,
    set_at           timestamptz NOT NULL,
    ended_by         text,
    ended_at         timestamptz,
    PRIMARY KEY (seller_id, goal_id),
    CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);
CREATE UNIQUE INDEX goal_in_force ON farthing.goal (seller_id, place) WHERE ended_at IS NULL;

CREATE TABLE farthing.goal_signature (
    seller_id uuid NOT NULL DEFAULT farthing.seller(),
    goal_id   uuid NOT NULL,
    signed_by text NOT NULL,
    signed_on date NOT NULL,
    signed_at timestamptz NOT NULL,
    PRIMARY KEY (seller_id, goal_id),
    FOREIGN KEY (seller_id, goal_id) REFERENCES farthing.goal
);

CREATE TABLE farthing.goal_check_in (
    seller_id uuid NOT NULL DEFAULT farthing.seller(),
    goal_id   uuid NOT NULL,
    number    integer NOT NULL CHECK (number > 0),
    value     numeric NOT NULL,
    read_on   date NOT NULL,
    read_by   text NOT NULL,
    read_at   timestamptz NOT NULL,
    PRIMARY KEY (seller_id, goal_id, number),
    FOREIGN KEY (seller_id, goal_id) REFERENCES farthing.goal
);

CREATE TABLE farthing.first_run_step (
    seller_id uuid NOT NULL DEFAULT farthing.seller() REFERENCES farthing.seller,
    number    integer NOT NULL CHECK (number > 0),
    step      text NOT NULL CHECK (step IN ('catalogue', 'customer', 'preview', 'put away', 'taken out')),
    about     text NOT NULL,
    done_by   text NOT NULL,
    done_at   timestamptz NOT NULL,
    PRIMARY KEY (seller_id, number)
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['goal_signature', 'goal_check_in', 'first_run_step'] LOOP
        EXECUTE format(
            'CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON farthing.%I '
            'FOR EACH STATEMENT EXECUTE FUNCTION farthing.refuse_change()', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['goal', 'goal_signature', 'goal_check_in', 'first_run_step'] LOOP
        EXECUTE format('ALTER TABLE farthing.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE farthing.%I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY own_rows ON farthing.%I USING (seller_id = farthing.seller()) '
            'WITH CHECK (seller_id = farthing.seller())', name);
        EXECUTE format('GRANT SELECT, INSERT ON farthing.%I TO farthing_app', name);
    END LOOP;
END
$$;
CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON farthing.goal
    FOR EACH STATEMENT EXECUTE FUNCTION farthing.refuse_change();
GRANT UPDATE (ended_by, ended_at) ON farthing.goal TO farthing_app;
COMMENT ON TABLE farthing.goal IS 'not copied: a goal is signed at the one that set it';
COMMENT ON TABLE farthing.goal_signature IS 'not copied: a goal is signed at the one that set it';
COMMENT ON TABLE farthing.goal_check_in IS 'not copied: a goal is signed at the one that set it';
COMMENT ON TABLE farthing.first_run_step IS 'not copied: whoever sets up another begins anew';
