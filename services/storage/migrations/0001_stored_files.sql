-- A file's life: stored (all four marks NULL) -> expired_at (410 from here on) -> announced_at -> deleted_at.
CREATE TABLE exports.stored_file (
    key            text        PRIMARY KEY,
    export_id      uuid        NOT NULL,
    institution_id text        NOT NULL,
    exam_id        text        NOT NULL,
    requested_by   text        NOT NULL,
    filename       text        NOT NULL,
    content_type   text        NOT NULL,
    size           bigint      NOT NULL CHECK (size >= 0),
    sha256         text        NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    stored_at      timestamptz NOT NULL DEFAULT now(),
    expires_at     timestamptz NOT NULL,
    expired_at     timestamptz,
    announced_at   timestamptz,
    deleted_at     timestamptz,
    CHECK (key = export_id || '/' || sha256),
    CHECK (announced_at IS NULL OR expired_at IS NOT NULL),
    CHECK (deleted_at IS NULL OR announced_at IS NOT NULL)
);

CREATE INDEX stored_file_live ON exports.stored_file (institution_id, stored_at DESC) WHERE expired_at IS NULL;
CREATE INDEX stored_file_due ON exports.stored_file (expires_at) WHERE expired_at IS NULL;
CREATE INDEX stored_file_leaving ON exports.stored_file (expired_at) WHERE expired_at IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX stored_file_gone ON exports.stored_file (deleted_at) WHERE deleted_at IS NOT NULL;
