-- The ledger: what is owed and what became of it. Calendars, the table of a
-- cycle's states, who decided and who read, and what the watchdog has raised.

-- +goose Up

-- A calendar as applied: its imports are resolved, its dates are all here.
CREATE TABLE cob.calendar (
    name       text        NOT NULL CHECK (name ~ '^[a-z0-9-]{1,63}$'),
    version    integer     NOT NULL CHECK (version > 0),
    spec       bytea       NOT NULL,
    sha256     bytea       NOT NULL,
    note       text        NOT NULL DEFAULT '',
    applied_by text        NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (name, version)
);

-- From which state a cycle may go to which. '' is where it has no row yet.
CREATE TABLE cob.transition (
    from_state text NOT NULL,
    to_state   text NOT NULL CHECK (to_state IN ('owed', 'open', 'awaiting_data', 'held', 'issued', 'issued_qualified',
                                                 'waived', 'failed', 'missed')),
    meaning    text NOT NULL,
    PRIMARY KEY (from_state, to_state)
);
INSERT INTO cob.transition (from_state, to_state, meaning) VALUES
    ('',              'owed',             'its window is fixed; nobody has begun'),
    ('owed',          'open',             'begun'),
    ('owed',          'waived',           'not owed after all'),
    ('owed',          'missed',           'not begun within the catch-up'),
    ('missed',        'open',             'begun after all'),
    ('missed',        'waived',           'not owed after all'),
    ('open',          'awaiting_data',    'a source has not reached the cutoff'),
    ('open',          'held',             'the deadline has passed and the series holds'),
    ('open',          'issued',           'issued'),
    ('open',          'issued_qualified', 'issued with something missing'),
    ('open',          'waived',           'not owed after all'),
    ('open',          'failed',           'failed'),
    ('awaiting_data', 'open',             'the data is complete, or the deadline has passed'),
    ('awaiting_data', 'held',             'the deadline has passed and the series holds'),
    ('awaiting_data', 'waived',           'not owed after all'),
    ('awaiting_data', 'failed',           'failed'),
    ('held',          'open',             'the data is complete, or somebody decided to proceed'),
    ('held',          'waived',           'not owed after all'),
    ('held',          'failed',           'failed'),
    ('failed',        'open',             'begun again'),
    ('failed',        'waived',           'not owed after all');

ALTER TABLE cob.cycle
    ALTER COLUMN template DROP NOT NULL,
    ALTER COLUMN template_version DROP NOT NULL,
    ALTER COLUMN requested_by SET DEFAULT '',
    ALTER COLUMN request_id SET DEFAULT '',
    ALTER COLUMN opened_at DROP NOT NULL,
    ALTER COLUMN opened_at DROP DEFAULT,
    DROP CONSTRAINT cycle_state_check,
    ADD COLUMN calendar         text,
    ADD COLUMN calendar_version integer,
    ADD COLUMN withhold         text NOT NULL DEFAULT '',
    ADD COLUMN as_of_rule       text NOT NULL DEFAULT '' CHECK (as_of_rule IN ('', 'due', 'now', 'at', 'proceed')),
    ADD COLUMN missing          text NOT NULL DEFAULT '',
    ADD COLUMN decided_by       text NOT NULL DEFAULT '',
    ADD COLUMN decided_identity text NOT NULL DEFAULT '',
    ADD COLUMN decided_reason   text NOT NULL DEFAULT '',
    ADD COLUMN changed_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    ADD FOREIGN KEY (calendar, calendar_version) REFERENCES cob.calendar (name, version),
    ADD CHECK (state <> 'waived' OR decided_by <> '' AND decided_reason <> ''),
    ADD CHECK (state IN ('owed', 'missed', 'waived') OR template IS NOT NULL AND template_version IS NOT NULL AND opened_at IS NOT NULL);
COMMENT ON TABLE  cob.cycle IS 'the ledger: one row per series and business date whose window is fixed';
COMMENT ON COLUMN cob.cycle.calendar IS 'NULL: Monday to Friday';
COMMENT ON COLUMN cob.cycle.withhold IS 'why the report is not to be delivered; empty: it is';
COMMENT ON COLUMN cob.cycle.as_of_rule IS 'by which rule the as-of was fixed: due, now, at a given instant, or by the decision to proceed';
COMMENT ON COLUMN cob.cycle.missing IS 'what the last look at the sources found missing, for people';
UPDATE cob.cycle SET as_of_rule = 'now' WHERE as_of IS NOT NULL;
CREATE INDEX cycle_unfinished ON cob.cycle (series, business_date) WHERE state NOT IN ('issued', 'issued_qualified', 'waived');

-- What happened to a cycle, in order: written by the trigger below and by
-- nothing else.
CREATE TABLE cob.cycle_event (
    id            bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    series        text        NOT NULL,
    business_date date        NOT NULL,
    from_state    text        NOT NULL,
    to_state      text        NOT NULL,
    by            text        NOT NULL DEFAULT '',
    reason        text        NOT NULL DEFAULT '',
    at            timestamptz NOT NULL DEFAULT clock_timestamp(),
    FOREIGN KEY (series, business_date) REFERENCES cob.cycle,
    FOREIGN KEY (from_state, to_state) REFERENCES cob.transition
);
CREATE INDEX cycle_event_cycle ON cob.cycle_event (series, business_date, id);

DROP TRIGGER keep_cycle ON cob.cycle;
DROP FUNCTION cob.keep_cycle();

-- +goose StatementBegin
CREATE FUNCTION cob.keep_cycle() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE before text := '';
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.as_of IS NOT NULL AND NEW.as_of IS DISTINCT FROM OLD.as_of THEN
            RAISE EXCEPTION 'as-of of %/% is fixed', OLD.series, OLD.business_date USING ERRCODE = 'check_violation';
        END IF;
        IF (NEW.window_start, NEW.window_end, NEW.deadline) IS DISTINCT FROM (OLD.window_start, OLD.window_end, OLD.deadline) THEN
            RAISE EXCEPTION 'window of %/% is fixed', OLD.series, OLD.business_date USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.state = OLD.state THEN
            RETURN NEW;
        END IF;
        before := OLD.state;
    END IF;
    IF NOT EXISTS (SELECT FROM cob.transition t WHERE (t.from_state, t.to_state) = (before, NEW.state)) THEN
        RAISE EXCEPTION 'cycle %/% is %: it cannot become %', NEW.series, NEW.business_date,
            coalesce(nullif(before, ''), 'new'), NEW.state USING ERRCODE = 'check_violation';
    END IF;
    NEW.changed_at := clock_timestamp();
    RETURN NEW;
END
$$;

CREATE FUNCTION cob.log_cycle() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' OR NEW.state <> OLD.state THEN
        INSERT INTO cob.cycle_event (series, business_date, from_state, to_state, by, reason)
        VALUES (NEW.series, NEW.business_date, CASE WHEN TG_OP = 'INSERT' THEN '' ELSE OLD.state END, NEW.state,
                CASE WHEN NEW.state = 'waived' THEN NEW.decided_by ELSE NEW.requested_by END,
                CASE NEW.state WHEN 'waived' THEN NEW.decided_reason WHEN 'failed' THEN NEW.failure
                               WHEN 'awaiting_data' THEN NEW.missing WHEN 'held' THEN NEW.missing ELSE '' END);
    END IF;
    RETURN NULL;
END
$$;

-- The cycles of a series tile time: each begins where the one before it ends.
CREATE FUNCTION cob.tile_cycle() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE other timestamptz;
BEGIN
    SELECT window_end INTO other FROM cob.cycle
    WHERE series = NEW.series AND business_date < NEW.business_date ORDER BY business_date DESC LIMIT 1;
    IF other IS NOT NULL AND other <> NEW.window_start THEN
        RAISE EXCEPTION 'window of %/% begins %, and the one before it ends %', NEW.series, NEW.business_date, NEW.window_start, other
            USING ERRCODE = 'check_violation';
    END IF;
    SELECT window_start INTO other FROM cob.cycle
    WHERE series = NEW.series AND business_date > NEW.business_date ORDER BY business_date LIMIT 1;
    IF other IS NOT NULL AND other <> NEW.window_end THEN
        RAISE EXCEPTION 'window of %/% ends %, and the one after it begins %', NEW.series, NEW.business_date, NEW.window_end, other
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER keep_cycle BEFORE INSERT OR UPDATE ON cob.cycle FOR EACH ROW EXECUTE FUNCTION cob.keep_cycle();
CREATE TRIGGER log_cycle AFTER INSERT OR UPDATE ON cob.cycle FOR EACH ROW EXECUTE FUNCTION cob.log_cycle();
CREATE CONSTRAINT TRIGGER tile_cycle AFTER INSERT ON cob.cycle DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION cob.tile_cycle();

-- Who has read an issued report.
CREATE TABLE cob.acknowledgement (
    id              bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    series          text        NOT NULL,
    business_date   date        NOT NULL,
    revision        integer     NOT NULL,
    by              text        NOT NULL CHECK (by <> ''),
    identity        text        NOT NULL,
    note            text        NOT NULL DEFAULT '',
    acknowledged_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    FOREIGN KEY (series, business_date, revision) REFERENCES cob.revision
);
COMMENT ON COLUMN cob.acknowledgement.identity IS 'how by is known: os-user:jo';
CREATE INDEX acknowledgement_of ON cob.acknowledgement (series, business_date, revision);

-- A Temporal schedule as it was last written, so that what somebody changed by
-- hand is told from what the series file changed; and the server's counts when
-- the watchdog last looked.
CREATE TABLE cob.schedule (
    series          text        PRIMARY KEY,
    spec            text        NOT NULL,
    applied_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    overlap_skipped bigint      NOT NULL DEFAULT 0,
    missed_catch_up bigint      NOT NULL DEFAULT 0
);

-- What the watchdog has raised, so that each thing is raised once.
CREATE TABLE cob.alarm (
    id            bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind          text        NOT NULL CHECK (kind <> ''),
    series        text        NOT NULL DEFAULT '',
    subject       text        NOT NULL DEFAULT '',
    detail        text        NOT NULL,
    raised_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    cleared_at    timestamptz
);
COMMENT ON COLUMN cob.alarm.subject IS 'what it is about: a business date, a workflow';
CREATE UNIQUE INDEX alarm_standing ON cob.alarm (kind, series, subject) WHERE cleared_at IS NULL;

ALTER TABLE cob.delivery
    DROP CONSTRAINT delivery_state_check,
    ADD CONSTRAINT delivery_state_check CHECK (state IN ('owed', 'sending', 'delivered', 'failed', 'unknown', 'withheld'));

-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['calendar', 'transition', 'cycle_event', 'acknowledgement'] LOOP
        EXECUTE format('CREATE TRIGGER immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON cob.%I
                        FOR EACH STATEMENT EXECUTE FUNCTION cob.refuse()', t);
    END LOOP;
END
$$;
-- +goose StatementEnd

GRANT SELECT ON cob.calendar, cob.transition, cob.cycle_event, cob.acknowledgement, cob.schedule, cob.alarm TO cob_app, cob_reader;
GRANT INSERT ON cob.calendar, cob.acknowledgement, cob.schedule, cob.alarm TO cob_app;
GRANT UPDATE ON cob.schedule TO cob_app;
GRANT UPDATE (detail, cleared_at) ON cob.alarm TO cob_app;
GRANT UPDATE (series_version, template, template_version, calendar, calendar_version, withhold, requested_by, request_id, opened_at,
              as_of_rule, missing, decided_by, decided_identity, decided_reason) ON cob.cycle TO cob_app;

-- +goose Down
DROP TABLE cob.alarm, cob.schedule, cob.acknowledgement, cob.cycle_event;
DROP TRIGGER tile_cycle ON cob.cycle;
DROP TRIGGER log_cycle ON cob.cycle;
DROP TRIGGER keep_cycle ON cob.cycle;
DROP FUNCTION cob.tile_cycle();
DROP FUNCTION cob.log_cycle();
DROP FUNCTION cob.keep_cycle();
-- What the older schema has no words for is dropped; what was issued stays.
DROP TRIGGER kept ON cob.cycle;
DELETE FROM cob.cycle WHERE state IN ('owed', 'missed', 'waived');
UPDATE cob.cycle SET state = 'open' WHERE state IN ('awaiting_data', 'held');
CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON cob.cycle FOR EACH STATEMENT EXECUTE FUNCTION cob.refuse();
ALTER TABLE cob.delivery DROP CONSTRAINT delivery_state_check;
UPDATE cob.delivery SET state = 'unknown' WHERE state = 'withheld';
ALTER TABLE cob.delivery ADD CONSTRAINT delivery_state_check CHECK (state IN ('owed', 'sending', 'delivered', 'failed', 'unknown'));
DROP INDEX cob.cycle_unfinished;
ALTER TABLE cob.cycle
    DROP COLUMN calendar, DROP COLUMN calendar_version, DROP COLUMN withhold, DROP COLUMN as_of_rule, DROP COLUMN missing,
    DROP COLUMN decided_by, DROP COLUMN decided_identity, DROP COLUMN decided_reason, DROP COLUMN changed_at,
    ALTER COLUMN template SET NOT NULL, ALTER COLUMN template_version SET NOT NULL,
    ALTER COLUMN requested_by DROP DEFAULT, ALTER COLUMN request_id DROP DEFAULT,
    ALTER COLUMN opened_at SET NOT NULL, ALTER COLUMN opened_at SET DEFAULT clock_timestamp(),
    ADD CONSTRAINT cycle_state_check CHECK (state IN ('open', 'issued', 'issued_qualified', 'failed'));
DROP TABLE cob.calendar, cob.transition;
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
