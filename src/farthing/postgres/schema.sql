-- The whole database as one picture. Migrations lead here; a test holds the two equal.
-- Every table belongs to a seller, and row-level security shows a session only the rows of the seller it names.

-- What the product's own roles may do is granted to this role of all installations on the server.
DO $$
BEGIN
    CREATE ROLE farthing_app NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END
$$;

CREATE SCHEMA farthing;
GRANT USAGE ON SCHEMA farthing TO farthing_app;

CREATE FUNCTION farthing.seller() RETURNS uuid LANGUAGE sql STABLE
    RETURN NULLIF(current_setting('farthing.seller', true), '')::uuid;

-- Whether a sandbox is being copied here and now. What was kept in its order once is not asked for that order again; a
-- guard that asks for it is created WHEN (NOT farthing.is_copying()). Only `copy_sandbox` can make it so.
CREATE FUNCTION farthing.is_copying() RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog
    RETURN CASE WHEN current_setting('farthing.copying', true) = 'yes' THEN EXISTS (
        SELECT FROM pg_proc AS copying
        WHERE copying.pronamespace = 'farthing'::regnamespace AND copying.proname = 'copy_sandbox'
          AND pg_get_userbyid(copying.proowner) = current_user
    ) ELSE false END;

-- Parties ---------------------------------------------------------------------------------------------------

CREATE TABLE farthing.seller (
    seller_id    uuid PRIMARY KEY DEFAULT farthing.seller(),
    name         text NOT NULL CHECK (name <> ''),
    mode         text NOT NULL CHECK (mode IN ('live', 'sandbox')),
    clock_shift  interval NOT NULL DEFAULT '0',
    CHECK (mode = 'sandbox' OR clock_shift = '0')
);

-- A sandbox that is a copy of another one: a saved point stays as it is, a fork goes on by itself. A family is all copies
-- of one sandbox, however many copies lie between; its id is the first one's. Only `copy_sandbox` adds to it.
CREATE TABLE farthing.sandbox_copy (
    seller_id   uuid PRIMARY KEY DEFAULT farthing.seller() REFERENCES farthing.seller,
    family_id   uuid NOT NULL REFERENCES farthing.seller,
    copied_from uuid NOT NULL REFERENCES farthing.seller,
    name        text NOT NULL CHECK (name <> ''),
    kind        text NOT NULL CHECK (kind IN ('point', 'fork')),
    stands_at   timestamptz NOT NULL,  -- the sandbox's own time at which it was copied
    copied_at   timestamptz NOT NULL,  -- the world's
    UNIQUE (family_id, name)
);

CREATE TABLE farthing.legal_entity (
    seller_id     uuid NOT NULL DEFAULT farthing.seller() REFERENCES farthing.seller,
    entity_key    text NOT NULL,
    name          text NOT NULL,
    in_zone       text NOT NULL,
    number_prefix text NOT NULL,
    terms_days    integer NOT NULL CHECK (terms_days >= 0),
    locked_through date,  -- the last day of the last locked month
    rank          integer NOT NULL DEFAULT 1 CHECK (rank > 0), -- the first one invoices customers that name none
    currency      text,
    credit_prefix text NOT NULL DEFAULT '',
    taxed_by      text NOT NULL DEFAULT 'rules',
    tax_included  boolean NOT NULL DEFAULT false,
    letterhead    jsonb NOT NULL DEFAULT '{}',
    language      text NOT NULL DEFAULT 'en' CHECK (language IN ('en', 'ru')),
    PRIMARY KEY (seller_id, entity_key),
    UNIQUE (seller_id, rank),
    UNIQUE (seller_id, number_prefix)
);

-- Pictures by their digest, so that an old invoice has its old one.
CREATE TABLE farthing.entity_logo (
    seller_id uuid NOT NULL DEFAULT farthing.seller() REFERENCES farthing.seller,
    digest    text NOT NULL,
    kind      text NOT NULL CHECK (kind IN ('png', 'svg')),
    content   bytea NOT NULL,
    PRIMARY KEY (seller_id, digest)
);

-- Which tax what bears (INV-08: versions never change; invoices name theirs).
CREATE TABLE farthing.tax_rules_version (
    seller_id  uuid NOT NULL DEFAULT farthing.seller() REFERENCES farthing.seller,
    version    integer NOT NULL CHECK (version > 0),
    terms      jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (seller_id, version)
);

CREATE TABLE farthing.api_key (
    seller_id  uuid NOT NULL DEFAULT farthing.seller() REFERENCES farthing.seller,
    key_id     uuid NOT NULL,
    secret_mac bytea NOT NULL UNIQUE,
    label      text NOT NULL,
    created_at timestamptz NOT NULL,
    revoked_at timestamptz,
    PRIMARY KEY (seller_id, key_id)
);

CREATE TABLE farthing.customer (
    seller_id   uuid NOT NULL DEFAULT farthing.seller() REFERENCES farthing.seller,
    customer_id uuid NOT NULL,
    key         text NOT NULL,
    in_zone     text NOT NULL,
    created_at  timestamptz NOT NULL,
    entity_key  text,  -- NULL for the seller's first legal entity
    language    text CHECK (language IN ('en', 'ru')),  -- NULL for that of the legal entity
    PRIMARY KEY (seller_id, customer_id),
    UNIQUE (seller_id, key),
    FOREIGN KEY (seller_id, entity_key) REFERENCES farthing.legal_entity
);

-- What can be erased about a customer; nothing in the books points here.
CREATE TABLE farthing.customer_profile (
    seller_id   uuid NOT NULL DEFAULT farthing.seller(),
    customer_id uuid NOT NULL,
    name        text NOT NULL,
    email       text,
    address     jsonb,
    is_business boolean NOT NULL DEFAULT false,
    tax_ids     jsonb NOT NULL DEFAULT '[]',
    exemptions  jsonb NOT NULL DEFAULT '[]',
    PRIMARY KEY (seller_id, customer_id),
    FOREIGN KEY (seller_id, customer_id) REFERENCES farthing.customer
);

-- Catalogue (INV-08: versions never change) -------------------------------------------------------------------

CREATE TABLE farthing.meter_version (
    seller_id  uuid NOT NULL DEFAULT farthing.seller() REFERENCES farthing.seller,
    meter_key  text NOT NULL,
    version    integer NOT NULL CHECK (version > 0),
    terms      jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (seller_id, meter_key, version)
);

CREATE TABLE farthing.plan_version (
    seller_id   uuid NOT NULL DEFAULT farthing.seller() REFERENCES farthing.seller,
    plan_key    text NOT NULL,
    version     integer NOT NULL CHECK (version > 0),
    terms       jsonb NOT NULL,
    created_at  timestamptz NOT NULL,
    starts_from date,  -- for subscriptions that start on this day or later; NULL for all
    PRIMARY KEY (seller_id, plan_key, version)
);

CREATE TABLE farthing.add_on_version (
    seller_id  uuid NOT NULL DEFAULT farthing.seller() REFERENCES farthing.seller,
    add_on_key text NOT NULL,
    version    integer NOT NULL CHECK (version > 0),
    terms      jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (seller_id, add_on_key, version)
);

-- Rises with every change of what events are screened against, so that a screen may be kept for a while.
CREATE TABLE farthing.catalogue_revision (
    seller_id uuid PRIMARY KEY DEFAULT farthing.seller() REFERENCES farthing.seller,
    revision  bigint NOT NULL
);

-- What is done to events of a type before they are screened.
CREATE TABLE farthing.event_rule_version (
    seller_id  uuid NOT NULL DEFAULT farthing.seller() REFERENCES farthing.seller,
    event_type text NOT NULL,
    version    integer NOT NULL CHECK (version > 0),
    terms      jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (seller_id, event_type, version)
);

CREATE TABLE farthing.subscription (
    seller_id       uuid NOT NULL DEFAULT farthing.seller(),
    subscription_id uuid NOT NULL,
    customer_id     uuid NOT NULL,
    plan_key        text NOT NULL,
    plan_version    integer NOT NULL,
    anchor          date NOT NULL,  -- periods are counted from there
    in_zone         text NOT NULL,
    starts_at       timestamptz NOT NULL,
    ends_at         timestamptz CHECK (ends_at >= starts_at),
    billed_through  timestamptz CHECK (billed_through >= starts_at),
    due_at          timestamptz,  -- the next moment to bill; NULL when there is none
    currency        text,         -- NULL for the plan's first one
    overrides       jsonb NOT NULL DEFAULT '{}',          -- price terms agreed with this customer alone
    phase_ends      timestamptz[] NOT NULL DEFAULT '{}',  -- where a trial or another phase is over
    every           text NOT NULL DEFAULT 'month' CHECK (every ~ '^([0-9]{1,5} )?(day|week|month|quarter|year)s?$'),
    usage_through   timestamptz,  -- the end of the last period that was billed; changes within one bill no usage
    CHECK (usage_through <= billed_through),
    PRIMARY KEY (seller_id, subscription_id),
    FOREIGN KEY (seller_id, customer_id) REFERENCES farthing.customer,
    FOREIGN KEY (seller_id, plan_key, plan_version) REFERENCES farthing.plan_version
);
CREATE INDEX subscription_due ON farthing.subscription (seller_id, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX subscription_of_customer ON farthing.subscription (seller_id, customer_id);

-- What was agreed later, from an instant on; of two that begin together the one written last is in force.
CREATE TABLE farthing.agreed_version (
    seller_id       uuid NOT NULL DEFAULT farthing.seller(),
    subscription_id uuid NOT NULL,
    written         bigint GENERATED ALWAYS AS IDENTITY,
    since           timestamptz NOT NULL,
    plan_key        text NOT NULL,
    plan_version    integer NOT NULL,
    ends_phases     boolean NOT NULL DEFAULT false,  -- with another plan, which has no such phase
    PRIMARY KEY (seller_id, subscription_id, written),
    FOREIGN KEY (seller_id, subscription_id) REFERENCES farthing.subscription,
    FOREIGN KEY (seller_id, plan_key, plan_version) REFERENCES farthing.plan_version
);

-- How time is cut from an instant on.
CREATE TABLE farthing.agreed_cycle (
    seller_id       uuid NOT NULL DEFAULT farthing.seller(),
    subscription_id uuid NOT NULL,
    written         bigint GENERATED ALWAYS AS IDENTITY,
    since           timestamptz NOT NULL,
    anchor          date NOT NULL,
    every           text NOT NULL CHECK (every ~ '^([0-9]{1,5} )?(day|week|month|quarter|year)s?$'),
    in_zone         text NOT NULL,
    PRIMARY KEY (seller_id, subscription_id, written),
    FOREIGN KEY (seller_id, subscription_id) REFERENCES farthing.subscription
);

CREATE TABLE farthing.agreed_quantity (
    seller_id       uuid NOT NULL DEFAULT farthing.seller(),
    subscription_id uuid NOT NULL,
    written         bigint GENERATED ALWAYS AS IDENTITY,
    since           timestamptz NOT NULL,
    name            text NOT NULL,
    number          numeric NOT NULL CHECK (number >= 0),
    PRIMARY KEY (seller_id, subscription_id, written),
    FOREIGN KEY (seller_id, subscription_id) REFERENCES farthing.subscription
);

CREATE TABLE farthing.agreed_add_on (
    seller_id       uuid NOT NULL DEFAULT farthing.seller(),
    subscription_id uuid NOT NULL,
    add_on_key      text NOT NULL,
    version         integer NOT NULL,
    starts_at       timestamptz NOT NULL,
    ends_at         timestamptz CHECK (ends_at >= starts_at),
    number          numeric NOT NULL CHECK (number > 0),
    PRIMARY KEY (seller_id, subscription_id, add_on_key, starts_at),
    FOREIGN KEY (seller_id, subscription_id) REFERENCES farthing.subscription,
    FOREIGN KEY (seller_id, add_on_key, version) REFERENCES farthing.add_on_version
);

-- No fees are charged from an instant on, up to another one or until somebody resumes.
CREATE TABLE farthing.agreed_pause (
    seller_id       uuid NOT NULL DEFAULT farthing.seller(),
    subscription_id uuid NOT NULL,
    starts_at       timestamptz NOT NULL,
    ends_at         timestamptz CHECK (ends_at >= starts_at),
    PRIMARY KEY (seller_id, subscription_id, starts_at),
    FOREIGN KEY (seller_id, subscription_id) REFERENCES farthing.subscription
);
CREATE UNIQUE INDEX agreed_pause_one_at_a_time ON farthing.agreed_pause (seller_id, subscription_id)
    WHERE ends_at IS NULL;

-- Usage -------------------------------------------------------------------------------------------------------

-- The row whose lock orders acceptance; it is not the row that orders invoice numbers.
CREATE TABLE farthing.usage_counter (
    seller_id     uuid PRIMARY KEY DEFAULT farthing.seller() REFERENCES farthing.seller,
    last_position bigint NOT NULL DEFAULT 0,
    taken_after   bigint NOT NULL DEFAULT 0  -- where the positions begin that were given last
);

-- Events arrive by COPY, which row-level security forbids. So each of these two tables, which have it, keeps its rows in
-- one part that has none: the product may add to that part and read nothing of it; a guard refuses the rows of another
-- seller, and the table shows each session its own (INV-19).
-- INV-06: one (source, id), one event, for ever. `key` stands for both.
CREATE TABLE farthing.event_key (
    seller_id uuid NOT NULL DEFAULT farthing.seller(),
    key       uuid NOT NULL,
    content   uuid NOT NULL,
    position  bigint NOT NULL,
    PRIMARY KEY (seller_id, key)
) PARTITION BY LIST (seller_id);
CREATE TABLE farthing.accepted_key PARTITION OF farthing.event_key DEFAULT;

CREATE TABLE farthing.usage_event (
    seller_id   uuid NOT NULL DEFAULT farthing.seller(),
    position    bigint NOT NULL,
    key         uuid NOT NULL,
    customer_id uuid NOT NULL,
    type        text NOT NULL,
    happened_at timestamptz NOT NULL,
    accepted_at timestamptz NOT NULL,
    source      text NOT NULL,
    id          text NOT NULL,
    subject     text NOT NULL,
    time        text,
    data        jsonb NOT NULL,
    PRIMARY KEY (seller_id, position)
) PARTITION BY LIST (seller_id);
CREATE INDEX usage_event_measured ON farthing.usage_event (seller_id, customer_id, type, happened_at);
CREATE TABLE farthing.accepted_event PARTITION OF farthing.usage_event DEFAULT;

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

-- A version of an event that a correction ended: a reading up to a position at or above `by_position` leaves it out.
CREATE TABLE farthing.usage_superseded (
    seller_id   uuid NOT NULL DEFAULT farthing.seller(),
    position    bigint NOT NULL,
    by_position bigint NOT NULL CHECK (by_position > position),
    customer_id uuid NOT NULL,
    type        text NOT NULL,
    happened_at timestamptz NOT NULL,
    PRIMARY KEY (seller_id, position)
);
CREATE INDEX usage_superseded_by ON farthing.usage_superseded (seller_id, by_position);
CREATE INDEX usage_superseded_measured ON farthing.usage_superseded (seller_id, customer_id, type, by_position);

-- A correction that took effect, an event of its own. The version that an amendment made is the usage_event at the
-- same position; a void made none.
CREATE TABLE farthing.usage_correction (
    seller_id      uuid NOT NULL DEFAULT farthing.seller(),
    position       bigint NOT NULL,
    key            uuid NOT NULL,
    source         text NOT NULL,
    id             text NOT NULL,
    of_key         uuid NOT NULL,
    kind           text NOT NULL CHECK (kind IN ('amend', 'void')),
    first_position bigint NOT NULL,  -- of the event as it was accepted, and its place among those of one instant
    reason         text NOT NULL,
    corrected_by   text NOT NULL,
    accepted_at    timestamptz NOT NULL,
    customer_id    uuid,  -- whose the amended version is, and its type
    type           text,
    PRIMARY KEY (seller_id, position),
    UNIQUE (seller_id, key),
    CHECK (first_position < position),
    CHECK ((kind = 'amend') = (customer_id IS NOT NULL AND type IS NOT NULL))
);
CREATE INDEX usage_correction_of ON farthing.usage_correction (seller_id, of_key, position);
CREATE INDEX usage_correction_made ON farthing.usage_correction (seller_id, customer_id, type) WHERE kind = 'amend';

-- The same key with other content: both stay readable.
CREATE TABLE farthing.usage_conflict (
    seller_id   uuid NOT NULL DEFAULT farthing.seller(),
    key         uuid NOT NULL,
    content     uuid NOT NULL,
    received_at timestamptz NOT NULL,
    event       text NOT NULL,
    PRIMARY KEY (seller_id, key, content)
);
CREATE INDEX usage_conflict_newest ON farthing.usage_conflict (seller_id, received_at, key, content);

-- Kept apart until it or its cause is mended; `type`, `subject` and `source` are what it is found by, cut to what an
-- index holds.
CREATE TABLE farthing.usage_quarantine (
    seller_id   uuid NOT NULL DEFAULT farthing.seller(),
    key         uuid NOT NULL,
    content     uuid NOT NULL,
    received_at timestamptz NOT NULL,
    reason      text NOT NULL,
    event       text NOT NULL,
    waits_for   uuid,  -- of a correction that came before its event: that event's key
    type        text NOT NULL,
    subject     text NOT NULL,
    source      text NOT NULL,
    first_received_at timestamptz,  -- when it came first, where it came again
    PRIMARY KEY (seller_id, key, content)
);
CREATE INDEX usage_quarantine_newest ON farthing.usage_quarantine (seller_id, received_at, key, content);
CREATE INDEX usage_quarantine_type ON farthing.usage_quarantine (seller_id, type, received_at, key, content);
CREATE INDEX usage_quarantine_subject ON farthing.usage_quarantine (seller_id, subject, received_at, key, content);
CREATE INDEX usage_quarantine_source ON farthing.usage_quarantine (seller_id, source, received_at, key, content);
CREATE INDEX usage_quarantine_waiting ON farthing.usage_quarantine (seller_id, waits_for) WHERE waits_for IS NOT NULL;

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

-- Events that came together under a name, as the ranges of positions (after, upto] that held nothing else.
CREATE TABLE farthing.usage_batch (
    seller_id uuid NOT NULL DEFAULT farthing.seller(),
    name      text NOT NULL CHECK (name <> ''),
    opened_at timestamptz NOT NULL,
    PRIMARY KEY (seller_id, name)
);

CREATE TABLE farthing.usage_batch_part (
    seller_id uuid NOT NULL DEFAULT farthing.seller(),
    name      text NOT NULL,
    after     bigint NOT NULL,
    upto      bigint NOT NULL CHECK (upto > after),
    events    bigint NOT NULL CHECK (events > 0),
    kept_at   timestamptz NOT NULL,
    PRIMARY KEY (seller_id, name, after),
    FOREIGN KEY (seller_id, name) REFERENCES farthing.usage_batch
);

-- What of a batch was kept apart; it is the batch's when it is accepted later.
CREATE TABLE farthing.usage_batch_apart (
    seller_id uuid NOT NULL DEFAULT farthing.seller(),
    name      text NOT NULL,
    key       uuid NOT NULL,
    PRIMARY KEY (seller_id, name, key),
    FOREIGN KEY (seller_id, name) REFERENCES farthing.usage_batch
);

-- One act: from here on nothing is added to the batch, and what is in force of it is voided, step by step.
CREATE TABLE farthing.usage_batch_revert (
    seller_id   uuid NOT NULL DEFAULT farthing.seller(),
    name        text NOT NULL,
    reverted_at timestamptz NOT NULL,
    reverted_by text NOT NULL,
    reason      text NOT NULL,
    PRIMARY KEY (seller_id, name),
    FOREIGN KEY (seller_id, name) REFERENCES farthing.usage_batch
);

-- A step voids what is in force of the batch at positions up to one, and of what was accepted out of quarantine up to
-- another, at a position of its own.
CREATE TABLE farthing.usage_batch_revert_step (
    seller_id  uuid NOT NULL DEFAULT farthing.seller(),
    position   bigint NOT NULL,
    name       text NOT NULL,
    upto       bigint NOT NULL,
    apart_upto bigint NOT NULL,
    events     bigint NOT NULL CHECK (events >= 0),
    PRIMARY KEY (seller_id, position),
    FOREIGN KEY (seller_id, name) REFERENCES farthing.usage_batch_revert
);
CREATE INDEX usage_batch_revert_step_of ON farthing.usage_batch_revert_step (seller_id, name, position);

-- Usage added up: made from the events, brought up to date by position, and to be made anew at any time ---------------

-- What is added up, each once, whatever meters measure it; and the position up to which it was.
CREATE TABLE farthing.usage_rollup (
    seller_id uuid NOT NULL DEFAULT farthing.seller() REFERENCES farthing.seller,
    rollup_id integer NOT NULL,
    terms_id  uuid NOT NULL,  -- stands for the terms; a rollup that is made anew has them a second time for a while
    terms     jsonb NOT NULL,
    position  bigint NOT NULL DEFAULT 0,
    moved_at  timestamptz NOT NULL,
    ready     boolean NOT NULL DEFAULT false,  -- it has caught up with the events once, and answers from then on
    retired   boolean NOT NULL DEFAULT false,  -- nobody asks it any more; its rows are being removed
    PRIMARY KEY (seller_id, rollup_id)
);

-- How much of the catalogue has been looked at for what is to be added up.
CREATE TABLE farthing.usage_following (
    seller_id      uuid PRIMARY KEY DEFAULT farthing.seller() REFERENCES farthing.seller,
    meter_versions bigint NOT NULL
);

-- Signed sums, or the one number that counts, of a customer's events in an hour and in a day of UTC. `cell` stands for
-- the values in `of`; `doubtful` events are those that only the core can read.
CREATE TABLE farthing.usage_by_hour (
    seller_id   uuid NOT NULL DEFAULT farthing.seller(),
    rollup_id   integer NOT NULL,
    customer_id uuid NOT NULL,
    starts_at   timestamptz NOT NULL,
    cell        uuid NOT NULL,
    events      bigint NOT NULL,
    doubtful    bigint NOT NULL,
    amount      numeric,
    happened_at timestamptz,
    position    bigint,
    "of"        text[],
    PRIMARY KEY (seller_id, rollup_id, customer_id, starts_at, cell)
) WITH (fillfactor = 70);

CREATE TABLE farthing.usage_by_day (
    seller_id   uuid NOT NULL DEFAULT farthing.seller(),
    rollup_id   integer NOT NULL,
    customer_id uuid NOT NULL,
    starts_at   timestamptz NOT NULL,
    cell        uuid NOT NULL,
    events      bigint NOT NULL,
    doubtful    bigint NOT NULL,
    amount      numeric,
    happened_at timestamptz,
    position    bigint,
    "of"        text[],
    PRIMARY KEY (seller_id, rollup_id, customer_id, starts_at, cell)
) WITH (fillfactor = 70);

-- How many cells a customer's day has; one with too many has no rows, and is read from its events.
CREATE TABLE farthing.usage_cells (
    seller_id   uuid NOT NULL DEFAULT farthing.seller(),
    rollup_id   integer NOT NULL,
    customer_id uuid NOT NULL,
    starts_at   timestamptz NOT NULL,
    cells       bigint NOT NULL,
    PRIMARY KEY (seller_id, rollup_id, customer_id, starts_at)
) WITH (fillfactor = 70);

-- What came of one source in one hour of receipt. The source '' stands for all beyond the first so many of an hour.
CREATE TABLE farthing.usage_source_hour (
    seller_id         uuid NOT NULL DEFAULT farthing.seller() REFERENCES farthing.seller,
    hour              timestamptz NOT NULL,
    source            text NOT NULL,
    accepted          bigint NOT NULL,
    duplicates        bigint NOT NULL,
    conflicts         bigint NOT NULL,
    quarantined       bigint NOT NULL,
    earliest_at       timestamptz,  -- when it says that it happened, of what was new
    latest_at         timestamptz,
    least_lag         interval,     -- received less happened; below zero where its clock is ahead of ours
    greatest_lag      interval,
    first_received_at timestamptz NOT NULL,
    last_received_at  timestamptz NOT NULL,
    PRIMARY KEY (seller_id, hour, source)
) WITH (fillfactor = 70);

-- A source that fell silent, from the last time it was heard until it was back.
CREATE TABLE farthing.usage_silence (
    seller_id    uuid NOT NULL DEFAULT farthing.seller() REFERENCES farthing.seller,
    source       text NOT NULL,
    silent_since timestamptz NOT NULL,
    told_at      timestamptz NOT NULL,
    back_at      timestamptz CHECK (back_at >= silent_since),
    back_told_at timestamptz,
    PRIMARY KEY (seller_id, source, silent_since),
    CHECK ((back_at IS NULL) = (back_told_at IS NULL))
);
CREATE UNIQUE INDEX usage_silence_open ON farthing.usage_silence (seller_id, source) WHERE back_at IS NULL;

-- When the sources were last looked after, by the world's clock, and since when without a break, by the seller's.
CREATE TABLE farthing.usage_watch (
    seller_id     uuid PRIMARY KEY DEFAULT farthing.seller() REFERENCES farthing.seller,
    watched_at    timestamptz NOT NULL,
    watched_since timestamptz
);

-- One audit a day, with what could not be worked out again later.
CREATE TABLE farthing.usage_audit (
    seller_id    uuid NOT NULL DEFAULT farthing.seller() REFERENCES farthing.seller,
    day          date NOT NULL,
    made_at      timestamptz NOT NULL,
    unattributed jsonb NOT NULL,
    PRIMARY KEY (seller_id, day)
);

-- How many conflicts of an hour people were told of.
CREATE TABLE farthing.usage_conflict_told (
    seller_id uuid NOT NULL DEFAULT farthing.seller() REFERENCES farthing.seller,
    hour      timestamptz NOT NULL,
    conflicts bigint NOT NULL,
    PRIMARY KEY (seller_id, hour)
);
CREATE INDEX usage_conflict_received ON farthing.usage_conflict (seller_id, received_at);

-- What may be used ---------------------------------------------------------------------------------------------

-- Units of a feature that a customer holds until an event uses them, somebody releases them, or their time is over.
CREATE TABLE farthing.reservation (
    seller_id      uuid NOT NULL DEFAULT farthing.seller(),
    customer_id    uuid NOT NULL,
    reservation_id text NOT NULL CHECK (reservation_id <> ''),
    feature        text NOT NULL,
    units          numeric NOT NULL CHECK (units > 0 AND units < 'Infinity'),
    held_at        timestamptz NOT NULL,
    expires_at     timestamptz NOT NULL CHECK (expires_at > held_at),
    ended_at       timestamptz CHECK (ended_at >= held_at),  -- NULL while it is open, whether its time is over or not
    position       bigint CHECK (position IS NULL OR ended_at IS NOT NULL),  -- of its event; NULL where it was released
    PRIMARY KEY (seller_id, customer_id, reservation_id),
    FOREIGN KEY (seller_id, customer_id) REFERENCES farthing.customer
);
CREATE INDEX reservation_open ON farthing.reservation (seller_id, customer_id, expires_at) WHERE ended_at IS NULL;
CREATE INDEX reservation_committed ON farthing.reservation (seller_id, customer_id, position)
    WHERE position IS NOT NULL;

-- Ledger (INV-01, INV-08) -------------------------------------------------------------------------------------

CREATE TABLE farthing.transaction (
    seller_id      uuid NOT NULL DEFAULT farthing.seller() REFERENCES farthing.seller,
    transaction_id uuid NOT NULL,
    kind           text NOT NULL CHECK (kind IN (
        'invoice', 'release', 'credit_note', 'payment', 'allocation', 'refund', 'write_off', 'top_up', 'expiry', 'accrual',
        'accrual_reversal', 'opening'
    )),
    about          uuid NOT NULL,
    booked_on      date NOT NULL,
    entity_key     text NOT NULL,
    PRIMARY KEY (seller_id, transaction_id),
    UNIQUE (seller_id, kind, about),
    FOREIGN KEY (seller_id, entity_key) REFERENCES farthing.legal_entity
);
CREATE INDEX transaction_booked ON farthing.transaction (seller_id, entity_key, booked_on);

CREATE TABLE farthing.posting (
    seller_id       uuid NOT NULL DEFAULT farthing.seller(),
    transaction_id  uuid NOT NULL,
    number          integer NOT NULL,
    account         text NOT NULL CHECK (account IN (
        'cash', 'receivable', 'accrued_receivable', 'revenue', 'accrued_revenue', 'deferred_revenue', 'promotional_credit',
        'prepaid_credit', 'breakage', 'customer_balance', 'tax_payable', 'bad_debt', 'opening'
    )),
    customer_id     uuid NOT NULL,
    subscription_id uuid,
    currency        text NOT NULL,
    minor           bigint NOT NULL,
    PRIMARY KEY (seller_id, transaction_id, number),
    FOREIGN KEY (seller_id, transaction_id) REFERENCES farthing.transaction
);
CREATE INDEX posting_of_subscription ON farthing.posting (seller_id, subscription_id, account);
CREATE INDEX posting_of_customer ON farthing.posting (seller_id, customer_id, account);

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

-- Invoices (INV-02, INV-03, INV-08, INV-09) --------------------------------------------------------------------

CREATE TABLE farthing.number_series (
    seller_id      uuid NOT NULL DEFAULT farthing.seller(),
    entity_key     text NOT NULL,
    kind           text NOT NULL CHECK (kind IN ('invoice', 'credit_note')),
    last           bigint NOT NULL DEFAULT 0,
    last_issued_at timestamptz,
    PRIMARY KEY (seller_id, entity_key, kind),
    FOREIGN KEY (seller_id, entity_key) REFERENCES farthing.legal_entity
);

CREATE TABLE farthing.closing_run (
    seller_id uuid NOT NULL DEFAULT farthing.seller() REFERENCES farthing.seller,
    run_id    uuid NOT NULL,
    through   date NOT NULL,
    opened_at timestamptz NOT NULL,
    PRIMARY KEY (seller_id, run_id),
    UNIQUE (seller_id, through)
);

CREATE TABLE farthing.invoice (
    seller_id       uuid NOT NULL DEFAULT farthing.seller(),
    invoice_id      uuid NOT NULL,
    entity_key      text NOT NULL,
    sequence        bigint NOT NULL,
    number          text NOT NULL,
    customer_id     uuid NOT NULL,
    subscription_id uuid,
    run_id          uuid,
    currency        text NOT NULL,
    billed_at       timestamptz NOT NULL,
    issued_at       timestamptz NOT NULL,
    issued_on       date NOT NULL,
    due_on          date NOT NULL CHECK (due_on >= issued_on),
    total_minor     bigint NOT NULL,
    transaction_id  uuid NOT NULL,
    frozen          jsonb NOT NULL,
    discount_minor  bigint NOT NULL DEFAULT 0,
    tax_minor       bigint NOT NULL DEFAULT 0,
    tax_included    boolean NOT NULL DEFAULT false,
    credit_minor    bigint NOT NULL DEFAULT 0,
    reckoned        boolean NOT NULL DEFAULT false, -- whether discounts, taxes or credits are kept with it
    revision        integer NOT NULL DEFAULT 0 CHECK (revision >= 0),
    several         boolean NOT NULL DEFAULT false, -- whether its parts keep what each of them rests on
    PRIMARY KEY (seller_id, invoice_id),
    UNIQUE (seller_id, entity_key, sequence),
    UNIQUE (seller_id, number),
    UNIQUE (seller_id, transaction_id),
    UNIQUE (seller_id, subscription_id, billed_at, revision),
    FOREIGN KEY (seller_id, entity_key) REFERENCES farthing.legal_entity,
    FOREIGN KEY (seller_id, subscription_id) REFERENCES farthing.subscription,
    FOREIGN KEY (seller_id, run_id) REFERENCES farthing.closing_run,
    FOREIGN KEY (seller_id, transaction_id) REFERENCES farthing.transaction
);
CREATE INDEX invoice_of_customer ON farthing.invoice (seller_id, customer_id, billed_at);
CREATE INDEX invoice_of_run ON farthing.invoice (seller_id, run_id);

-- The moments that an invoice bills; a moment is billed once in each revision (INV-07).
CREATE TABLE farthing.invoice_part (
    seller_id       uuid NOT NULL DEFAULT farthing.seller(),
    invoice_id      uuid NOT NULL,
    number          integer NOT NULL CHECK (number > 0),
    customer_id     uuid NOT NULL,  -- whose usage it is; the invoice's own or one it pays for
    subscription_id uuid,  -- NULL for what is billed by itself
    billed_at       timestamptz NOT NULL,
    revision        integer NOT NULL CHECK (revision >= 0),
    frozen          jsonb,  -- NULL where the invoice has one part and says it itself
    PRIMARY KEY (seller_id, invoice_id, number),
    UNIQUE (seller_id, subscription_id, billed_at, revision),
    FOREIGN KEY (seller_id, invoice_id) REFERENCES farthing.invoice,
    FOREIGN KEY (seller_id, customer_id) REFERENCES farthing.customer,
    FOREIGN KEY (seller_id, subscription_id) REFERENCES farthing.subscription
);
CREATE INDEX invoice_part_of_customer ON farthing.invoice_part (seller_id, customer_id);

CREATE TABLE farthing.invoice_line (
    seller_id    uuid NOT NULL DEFAULT farthing.seller(),
    invoice_id   uuid NOT NULL,
    number       integer NOT NULL CHECK (number > 0),
    price_key    text NOT NULL,
    name         text NOT NULL,
    period_start timestamptz NOT NULL,
    period_end   timestamptz NOT NULL CHECK (period_end > period_start),
    quantity     numeric NOT NULL,
    unit         text NOT NULL,
    steps        jsonb NOT NULL,
    minor        bigint NOT NULL,
    advance      boolean NOT NULL,
    days         integer,
    of_days      integer,
    quantity_of  numeric NOT NULL DEFAULT 1 CHECK (quantity_of > 0),  -- the quantity is quantity / quantity_of
    share_unit   text NOT NULL DEFAULT 'days' CHECK (share_unit IN ('days', 'seconds')),
    kind         text CHECK (  -- NULL: a fee has days, usage has none
        kind IN ('fee', 'once', 'usage', 'true_up', 'overage', 'adjustment', 'item', 'unused')),
    cells        jsonb,  -- how the steps belong to cells; NULL: all to one
    modified     jsonb NOT NULL DEFAULT '[]',  -- discount, minimum, maximum
    part         jsonb,  -- the part of its full period that the line covers, when it is not all of it
    rate         jsonb,  -- what one of the custom units is worth, when the price is written in them
    origin_id    uuid,  -- the invoice of which it sets a line right
    origin_line  integer,
    note         text NOT NULL DEFAULT '',
    tax_category text NOT NULL DEFAULT 'standard',
    in_part      integer NOT NULL DEFAULT 1,
    PRIMARY KEY (seller_id, invoice_id, number),
    CHECK ((days IS NULL) = (of_days IS NULL)),
    CHECK ((origin_id IS NULL) = (origin_line IS NULL)),
    FOREIGN KEY (seller_id, invoice_id, in_part) REFERENCES farthing.invoice_part,
    FOREIGN KEY (seller_id, invoice_id) REFERENCES farthing.invoice,
    FOREIGN KEY (seller_id, origin_id, origin_line) REFERENCES farthing.invoice_line
);

-- Between an invoice's lines and what is due: what takes something off, what taxes come of it, what is paid ahead.
CREATE TABLE farthing.invoice_discount (
    seller_id  uuid NOT NULL DEFAULT farthing.seller(),
    invoice_id uuid NOT NULL,
    number     integer NOT NULL CHECK (number > 0),
    kind       text NOT NULL CHECK (kind IN ('coupon', 'promotional')),
    source_id  uuid NOT NULL,     -- the coupon as this customer has it, or the grant
    key        text NOT NULL,
    name       text NOT NULL,
    minor      bigint NOT NULL,
    minors     bigint[] NOT NULL, -- off each line, in their order
    terms      jsonb NOT NULL,
    PRIMARY KEY (seller_id, invoice_id, number),
    FOREIGN KEY (seller_id, invoice_id) REFERENCES farthing.invoice
);
CREATE INDEX invoice_discount_of_source ON farthing.invoice_discount (seller_id, source_id);

CREATE TABLE farthing.invoice_tax (
    seller_id    uuid NOT NULL DEFAULT farthing.seller(),
    invoice_id   uuid NOT NULL,
    number       integer NOT NULL CHECK (number > 0),
    key          text NOT NULL,
    name         text NOT NULL,
    category     text NOT NULL,
    jurisdiction text NOT NULL,
    rate         numeric NOT NULL,
    treatment    text NOT NULL CHECK (treatment IN ('standard', 'zero', 'exempt', 'reverse_charge', 'outside')),
    reason       text NOT NULL,
    reason_code  text NOT NULL,
    base_minor   bigint NOT NULL,
    minor        bigint NOT NULL,
    lines        bigint[] NOT NULL, -- number, base and tax of each line that bears it, one after the other
    PRIMARY KEY (seller_id, invoice_id, number),
    FOREIGN KEY (seller_id, invoice_id) REFERENCES farthing.invoice
);

CREATE TABLE farthing.invoice_credit (
    seller_id  uuid NOT NULL DEFAULT farthing.seller(),
    invoice_id uuid NOT NULL,
    number     integer NOT NULL CHECK (number > 0),
    grant_id   uuid NOT NULL,
    name       text NOT NULL,
    minor      bigint NOT NULL CHECK (minor > 0),
    PRIMARY KEY (seller_id, invoice_id, number),
    FOREIGN KEY (seller_id, invoice_id) REFERENCES farthing.invoice
);
CREATE INDEX invoice_credit_of_grant ON farthing.invoice_credit (seller_id, grant_id);

-- To whom an invoice was made out. Personal, so it stands apart from the books: it never changes, and can be erased.
CREATE TABLE farthing.invoice_addressee (
    seller_id  uuid NOT NULL DEFAULT farthing.seller(),
    invoice_id uuid NOT NULL,
    name       text NOT NULL,
    address    jsonb,
    tax_ids    jsonb NOT NULL,
    PRIMARY KEY (seller_id, invoice_id),
    FOREIGN KEY (seller_id, invoice_id) REFERENCES farthing.invoice
);

-- INV-05: a charge's slices form one chain, each link beginning where the one before it ended; the number keeps
-- apart links of no width. INV-07: one (charge, slice, revision) is billed once.
CREATE TABLE farthing.slice (
    seller_id   uuid NOT NULL DEFAULT farthing.seller(),
    charge_id   uuid NOT NULL,
    revision    integer NOT NULL CHECK (revision >= 0),
    number      integer NOT NULL CHECK (number > 0),
    after       bigint NOT NULL CHECK (after >= 0),
    upto        bigint NOT NULL CHECK (upto >= after),
    quantity    numeric NOT NULL,
    events      bigint NOT NULL,
    invoice_id  uuid NOT NULL,
    line_number integer NOT NULL,
    quantity_of numeric NOT NULL DEFAULT 1 CHECK (quantity_of > 0),
    event_type  text,  -- of the events that are billed; NULL where the invoice's frozen plan says it
    PRIMARY KEY (seller_id, charge_id, revision, number),
    UNIQUE (seller_id, invoice_id, line_number),
    FOREIGN KEY (seller_id, invoice_id, line_number) REFERENCES farthing.invoice_line
);

-- Usage that came after it was billed: up to where it was looked for, and whose billed time something was said about.
CREATE TABLE farthing.usage_looked_over (
    seller_id uuid PRIMARY KEY DEFAULT farthing.seller() REFERENCES farthing.seller,
    position  bigint NOT NULL
);

CREATE TABLE farthing.late_customer (
    seller_id   uuid NOT NULL DEFAULT farthing.seller(),
    customer_id uuid NOT NULL,
    found_at    timestamptz NOT NULL,
    PRIMARY KEY (seller_id, customer_id),
    FOREIGN KEY (seller_id, customer_id) REFERENCES farthing.customer
);
CREATE INDEX invoice_line_of_origin ON farthing.invoice_line (seller_id, origin_id) WHERE origin_id IS NOT NULL;

-- What had accrued of a period that ran crossed its plan's threshold, and is a moment at which it is billed.
CREATE TABLE farthing.threshold_crossing (
    seller_id       uuid NOT NULL DEFAULT farthing.seller(),
    subscription_id uuid NOT NULL,
    since           timestamptz NOT NULL,
    position        bigint NOT NULL CHECK (position >= 0),
    currency        text NOT NULL,
    accrued_minor   bigint NOT NULL,
    threshold_minor bigint NOT NULL CHECK (threshold_minor >= 0),
    PRIMARY KEY (seller_id, subscription_id, since),
    CHECK (accrued_minor >= threshold_minor),
    FOREIGN KEY (seller_id, subscription_id) REFERENCES farthing.subscription
);

-- Up to where usage was looked at for thresholds, and the subscriptions that it may be for.
CREATE TABLE farthing.threshold_watch (
    seller_id uuid PRIMARY KEY DEFAULT farthing.seller() REFERENCES farthing.seller,
    position  bigint NOT NULL
);

CREATE TABLE farthing.accruing (
    seller_id       uuid NOT NULL DEFAULT farthing.seller(),
    subscription_id uuid NOT NULL,
    position        bigint NOT NULL,
    found_at        timestamptz NOT NULL,
    PRIMARY KEY (seller_id, subscription_id),
    FOREIGN KEY (seller_id, subscription_id) REFERENCES farthing.subscription
);

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
    subscription_id uuid,  -- NULL where it bills several moments
    billed_at       timestamptz NOT NULL,
    opened_at       timestamptz NOT NULL,
    issue_at        timestamptz NOT NULL,
    state           text NOT NULL CHECK (state IN ('waiting', 'held')),
    reasons         text[] NOT NULL,
    ended_at        timestamptz,
    ended_by        text,
    customer_id     uuid,  -- who gets it, where it bills several moments
    PRIMARY KEY (seller_id, invoice_id),
    CHECK ((ended_at IS NULL) = (ended_by IS NULL)),
    CHECK ((subscription_id IS NULL) <> (customer_id IS NULL)),
    FOREIGN KEY (seller_id, subscription_id) REFERENCES farthing.subscription,
    FOREIGN KEY (seller_id, customer_id) REFERENCES farthing.customer
);
CREATE UNIQUE INDEX draft_waiting ON farthing.draft (seller_id, subscription_id, billed_at) WHERE ended_at IS NULL;

-- The moments of a draft that bills several; they stay the same while it waits.
CREATE TABLE farthing.draft_part (
    seller_id       uuid NOT NULL DEFAULT farthing.seller(),
    invoice_id      uuid NOT NULL,
    number          integer NOT NULL CHECK (number > 0),
    subscription_id uuid NOT NULL,
    billed_at       timestamptz NOT NULL,
    PRIMARY KEY (seller_id, invoice_id, number),
    FOREIGN KEY (seller_id, invoice_id) REFERENCES farthing.draft,
    FOREIGN KEY (seller_id, subscription_id) REFERENCES farthing.subscription
);
CREATE INDEX draft_part_of_subscription ON farthing.draft_part (seller_id, subscription_id, billed_at);

-- How a customer's invoices are made out, where that is not by the seller's policy; the newest version counts.
CREATE TABLE farthing.customer_billing (
    seller_id   uuid NOT NULL DEFAULT farthing.seller(),
    customer_id uuid NOT NULL,
    version     integer NOT NULL CHECK (version > 0),
    terms       jsonb NOT NULL,
    set_at      timestamptz NOT NULL,
    set_by      text NOT NULL,
    PRIMARY KEY (seller_id, customer_id, version),
    FOREIGN KEY (seller_id, customer_id) REFERENCES farthing.customer
);

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

-- Credit notes and payments (INV-02, INV-03, INV-09, INV-12) -----------------------------------------------------

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
    method_number integer,  -- of the customer's method on file, where it was taken from there
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
CREATE INDEX payment_attempt_of_invoice ON farthing.payment_attempt (seller_id, invoice_id, begun_at)
    WHERE invoice_id IS NOT NULL;

-- How a customer pays by themselves: what the gateway calls the method by, never a card. The last one is in force; one
-- without a token says that there is none any more.
CREATE TABLE farthing.payment_method (
    seller_id   uuid NOT NULL DEFAULT farthing.seller(),
    customer_id uuid NOT NULL,
    number      integer NOT NULL CHECK (number > 0),
    token       text NOT NULL,
    label       text NOT NULL,
    put_at      timestamptz NOT NULL,
    put_by      text NOT NULL CHECK (put_by <> ''),
    PRIMARY KEY (seller_id, customer_id, number),
    FOREIGN KEY (seller_id, customer_id) REFERENCES farthing.customer
);

-- When what was declined is tried again, and when a subscription is past due. The last version is in force.
CREATE TABLE farthing.collecting_terms (
    seller_id           uuid NOT NULL DEFAULT farthing.seller() REFERENCES farthing.seller,
    version             integer NOT NULL CHECK (version > 0),
    retry_days          integer[] NOT NULL,
    retry_hour          integer NOT NULL CHECK (retry_hour BETWEEN 0 AND 23),
    past_due_after_days integer NOT NULL CHECK (past_due_after_days >= 0),
    set_at              timestamptz NOT NULL,
    set_by              text NOT NULL CHECK (set_by <> ''),
    PRIMARY KEY (seller_id, version)
);

-- What people hear (INV-14) -------------------------------------------------------------------------------------

-- Written in the transaction that decides; told by the delivery job. `told_revision` trails `revision` while
-- something is still to be said, and again when what was said has changed.
CREATE TABLE farthing.notice (
    seller_id     uuid NOT NULL DEFAULT farthing.seller() REFERENCES farthing.seller,
    notice_id     uuid NOT NULL,
    kind          text NOT NULL,
    about         jsonb NOT NULL,
    subject       text NOT NULL,  -- who hears it: one subject hears its notices in the order they were written
    written_at    timestamptz NOT NULL,
    written       bigint GENERATED ALWAYS AS IDENTITY,
    revision      integer NOT NULL DEFAULT 1,
    told_revision integer NOT NULL DEFAULT 0,
    attempts      integer NOT NULL DEFAULT 0,
    next_try_at   timestamptz NOT NULL,
    sending_since timestamptz,  -- set before a call, cleared with its answer: a lost answer leaves it set
    sending       integer,      -- the revision that the call tells
    channel_id    text,
    message_ts    text,
    trouble       text,
    folded_into   uuid,         -- the notice of which it is a line; then it is not told by itself
    held_until    timestamptz,  -- when the quiet hours in which it came up are over
    PRIMARY KEY (seller_id, notice_id),
    FOREIGN KEY (seller_id, folded_into) REFERENCES farthing.notice DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX notice_untold ON farthing.notice (seller_id, subject, written)
    WHERE told_revision < revision AND folded_into IS NULL;
CREATE INDEX notice_folded ON farthing.notice (seller_id, folded_into, written) WHERE folded_into IS NOT NULL;

-- INV-13: the same request twice has one effect and one answer.
CREATE TABLE farthing.once (
    seller_id  uuid NOT NULL DEFAULT farthing.seller(),
    scope      text NOT NULL,
    key        text NOT NULL,
    request    uuid NOT NULL,
    answer     json NOT NULL,  -- not jsonb: an answer may quote characters that jsonb refuses
    created_at timestamptz NOT NULL,
    PRIMARY KEY (seller_id, scope, key)
);

-- Slack ---------------------------------------------------------------------------------------------------------

CREATE TABLE farthing.slack_install (
    seller_id      uuid PRIMARY KEY DEFAULT farthing.seller() REFERENCES farthing.seller,
    team_id        text NOT NULL,
    bot_user_id    text NOT NULL,
    secrets        bytea NOT NULL,  -- bot token, app token, signing secret: AES-GCM, bound to the seller
    finance_channel text,
    installed_at   timestamptz NOT NULL,
    data_channel   text
);

CREATE TABLE farthing.customer_channel (
    seller_id   uuid NOT NULL DEFAULT farthing.seller(),
    customer_id uuid NOT NULL,
    channel_id  text NOT NULL,
    PRIMARY KEY (seller_id, customer_id),
    UNIQUE (seller_id, channel_id),
    FOREIGN KEY (seller_id, customer_id) REFERENCES farthing.customer
);

CREATE TABLE farthing.person (
    seller_id   uuid NOT NULL DEFAULT farthing.seller() REFERENCES farthing.seller,
    person_id   uuid NOT NULL,
    name        text NOT NULL,
    role        text NOT NULL,
    customer_id uuid,
    slack_team  text NOT NULL,
    slack_user  text NOT NULL,
    since       timestamptz NOT NULL,
    language    text CHECK (language IN ('en', 'ru')),
    PRIMARY KEY (seller_id, person_id),
    UNIQUE (seller_id, slack_team, slack_user),
    FOREIGN KEY (seller_id, customer_id) REFERENCES farthing.customer,
    CONSTRAINT person_has_a_role CHECK (
        role IN ('owner', 'finance', 'approver', 'support', 'engineer', 'customer-admin', 'customer-viewer')
    ),
    CONSTRAINT person_of_a_customer CHECK (
        (role IN ('customer-admin', 'customer-viewer')) = (customer_id IS NOT NULL)
    )
);

CREATE TABLE farthing.owner_code (
    seller_id  uuid PRIMARY KEY DEFAULT farthing.seller() REFERENCES farthing.seller,
    code_mac   bytea NOT NULL,
    made_at    timestamptz NOT NULL,
    used_at    timestamptz,
    wrong_tries integer NOT NULL DEFAULT 0
);

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

-- Budgets, the alerts that they raise, and what people did about each ----------------------------------------------

CREATE TABLE farthing.budget (
    seller_id   uuid NOT NULL DEFAULT farthing.seller(),
    budget_id   uuid NOT NULL,
    customer_id uuid NOT NULL,
    name        text NOT NULL,
    most        numeric NOT NULL CHECK (most > 0),
    currency    text,
    meter_key   text,
    shares      integer[] NOT NULL,
    ahead       boolean NOT NULL,
    tells       text NOT NULL CHECK (tells IN ('finance', 'customer', 'both')),
    set_by      text NOT NULL,
    set_at      timestamptz NOT NULL,
    ended_by    text,
    ended_at    timestamptz,
    PRIMARY KEY (seller_id, budget_id),
    CHECK (currency IS NOT NULL OR meter_key IS NOT NULL),
    CHECK ((ended_at IS NULL) = (ended_by IS NULL)),
    FOREIGN KEY (seller_id, customer_id) REFERENCES farthing.customer
);
CREATE UNIQUE INDEX budget_in_force ON farthing.budget (seller_id, customer_id, name) WHERE ended_at IS NULL;

CREATE TABLE farthing.alert (
    seller_id    uuid NOT NULL DEFAULT farthing.seller(),
    alert_id     uuid NOT NULL,
    budget_id    uuid NOT NULL,
    period_start timestamptz NOT NULL,
    period_end   timestamptz NOT NULL CHECK (period_end > period_start),
    mark         integer NOT NULL CHECK (mark >= 0),
    spent        text NOT NULL,  -- exact, as a fraction
    steady       text NOT NULL,
    most         numeric NOT NULL,
    raised_at    timestamptz NOT NULL,
    is_told      boolean NOT NULL,
    PRIMARY KEY (seller_id, alert_id),
    UNIQUE (seller_id, budget_id, period_start, mark),
    FOREIGN KEY (seller_id, budget_id) REFERENCES farthing.budget
);

CREATE TABLE farthing.alert_act (
    seller_id uuid NOT NULL DEFAULT farthing.seller(),
    alert_id  uuid NOT NULL,
    number    integer NOT NULL CHECK (number > 0),
    act       text NOT NULL CHECK (act IN ('acknowledged', 'snoozed', 'assigned', 'reminded')),
    acted_by  text NOT NULL,
    acted_at  timestamptz NOT NULL,
    until     timestamptz,
    PRIMARY KEY (seller_id, alert_id, number),
    CHECK ((act = 'snoozed') = (until IS NOT NULL)),
    FOREIGN KEY (seller_id, alert_id) REFERENCES farthing.alert
);

-- The audit log: what people asked for in Slack, and the full text of what they were shown and told ------------------

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

-- Telling: who hears what and when, and what they heard ---------------------------------------------------------------

CREATE TABLE farthing.notice_settings (
    seller_id    uuid NOT NULL DEFAULT farthing.seller() REFERENCES farthing.seller,
    ear          text NOT NULL,  -- as a notice's subject
    number       integer NOT NULL CHECK (number > 0),
    spans        text[] NOT NULL,
    switched_off text[] NOT NULL,
    at           time NOT NULL,
    in_zone      text NOT NULL,
    quiet_from   time,
    quiet_until  time,
    days_ahead   integer NOT NULL CHECK (days_ahead > 0),
    set_by       text NOT NULL CHECK (set_by <> ''),
    set_at       timestamptz NOT NULL,
    PRIMARY KEY (seller_id, ear, number),
    CHECK ((quiet_from IS NULL) = (quiet_until IS NULL))
);

-- Whether a customer hears for themselves; what a quiet one would have heard is told to finance.
CREATE TABLE farthing.customer_hearing (
    seller_id   uuid NOT NULL DEFAULT farthing.seller(),
    customer_id uuid NOT NULL,
    number      integer NOT NULL CHECK (number > 0),
    is_live     boolean NOT NULL,
    set_by      text NOT NULL CHECK (set_by <> ''),
    set_at      timestamptz NOT NULL,
    PRIMARY KEY (seller_id, customer_id, number),
    FOREIGN KEY (seller_id, customer_id) REFERENCES farthing.customer
);

CREATE TABLE farthing.hearing_policy (
    seller_id     uuid NOT NULL DEFAULT farthing.seller() REFERENCES farthing.seller,
    number        integer NOT NULL CHECK (number > 0),
    new_are_quiet boolean NOT NULL,
    set_by        text NOT NULL CHECK (set_by <> ''),
    set_at        timestamptz NOT NULL,
    PRIMARY KEY (seller_id, number)
);

-- A digest is made once for its ear, span and day, also when there is nothing to say.
CREATE TABLE farthing.digest (
    seller_id uuid NOT NULL DEFAULT farthing.seller() REFERENCES farthing.seller,
    ear       text NOT NULL,
    span      text NOT NULL CHECK (span IN ('daily', 'weekly', 'monthly')),
    day       date NOT NULL,
    digest_id uuid NOT NULL,
    in_zone   text NOT NULL,
    due_at    timestamptz NOT NULL,
    made_at   timestamptz NOT NULL,
    missed    integer NOT NULL CHECK (missed >= 0),
    is_told   boolean NOT NULL,
    PRIMARY KEY (seller_id, ear, span, day),
    UNIQUE (seller_id, digest_id)
);

-- What a customer was told ahead, once for what it is about and its day; and what became of that day.
CREATE TABLE farthing.foretold (
    seller_id   uuid NOT NULL DEFAULT farthing.seller(),
    foretold_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('trial end', 'renewal', 'price change', 'credit expiry')),
    about_id    uuid NOT NULL,  -- the subscription or the grant
    happens_at  timestamptz NOT NULL,
    foretold_at timestamptz NOT NULL,
    terms       jsonb NOT NULL,
    PRIMARY KEY (seller_id, foretold_id),
    UNIQUE (seller_id, kind, about_id, happens_at),
    FOREIGN KEY (seller_id, customer_id) REFERENCES farthing.customer
);

CREATE TABLE farthing.foretold_move (
    seller_id   uuid NOT NULL DEFAULT farthing.seller(),
    foretold_id uuid NOT NULL,
    number      integer NOT NULL CHECK (number > 0),
    moved_to    timestamptz,  -- NULL: it does not happen any more
    noted_at    timestamptz NOT NULL,
    PRIMARY KEY (seller_id, foretold_id, number),
    FOREIGN KEY (seller_id, foretold_id) REFERENCES farthing.foretold
);

-- Prepaid credit that ran low: told once, and again only after it was well above the mark.
CREATE TABLE farthing.credit_mark (
    seller_id   uuid NOT NULL DEFAULT farthing.seller(),
    customer_id uuid NOT NULL,
    currency    text NOT NULL,
    number      integer NOT NULL CHECK (number > 0),
    is_low      boolean NOT NULL,
    left_minor  bigint NOT NULL CHECK (left_minor >= 0),
    of_minor    bigint NOT NULL CHECK (of_minor >= 0),
    noted_at    timestamptz NOT NULL,
    PRIMARY KEY (seller_id, customer_id, currency, number),
    FOREIGN KEY (seller_id, customer_id) REFERENCES farthing.customer
);

-- Guards (INV-08): what was accepted, issued and booked never changes, whoever asks ---------------------------------

CREATE FUNCTION farthing.refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION 'INV-08: % only grows; nothing in it is changed or removed', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$$;

DO $$
DECLARE
    kept text;
BEGIN
    FOREACH kept IN ARRAY ARRAY[
        'meter_version', 'plan_version', 'add_on_version', 'event_rule_version', 'agreed_version', 'agreed_cycle', 'agreed_quantity',
        'event_key', 'accepted_key', 'usage_event', 'accepted_event', 'usage_mapped', 'usage_superseded',
        'usage_correction', 'usage_conflict', 'usage_discarded', 'usage_audit', 'usage_batch', 'usage_batch_part',
        'usage_batch_apart', 'usage_batch_revert', 'usage_batch_revert_step', 'transaction', 'posting', 'closing_run',
        'invoice',
        'invoice_part',
        'invoice_line',
        'slice',
        'invoice_discount',
        'invoice_tax',
        'invoice_credit',
        'billing_policy',
        'draft_edit',
        'draft_part',
        'customer_billing',
        'alert',
        'alert_act',
        'audit_entry',
        'notice_settings',
        'customer_hearing',
        'hearing_policy',
        'digest',
        'foretold',
        'foretold_move',
        'credit_mark',
        'sandbox_copy',
        'month_lock',
        'opening',
        'opening_item',
        'entity_logo',
        'tax_rules_version',
        'credit_note',
        'credit_note_line',
        'credit_note_discount',
        'credit_note_tax',
        'credit_note_credit',
        'payment',
        'payment_allocation',
        'payment_refund',
        'coupon',
        'applied_coupon',
        'removed_coupon',
        'credit_grant',
        'credit_expiry',
        'threshold_crossing',
        'payment_method',
        'collecting_terms'
    ] LOOP
        EXECUTE format(
            'CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON farthing.%I '
            'FOR EACH STATEMENT EXECUTE FUNCTION farthing.refuse_change()', kept);
    END LOOP;
    FOREACH kept IN ARRAY ARRAY[
        'seller',
        'customer',
        'subscription',
        'agreed_add_on',
        'usage_counter',
        'usage_silence',
        'number_series',
        'notice',
        'draft',
        'budget',
        'reservation',
        'legal_entity',
        'agreed_pause',
        'payment_attempt'
    ] LOOP
        EXECUTE format(
            'CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON farthing.%I '
            'FOR EACH STATEMENT EXECUTE FUNCTION farthing.refuse_change()', kept);
    END LOOP;
END
$$;

CREATE TRIGGER never_changed BEFORE UPDATE ON farthing.invoice_addressee
    FOR EACH STATEMENT EXECUTE FUNCTION farthing.refuse_change();

-- Guards of the ledger (INV-01) -------------------------------------------------------------------------------------

-- A transaction's postings arrive in one statement, and none is added to it later.
CREATE FUNCTION farthing.check_postings() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    wrong record;
BEGIN
    SELECT added.transaction_id, added.currency, sum(added.minor) AS off_by INTO wrong
    FROM added GROUP BY added.seller_id, added.transaction_id, added.currency HAVING sum(added.minor) <> 0 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'INV-01: transaction % is off by % %', wrong.transaction_id, wrong.off_by, wrong.currency
            USING ERRCODE = 'check_violation';
    END IF;
    SELECT arrived.transaction_id INTO wrong
    FROM (SELECT added.seller_id, added.transaction_id, count(*) AS postings
          FROM added GROUP BY added.seller_id, added.transaction_id) AS arrived
    WHERE arrived.postings <> (
        SELECT count(*) FROM farthing.posting AS kept
        WHERE kept.seller_id = arrived.seller_id AND kept.transaction_id = arrived.transaction_id)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'INV-08: transaction % is booked; nothing is added to it', wrong.transaction_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER sums_to_zero AFTER INSERT ON farthing.posting REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION farthing.check_postings();

-- INV-02, seen from the ledger: a transaction books something, and an invoice's books an invoice that exists.
CREATE FUNCTION farthing.check_transaction() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
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

CREATE CONSTRAINT TRIGGER books_something AFTER INSERT ON farthing.transaction
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION farthing.check_transaction();

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
    FOR EACH ROW WHEN (NOT farthing.is_copying()) EXECUTE FUNCTION farthing.check_month();

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
    FOR EACH ROW WHEN (NOT farthing.is_copying()) EXECUTE FUNCTION farthing.check_month_lock();

CREATE FUNCTION farthing.lock_month() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    UPDATE farthing.legal_entity AS entity
    SET locked_through = CASE WHEN NEW.locked THEN NEW.month + interval '1 month' ELSE NEW.month END - interval '1 day'
    WHERE entity.seller_id = NEW.seller_id AND entity.entity_key = NEW.entity_key;
    RETURN NULL;
END
$$;

CREATE TRIGGER locks_month AFTER INSERT ON farthing.month_lock
    FOR EACH ROW WHEN (NOT farthing.is_copying()) EXECUTE FUNCTION farthing.lock_month();

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
    FOR EACH ROW WHEN (NOT farthing.is_copying()) EXECUTE FUNCTION farthing.check_opening();

-- Guards of invoices (INV-02, INV-03, INV-09) -----------------------------------------------------------------------

-- An invoice takes the number that its series has just given, and names its own transaction.
CREATE FUNCTION farthing.check_invoice() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM farthing.number_series AS series
        WHERE series.seller_id = NEW.seller_id AND series.entity_key = NEW.entity_key AND series.kind = 'invoice'
          AND series.last = NEW.sequence AND series.last_issued_at = NEW.issued_at
    ) THEN
        RAISE EXCEPTION 'INV-09: % is not the number that the series has just given', NEW.sequence
            USING ERRCODE = 'check_violation';
    END IF;
    IF NOT EXISTS (
        SELECT FROM farthing.transaction AS booked
        WHERE booked.seller_id = NEW.seller_id AND booked.transaction_id = NEW.transaction_id
          AND booked.kind = 'invoice' AND booked.about = NEW.invoice_id
    ) THEN
        RAISE EXCEPTION 'INV-02: invoice % does not name a transaction of its own', NEW.number
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER numbered_and_booked BEFORE INSERT ON farthing.invoice
    FOR EACH ROW WHEN (NOT farthing.is_copying()) EXECUTE FUNCTION farthing.check_invoice();

-- An invoice's lines arrive in one statement and add up to its total; none is added later.
CREATE FUNCTION farthing.check_lines() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    wrong record;
BEGIN
    SELECT arrived.invoice_id, arrived.lines, arrived.minor, issued.total_minor, issued.number INTO wrong
    FROM (SELECT added.seller_id, added.invoice_id, count(*) AS lines, sum(added.minor) AS minor
          FROM added GROUP BY added.seller_id, added.invoice_id) AS arrived
    JOIN farthing.invoice AS issued
      ON issued.seller_id = arrived.seller_id AND issued.invoice_id = arrived.invoice_id
    WHERE issued.total_minor <> arrived.minor - issued.discount_minor
            + CASE WHEN issued.tax_included THEN 0 ELSE issued.tax_minor END
        OR arrived.lines <> (
        SELECT count(*) FROM farthing.invoice_line AS kept
        WHERE kept.seller_id = arrived.seller_id AND kept.invoice_id = arrived.invoice_id)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'INV-03: invoice % says %, and these lines do not make all of it', wrong.number, wrong.total_minor
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER adds_up AFTER INSERT ON farthing.invoice_line REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION farthing.check_lines();

CREATE FUNCTION farthing.check_invoice_has_lines() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM farthing.invoice_line AS kept
        WHERE kept.seller_id = NEW.seller_id AND kept.invoice_id = NEW.invoice_id
    ) THEN
        RAISE EXCEPTION 'INV-03: invoice % has no lines', NEW.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;

CREATE CONSTRAINT TRIGGER has_lines AFTER INSERT ON farthing.invoice
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION farthing.check_invoice_has_lines();

-- None of them is added to an invoice later: they are looked at again when the transaction ends.
CREATE FUNCTION farthing.check_reckoned() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    wrong record;
BEGIN
    SELECT issued.number INTO wrong FROM farthing.invoice AS issued
    WHERE issued.seller_id = NEW.seller_id AND issued.invoice_id = NEW.invoice_id
      AND (issued.discount_minor, issued.tax_minor, issued.credit_minor) <> (
        (SELECT coalesce(sum(kept.minor), 0) FROM farthing.invoice_discount AS kept
         WHERE kept.seller_id = NEW.seller_id AND kept.invoice_id = NEW.invoice_id),
        (SELECT coalesce(sum(kept.minor), 0) FROM farthing.invoice_tax AS kept
         WHERE kept.seller_id = NEW.seller_id AND kept.invoice_id = NEW.invoice_id),
        (SELECT coalesce(sum(kept.minor), 0) FROM farthing.invoice_credit AS kept
         WHERE kept.seller_id = NEW.seller_id AND kept.invoice_id = NEW.invoice_id));
    IF FOUND THEN
        RAISE EXCEPTION 'INV-03: the discounts, taxes and credits of invoice % are not those it says', wrong.number
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;

CREATE CONSTRAINT TRIGGER reckoned AFTER INSERT ON farthing.invoice
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.discount_minor <> 0 OR NEW.tax_minor <> 0 OR NEW.credit_minor <> 0) EXECUTE FUNCTION farthing.check_reckoned();
CREATE CONSTRAINT TRIGGER reckoned AFTER INSERT ON farthing.invoice_discount
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION farthing.check_reckoned();
CREATE CONSTRAINT TRIGGER reckoned AFTER INSERT ON farthing.invoice_tax
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION farthing.check_reckoned();
CREATE CONSTRAINT TRIGGER reckoned AFTER INSERT ON farthing.invoice_credit
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION farthing.check_reckoned();

-- Numbers rise by one, never with an earlier time, and each is an invoice's when the transaction ends; they begin at 1, or
-- where the opening says.
CREATE FUNCTION farthing.check_series() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
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

CREATE TRIGGER rises_by_one BEFORE INSERT OR UPDATE ON farthing.number_series
    FOR EACH ROW WHEN (NOT farthing.is_copying()) EXECUTE FUNCTION farthing.check_series();

CREATE FUNCTION farthing.check_number_is_used() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF NEW.kind = 'invoice' AND NEW.last_issued_at IS NOT NULL AND NOT EXISTS (
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

CREATE CONSTRAINT TRIGGER number_is_used AFTER UPDATE ON farthing.number_series
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION farthing.check_number_is_used();

-- Guards of credit notes and payments (INV-02, INV-03, INV-09, INV-12) ------------------------------------------------

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
    FOR EACH ROW WHEN (NOT farthing.is_copying()) EXECUTE FUNCTION farthing.check_credit_note();

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

-- What a gateway answered stands; only an attempt without an answer may be given one. One that was dropped as never
-- heard of there, and came after all, is done: what moved is kept.
CREATE FUNCTION farthing.check_attempt() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF NOT (OLD.state = 'live' OR OLD.state = 'dropped' AND NEW.state = 'done') OR NEW.state = 'live' THEN
        RAISE EXCEPTION 'INV-08: the answer to attempt % is kept already', OLD.attempt_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER answered_once BEFORE UPDATE ON farthing.payment_attempt
    FOR EACH ROW EXECUTE FUNCTION farthing.check_attempt();

CREATE FUNCTION farthing.check_slice() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    before record;
BEGIN
    SELECT kept.number, kept.upto INTO before FROM farthing.slice AS kept
    WHERE kept.seller_id = NEW.seller_id AND kept.charge_id = NEW.charge_id AND kept.revision = NEW.revision
    ORDER BY kept.number DESC LIMIT 1;
    IF NEW.number <> coalesce(before.number, 0) + 1 OR NEW.after <> coalesce(before.upto, 0) THEN
        RAISE EXCEPTION 'INV-05: slice (%, %] of charge % does not begin at %, where the one before it ended',
            NEW.after, NEW.upto, NEW.charge_id, coalesce(before.upto, 0) USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER chains BEFORE INSERT ON farthing.slice
    FOR EACH ROW WHEN (NOT farthing.is_copying()) EXECUTE FUNCTION farthing.check_slice();

-- Guards of usage: positions rise in commit order --------------------------------------------------------------------

CREATE FUNCTION farthing.check_counter() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.last_position <> 0 OR TG_OP = 'UPDATE' AND (
        NEW.last_position < OLD.last_position OR NEW.seller_id <> OLD.seller_id)
    THEN
        RAISE EXCEPTION 'positions begin at 0 and only rise' USING ERRCODE = 'check_violation';
    END IF;
    NEW.taken_after := CASE TG_OP WHEN 'INSERT' THEN 0 ELSE OLD.last_position END;
    RETURN NEW;
END
$$;

CREATE TRIGGER only_rises BEFORE INSERT OR UPDATE ON farthing.usage_counter
    FOR EACH ROW WHEN (NOT farthing.is_copying()) EXECUTE FUNCTION farthing.check_counter();

-- New events are the session's own seller's (INV-19), lie above all others and were given their positions by this
-- transaction, which holds the counter.
CREATE FUNCTION farthing.check_positions() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    arrived record;
BEGIN
    SELECT min(added.position) AS first, max(added.position) AS last, count(*) AS events,
           bool_and(added.seller_id = farthing.seller()) AS own INTO arrived
    FROM added;
    IF arrived.events = 0 THEN
        RETURN NULL;
    END IF;
    IF arrived.own IS NOT TRUE THEN
        RAISE EXCEPTION 'INV-19: % took rows of a seller that this session is not', TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NOT EXISTS (
        SELECT FROM farthing.usage_counter AS counter
        WHERE counter.seller_id = farthing.seller() AND counter.taken_after < arrived.first
          AND counter.last_position >= arrived.last AND counter.xmin = pg_current_xact_id()::xid
    ) THEN
        RAISE EXCEPTION 'positions % to % are not above all others, taken from the counter by this transaction',
            arrived.first, arrived.last USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;

DO $$
DECLARE
    taken text;
BEGIN
    FOREACH taken IN ARRAY ARRAY['event_key', 'accepted_key', 'usage_event', 'accepted_event'] LOOP
        EXECUTE format(
            'CREATE TRIGGER positions_rise AFTER INSERT ON farthing.%I REFERENCING NEW TABLE AS added '
            'FOR EACH STATEMENT WHEN (NOT farthing.is_copying()) EXECUTE FUNCTION farthing.check_positions()', taken);
    END LOOP;
END
$$;

-- Events are screened against meters in use and by the seller's clock: whatever moves these is seen by who remembers them.
CREATE FUNCTION farthing.catalogue_moved() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    INSERT INTO farthing.catalogue_revision AS known (revision) VALUES (1)
    ON CONFLICT (seller_id) DO UPDATE SET revision = known.revision + 1;
    RETURN NULL;
END
$$;

-- Who subscribes to what is not the newest version brings its meters into use again.
CREATE FUNCTION farthing.older_version_agreed() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    is_older boolean;
BEGIN
    IF TG_TABLE_NAME = 'agreed_add_on' THEN
        is_older := EXISTS (SELECT FROM farthing.add_on_version AS newer
                            WHERE newer.seller_id = NEW.seller_id AND newer.add_on_key = NEW.add_on_key
                              AND newer.version > NEW.version);
    ELSE
        is_older := EXISTS (SELECT FROM farthing.plan_version AS newer
                            WHERE newer.seller_id = NEW.seller_id AND newer.plan_key = NEW.plan_key
                              AND newer.version > NEW.plan_version);
    END IF;
    IF is_older THEN
        INSERT INTO farthing.catalogue_revision AS known (revision) VALUES (1)
        ON CONFLICT (seller_id) DO UPDATE SET revision = known.revision + 1;
    END IF;
    RETURN NULL;
END
$$;

DO $$
DECLARE
    kept text;
BEGIN
    FOREACH kept IN ARRAY ARRAY['meter_version', 'plan_version', 'add_on_version', 'event_rule_version'] LOOP
        EXECUTE format(
            'CREATE TRIGGER catalogue_moved AFTER INSERT ON farthing.%I '
            'FOR EACH STATEMENT WHEN (NOT farthing.is_copying()) EXECUTE FUNCTION farthing.catalogue_moved()', kept);
    END LOOP;
    FOREACH kept IN ARRAY ARRAY['subscription', 'agreed_version', 'agreed_add_on'] LOOP
        EXECUTE format(
            'CREATE TRIGGER older_version_agreed AFTER INSERT ON farthing.%I '
            'FOR EACH ROW WHEN (NOT farthing.is_copying()) EXECUTE FUNCTION farthing.older_version_agreed()', kept);
    END LOOP;
END
$$;

CREATE TRIGGER catalogue_moved AFTER UPDATE ON farthing.seller
    FOR EACH STATEMENT EXECUTE FUNCTION farthing.catalogue_moved();

-- Guards of subscriptions (INV-16): billing goes forward ------------------------------------------------------------

CREATE FUNCTION farthing.check_progress() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF OLD.billed_through IS NOT NULL AND (
        NEW.billed_through IS NULL OR NEW.billed_through < OLD.billed_through OR NEW.ends_at < OLD.billed_through)
    THEN
        RAISE EXCEPTION 'INV-16: subscription % is billed through %, which stays billed',
            NEW.subscription_id, OLD.billed_through USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER goes_forward BEFORE UPDATE ON farthing.subscription
    FOR EACH ROW EXECUTE FUNCTION farthing.check_progress();

-- Guards of reservations: one that is open is ended, once -----------------------------------------------------------

CREATE FUNCTION farthing.check_reservation_end() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF OLD.ended_at IS NOT NULL OR NEW.ended_at IS NULL
        OR (NEW.seller_id, NEW.customer_id, NEW.reservation_id, NEW.feature, NEW.units, NEW.held_at, NEW.expires_at)
           <> (OLD.seller_id, OLD.customer_id, OLD.reservation_id, OLD.feature, OLD.units, OLD.held_at, OLD.expires_at)
    THEN
        RAISE EXCEPTION 'INV-08: reservation % ends once, and nothing else of it changes', NEW.reservation_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER ends_once BEFORE UPDATE ON farthing.reservation
    FOR EACH ROW EXECUTE FUNCTION farthing.check_reservation_end();

-- Nothing is agreed for a time that is billed.
CREATE FUNCTION farthing.check_agreed() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    since timestamptz;
    through timestamptz;
BEGIN
    IF TG_TABLE_NAME <> 'agreed_pause' THEN
        since := NEW.since;
    ELSIF TG_OP = 'INSERT' THEN
        since := NEW.starts_at;
    ELSE
        since := NEW.ends_at;
    END IF;
    SELECT billed_through INTO through FROM farthing.subscription AS changed
    WHERE changed.seller_id = NEW.seller_id AND changed.subscription_id = NEW.subscription_id;
    IF since <= through THEN
        RAISE EXCEPTION 'INV-16: subscription % is billed through %, which stays billed', NEW.subscription_id, through
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['agreed_version', 'agreed_quantity', 'agreed_pause', 'threshold_crossing'] LOOP
        EXECUTE format(
            'CREATE TRIGGER after_what_is_billed BEFORE INSERT OR UPDATE ON farthing.%I '
            'FOR EACH ROW WHEN (NOT farthing.is_copying()) EXECUTE FUNCTION farthing.check_agreed()', name);
    END LOOP;
END
$$;

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

CREATE TRIGGER pays_no_more AFTER INSERT ON farthing.invoice_discount
    FOR EACH ROW WHEN (NEW.kind = 'promotional') EXECUTE FUNCTION farthing.check_grant();
CREATE TRIGGER pays_no_more AFTER INSERT ON farthing.invoice_credit
    FOR EACH ROW EXECUTE FUNCTION farthing.check_grant();
CREATE TRIGGER pays_no_more AFTER INSERT ON farthing.credit_expiry
    FOR EACH ROW EXECUTE FUNCTION farthing.check_grant();

-- Whose rows are whose (INV-19) -------------------------------------------------------------------------------------

DO $$
DECLARE
    name text;
BEGIN
    FOR name IN SELECT relname FROM pg_class
                WHERE relnamespace = 'farthing'::regnamespace AND relkind IN ('r', 'p')
                  AND relname NOT IN ('accepted_key', 'accepted_event') ORDER BY relname LOOP
        EXECUTE format('ALTER TABLE farthing.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE farthing.%I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY own_rows ON farthing.%I USING (seller_id = farthing.seller()) '
            'WITH CHECK (seller_id = farthing.seller())', name);
    END LOOP;
END
$$;

-- What the product may do: read everything of its seller, add, and change only these columns -------------------------

GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA farthing TO farthing_app;
REVOKE SELECT ON farthing.accepted_key, farthing.accepted_event FROM farthing_app;
REVOKE INSERT ON farthing.sandbox_copy FROM farthing_app;
GRANT UPDATE (clock_shift) ON farthing.seller TO farthing_app;
GRANT UPDATE (locked_through) ON farthing.legal_entity TO farthing_app;
GRANT UPDATE (revoked_at) ON farthing.api_key TO farthing_app;
GRANT UPDATE (in_zone, entity_key, language) ON farthing.customer TO farthing_app;
GRANT UPDATE (name, in_zone, number_prefix, terms_days, currency, credit_prefix, taxed_by, tax_included, letterhead,
    language) ON farthing.legal_entity TO farthing_app;
GRANT UPDATE (name, email, address, is_business, tax_ids, exemptions) ON farthing.customer_profile TO farthing_app;
GRANT DELETE ON farthing.invoice_addressee TO farthing_app;
GRANT UPDATE (ends_at, billed_through, due_at, usage_through) ON farthing.subscription TO farthing_app;
GRANT UPDATE (ends_at) ON farthing.agreed_add_on TO farthing_app;
GRANT UPDATE (ends_at) ON farthing.agreed_pause TO farthing_app;
GRANT UPDATE (last_position) ON farthing.usage_counter TO farthing_app;
GRANT UPDATE (revision) ON farthing.catalogue_revision TO farthing_app;
GRANT UPDATE (received_at, reason, waits_for, first_received_at), DELETE ON farthing.usage_quarantine TO farthing_app;
GRANT UPDATE (position, moved_at, ready, retired), DELETE ON farthing.usage_rollup TO farthing_app;
GRANT UPDATE (meter_versions) ON farthing.usage_following TO farthing_app;
GRANT UPDATE (events, doubtful, amount, happened_at, position), DELETE ON farthing.usage_by_hour TO farthing_app;
GRANT UPDATE (events, doubtful, amount, happened_at, position), DELETE ON farthing.usage_by_day TO farthing_app;
GRANT UPDATE (cells), DELETE ON farthing.usage_cells TO farthing_app;
GRANT UPDATE (accepted, duplicates, conflicts, quarantined, earliest_at, latest_at, least_lag, greatest_lag,
              first_received_at, last_received_at), DELETE ON farthing.usage_source_hour TO farthing_app;
GRANT UPDATE (back_at, back_told_at) ON farthing.usage_silence TO farthing_app;
GRANT UPDATE (watched_at, watched_since) ON farthing.usage_watch TO farthing_app;
GRANT UPDATE (conflicts) ON farthing.usage_conflict_told TO farthing_app;
GRANT UPDATE (ended_at, position) ON farthing.reservation TO farthing_app;
GRANT UPDATE (position) ON farthing.usage_looked_over TO farthing_app;
GRANT UPDATE (found_at), DELETE ON farthing.late_customer TO farthing_app;
GRANT UPDATE (position) ON farthing.threshold_watch TO farthing_app;
GRANT UPDATE (position), DELETE ON farthing.accruing TO farthing_app;
GRANT UPDATE (issue_at, state, reasons, ended_at, ended_by) ON farthing.draft TO farthing_app;
GRANT UPDATE (ended_by, ended_at) ON farthing.budget TO farthing_app;
GRANT UPDATE (last, last_issued_at) ON farthing.number_series TO farthing_app;
GRANT UPDATE (state, said, ended_at) ON farthing.payment_attempt TO farthing_app;
GRANT UPDATE (revision, told_revision, attempts, next_try_at, sending_since, sending, channel_id, message_ts, trouble,
              folded_into, held_until)
    ON farthing.notice TO farthing_app;
GRANT UPDATE (team_id, bot_user_id, secrets, finance_channel, data_channel, installed_at), DELETE
    ON farthing.slack_install TO farthing_app;
GRANT UPDATE (channel_id) ON farthing.customer_channel TO farthing_app;
GRANT UPDATE (name, role, customer_id, language) ON farthing.person TO farthing_app;
GRANT UPDATE (code_mac, made_at, used_at, wrong_tries) ON farthing.owner_code TO farthing_app;

-- The questions that are asked before it is known whose rows to show: narrow doors, opened by the owner.
CREATE POLICY asked_by_owner ON farthing.seller FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY asked_by_owner ON farthing.api_key FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY asked_by_owner ON farthing.meter_version FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY asked_by_owner ON farthing.usage_counter FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY asked_by_owner ON farthing.usage_rollup FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY asked_by_owner ON farthing.usage_following FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY asked_by_owner ON farthing.sandbox_copy FOR SELECT TO CURRENT_USER USING (true);

CREATE FUNCTION farthing.seller_of_api_key(mac bytea) RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog
    BEGIN ATOMIC
        SELECT key.seller_id FROM farthing.api_key AS key WHERE key.secret_mac = mac AND key.revoked_at IS NULL;
    END;

-- All but saved points, to whom nothing happens.
CREATE FUNCTION farthing.sellers() RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog
    BEGIN ATOMIC
        SELECT known.seller_id FROM farthing.seller AS known
        WHERE NOT EXISTS (
            SELECT FROM farthing.sandbox_copy AS saved
            WHERE saved.seller_id = known.seller_id AND saved.kind = 'point'
        )
        ORDER BY known.seller_id;
    END;

-- Whose usage is to be added up further: one question for all of them, so that it can be asked often.
CREATE FUNCTION farthing.sellers_to_follow() RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog
    BEGIN ATOMIC
        SELECT counter.seller_id FROM farthing.usage_counter AS counter
        WHERE (EXISTS (
            SELECT FROM farthing.usage_rollup AS rollup
            WHERE rollup.seller_id = counter.seller_id
              AND (rollup.retired OR NOT rollup.ready OR rollup.position < counter.last_position)
        ) OR (
            SELECT count(*) FROM farthing.meter_version AS meter WHERE meter.seller_id = counter.seller_id
        ) <> coalesce((
            SELECT following.meter_versions FROM farthing.usage_following AS following
            WHERE following.seller_id = counter.seller_id
        ), 0))
        AND NOT EXISTS (
            SELECT FROM farthing.sandbox_copy AS saved
            WHERE saved.seller_id = counter.seller_id AND saved.kind = 'point'
        )
        ORDER BY counter.seller_id;
    END;

REVOKE ALL ON FUNCTION farthing.seller_of_api_key(bytea), farthing.sellers(), farthing.sellers_to_follow()
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION farthing.seller_of_api_key(bytea), farthing.sellers(), farthing.sellers_to_follow()
    TO farthing_app;

-- Sandboxes are copied ----------------------------------------------------------------------------------------------

-- What a copy does not take along says so where it stands, with the reason; everything else is copied, whatever it is.
COMMENT ON TABLE farthing.sandbox_copy IS 'not copied: a copy is a copy of its own';
COMMENT ON TABLE farthing.api_key IS 'not copied: a key opens one door';
COMMENT ON TABLE farthing.owner_code IS 'not copied: a code is for one owner, once';
COMMENT ON TABLE farthing.audit_entry IS 'not copied: what people did, they did at the one that wrote it';
COMMENT ON TABLE farthing.slack_install IS 'not copied: a workspace is connected to one seller, and its secrets are bound to it';
COMMENT ON TABLE farthing.notice IS 'not copied: what is to be told is told once, by the one that wrote it';
COMMENT ON TABLE farthing.digest IS 'not copied: what is to be told is told once, by the one that wrote it';
COMMENT ON TABLE farthing.foretold IS 'not copied: what is to be told is told once, by the one that wrote it';
COMMENT ON TABLE farthing.foretold_move IS 'not copied: what is to be told is told once, by the one that wrote it';
COMMENT ON TABLE farthing.credit_mark IS 'not copied: what is to be told is told once, by the one that wrote it';

-- Everything of the session's sandbox, once more under a new seller, as of one instant: the number of rows. Each table is
-- read while the session names the one and written while it names the other, so that row-level security binds even this.
CREATE FUNCTION farthing.copy_sandbox(
    copy_id uuid, called text, as_kind text, standing_at timestamptz, at_world timestamptz
) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog
AS $$
DECLARE
    original uuid := farthing.seller();
    family uuid;
    waiting oid[];
    next_one oid;
    columns text;
    copied text;
    rows_of_it bigint;
    all_rows bigint := 0;
BEGIN
    -- A setting of the function itself only a superuser may write down.
    PERFORM set_config('farthing.copying', 'yes', true);
    IF NOT EXISTS (
        SELECT FROM farthing.seller AS known WHERE known.seller_id = original AND known.mode = 'sandbox'
    ) THEN
        RAISE EXCEPTION 'only a sandbox is copied, and only by itself' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF EXISTS (SELECT FROM farthing.seller AS known WHERE known.seller_id = copy_id) THEN
        RAISE EXCEPTION 'a copy needs an id of its own' USING ERRCODE = 'unique_violation';
    END IF;
    IF current_setting('transaction_isolation') <> 'repeatable read' THEN
        RAISE EXCEPTION 'a sandbox is copied as of one instant, in a transaction that reads as of one'
            USING ERRCODE = 'invalid_transaction_state';
    END IF;
    SELECT coalesce(own.family_id, original) INTO family
    FROM (VALUES (original)) AS asked (seller_id) LEFT JOIN farthing.sandbox_copy AS own USING (seller_id);
    -- What this transaction did before is proved while its own seller is named.
    SET CONSTRAINTS ALL IMMEDIATE;
    SET CONSTRAINTS ALL DEFERRED;
    waiting := ARRAY(
        SELECT kept.oid FROM pg_class AS kept
        WHERE kept.relnamespace = 'farthing'::regnamespace AND kept.relkind IN ('r', 'p') AND NOT kept.relispartition
          AND coalesce(obj_description(kept.oid, 'pg_class'), '') NOT LIKE 'not copied: %'
        ORDER BY kept.relname
    );
    WHILE cardinality(waiting) > 0 LOOP
        -- What others refer to goes first.
        SELECT candidate INTO next_one FROM unnest(waiting) WITH ORDINALITY AS listed (candidate, place)
        WHERE NOT EXISTS (
            SELECT FROM pg_constraint AS refers
            WHERE refers.contype = 'f' AND NOT refers.condeferrable AND refers.conrelid = candidate
              AND refers.confrelid <> candidate AND refers.confrelid = ANY (waiting)
        ) ORDER BY place LIMIT 1;
        IF next_one IS NULL THEN
            RAISE EXCEPTION 'these tables refer to each other in a circle: %',
                (SELECT string_agg(listed::regclass::text, ', ') FROM unnest(waiting) AS listed);
        END IF;
        SELECT string_agg(quote_ident(field.attname), ', ' ORDER BY field.attnum),
               string_agg(CASE
                   WHEN field.attname = 'seller_id' THEN '$2'
                   WHEN next_one = 'farthing.seller'::regclass AND field.attname = 'clock_shift' THEN '$3'
                   ELSE 'kept.' || quote_ident(field.attname)
               END, ', ' ORDER BY field.attnum)
        INTO columns, copied
        FROM pg_attribute AS field
        WHERE field.attrelid = next_one AND field.attnum > 0 AND NOT field.attisdropped AND field.attgenerated = '';
        -- The rows are all read before the session names the copy, and written after: each step needs the one before.
        EXECUTE format(
            'WITH kept AS MATERIALIZED (SELECT * FROM %1$s WHERE seller_id = $1), '
            'turned AS MATERIALIZED (SELECT set_config(''farthing.seller'', $2::text, true) '
            '                        FROM (SELECT count(*) FROM kept) AS every_row) '
            'INSERT INTO %1$s (%2$s) OVERRIDING SYSTEM VALUE SELECT %3$s FROM turned CROSS JOIN kept',
            next_one::regclass, columns, copied
        ) USING original, copy_id, standing_at - at_world;
        GET DIAGNOSTICS rows_of_it = ROW_COUNT;
        all_rows := all_rows + rows_of_it;
        PERFORM set_config('farthing.seller', original::text, true);
        waiting := array_remove(waiting, next_one);
    END LOOP;
    PERFORM set_config('farthing.seller', copy_id::text, true);
    INSERT INTO farthing.sandbox_copy (seller_id, family_id, copied_from, name, kind, stands_at, copied_at)
    VALUES (copy_id, family, original, called, as_kind, standing_at, at_world);
    -- The copy is proved by every guard that looks at a whole, while it is the one that is named.
    SET CONSTRAINTS ALL IMMEDIATE;
    SET CONSTRAINTS ALL DEFERRED;
    PERFORM set_config('farthing.seller', original::text, true);
    PERFORM set_config('farthing.copying', '', true);
    RETURN all_rows;
END
$$;

-- The session's sandbox and all of its family: the first one without a name, then its copies. A seller that is no copy
-- and has none is its own family.
CREATE FUNCTION farthing.sandboxes() RETURNS TABLE (
    seller_id uuid, name text, kind text, copied_from uuid, stands_at timestamptz, copied_at timestamptz,
    clock_shift interval
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
    BEGIN ATOMIC
        SELECT known.seller_id, copied.name, copied.kind, copied.copied_from, copied.stands_at, copied.copied_at,
               known.clock_shift
        FROM farthing.seller AS known LEFT JOIN farthing.sandbox_copy AS copied USING (seller_id)
        WHERE coalesce(copied.family_id, known.seller_id) = coalesce(
            (SELECT own.family_id FROM farthing.sandbox_copy AS own WHERE own.seller_id = farthing.seller()),
            farthing.seller()
        )
        ORDER BY copied.copied_at NULLS FIRST, copied.name;
    END;

REVOKE ALL ON FUNCTION farthing.copy_sandbox(uuid, text, text, timestamptz, timestamptz), farthing.sandboxes()
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION farthing.copy_sandbox(uuid, text, text, timestamptz, timestamptz), farthing.sandboxes()
    TO farthing_app;
