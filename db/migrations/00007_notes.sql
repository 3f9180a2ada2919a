-- Reference notes: runbooks, policies, advisories. A row is what a batch said
-- of a note; the newest known one counts, and one that says withdrawn ends it.

-- +goose Up

CREATE TABLE ops.note (
    source    text    NOT NULL,
    name      text    NOT NULL CHECK (name <> ''),
    type      text    NOT NULL DEFAULT '' CHECK (type IN ('', 'runbook', 'policy', 'advisory')),
    domain    text    NOT NULL DEFAULT '',
    title     text    NOT NULL DEFAULT '' CHECK (char_length(title) <= 200),
    author    text    NOT NULL DEFAULT '' CHECK (char_length(author) <= 100),
    date      date,
    url       text    NOT NULL DEFAULT '' CHECK (url = '' OR url LIKE 'https://%'),
    notes     text    NOT NULL DEFAULT '' CHECK (char_length(notes) <= 4000),
    tags      text    NOT NULL DEFAULT '',
    withdrawn boolean NOT NULL DEFAULT false,
    batch     bigint  NOT NULL REFERENCES ops.batch DEFERRABLE INITIALLY DEFERRED,
    -- Hyphens, dots and the like separate words here as they do in what is
    -- looked for: dan.DanInTheWild is found by its parts.
    search    tsvector NOT NULL GENERATED ALWAYS AS (
        setweight(to_tsvector('english'::regconfig, translate(title, '-_./:', '     ')), 'A') ||
        setweight(to_tsvector('english'::regconfig, translate(domain || ', ' || tags, '-_./:', '     ')), 'A') ||
        setweight(to_tsvector('english'::regconfig, translate(notes, '-_./:', '     ')), 'B')) STORED,
    PRIMARY KEY (source, name, batch),
    CHECK (withdrawn = (type = '') AND withdrawn = (domain = '') AND withdrawn = (title = '') AND withdrawn = (author = '')
           AND withdrawn = (date IS NULL) AND withdrawn = (url = '') AND (notes = '' AND tags = '' OR NOT withdrawn))
);
COMMENT ON COLUMN ops.note.tags IS 'separated by a comma and a space';
COMMENT ON COLUMN ops.note.withdrawn IS 'the note is no longer in force; such a row holds nothing else';
CREATE INDEX note_search ON ops.note USING gin (search);
CREATE INDEX note_domain ON ops.note (domain);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ops.note
    FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse();

-- +goose StatementBegin
DO $$
DECLARE
    was text := pg_get_functiondef('ops.erase(bigint, text, text)'::regprocedure);
    now text := replace(was, '''watermark'',', '''note'', ''watermark'',');
BEGIN
    -- One more table to erase from, beside those that are there already.
    IF now = was THEN
        RAISE EXCEPTION 'ops.erase names no table watermark: notes could not be erased';
    END IF;
    EXECUTE now;
END
$$;
-- +goose StatementEnd

CREATE UNLOGGED TABLE staging.note (
    batch     bigint  NOT NULL,
    line      bigint  NOT NULL,
    source    text    NOT NULL,
    name      text    NOT NULL,
    type      text    NOT NULL,
    domain    text    NOT NULL,
    title     text    NOT NULL,
    author    text    NOT NULL,
    date      date,
    url       text    NOT NULL,
    notes     text    NOT NULL,
    tags      text    NOT NULL,
    withdrawn boolean NOT NULL
);
CREATE INDEX ON staging.note (batch);

GRANT SELECT, INSERT ON ops.note TO cob_app;
GRANT SELECT ON ops.note TO cob_reader;
GRANT SELECT, INSERT, DELETE ON staging.note TO cob_app;

-- +goose Down
DROP TABLE staging.note;
-- +goose StatementBegin
DO $$
BEGIN
    EXECUTE replace(pg_get_functiondef('ops.erase(bigint, text, text)'::regprocedure), '''note'', ', '');
END
$$;
-- +goose StatementEnd
DROP TABLE ops.note;
