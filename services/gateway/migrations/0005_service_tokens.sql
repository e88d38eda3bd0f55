-- Credentials of other services. The token itself is random and kept nowhere: only its sha256.
CREATE TABLE exports.service_token (
    id             uuid        PRIMARY KEY,
    digest         bytea       NOT NULL UNIQUE CHECK (length(digest) = 32),
    institution_id text        NOT NULL,
    name           text        NOT NULL,
    scopes         text[]      NOT NULL CHECK (cardinality(scopes) > 0),
    created_at     timestamptz NOT NULL DEFAULT now(),
    expires_at     timestamptz NOT NULL,
    revoked_at     timestamptz,
    last_used_at   timestamptz                          -- written at most once a minute
);

-- What is done to a token concerns no exam and no export.
ALTER TABLE exports.audit ALTER COLUMN exam_id DROP NOT NULL, ALTER COLUMN export_id DROP NOT NULL;

-- A service sees every export of its institution, newest first.
CREATE INDEX export_of_institution ON exports.export (institution_id, requested_at DESC);
