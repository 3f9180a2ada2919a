-- What the product owns: series, templates, cycles, revisions and their bytes.

-- +goose Up
CREATE SCHEMA cob;
REVOKE ALL ON SCHEMA cob FROM PUBLIC;
GRANT USAGE ON SCHEMA cob TO cob_app, cob_reader;

-- Bytes by their digest: fact sets, narratives, documents, files.
CREATE TABLE cob.content (
    sha256     bytea       PRIMARY KEY CHECK (octet_length(sha256) = 32),
    media_type text        NOT NULL,
    size       bigint      NOT NULL GENERATED ALWAYS AS (octet_length(body)) STORED,
    body       bytea       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK (sha256(body) = sha256)
);

CREATE TABLE cob.template (
    name       text        NOT NULL CHECK (name ~ '^[a-z0-9-]{1,63}$'),
    version    text        NOT NULL,
    spec       bytea       NOT NULL,
    sha256     bytea       NOT NULL,
    note       text        NOT NULL DEFAULT '',
    applied_by text        NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (name, version)
);

CREATE TABLE cob.series (
    name       text        NOT NULL CHECK (name ~ '^[a-z0-9-]{1,63}$'),
    version    integer     NOT NULL CHECK (version > 0),
    spec       bytea       NOT NULL,
    sha256     bytea       NOT NULL,
    note       text        NOT NULL DEFAULT '',
    applied_by text        NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (name, version)
);

-- One series on one business date.
CREATE TABLE cob.cycle (
    series           text        NOT NULL,
    business_date    date        NOT NULL,
    series_version   integer     NOT NULL,
    template         text        NOT NULL,
    template_version text        NOT NULL,
    window_start     timestamptz NOT NULL,
    window_end       timestamptz NOT NULL,
    deadline         timestamptz NOT NULL,
    state            text        NOT NULL CHECK (state IN ('open', 'issued', 'issued_qualified', 'failed')),
    as_of            timestamptz,
    late             boolean     NOT NULL DEFAULT false,
    requested_by     text        NOT NULL,
    request_id       text        NOT NULL,
    failure          text        NOT NULL DEFAULT '',
    opened_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (series, business_date),
    FOREIGN KEY (series, series_version) REFERENCES cob.series (name, version),
    FOREIGN KEY (template, template_version) REFERENCES cob.template (name, version),
    CHECK (window_start < window_end)
);
COMMENT ON COLUMN cob.cycle.as_of IS 'whose knowledge the report uses; fixed once, never changed';

-- +goose StatementBegin
CREATE FUNCTION cob.keep_cycle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.as_of IS NOT NULL AND NEW.as_of IS DISTINCT FROM OLD.as_of THEN
        RAISE EXCEPTION 'as-of of %/% is fixed', OLD.series, OLD.business_date;
    END IF;
    IF (NEW.window_start, NEW.window_end) IS DISTINCT FROM (OLD.window_start, OLD.window_end) THEN
        RAISE EXCEPTION 'window of %/% is fixed', OLD.series, OLD.business_date;
    END IF;
    IF OLD.state IN ('issued', 'issued_qualified') AND NEW.state <> OLD.state THEN
        RAISE EXCEPTION 'cycle %/% is %: it cannot become %', OLD.series, OLD.business_date, OLD.state, NEW.state;
    END IF;
    RETURN NEW;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER keep_cycle BEFORE UPDATE ON cob.cycle FOR EACH ROW EXECUTE FUNCTION cob.keep_cycle();

-- What each stage of a revision made: a failed cycle goes on from here, and a
-- repeated stage returns what it returned before.
CREATE TABLE cob.stage (
    series        text        NOT NULL,
    business_date date        NOT NULL,
    revision      integer     NOT NULL CHECK (revision > 0),
    stage         text        NOT NULL,
    sha256        bytea       NOT NULL REFERENCES cob.content,
    summary       text        NOT NULL DEFAULT '',
    recorded_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (series, business_date, revision, stage),
    FOREIGN KEY (series, business_date) REFERENCES cob.cycle
);

-- An issued revision. Nothing issued is ever changed.
CREATE TABLE cob.revision (
    series          text        NOT NULL,
    business_date   date        NOT NULL,
    revision        integer     NOT NULL CHECK (revision > 0),
    supersedes      integer,
    qualified       boolean     NOT NULL,
    late            boolean     NOT NULL,
    as_of           timestamptz NOT NULL,
    facts           integer     NOT NULL,
    unmeasured      integer     NOT NULL,
    facts_sha256    bytea       NOT NULL REFERENCES cob.content,
    document_sha256 bytea       NOT NULL REFERENCES cob.content,
    renderer        text        NOT NULL,
    workflow_id     text        NOT NULL,
    run_id          text        NOT NULL,
    issued_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (series, business_date, revision),
    FOREIGN KEY (series, business_date) REFERENCES cob.cycle,
    CHECK (supersedes IS NULL OR supersedes = revision - 1)
);

CREATE TABLE cob.artifact (
    series        text    NOT NULL,
    business_date date    NOT NULL,
    revision      integer NOT NULL,
    format        text    NOT NULL,
    file_name     text    NOT NULL,
    sha256        bytea   NOT NULL REFERENCES cob.content,
    PRIMARY KEY (series, business_date, revision, format),
    FOREIGN KEY (series, business_date, revision) REFERENCES cob.revision
);

-- One revision to one recipient over one channel: an outbox.
CREATE TABLE cob.delivery (
    id            bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    series        text        NOT NULL,
    business_date date        NOT NULL,
    revision      integer     NOT NULL,
    channel       text        NOT NULL CHECK (channel IN ('folder')),
    recipient     text        NOT NULL,
    state         text        NOT NULL DEFAULT 'owed' CHECK (state IN ('owed', 'sending', 'delivered', 'failed', 'unknown')),
    detail        text        NOT NULL DEFAULT '',
    attempts      integer     NOT NULL DEFAULT 0,
    changed_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (series, business_date, revision, channel, recipient),
    FOREIGN KEY (series, business_date, revision) REFERENCES cob.revision
);

-- +goose StatementBegin
CREATE FUNCTION cob.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on %.% refused: what was issued is never changed', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$;

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['content', 'template', 'series', 'stage', 'revision', 'artifact'] LOOP
        EXECUTE format('CREATE TRIGGER immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON cob.%I
                        FOR EACH STATEMENT EXECUTE FUNCTION cob.refuse()', t);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['cycle', 'delivery'] LOOP
        EXECUTE format('CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON cob.%I
                        FOR EACH STATEMENT EXECUTE FUNCTION cob.refuse()', t);
    END LOOP;
END
$$;
-- +goose StatementEnd

GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA cob TO cob_app;
GRANT UPDATE (state, as_of, late, failure) ON cob.cycle TO cob_app;
GRANT UPDATE (state, detail, attempts, changed_at) ON cob.delivery TO cob_app;
GRANT SELECT ON ALL TABLES IN SCHEMA cob TO cob_reader;
-- +goose StatementBegin
DO $$
BEGIN
    -- The migrations' own table: the programs compare its version with theirs.
    EXECUTE format('GRANT SELECT ON %s TO cob_app', 'public.cob_schema');
END
$$;
-- +goose StatementEnd

-- +goose Down
DROP SCHEMA cob CASCADE;
REVOKE SELECT ON public.cob_schema FROM cob_app;
