-- What an operator asks for.

-- name: export
SELECT to_jsonb(e) - 'options' - 'warnings' AS row, e.institution_id FROM exports.export e WHERE id = $1

-- name: outbox
SELECT position, event_type AS type, created_at AS at, attempts, retry_at, delivered
FROM exports.outbox WHERE export_id = $1 ORDER BY position

-- name: events
SELECT position, event_type AS type, created_at AS at, event_id AS id FROM exports.event WHERE export_id = $1 ORDER BY position

-- name: audit
SELECT at, action, actor_id AS actor, ip_address AS ip, detail FROM exports.audit WHERE export_id = $1 ORDER BY id

-- name: parked
-- Rows that no queue took; each is tried again by itself within a minute.
SELECT export_id, event_type AS type, created_at AS at, attempts, retry_at
FROM exports.outbox WHERE attempts > 0 ORDER BY position LIMIT 1000

-- name: release
UPDATE exports.outbox SET retry_at = now() WHERE attempts > 0 AND retry_at > now()
