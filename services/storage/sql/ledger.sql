-- Every moment is the database's own now(): no service's clock takes part in retention.

-- name: hold
SELECT pg_advisory_xact_lock(hashtextextended($1, 20506));

-- name: try_hold
SELECT pg_try_advisory_xact_lock(hashtextextended($1, 20506));

-- name: owner
SELECT institution_id, exam_id, requested_by FROM exports.stored_file WHERE export_id = $1 LIMIT 1;

-- name: record
-- The same file again is stored anew: its outcome was not announced yet, so its time starts over.
INSERT INTO exports.stored_file
    (key, export_id, sha256, institution_id, exam_id, requested_by, filename, content_type, size, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, now() + $10::interval)
ON CONFLICT (key) DO UPDATE SET
    filename = excluded.filename,
    content_type = excluded.content_type,
    stored_at = now(),
    expires_at = excluded.expires_at,
    expired_at = NULL,
    announced_at = NULL,
    deleted_at = NULL
RETURNING expires_at;

-- name: find
SELECT *, expired_at IS NULL AND expires_at > now() AS live FROM exports.stored_file WHERE key = $1;

-- name: retire
-- On request: whoever asks knows, so there is nothing to announce.
UPDATE exports.stored_file
SET expired_at = coalesce(expired_at, now()), announced_at = coalesce(announced_at, now())
WHERE key = $1
RETURNING key;

-- name: expire_due
-- By time alone: each file is promised until then. A row stored again meanwhile has another time, and stays.
WITH taken AS (
    SELECT key
    FROM exports.stored_file
    WHERE expired_at IS NULL AND expires_at <= now()
    FOR UPDATE SKIP LOCKED
)
UPDATE exports.stored_file AS file
SET expired_at = now()
FROM taken
WHERE file.key = taken.key
RETURNING file.key;

-- name: next_unannounced
SELECT *, false AS live
FROM exports.stored_file
WHERE expired_at IS NOT NULL AND announced_at IS NULL
ORDER BY expired_at
LIMIT 1
FOR UPDATE SKIP LOCKED;

-- name: announced
UPDATE exports.stored_file SET announced_at = now() WHERE key = $1;

-- name: removable
SELECT key FROM exports.stored_file WHERE announced_at IS NOT NULL AND deleted_at IS NULL ORDER BY expired_at LIMIT $1;

-- name: still_removable
SELECT 1 FROM exports.stored_file WHERE key = $1 AND announced_at IS NOT NULL AND deleted_at IS NULL FOR UPDATE;

-- name: removed
UPDATE exports.stored_file SET deleted_at = now() WHERE key = $1;

-- name: unknown
SELECT found.key
FROM unnest($1::text[]) AS found (key)
WHERE NOT EXISTS (SELECT 1 FROM exports.stored_file AS file WHERE file.key = found.key AND file.deleted_at IS NULL);

-- name: forget
DELETE FROM exports.stored_file WHERE deleted_at < now() - $1::interval;

-- name: totals
SELECT count(*) AS files, coalesce(sum(size), 0)::bigint AS bytes FROM exports.stored_file WHERE expired_at IS NULL;
