-- The whole database as one picture. Migrations lead here; a test holds the two equal.
-- Every table belongs to a seller, and row-level security shows a session only the rows of the seller it names.

CREATE SCHEMA farthing;

CREATE FUNCTION farthing.seller() RETURNS uuid LANGUAGE sql STABLE
    RETURN NULLIF(current_setting('farthing.seller', true), '')::uuid;

-- Parties ---------------------------------------------------------------------------------------------------

CREATE TABLE farthing.seller (
    seller_id    uuid PRIMARY KEY,
    name         text NOT NULL CHECK (name <> ''),
    mode         text NOT NULL CHECK (mode IN ('live', 'sandbox')),
    clock_shift  interval NOT NULL DEFAULT '0',
    CHECK (mode = 'sandbox' OR clock_shift = '0')
);

CREATE TABLE farthing.legal_entity (
    seller_id     uuid NOT NULL REFERENCES farthing.seller,
    entity_key    text NOT NULL,
    name          text NOT NULL,
    in_zone       text NOT NULL,
    number_prefix text NOT NULL,
    terms_days    integer NOT NULL CHECK (terms_days >= 0),
    PRIMARY KEY (seller_id, entity_key)
);

CREATE TABLE farthing.api_key (
    seller_id  uuid NOT NULL REFERENCES farthing.seller,
    key_id     uuid NOT NULL,
    secret_mac bytea NOT NULL UNIQUE,
    label      text NOT NULL,
    created_at timestamptz NOT NULL,
    revoked_at timestamptz,
    PRIMARY KEY (seller_id, key_id)
);

CREATE TABLE farthing.customer (
    seller_id   uuid NOT NULL REFERENCES farthing.seller,
    customer_id uuid NOT NULL,
    key         text NOT NULL,
    in_zone     text NOT NULL,
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (seller_id, customer_id),
    UNIQUE (seller_id, key)
);

-- What can be erased about a customer; nothing in the books points here.
CREATE TABLE farthing.customer_profile (
    seller_id   uuid NOT NULL,
    customer_id uuid NOT NULL,
    name        text NOT NULL,
    email       text,
    PRIMARY KEY (seller_id, customer_id),
    FOREIGN KEY (seller_id, customer_id) REFERENCES farthing.customer
);

-- Catalogue (INV-08: versions never change) -------------------------------------------------------------------

CREATE TABLE farthing.meter_version (
    seller_id  uuid NOT NULL REFERENCES farthing.seller,
    meter_key  text NOT NULL,
    version    integer NOT NULL CHECK (version > 0),
    terms      jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (seller_id, meter_key, version)
);

CREATE TABLE farthing.plan_version (
    seller_id  uuid NOT NULL REFERENCES farthing.seller,
    plan_key   text NOT NULL,
    version    integer NOT NULL CHECK (version > 0),
    terms      jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (seller_id, plan_key, version)
);

CREATE TABLE farthing.subscription (
    seller_id       uuid NOT NULL,
    subscription_id uuid NOT NULL,
    customer_id     uuid NOT NULL,
    plan_key        text NOT NULL,
    plan_version    integer NOT NULL,
    anchor_day      integer NOT NULL CHECK (anchor_day BETWEEN 1 AND 31),
    in_zone         text NOT NULL,
    starts_at       timestamptz NOT NULL,
    ends_at         timestamptz CHECK (ends_at > starts_at),
    billed_through  timestamptz CHECK (billed_through >= starts_at),
    due_at          timestamptz,  -- the next moment to bill; NULL when there is none
    PRIMARY KEY (seller_id, subscription_id),
    FOREIGN KEY (seller_id, customer_id) REFERENCES farthing.customer,
    FOREIGN KEY (seller_id, plan_key, plan_version) REFERENCES farthing.plan_version
);
CREATE INDEX subscription_due ON farthing.subscription (seller_id, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX subscription_of_customer ON farthing.subscription (seller_id, customer_id);

-- Usage -------------------------------------------------------------------------------------------------------

-- The row whose lock orders acceptance; it is not the row that orders invoice numbers.
CREATE TABLE farthing.usage_counter (
    seller_id     uuid PRIMARY KEY REFERENCES farthing.seller,
    last_position bigint NOT NULL DEFAULT 0
);

-- INV-06: one (source, id), one event, for ever. `key` stands for both.
CREATE TABLE farthing.event_key (
    seller_id uuid NOT NULL,
    key       uuid NOT NULL,
    content   uuid NOT NULL,
    position  bigint NOT NULL,
    PRIMARY KEY (seller_id, key)
);

CREATE TABLE farthing.usage_event (
    seller_id   uuid NOT NULL,
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
);
CREATE INDEX usage_event_measured ON farthing.usage_event (seller_id, customer_id, type, happened_at);

-- The same key with other content: both stay readable.
CREATE TABLE farthing.usage_conflict (
    seller_id   uuid NOT NULL,
    key         uuid NOT NULL,
    content     uuid NOT NULL,
    received_at timestamptz NOT NULL,
    event       text NOT NULL,
    PRIMARY KEY (seller_id, key, content)
);

CREATE TABLE farthing.usage_quarantine (
    seller_id   uuid NOT NULL,
    key         uuid NOT NULL,
    content     uuid NOT NULL,
    received_at timestamptz NOT NULL,
    reason      text NOT NULL,
    event       text NOT NULL,
    PRIMARY KEY (seller_id, key, content)
);

-- Ledger (INV-01, INV-08) -------------------------------------------------------------------------------------

CREATE TABLE farthing.transaction (
    seller_id      uuid NOT NULL REFERENCES farthing.seller,
    transaction_id uuid NOT NULL,
    kind           text NOT NULL CHECK (kind IN ('invoice', 'release')),
    about          uuid NOT NULL,
    booked_on      date NOT NULL,
    PRIMARY KEY (seller_id, transaction_id),
    UNIQUE (seller_id, kind, about)
);

CREATE TABLE farthing.posting (
    seller_id       uuid NOT NULL,
    transaction_id  uuid NOT NULL,
    number          integer NOT NULL,
    account         text NOT NULL CHECK (account IN ('receivable', 'revenue', 'deferred_revenue')),
    customer_id     uuid NOT NULL,
    subscription_id uuid NOT NULL,
    currency        text NOT NULL,
    minor           bigint NOT NULL,
    PRIMARY KEY (seller_id, transaction_id, number),
    FOREIGN KEY (seller_id, transaction_id) REFERENCES farthing.transaction
);
CREATE INDEX posting_of_subscription ON farthing.posting (seller_id, subscription_id, account);

-- Invoices (INV-02, INV-03, INV-08, INV-09) --------------------------------------------------------------------

CREATE TABLE farthing.number_series (
    seller_id      uuid NOT NULL,
    entity_key     text NOT NULL,
    kind           text NOT NULL CHECK (kind IN ('invoice')),
    last           bigint NOT NULL DEFAULT 0,
    last_issued_at timestamptz,
    PRIMARY KEY (seller_id, entity_key, kind),
    FOREIGN KEY (seller_id, entity_key) REFERENCES farthing.legal_entity
);

CREATE TABLE farthing.closing_run (
    seller_id uuid NOT NULL REFERENCES farthing.seller,
    run_id    uuid NOT NULL,
    through   date NOT NULL,
    opened_at timestamptz NOT NULL,
    PRIMARY KEY (seller_id, run_id),
    UNIQUE (seller_id, through)
);

CREATE TABLE farthing.invoice (
    seller_id       uuid NOT NULL,
    invoice_id      uuid NOT NULL,
    entity_key      text NOT NULL,
    sequence        bigint NOT NULL,
    number          text NOT NULL,
    customer_id     uuid NOT NULL,
    subscription_id uuid NOT NULL,
    run_id          uuid NOT NULL,
    currency        text NOT NULL,
    billed_at       timestamptz NOT NULL,
    issued_at       timestamptz NOT NULL,
    issued_on       date NOT NULL,
    due_on          date NOT NULL CHECK (due_on >= issued_on),
    total_minor     bigint NOT NULL,
    transaction_id  uuid NOT NULL,
    frozen          jsonb NOT NULL,
    PRIMARY KEY (seller_id, invoice_id),
    UNIQUE (seller_id, entity_key, sequence),
    UNIQUE (seller_id, number),
    UNIQUE (seller_id, transaction_id),
    UNIQUE (seller_id, subscription_id, billed_at),
    FOREIGN KEY (seller_id, entity_key) REFERENCES farthing.legal_entity,
    FOREIGN KEY (seller_id, subscription_id) REFERENCES farthing.subscription,
    FOREIGN KEY (seller_id, run_id) REFERENCES farthing.closing_run,
    FOREIGN KEY (seller_id, transaction_id) REFERENCES farthing.transaction
);
CREATE INDEX invoice_of_customer ON farthing.invoice (seller_id, customer_id, billed_at);
CREATE INDEX invoice_of_run ON farthing.invoice (seller_id, run_id);

CREATE TABLE farthing.invoice_line (
    seller_id    uuid NOT NULL,
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
    PRIMARY KEY (seller_id, invoice_id, number),
    FOREIGN KEY (seller_id, invoice_id) REFERENCES farthing.invoice
);

-- INV-05: a charge's slices form one chain: each begins where one before it ended, and no two begin alike.
-- INV-07: one (charge, slice, revision) is billed once.
CREATE TABLE farthing.slice (
    seller_id   uuid NOT NULL,
    charge_id   uuid NOT NULL,
    revision    integer NOT NULL,
    after       bigint NOT NULL CHECK (after >= 0),
    upto        bigint NOT NULL CHECK (upto >= after),
    quantity    numeric NOT NULL,
    events      bigint NOT NULL,
    invoice_id  uuid NOT NULL,
    line_number integer NOT NULL,
    PRIMARY KEY (seller_id, charge_id, revision, after),
    UNIQUE (seller_id, charge_id, revision, upto),
    UNIQUE (seller_id, invoice_id, line_number),
    FOREIGN KEY (seller_id, invoice_id, line_number) REFERENCES farthing.invoice_line
);

-- What people hear (INV-14) -------------------------------------------------------------------------------------

-- Written in the transaction that decides; told by the delivery job. `told_revision` trails `revision` while
-- something is still to be said, and again when what was said has changed.
CREATE TABLE farthing.notice (
    seller_id     uuid NOT NULL REFERENCES farthing.seller,
    notice_id     uuid NOT NULL,
    kind          text NOT NULL,
    about         jsonb NOT NULL,
    written_at    timestamptz NOT NULL,
    written       bigint GENERATED ALWAYS AS IDENTITY,
    revision      integer NOT NULL DEFAULT 1,
    told_revision integer NOT NULL DEFAULT 0,
    attempts      integer NOT NULL DEFAULT 0,
    next_try_at   timestamptz NOT NULL,
    sending_since timestamptz,  -- set before a call, cleared with its answer: a lost answer leaves it set
    channel_id    text,
    message_ts    text,
    trouble       text,
    PRIMARY KEY (seller_id, notice_id)
);
CREATE INDEX notice_due ON farthing.notice (seller_id, next_try_at) WHERE told_revision < revision;

-- INV-13: the same request twice has one effect and one answer.
CREATE TABLE farthing.once (
    seller_id  uuid NOT NULL,
    scope      text NOT NULL,
    key        text NOT NULL,
    request    uuid NOT NULL,
    answer     jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (seller_id, scope, key)
);

-- Slack ---------------------------------------------------------------------------------------------------------

CREATE TABLE farthing.slack_install (
    seller_id      uuid PRIMARY KEY REFERENCES farthing.seller,
    team_id        text NOT NULL,
    bot_user_id    text NOT NULL,
    secrets        bytea NOT NULL,  -- bot token, app token, signing secret: AES-GCM, bound to the seller
    finance_channel text,
    installed_at   timestamptz NOT NULL
);

CREATE TABLE farthing.customer_channel (
    seller_id   uuid NOT NULL,
    customer_id uuid NOT NULL,
    channel_id  text NOT NULL,
    PRIMARY KEY (seller_id, customer_id),
    UNIQUE (seller_id, channel_id),
    FOREIGN KEY (seller_id, customer_id) REFERENCES farthing.customer
);

CREATE TABLE farthing.person (
    seller_id   uuid NOT NULL REFERENCES farthing.seller,
    person_id   uuid NOT NULL,
    name        text NOT NULL,
    role        text NOT NULL CHECK (role IN ('owner', 'finance', 'support', 'engineer', 'customer')),
    customer_id uuid,
    slack_team  text NOT NULL,
    slack_user  text NOT NULL,
    since       timestamptz NOT NULL,
    PRIMARY KEY (seller_id, person_id),
    UNIQUE (seller_id, slack_team, slack_user),
    CHECK ((role = 'customer') = (customer_id IS NOT NULL)),
    FOREIGN KEY (seller_id, customer_id) REFERENCES farthing.customer
);

CREATE TABLE farthing.owner_code (
    seller_id  uuid PRIMARY KEY REFERENCES farthing.seller,
    code_mac   bytea NOT NULL,
    made_at    timestamptz NOT NULL,
    used_at    timestamptz,
    wrong_tries integer NOT NULL DEFAULT 0
);
