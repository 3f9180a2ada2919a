-- Where an ingest collects a file before it is merged into ops: rows of one
-- open transaction, which deletes them again. Unlogged, never read by others.
-- Every row keeps the line that it came from: of two rows of one thing the
-- later line wins, and what cannot be merged is refused by its line.

-- +goose Up
CREATE SCHEMA staging;
REVOKE ALL ON SCHEMA staging FROM PUBLIC;
GRANT USAGE ON SCHEMA staging TO cob_app;

CREATE UNLOGGED TABLE staging.target (
    batch bigint NOT NULL,
    line  bigint NOT NULL,
    name  text   NOT NULL
);

CREATE UNLOGGED TABLE staging.target_event (
    batch   bigint      NOT NULL,
    line    bigint      NOT NULL,
    target  text        NOT NULL,
    at      timestamptz NOT NULL,
    kind    text        NOT NULL,
    version text        NOT NULL,
    source  text        NOT NULL
);

CREATE UNLOGGED TABLE staging.run (
    batch       bigint      NOT NULL,
    line        bigint      NOT NULL,
    source      text        NOT NULL,
    name        text        NOT NULL,
    tool        text        NOT NULL,
    suite       text        NOT NULL,
    target      text        NOT NULL,
    planned_for timestamptz NOT NULL
);

CREATE UNLOGGED TABLE staging.run_event (
    batch  bigint      NOT NULL,
    line   bigint      NOT NULL,
    source text        NOT NULL,
    run    text        NOT NULL,
    at     timestamptz NOT NULL,
    kind   text        NOT NULL,
    reason text        NOT NULL
);

CREATE UNLOGGED TABLE staging.planned_cell (
    batch       bigint NOT NULL,
    line        bigint NOT NULL,
    source      text   NOT NULL,
    run         text   NOT NULL,
    probe       text   NOT NULL,
    detector    text   NOT NULL,
    category    text   NOT NULL,
    evaluations bigint
);

CREATE UNLOGGED TABLE staging.attempt (
    batch          bigint      NOT NULL,
    line           bigint      NOT NULL,
    source         text        NOT NULL,
    run            text        NOT NULL,
    name           text        NOT NULL,
    at             timestamptz NOT NULL,
    probe          text        NOT NULL,
    category       text        NOT NULL,
    target_version text        NOT NULL,
    answered       boolean     NOT NULL,
    unsent         boolean     NOT NULL
);

CREATE UNLOGGED TABLE staging.score (
    batch    bigint           NOT NULL,
    line     bigint           NOT NULL,
    source   text             NOT NULL,
    run      text             NOT NULL,
    attempt  text             NOT NULL,
    at       timestamptz      NOT NULL,
    detector text             NOT NULL,
    output   integer          NOT NULL,
    value    double precision NOT NULL,
    hit      boolean          NOT NULL
);

CREATE UNLOGGED TABLE staging.finding (
    batch  bigint NOT NULL,
    line   bigint NOT NULL,
    source text   NOT NULL,
    name   text   NOT NULL,
    target text   NOT NULL,
    title  text   NOT NULL
);

CREATE UNLOGGED TABLE staging.finding_event (
    batch    bigint      NOT NULL,
    line     bigint      NOT NULL,
    source   text        NOT NULL,
    name     text        NOT NULL,
    at       timestamptz NOT NULL,
    kind     text        NOT NULL,
    severity text,
    state    text,
    owner    text,
    due      timestamptz
);

CREATE UNLOGGED TABLE staging.incident (
    batch  bigint NOT NULL,
    line   bigint NOT NULL,
    source text   NOT NULL,
    name   text   NOT NULL,
    title  text   NOT NULL
);

CREATE UNLOGGED TABLE staging.incident_event (
    batch    bigint      NOT NULL,
    line     bigint      NOT NULL,
    source   text        NOT NULL,
    name     text        NOT NULL,
    at       timestamptz NOT NULL,
    kind     text        NOT NULL,
    severity smallint
);

CREATE UNLOGGED TABLE staging.component_event (
    batch      bigint      NOT NULL,
    line       bigint      NOT NULL,
    source     text        NOT NULL,
    component  text        NOT NULL,
    at         timestamptz NOT NULL,
    kind       text        NOT NULL,
    interval_s integer
);

CREATE UNLOGGED TABLE staging.health_sample (
    batch      bigint      NOT NULL,
    line       bigint      NOT NULL,
    source     text        NOT NULL,
    component  text        NOT NULL,
    at         timestamptz NOT NULL,
    up         boolean     NOT NULL,
    latency_ms double precision
);

CREATE UNLOGGED TABLE staging.action (
    batch  bigint NOT NULL,
    line   bigint NOT NULL,
    source text   NOT NULL,
    name   text   NOT NULL,
    kind   text   NOT NULL,
    title  text   NOT NULL,
    about  text   NOT NULL
);

CREATE UNLOGGED TABLE staging.action_event (
    batch   bigint      NOT NULL,
    line    bigint      NOT NULL,
    source  text        NOT NULL,
    name    text        NOT NULL,
    at      timestamptz NOT NULL,
    kind    text        NOT NULL,
    owner   text,
    due     timestamptz,
    all_day boolean     NOT NULL
);

CREATE UNLOGGED TABLE staging.watermark (
    batch            bigint      NOT NULL,
    line             bigint      NOT NULL,
    source           text        NOT NULL,
    feed             text        NOT NULL,
    complete_through timestamptz NOT NULL
);

CREATE UNLOGGED TABLE staging.claim (
    batch    bigint      NOT NULL,
    line     bigint      NOT NULL,
    source   text        NOT NULL,
    run      text        NOT NULL,
    at       timestamptz NOT NULL,
    what     text        NOT NULL,
    probe    text        NOT NULL,
    detector text        NOT NULL,
    value    bigint      NOT NULL
);

-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
    FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'staging' LOOP
        -- Deleted rows of earlier batches lie in the table until a vacuum; no
        -- ingest reads through them.
        EXECUTE format('CREATE INDEX ON staging.%I (batch)', t);
    END LOOP;
END
$$;
-- +goose StatementEnd

GRANT SELECT, INSERT, DELETE ON ALL TABLES IN SCHEMA staging TO cob_app;

-- +goose Down
DROP SCHEMA staging CASCADE;
