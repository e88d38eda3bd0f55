-- name: enqueue
INSERT INTO exports.mail (event_id, institution_id, user_id, body) VALUES ($1, $2, $3, $4)
ON CONFLICT (event_id) DO NOTHING

-- name: claim
WITH due AS (
    SELECT event_id FROM exports.mail WHERE next_at <= now() AND coalesce(claimed_until < now(), true)
    ORDER BY next_at LIMIT $1 FOR UPDATE SKIP LOCKED
)
UPDATE exports.mail m SET claimed_until = now() + $2::interval, attempts = m.attempts + 1
FROM due WHERE m.event_id = due.event_id
RETURNING m.event_id, m.institution_id, m.user_id, m.body, m.attempts

-- name: sent
UPDATE exports.mail SET sent_at = now(), next_at = NULL, claimed_until = NULL, last_error = NULL WHERE event_id = $1

-- name: failed
-- Tried again after $3, or given up without it.
UPDATE exports.mail SET next_at = now() + $3::interval, claimed_until = NULL, last_error = $2 WHERE event_id = $1

-- name: forget
DELETE FROM exports.mail WHERE next_at IS NULL AND created_at < now() - $1::interval
