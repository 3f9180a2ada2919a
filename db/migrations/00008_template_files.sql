-- What a version of a template names beside its own text: a logo. Its bytes are
-- in cob.content, and belong to the version for ever.

-- +goose Up
CREATE TABLE cob.template_file (
    name    text  NOT NULL,
    version text  NOT NULL,
    file    text  NOT NULL CHECK (file <> ''),
    sha256  bytea NOT NULL REFERENCES cob.content,
    PRIMARY KEY (name, version, file),
    FOREIGN KEY (name, version) REFERENCES cob.template
);
COMMENT ON COLUMN cob.template_file.file IS 'as the template names it';
COMMENT ON COLUMN cob.template.sha256 IS 'of the text; where it names files, of the text''s digest and theirs, a line each';

CREATE TRIGGER immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON cob.template_file
    FOR EACH STATEMENT EXECUTE FUNCTION cob.refuse();

GRANT SELECT ON cob.template_file TO cob_app, cob_reader;
GRANT INSERT ON cob.template_file TO cob_app;

-- +goose Down
DROP TABLE cob.template_file;
COMMENT ON COLUMN cob.template.sha256 IS NULL;
