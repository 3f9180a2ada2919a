-- Numbers from anywhere, and the metrics that teams declare over them.

-- +goose Up

-- One number that a source observed. Two of one metric, labels and instant are
-- about the same thing: the one of the newer batch counts.
CREATE TABLE ops.observation (
    source      text        NOT NULL,
    metric      text        NOT NULL CHECK (metric ~ '^[a-z][a-z0-9_]{0,62}$'),
    labels      jsonb       NOT NULL CHECK (jsonb_typeof(labels) = 'object'),
    labels_key  text        NOT NULL GENERATED ALWAYS AS (md5(labels::text)) STORED,
    observed_at timestamptz NOT NULL,
    value       numeric     CHECK (abs(value) <= 1e15), -- NaN is larger than any number
    unit        text        NOT NULL CHECK (unit <> ''),
    batch       bigint      NOT NULL REFERENCES ops.batch DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (source, metric, observed_at, labels_key, batch)
);
COMMENT ON COLUMN ops.observation.value IS 'NULL: observed, and not measured';
COMMENT ON COLUMN ops.observation.labels_key IS 'stands for the labels, which may be too long for an index';
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ops.observation
    FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse();
GRANT SELECT, INSERT ON ops.observation TO cob_app;
GRANT SELECT ON ops.observation TO cob_reader;

CREATE UNLOGGED TABLE staging.observation (
    batch       bigint      NOT NULL,
    line        bigint      NOT NULL,
    source      text        NOT NULL,
    metric      text        NOT NULL,
    labels      text        NOT NULL,
    observed_at timestamptz NOT NULL,
    value       text,
    unit        text        NOT NULL
);
COMMENT ON COLUMN staging.observation.value IS 'a decimal number, as written';
CREATE INDEX ON staging.observation (batch);
GRANT SELECT, INSERT, DELETE ON staging.observation TO cob_app;

ALTER TABLE ops.watermark DROP CONSTRAINT watermark_feed_check;
ALTER TABLE ops.watermark ADD CONSTRAINT watermark_feed_check
    CHECK (feed IN ('attacks', 'findings', 'incidents', 'health', 'actions', 'observations'));

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION ops.erase(erased_batch bigint, why text, who text) RETURNS bigint
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
                             'observation', 'watermark', 'target_event', 'target'] LOOP
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

-- A metric as declared: the file's bytes. A version is never changed.
CREATE TABLE cob.metric (
    id         text        NOT NULL CHECK (id ~ '^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$'),
    version    integer     NOT NULL CHECK (version > 0),
    spec       bytea       NOT NULL,
    sha256     bytea       NOT NULL,
    note       text        NOT NULL DEFAULT '',
    applied_by text        NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (id, version)
);
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON cob.metric
    FOR EACH STATEMENT EXECUTE FUNCTION cob.refuse();
GRANT SELECT, INSERT ON cob.metric TO cob_app;
GRANT SELECT ON cob.metric TO cob_reader;

ALTER TABLE cob.cycle ADD COLUMN metrics jsonb NOT NULL DEFAULT '[]';
COMMENT ON COLUMN cob.cycle.metrics IS 'the declared metrics that it was opened with: a list of {id, version}';
GRANT UPDATE (metrics) ON cob.cycle TO cob_app;

-- +goose Down
ALTER TABLE cob.cycle DROP COLUMN metrics;
DROP TABLE cob.metric;
DROP TABLE staging.observation;
DROP TABLE ops.observation;
ALTER TABLE ops.watermark DROP CONSTRAINT watermark_feed_check;
ALTER TABLE ops.watermark ADD CONSTRAINT watermark_feed_check
    CHECK (feed IN ('attacks', 'findings', 'incidents', 'health', 'actions')) NOT VALID; -- promises given stay

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION ops.erase(erased_batch bigint, why text, who text) RETURNS bigint
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
