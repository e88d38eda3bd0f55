-- An export's row is the truth about it: queued -> active -> completed | failed | cancelled -> expired.
CREATE TABLE exports.export (
    id              uuid        PRIMARY KEY,
    institution_id  text        NOT NULL,
    exam_id         text        NOT NULL,
    requested_by    text        NOT NULL,
    format          text        NOT NULL CHECK (format IN ('pdf', 'zip', 'csv', 'xlsx')),
    options         jsonb       NOT NULL,
    class_ids       text[]      NOT NULL DEFAULT '{}',
    idempotency_key text,
    fingerprint     text        NOT NULL,               -- sha256 of exam, format, options and classes

    status          text        NOT NULL DEFAULT 'queued'
                    CHECK (status IN ('queued', 'active', 'completed', 'failed', 'cancelled', 'expired')),
    phase           text        NOT NULL DEFAULT 'queued',
    percent         integer     NOT NULL DEFAULT 0 CHECK (percent BETWEEN 0 AND 100),
    processed       integer     NOT NULL DEFAULT 0,
    total           integer     NOT NULL DEFAULT 0,
    attempt         integer     NOT NULL DEFAULT 0,     -- 0 until a renderer has spoken
    sequence        integer     NOT NULL DEFAULT 0,

    requested_at    timestamptz NOT NULL DEFAULT now(),
    heard_at        timestamptz NOT NULL DEFAULT now(), -- last news; an export without any for too long is overdue
    ended_at        timestamptz,
    expired_at      timestamptz,

    filename        text,
    file_key        text,
    file_size       bigint,
    file_sha256     text,
    content_type    text,
    pages           integer,
    attempt_count   integer,                            -- Correcta's word for the number of copies
    expires_at      timestamptz,
    warnings        jsonb       NOT NULL DEFAULT '[]',
    failure_code    text,
    failure_message text,

    CHECK ((status IN ('queued', 'active')) = (ended_at IS NULL)),
    CHECK ((status = 'expired') = (expired_at IS NOT NULL)),
    CHECK (status <> 'completed' OR (filename IS NOT NULL AND file_key IS NOT NULL AND file_sha256 IS NOT NULL)),
    CHECK (status <> 'failed' OR (failure_code IS NOT NULL AND failure_message IS NOT NULL))
);

-- One export a key, for one user of one institution.
CREATE UNIQUE INDEX export_idempotency ON exports.export (institution_id, requested_by, idempotency_key)
    WHERE idempotency_key IS NOT NULL;
-- A download is found by exam and name, so a name means one file, even after it expired.
CREATE UNIQUE INDEX export_filename ON exports.export (exam_id, filename) WHERE filename IS NOT NULL;
CREATE INDEX export_running ON exports.export (institution_id, heard_at) WHERE status IN ('queued', 'active');
CREATE INDEX export_recent ON exports.export (institution_id, requested_by, requested_at DESC);
CREATE INDEX export_fileless ON exports.export (institution_id, ended_at DESC) WHERE status IN ('failed', 'cancelled');
CREATE INDEX export_expired ON exports.export (expired_at) WHERE status = 'expired';

-- Events waiting for the relay. A row is deleted once the broker has confirmed it.
CREATE TABLE exports.outbox (
    position   bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id   uuid        NOT NULL UNIQUE,             -- the CloudEvents id: the same at every attempt to publish
    event_type text        NOT NULL,
    export_id  uuid        NOT NULL,
    body       text        NOT NULL,
    trace      jsonb       NOT NULL DEFAULT '{}',       -- W3C trace context of the request that caused it
    created_at timestamptz NOT NULL DEFAULT now(),
    attempts   integer     NOT NULL DEFAULT 0,
    retry_at   timestamptz NOT NULL DEFAULT now()       -- later than now: parked
);
CREATE INDEX outbox_due ON exports.outbox (retry_at, position);
CREATE INDEX outbox_export ON exports.outbox (export_id);

CREATE TABLE exports.audit (
    id             bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at             timestamptz NOT NULL DEFAULT now(),
    action         text        NOT NULL,
    actor_id       text,                                -- NULL: the system itself
    institution_id text        NOT NULL,
    exam_id        text        NOT NULL,
    export_id      uuid        NOT NULL,
    ip_address     text,
    detail         jsonb       NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_export ON exports.audit (export_id);
CREATE INDEX audit_institution ON exports.audit (institution_id, at DESC);

-- Triggers announce, so that no writer can forget to. Listeners re-read; a lost notification is made up for by polling.
CREATE FUNCTION exports.announce_export() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('exports_changed', NEW.id || ' ' || NEW.requested_by);
    RETURN NULL;
END $$;
CREATE TRIGGER export_created AFTER INSERT ON exports.export
    FOR EACH ROW EXECUTE FUNCTION exports.announce_export();
CREATE TRIGGER export_advanced AFTER UPDATE OF status ON exports.export
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION exports.announce_export();

CREATE FUNCTION exports.announce_outbox() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('exports_outbox', '');
    RETURN NULL;
END $$;
CREATE TRIGGER outbox_filled AFTER INSERT ON exports.outbox
    FOR EACH STATEMENT EXECUTE FUNCTION exports.announce_outbox();
