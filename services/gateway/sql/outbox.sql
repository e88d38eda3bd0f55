-- An event with an exchange of its own leaves twice: to that one, then, `delivered`, to the facts.

-- name: due_requests
-- Any number of relays: each takes rows no other holds. One transaction, so that a relay that dies gives them back.
-- Institutions in turn: each may have so many requests ($3) at the broker that no renderer has begun.
WITH ahead AS (
    SELECT institution_id, count(*) AS count FROM exports.export e
    WHERE status = 'queued' AND NOT EXISTS (
        SELECT FROM exports.outbox o WHERE o.export_id = e.id AND NOT o.delivered AND o.event_type = 'export.requested.v1')
    GROUP BY institution_id
), places AS (
    SELECT o.position, row_number() OVER (PARTITION BY institution_id ORDER BY o.position) + coalesce(a.count, 0) AS place
    FROM exports.outbox o JOIN exports.export e ON e.id = o.export_id LEFT JOIN ahead a USING (institution_id)
    WHERE NOT o.delivered AND o.event_type = 'export.requested.v1'
)
SELECT o.position, event_id, event_type, export_id, body, trace, created_at
FROM exports.outbox o LEFT JOIN places USING (position)
WHERE retry_at <= now() AND NOT delivered AND event_type = ANY($2::text[]) AND coalesce(place, 0) <= $3
ORDER BY o.position LIMIT $1
FOR UPDATE OF o SKIP LOCKED

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
-- Published events become history. Each institution's are numbered under the lock of its row, which is held until the
-- commit, so that positions are seen in their order. An event that was published and numbered once keeps its position.
WITH sent AS (
    DELETE FROM exports.outbox WHERE position = ANY($1::bigint[])
    RETURNING position, event_id, event_type, export_id, body, created_at, body::jsonb ->> 'institutionId' AS institution_id
), fresh AS (
    SELECT s.*, row_number() OVER (PARTITION BY institution_id ORDER BY position) AS number
    FROM sent s WHERE NOT EXISTS (SELECT FROM exports.event e WHERE e.event_id = s.event_id)
), numbered AS (
    INSERT INTO exports.event_position AS p (institution_id, last)
    SELECT institution_id, count(*) FROM fresh GROUP BY institution_id ORDER BY institution_id
    ON CONFLICT (institution_id) DO UPDATE SET last = p.last + excluded.last
    RETURNING institution_id, last
), counted AS (
    SELECT institution_id, count(*) AS count FROM fresh GROUP BY institution_id
)
INSERT INTO exports.event (institution_id, position, event_id, event_type, export_id, body, created_at)
SELECT institution_id, n.last - c.count + f.number, f.event_id, f.event_type, f.export_id, f.body, f.created_at
FROM fresh f JOIN numbered n USING (institution_id) JOIN counted c USING (institution_id)

-- name: start_clock
-- The clock of an export that waited for the broker starts when its request leaves.
UPDATE exports.export SET heard_at = now() WHERE id = ANY($1::uuid[]) AND status = 'queued'

-- name: park
-- Doubling from 1 s to 60 s: a row nobody takes never blocks the others, and leaves soon once somebody does.
UPDATE exports.outbox
SET attempts = attempts + 1, retry_at = now() + least(power(2, least(attempts, 6)), 60) * interval '1 second'
WHERE position = $1

-- name: backlog
-- Without the requests that wait for their institution's turn.
WITH ahead AS (
    SELECT institution_id, count(*) AS count FROM exports.export e
    WHERE status = 'queued' AND NOT EXISTS (
        SELECT FROM exports.outbox o WHERE o.export_id = e.id AND NOT o.delivered AND o.event_type = 'export.requested.v1')
    GROUP BY institution_id
), places AS (
    SELECT o.position, row_number() OVER (PARTITION BY institution_id ORDER BY o.position) + coalesce(a.count, 0) AS place
    FROM exports.outbox o JOIN exports.export e ON e.id = o.export_id LEFT JOIN ahead a USING (institution_id)
    WHERE NOT o.delivered AND o.event_type = 'export.requested.v1'
)
SELECT count(*), coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8
FROM exports.outbox o LEFT JOIN places USING (position) WHERE coalesce(place, 0) <= $1
