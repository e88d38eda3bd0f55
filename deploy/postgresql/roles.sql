-- The roles of the services, one each, and the one that owns their tables. Any number of runs leave the same.
-- None has a password yet: \password exports_gateway (psql), or passwords.sql.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['exports_migrations', 'exports_gateway', 'exports_renderer', 'exports_storage',
                                   'exports_webhooks'] LOOP
        IF to_regrole(name) IS NULL THEN
            EXECUTE format('CREATE ROLE %I LOGIN', name);
        END IF;
    END LOOP;
END $$;
