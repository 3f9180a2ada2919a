-- The roles of a private cluster, as an administrator makes them in production:
-- the owner migrates, the application works, the reader only reads. Run by the
-- superuser, any number of times.

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['cob_app', 'cob_reader', 'cob_owner', 'cob'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
            EXECUTE format('CREATE ROLE %I', name);
        END IF;
    END LOOP;
    -- The passwords come as settings of this connection, so that no statement holds one.
    EXECUTE format('ALTER ROLE cob_owner LOGIN CREATEROLE PASSWORD %L', current_setting('cob.owner_password'));
    EXECUTE format('ALTER ROLE cob LOGIN PASSWORD %L', current_setting('cob.app_password'));
END
$$;

GRANT cob_reader TO cob_app;
GRANT cob_app TO cob;
GRANT cob_app, cob_reader TO cob_owner WITH ADMIN OPTION;
