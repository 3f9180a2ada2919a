-- Calls to AI providers. A call's row is written before the call is made, so
-- that whatever becomes of the worker nothing is paid for without one.

-- +goose Up
CREATE TABLE cob.ai_call (
    id                  text        PRIMARY KEY CHECK (id ~ '^[0-9a-f-]{36}$'),
    provider            text        NOT NULL CHECK (provider <> ''),
    kind                text        NOT NULL,
    model               text        NOT NULL,
    parameters          text        NOT NULL DEFAULT '',
    purpose             text        NOT NULL CHECK (purpose IN ('draft', 'repair', 'excerpts', 'check')),
    series              text,
    business_date       date,
    revision            integer     CHECK (revision > 0),
    block               text        NOT NULL DEFAULT '',
    round               integer     NOT NULL DEFAULT 1 CHECK (round > 0),
    attempt             integer     NOT NULL CHECK (attempt > 0),
    counts              boolean     NOT NULL DEFAULT true,
    taken_at            timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at          timestamptz NOT NULL,
    ended_at            timestamptz,
    request_sha256      bytea       NOT NULL REFERENCES cob.content,
    response_sha256     bytea       REFERENCES cob.content,
    answer_sha256       bytea       REFERENCES cob.content,
    answered_by         text        NOT NULL DEFAULT '',
    provider_request_id text        NOT NULL DEFAULT '',
    http_status         integer     NOT NULL DEFAULT 0,
    finish_reason       text        NOT NULL DEFAULT '',
    input_tokens        bigint      NOT NULL DEFAULT 0,
    output_tokens       bigint      NOT NULL DEFAULT 0,
    charged_tokens      bigint      NOT NULL,
    charged_microusd    bigint      NOT NULL,
    latency_ms          bigint      NOT NULL DEFAULT 0,
    outcome             text        NOT NULL DEFAULT 'calling' CHECK (outcome IN ('calling', 'answered', 'failed', 'lost')),
    code                text        NOT NULL DEFAULT '',
    verdict             text        NOT NULL DEFAULT '' CHECK (verdict IN ('', 'accepted', 'refused')),
    complaint           text        NOT NULL DEFAULT '',
    FOREIGN KEY (series, business_date) REFERENCES cob.cycle,
    CHECK ((series IS NULL) = (business_date IS NULL) AND (series IS NULL) = (revision IS NULL)),
    CHECK ((purpose = 'check') = (series IS NULL)),
    CHECK ((outcome = 'calling') = (ended_at IS NULL)),
    CHECK (verdict = '' OR outcome = 'answered')
);
COMMENT ON COLUMN cob.ai_call.id IS 'the X-Request-ID that the provider was sent';
COMMENT ON COLUMN cob.ai_call.parameters IS 'what was asked for beside the model, as JSON';
COMMENT ON COLUMN cob.ai_call.round IS '1: the first draft; then its repairs';
COMMENT ON COLUMN cob.ai_call.counts IS 'false: the provider asked to wait, and it was not an attempt';
COMMENT ON COLUMN cob.ai_call.expires_at IS 'from then on nobody works on it any more, whatever has become of the worker';
COMMENT ON COLUMN cob.ai_call.charged_tokens IS 'what counts against budgets: reserved before the call, then what was used, or the reserve where that is not known';
COMMENT ON COLUMN cob.ai_call.outcome IS 'lost: the worker ended before the call did; it may have been paid for';
CREATE INDEX ai_call_provider ON cob.ai_call (provider, taken_at);
CREATE INDEX ai_call_taken ON cob.ai_call (taken_at);
CREATE INDEX ai_call_revision ON cob.ai_call (series, business_date, revision, block, provider, round);

-- What a call was, and what it ended as, stays.
-- +goose StatementBegin
CREATE FUNCTION cob.keep_ai_call() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.outcome IN ('answered', 'failed') AND NEW.outcome <> OLD.outcome OR OLD.verdict <> '' AND NEW.verdict <> OLD.verdict THEN
        RAISE EXCEPTION 'AI call % has ended: % %', OLD.id, OLD.outcome, OLD.verdict USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER keep_ai_call BEFORE UPDATE ON cob.ai_call FOR EACH ROW EXECUTE FUNCTION cob.keep_ai_call();
CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON cob.ai_call FOR EACH STATEMENT EXECUTE FUNCTION cob.refuse();

GRANT SELECT ON cob.ai_call TO cob_app, cob_reader;
GRANT INSERT ON cob.ai_call TO cob_app;
GRANT UPDATE (counts, ended_at, response_sha256, answer_sha256, answered_by, provider_request_id, http_status, finish_reason,
              input_tokens, output_tokens, charged_tokens, charged_microusd, latency_ms, outcome, code, verdict, complaint) ON cob.ai_call TO cob_app;

-- +goose Down
DROP TABLE cob.ai_call;
DROP FUNCTION cob.keep_ai_call();
