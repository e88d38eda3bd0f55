-- name: add
INSERT INTO exports.webhook_endpoint (id, institution_id, url, event_types, secrets) VALUES ($1, $2, $3, $4, $5)
RETURNING *

-- name: all
SELECT * FROM exports.webhook_endpoint WHERE $1::text IS NULL OR institution_id = $1 ORDER BY institution_id, created_at

-- name: find
SELECT * FROM exports.webhook_endpoint WHERE id = $1

-- name: remove
DELETE FROM exports.webhook_endpoint WHERE id = $1 RETURNING *

-- name: set_secrets
UPDATE exports.webhook_endpoint SET secrets = $2 WHERE id = $1 RETURNING *

-- name: enable
UPDATE exports.webhook_endpoint SET disabled_at = NULL, disabled_reason = NULL, failing_since = NULL WHERE id = $1
RETURNING *

-- name: disable
UPDATE exports.webhook_endpoint SET disabled_at = now(), disabled_reason = $2 WHERE id = $1 AND disabled_at IS NULL
RETURNING *

-- name: enqueue
-- One delivery for each endpoint of the event's institution that wants it. Disabled ones too: enabled again, they hear
-- what they missed, as long as it is tried.
INSERT INTO exports.webhook_delivery (endpoint_id, event_id, event_type, body)
SELECT id, $2, $3, $4 FROM exports.webhook_endpoint
WHERE institution_id = $1 AND (event_types = '{}' OR $3 = ANY(event_types))
ON CONFLICT (endpoint_id, event_id) DO NOTHING

-- name: claim
-- A few of each endpoint, so that none takes every sender; of one that fails, one at a time. The longest due first.
WITH due AS (
    SELECT d.id, e.url, e.secrets FROM exports.webhook_endpoint e CROSS JOIN LATERAL (
        SELECT id, next_at FROM exports.webhook_delivery
        WHERE endpoint_id = e.id AND next_at <= now() AND coalesce(claimed_until < now(), true)
        ORDER BY next_at
        LIMIT greatest(0, CASE WHEN e.failing_since IS NULL THEN $2::int ELSE 1 END - (
            SELECT count(*) FROM exports.webhook_delivery WHERE endpoint_id = e.id AND claimed_until >= now()))
        FOR UPDATE SKIP LOCKED
    ) d
    WHERE e.disabled_at IS NULL ORDER BY d.next_at LIMIT $1
)
UPDATE exports.webhook_delivery d SET claimed_until = now() + $3::interval, attempts = d.attempts + 1
FROM due WHERE d.id = due.id
RETURNING d.id, d.endpoint_id, d.event_id, d.body, d.attempts, due.url, due.secrets

-- name: delivered
WITH done AS (
    UPDATE exports.webhook_delivery
    SET delivered_at = now(), next_at = NULL, claimed_until = NULL, last_status = $2, last_error = NULL
    WHERE id = $1 RETURNING endpoint_id
)
UPDATE exports.webhook_endpoint e SET failing_since = NULL FROM done WHERE e.id = done.endpoint_id AND failing_since IS NOT NULL

-- name: failed
-- Tried again after $4, or given up without it.
WITH failed AS (
    UPDATE exports.webhook_delivery
    SET next_at = now() + $4::interval, claimed_until = NULL, last_status = $2, last_error = $3
    WHERE id = $1 RETURNING endpoint_id
)
UPDATE exports.webhook_endpoint e SET failing_since = coalesce(failing_since, now()) FROM failed WHERE e.id = failed.endpoint_id

-- name: disable_failing
UPDATE exports.webhook_endpoint SET disabled_at = now(), disabled_reason = $2
WHERE disabled_at IS NULL AND failing_since < now() - $1::interval
RETURNING *

-- name: deliveries
SELECT id, event_id, event_type, created_at, attempts, next_at, delivered_at, last_status, last_error
FROM exports.webhook_delivery WHERE endpoint_id = $1 ORDER BY id DESC LIMIT $2

-- name: redeliver
UPDATE exports.webhook_delivery SET next_at = now(), attempts = 0, delivered_at = NULL, claimed_until = NULL
WHERE endpoint_id = $1 AND event_id = $2 RETURNING id

-- name: forget
DELETE FROM exports.webhook_delivery WHERE next_at IS NULL AND created_at < now() - $1::interval

-- name: waiting
SELECT count(*) FILTER (WHERE d.next_at IS NOT NULL) AS waiting,
       (SELECT count(*) FROM exports.webhook_endpoint WHERE disabled_at IS NOT NULL) AS disabled
FROM exports.webhook_delivery d
