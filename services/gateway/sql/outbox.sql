-- An event with an exchange of its own leaves twice: to that one, then, `delivered`, to the facts.

-- name: due_requests
-- Any number of relays: each takes rows no other holds. One transaction, so that a relay that dies gives them back.
SELECT position, event_id, event_type, export_id, body, trace, created_at FROM exports.outbox
WHERE retry_at <= now() AND NOT delivered AND event_type = ANY($2::text[])
ORDER BY position LIMIT $1
FOR UPDATE SKIP LOCKED

-- name: due_facts
-- One row an export, its oldest: everybody is told in the order of the rows. A type that a newer version writes is left
-- to that one.
SELECT position, event_id, event_type, export_id, body, trace, created_at FROM exports.outbox o
WHERE retry_at <= now() AND (delivered OR event_type <> ALL($2::text[])) AND event_type = ANY($3::text[])
    AND NOT EXISTS (SELECT FROM exports.outbox e WHERE e.export_id = o.export_id AND e.position < o.position)
ORDER BY position LIMIT $1
FOR UPDATE SKIP LOCKED

-- name: delivered
UPDATE exports.outbox SET delivered = true, attempts = 0 WHERE position = ANY($1::bigint[])

-- name: sent
DELETE FROM exports.outbox WHERE position = ANY($1::bigint[])

-- name: start_clock
-- The clock of an export that waited for the broker starts when its request leaves.
UPDATE exports.export SET heard_at = now() WHERE id = ANY($1::uuid[]) AND status = 'queued'

-- name: park
-- Doubling from 1 s to 60 s: a row nobody takes never blocks the others, and leaves soon once somebody does.
UPDATE exports.outbox
SET attempts = attempts + 1, retry_at = now() + least(power(2, least(attempts, 6)), 60) * interval '1 second'
WHERE position = $1

-- name: backlog
SELECT count(*), coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 FROM exports.outbox
