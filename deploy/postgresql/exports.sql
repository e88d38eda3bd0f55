-- Schema `exports`, in the database of DATABASE_URL: it belongs to the role of MIGRATION_DATABASE_URL alone, also what an
-- earlier version's role made. What the services may do there, the migrations grant (services/*/migrations/grants.sql).
-- Run after roles.sql, by a superuser or the database's owner; any number of runs leave the same.
DO $$
DECLARE
    object record;
BEGIN
    IF to_regnamespace('exports') IS NULL THEN
        CREATE SCHEMA exports;
    END IF;
    ALTER SCHEMA exports OWNER TO exports_migrations;
    FOR object IN
        SELECT format('TABLE %s', oid::regclass) AS name
        FROM pg_class
        WHERE relnamespace = 'exports'::regnamespace AND relkind = 'r' AND relowner <> 'exports_migrations'::regrole
        UNION ALL
        SELECT format('FUNCTION %s', oid::regprocedure)
        FROM pg_proc
        WHERE pronamespace = 'exports'::regnamespace AND proowner <> 'exports_migrations'::regrole
    LOOP
        EXECUTE format('ALTER %s OWNER TO exports_migrations', object.name);
    END LOOP;
END $$;
