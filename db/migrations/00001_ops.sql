-- Operational data: what the sources recorded. Append-only and ordered by
-- batches. A row belongs to the batch that brought it; what is known at an
-- instant T is every row whose batch was recorded at or before T.

-- +goose Up

-- +goose StatementBegin
DO $$
BEGIN
    -- The two group roles are cluster-wide and may exist from another database.
    BEGIN
        CREATE ROLE cob_app NOLOGIN;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END;
    BEGIN
        CREATE ROLE cob_reader NOLOGIN;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END;
    -- The application may become the reader; the fetch does, for its snapshot.
    IF NOT pg_has_role('cob_app', 'cob_reader', 'MEMBER') THEN
        GRANT cob_reader TO cob_app;
    END IF;
END
$$;
-- +goose StatementEnd

CREATE SCHEMA ops;
REVOKE ALL ON SCHEMA ops FROM PUBLIC;
GRANT USAGE ON SCHEMA ops TO cob_app, cob_reader;

-- One ingest, in one transaction. The row is inserted last, under an exclusive
-- advisory lock, so that recorded_at orders batches as they became visible.
CREATE TABLE ops.batch (
    id             bigint      PRIMARY KEY,
    source         text        NOT NULL CHECK (source ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
    format         text        NOT NULL,
    name           text        NOT NULL DEFAULT '',
    content_sha256 bytea       NOT NULL CHECK (octet_length(content_sha256) = 32),
    rows           bigint      NOT NULL CHECK (rows >= 0),
    backdated      boolean     NOT NULL DEFAULT false,
    recorded_at    timestamptz NOT NULL UNIQUE
);
COMMENT ON COLUMN ops.batch.backdated IS 'recorded_at was given by hand: loading this batch changed what was known in the past';
COMMENT ON COLUMN ops.batch.content_sha256 IS 'over the content and everything that changes its meaning (time zone, target, labels)';
CREATE UNIQUE INDEX batch_content ON ops.batch (source, content_sha256);
CREATE SEQUENCE ops.batch_id OWNED BY ops.batch.id;

-- What is tested. Labels of a variant are part of the name: "ladder (stage=3)".
CREATE TABLE ops.target (
    name  text   PRIMARY KEY CHECK (name <> ''),
    batch bigint NOT NULL REFERENCES ops.batch DEFERRABLE INITIALLY DEFERRED
);

CREATE TABLE ops.target_event (
    target  text        NOT NULL REFERENCES ops.target,
    at      timestamptz NOT NULL,
    kind    text        NOT NULL CHECK (kind IN ('version', 'retired')),
    version text        NOT NULL DEFAULT '',
    source  text        NOT NULL,
    batch   bigint      NOT NULL REFERENCES ops.batch DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (target, at, kind, batch),
    CHECK ((kind = 'version') = (version <> ''))
);

CREATE TABLE ops.run (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source      text        NOT NULL,
    name        text        NOT NULL CHECK (name <> ''),
    tool        text        NOT NULL DEFAULT '',
    suite       text        NOT NULL DEFAULT '',
    target      text        NOT NULL REFERENCES ops.target,
    planned_for timestamptz NOT NULL,
    batch       bigint      NOT NULL REFERENCES ops.batch DEFERRABLE INITIALLY DEFERRED,
    UNIQUE (source, name)
);
COMMENT ON COLUMN ops.run.planned_for IS 'when it was to start; a run nobody planned was planned for its own start';
CREATE INDEX run_planned_for ON ops.run (planned_for);

CREATE TABLE ops.run_event (
    run    bigint      NOT NULL REFERENCES ops.run,
    at     timestamptz NOT NULL,
    kind   text        NOT NULL CHECK (kind IN ('started', 'completed', 'failed')),
    reason text        NOT NULL DEFAULT '',
    batch  bigint      NOT NULL REFERENCES ops.batch DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (run, at, kind, batch)
);
CREATE INDEX run_event_at ON ops.run_event (at);

-- What a run was meant to measure: so many evaluations of a probe by a detector.
CREATE TABLE ops.planned_cell (
    run         bigint NOT NULL REFERENCES ops.run,
    probe       text   NOT NULL,
    detector    text   NOT NULL,
    category    text   NOT NULL,
    evaluations bigint CHECK (evaluations > 0),
    batch       bigint NOT NULL REFERENCES ops.batch DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (run, probe, detector, batch)
);
COMMENT ON COLUMN ops.planned_cell.evaluations IS 'NULL: planned, but how many is not known';

-- One prompt sent to a target. Its time leads the key: windows are read by it,
-- and a file whose attempts share one time is still found by identity.
CREATE TABLE ops.attempt (
    id             bigint      GENERATED ALWAYS AS IDENTITY,
    run            bigint      NOT NULL REFERENCES ops.run,
    name           text        NOT NULL,
    at             timestamptz NOT NULL,
    probe          text        NOT NULL,
    category       text        NOT NULL,
    target_version text        NOT NULL DEFAULT '',
    answered       boolean     NOT NULL,
    unsent         boolean     NOT NULL DEFAULT false CHECK (NOT (unsent AND answered)),
    batch          bigint      NOT NULL REFERENCES ops.batch DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (at, id),
    UNIQUE (run, name, at)
);
COMMENT ON COLUMN ops.attempt.unsent IS 'the attack found no prompt to send: judged, but neither sent nor answered';
COMMENT ON COLUMN ops.attempt.name IS 'the source''s own identity of the attempt within its run';

-- One output judged by one detector. A missing score is no row. A re-score is
-- a row of a later batch.
CREATE TABLE ops.score (
    attempt  bigint           NOT NULL,
    at       timestamptz      NOT NULL,
    detector text             NOT NULL,
    output   integer          NOT NULL CHECK (output >= 0),
    value    double precision NOT NULL,
    hit      boolean          NOT NULL,
    batch    bigint           NOT NULL REFERENCES ops.batch DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (at, attempt, detector, output, batch),
    FOREIGN KEY (attempt, at) REFERENCES ops.attempt (id, at)
);

CREATE TABLE ops.finding (
    source text   NOT NULL,
    name   text   NOT NULL CHECK (name <> ''),
    target text   NOT NULL REFERENCES ops.target,
    title  text   NOT NULL,
    batch  bigint NOT NULL REFERENCES ops.batch DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (source, name)
);

-- Each event carries what it changed and nothing else: an empty or NULL column
-- leaves that as it was.
CREATE TABLE ops.finding_event (
    source   text        NOT NULL,
    name     text        NOT NULL,
    at       timestamptz NOT NULL,
    kind     text        NOT NULL CHECK (kind IN ('opened', 'acknowledged', 'severity', 'assigned', 'state', 'closed', 'reopened')),
    severity text        CHECK (severity IN ('critical', 'high', 'medium', 'low')),
    state    text,
    owner    text,
    due      timestamptz,
    batch    bigint      NOT NULL REFERENCES ops.batch DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (source, name, at, kind, batch),
    FOREIGN KEY (source, name) REFERENCES ops.finding,
    CHECK (kind NOT IN ('opened', 'severity') OR severity IS NOT NULL)
);

CREATE TABLE ops.incident (
    source text   NOT NULL,
    name   text   NOT NULL CHECK (name <> ''),
    title  text   NOT NULL,
    batch  bigint NOT NULL REFERENCES ops.batch DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (source, name)
);

CREATE TABLE ops.incident_event (
    source   text        NOT NULL,
    name     text        NOT NULL,
    at       timestamptz NOT NULL,
    kind     text        NOT NULL CHECK (kind IN ('opened', 'severity', 'mitigated', 'resolved', 'reopened')),
    severity smallint    CHECK (severity BETWEEN 1 AND 5),
    batch    bigint      NOT NULL REFERENCES ops.batch DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (source, name, at, kind, batch),
    FOREIGN KEY (source, name) REFERENCES ops.incident,
    CHECK (kind NOT IN ('opened', 'severity') OR severity IS NOT NULL)
);

-- What is watched, and how often a sample is expected.
CREATE TABLE ops.component_event (
    source     text        NOT NULL,
    component  text        NOT NULL CHECK (component <> ''),
    at         timestamptz NOT NULL,
    kind       text        NOT NULL CHECK (kind IN ('watched', 'retired')),
    interval_s integer     CHECK (interval_s > 0),
    batch      bigint      NOT NULL REFERENCES ops.batch DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (source, component, at, kind, batch),
    CHECK ((kind = 'watched') = (interval_s IS NOT NULL))
);

CREATE TABLE ops.health_sample (
    source     text             NOT NULL,
    component  text             NOT NULL,
    at         timestamptz      NOT NULL,
    up         boolean          NOT NULL,
    latency_ms double precision CHECK (latency_ms >= 0),
    batch      bigint           NOT NULL REFERENCES ops.batch DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (source, component, at, batch)
);
CREATE INDEX health_sample_at ON ops.health_sample (at);

CREATE TABLE ops.action (
    source text   NOT NULL,
    name   text   NOT NULL CHECK (name <> ''),
    kind   text   NOT NULL CHECK (kind IN ('action', 'decision')),
    title  text   NOT NULL,
    about  text   NOT NULL DEFAULT '',
    batch  bigint NOT NULL REFERENCES ops.batch DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (source, name)
);
COMMENT ON COLUMN ops.action.about IS 'what it belongs to: a finding, an incident, a run, a target';

CREATE TABLE ops.action_event (
    source  text        NOT NULL,
    name    text        NOT NULL,
    at      timestamptz NOT NULL,
    kind    text        NOT NULL CHECK (kind IN ('opened', 'assigned', 'due', 'done', 'cancelled', 'reopened')),
    owner   text,
    due     timestamptz,
    all_day boolean     NOT NULL DEFAULT false,
    batch   bigint      NOT NULL REFERENCES ops.batch DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (source, name, at, kind, batch),
    FOREIGN KEY (source, name) REFERENCES ops.action
);
COMMENT ON COLUMN ops.action_event.all_day IS 'due is the end of a day rather than an hour, and is shown as a date';

-- A source's own promise that one of its feeds is complete through an instant.
CREATE TABLE ops.watermark (
    source           text        NOT NULL,
    feed             text        NOT NULL CHECK (feed IN ('attacks', 'findings', 'incidents', 'health', 'actions')),
    complete_through timestamptz NOT NULL,
    batch            bigint      NOT NULL REFERENCES ops.batch DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (source, feed, complete_through, batch)
);

-- What a source says its own totals are. The rows win; a difference is reported.
CREATE TABLE ops.claim (
    run      bigint      NOT NULL REFERENCES ops.run,
    at       timestamptz NOT NULL,
    what     text        NOT NULL CHECK (what IN ('evaluated', 'hits')),
    probe    text        NOT NULL DEFAULT '',
    detector text        NOT NULL DEFAULT '',
    value    bigint      NOT NULL CHECK (value >= 0),
    batch    bigint      NOT NULL REFERENCES ops.batch DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (run, what, probe, detector, batch)
);
COMMENT ON COLUMN ops.claim.probe IS 'empty: the claim is about the whole run';

-- +goose StatementBegin
CREATE FUNCTION ops.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Only ops.erase sets this, and only its owner may call it.
    IF TG_OP = 'DELETE' AND current_setting('ops.erasing', true) = 'on'
       AND pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'USAGE') THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% on %.% refused: operational data is append-only', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege',
              HINT = 'Record the correction as a new batch; erase personal data with ops.erase(batch, reason, by).';
END
$$;
-- +goose StatementEnd

-- What was erased, why and by whom. The rows are gone; this is not.
CREATE TABLE ops.erasure (
    id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    batch      bigint      NOT NULL,
    source     text        NOT NULL,
    rows       bigint      NOT NULL,
    reason     text        NOT NULL CHECK (reason <> ''),
    by         text        NOT NULL CHECK (by <> ''),
    erased_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
    FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'ops' LOOP
        EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ops.%I
                        FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse()', t);
    END LOOP;
END
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- Erases the rows that one batch brought. Identities that later batches still
-- use (a target, a run with events of another batch) stay and refuse the
-- erasure by their foreign keys: erase those batches first.
CREATE FUNCTION ops.erase(erased_batch bigint, why text, who text) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    total bigint := 0;
    n     bigint;
    src   text;
    t     text;
BEGIN
    SELECT source INTO STRICT src FROM ops.batch WHERE id = erased_batch;
    PERFORM set_config('ops.erasing', 'on', true);
    FOREACH t IN ARRAY ARRAY['score', 'attempt', 'claim', 'planned_cell', 'run_event', 'run', 'finding_event', 'finding',
                             'incident_event', 'incident', 'action_event', 'action', 'health_sample', 'component_event',
                             'watermark', 'target_event', 'target'] LOOP
        EXECUTE format('DELETE FROM ops.%I WHERE batch = $1', t) USING erased_batch;
        GET DIAGNOSTICS n = ROW_COUNT;
        total := total + n;
    END LOOP;
    DELETE FROM ops.batch WHERE id = erased_batch;
    PERFORM set_config('ops.erasing', 'off', true);
    INSERT INTO ops.erasure (batch, source, rows, reason, by) VALUES (erased_batch, src, total, why, who);
    RETURN total;
END
$$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION ops.erase(bigint, text, text) FROM PUBLIC;

GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA ops TO cob_app;
REVOKE INSERT ON ops.erasure FROM cob_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA ops TO cob_app;
GRANT SELECT ON ALL TABLES IN SCHEMA ops TO cob_reader;

-- +goose Down
DROP SCHEMA ops CASCADE;
-- The group roles stay: they belong to the cluster, and other databases use them.
