-- Every statement that ends or advances an export names the statuses it expects: a late event matches no row.

-- name: lock_institution
SELECT pg_advisory_xact_lock(hashtextextended('exports.export ' || $1, 0))

-- name: by_idempotency_key
SELECT * FROM exports.export WHERE institution_id = $1 AND requested_by = $2 AND idempotency_key = $3

-- name: duplicate
-- One that runs, or whose file was made lately and never sent.
SELECT * FROM exports.export e
WHERE institution_id = $1 AND requested_by = $2 AND fingerprint = $3 AND (
    status IN ('queued', 'active')
    OR (status = 'completed' AND ended_at > now() - $4::interval AND coalesce(expires_at > now(), true)
        AND NOT EXISTS (SELECT FROM exports.audit a WHERE a.export_id = e.id AND a.action = 'export.downloaded')))
ORDER BY requested_at DESC LIMIT 1

-- name: count_running
SELECT count(*) AS everybodys, count(*) FILTER (WHERE requested_by = $2) AS own
FROM exports.export WHERE institution_id = $1 AND status IN ('queued', 'active')

-- name: count_files
-- Files that are promised or being made, and in how many seconds the first promise ends.
SELECT count(*) AS everybodys,
       coalesce(ceil(extract(epoch FROM min(expires_at) - now())), 0)::int AS seconds,
       count(*) FILTER (WHERE requested_by = $2) AS own,
       coalesce(ceil(extract(epoch FROM min(expires_at) FILTER (WHERE requested_by = $2) - now())), 0)::int AS own_seconds
FROM exports.export
WHERE institution_id = $1 AND format = ANY($3::text[]) AND (
    status IN ('queued', 'active') OR (status = 'completed' AND coalesce(expires_at > now(), true)))

-- name: insert
-- Row, event and audit in one statement: a start is as quick as its round trips are few.
WITH created AS (
    INSERT INTO exports.export (id, institution_id, exam_id, requested_by, format, options, class_ids, requested_at,
                                idempotency_key, fingerprint, exam_title, copies)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $17, $18)
    RETURNING id, institution_id, exam_id, format
), announced AS (
    INSERT INTO exports.outbox (event_id, event_type, export_id, body, trace)
    SELECT $11, $12, id, $13, $14 FROM created
)
INSERT INTO exports.audit (action, actor_id, institution_id, exam_id, export_id, ip_address, detail)
SELECT 'export.requested', $15, institution_id, exam_id, id, $16, jsonb_strip_nulls(jsonb_build_object('format', format, 'traceId', $19::text))
FROM created

-- name: announce
INSERT INTO exports.outbox (event_id, event_type, export_id, body, trace) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (event_id) DO NOTHING

-- name: audit
INSERT INTO exports.audit (action, actor_id, institution_id, exam_id, export_id, ip_address, detail)
VALUES ($1, $2, $3, $4, $5, $6, $7)

-- name: find
SELECT * FROM exports.export WHERE id = $1 AND institution_id = $2 AND exam_id = $3

-- name: find_by_id
SELECT * FROM exports.export WHERE id = $1 AND institution_id = $2

-- name: find_file
SELECT * FROM exports.export WHERE exam_id = $1 AND filename = $2 AND institution_id = $3

-- name: recent
SELECT * FROM exports.export
WHERE institution_id = $1 AND requested_by = $2 AND ($3::text IS NULL OR exam_id = $3)
ORDER BY requested_at DESC, id LIMIT $4

-- name: recent_of_institution
SELECT * FROM exports.export WHERE institution_id = $1 AND ($2::text IS NULL OR exam_id = $2)
ORDER BY requested_at DESC, id LIMIT $3

-- name: read
SELECT * FROM exports.export WHERE id = ANY($1::uuid[])

-- name: changed_since
-- What changed within an interval of these users' exports, new ones included, and of these exams' ($3 of $4). No user
-- stands for every one of the institution.
WITH changed AS (
    SELECT e.* FROM unnest($1::text[], $2::text[]) AS o(institution_id, requested_by)
    JOIN exports.export e USING (institution_id, requested_by)
    WHERE greatest(e.heard_at, e.expired_at) > now() - $5::interval
    UNION ALL
    SELECT e.* FROM unnest($1::text[], $2::text[]) AS o(institution_id, requested_by)
    JOIN exports.export e USING (institution_id)
    WHERE o.requested_by IS NULL AND greatest(e.heard_at, e.expired_at) > now() - $5::interval
    UNION ALL
    SELECT e.* FROM unnest($3::text[], $4::text[]) AS o(institution_id, exam_id)
    JOIN exports.export e USING (institution_id, exam_id)
    WHERE greatest(e.heard_at, e.expired_at) > now() - $5::interval
)
SELECT * FROM changed ORDER BY requested_at

-- name: running_of_exams
SELECT * FROM exports.export
WHERE institution_id = $1 AND exam_id = ANY($2::text[]) AND status IN ('queued', 'active')
ORDER BY requested_at DESC, id LIMIT $3

-- name: running
SELECT id, format, percent,
       CASE status WHEN 'active' THEN extract(epoch FROM now() - coalesce(begun_at, heard_at))::float8 END AS seconds
FROM exports.export WHERE status IN ('queued', 'active') ORDER BY requested_at, id LIMIT $1

-- name: oldest_queued
SELECT coalesce(extract(epoch FROM now() - min(requested_at)), 0)::float8 AS seconds
FROM exports.export WHERE status = 'queued'

-- name: usual_seconds
-- The median of the latest, for each format.
SELECT format, percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM ended_at - begun_at)) AS seconds
FROM (SELECT format, ended_at, begun_at FROM exports.export
      WHERE begun_at IS NOT NULL AND file_key IS NOT NULL ORDER BY ended_at DESC LIMIT $1) AS lately
GROUP BY format

-- name: lock
SELECT * FROM exports.export WHERE id = $1 FOR UPDATE

-- name: progress
-- Rows are locked in one order, so that gateways writing the same progress do not deadlock.
WITH latest AS (
    SELECT * FROM unnest($2::uuid[], $3::int[], $4::int[], $5::text[], $6::int[], $7::int[], $8::int[])
        AS n(id, attempt, sequence, phase, percent, processed, total)
), held AS (
    SELECT e.id, e.status = 'queued' AS begun FROM exports.export e JOIN latest n USING (id)
    WHERE e.status = ANY($1::text[]) AND (e.attempt, e.sequence) < (n.attempt, n.sequence)
    ORDER BY e.id FOR UPDATE OF e
)
UPDATE exports.export e SET
    status    = 'active',
    phase     = n.phase,
    percent   = CASE WHEN e.attempt = n.attempt THEN greatest(e.percent, n.percent) ELSE n.percent END,
    processed = CASE WHEN e.attempt = n.attempt THEN greatest(e.processed, n.processed) ELSE n.processed END,
    total     = n.total,
    attempt   = n.attempt,
    sequence  = n.sequence,
    begun_at  = CASE WHEN e.attempt = n.attempt THEN coalesce(e.begun_at, now()) ELSE now() END,
    heard_at  = now()
FROM latest n JOIN held USING (id)
WHERE e.id = n.id
RETURNING e.*, held.begun

-- name: count_download
UPDATE exports.export SET downloads = downloads + 1 WHERE id = $1 AND status = 'completed' RETURNING downloads

-- name: lock_names
SELECT pg_advisory_xact_lock(hashtextextended('exports.filename ' || $1, 0))

-- name: complete
-- A name that another file of the exam bears already gets the export's first digits: a name means one file.
UPDATE exports.export e SET
    status        = 'completed',
    phase         = 'complete',
    percent       = 100,
    processed     = $12,
    total         = $12,
    attempt       = greatest(e.attempt, $3),
    filename      = CASE
        WHEN EXISTS (SELECT FROM exports.export o WHERE o.exam_id = e.exam_id AND o.filename = $5 AND o.id <> e.id)
        THEN regexp_replace($5, '(\.[A-Za-z0-9]+)?$', '-' || left(e.id::text, 8) || '\1')
        ELSE $5 END,
    file_key      = $4,
    file_size     = $6,
    file_sha256   = $7,
    content_type  = $8,
    pages         = $9,
    expires_at    = $10,
    warnings      = $11,
    attempt_count = $12,
    grades_as_of  = $13,
    ended_at      = now(),
    heard_at      = now()
WHERE e.id = $1 AND e.status = ANY($2::text[])
RETURNING e.*

-- name: fail
UPDATE exports.export SET
    status = 'failed', attempt = greatest(attempt, $3), failure_code = $4, failure_message = $5,
    ended_at = now(), heard_at = now()
WHERE id = $1 AND status = ANY($2::text[])
RETURNING *

-- name: cancel
UPDATE exports.export SET status = 'cancelled', ended_at = now(), heard_at = now()
WHERE id = $1 AND status = ANY($2::text[])
RETURNING *

-- name: expire
-- Only the file the row names may expire it; what students wrote is forgotten with the file.
UPDATE exports.export SET status = 'expired', expired_at = now(), warnings = '[]'
WHERE id = $1 AND status = ANY($2::text[]) AND file_key IS NOT DISTINCT FROM $3
RETURNING *

-- name: overdue
-- What still waits in the outbox is not late: the broker was away.
SELECT id FROM exports.export e
WHERE status IN ('queued', 'active') AND heard_at < now() - $1::interval
    AND NOT EXISTS (SELECT FROM exports.outbox o WHERE o.export_id = e.id)
ORDER BY heard_at LIMIT 100

-- name: unheard
SELECT id FROM exports.export e
WHERE requested_at > now() - interval '1 day'
    AND (status = 'queued' AND heard_at < now() - greatest($1::interval, heard_at - requested_at)
        OR status = 'active' AND $2::interval > $1::interval AND heard_at < now() - $2::interval)
    AND NOT EXISTS (SELECT FROM exports.outbox o WHERE o.export_id = e.id)
ORDER BY heard_at LIMIT 100

-- name: take_unheard
-- As `unheard`; each row is taken by one gateway.
WITH lost AS (
    SELECT id FROM exports.export e
    WHERE requested_at > now() - interval '1 day'
        AND (status = 'queued' AND heard_at < now() - greatest($1::interval, heard_at - requested_at)
            OR status = 'active' AND $2::interval > $1::interval AND heard_at < now() - $2::interval)
        AND NOT EXISTS (SELECT FROM exports.outbox o WHERE o.export_id = e.id)
    ORDER BY heard_at LIMIT 100
    FOR UPDATE SKIP LOCKED
)
UPDATE exports.export e SET heard_at = now() FROM lost WHERE e.id = lost.id RETURNING e.*

-- name: without_file
-- Failed and cancelled exports beyond their age, or beyond the newest ones of their institution.
SELECT id FROM (
    SELECT id, ended_at, row_number() OVER (PARTITION BY institution_id, status ORDER BY ended_at DESC, id) AS rank
    FROM exports.export WHERE status IN ('failed', 'cancelled')
) ranked
WHERE ended_at < now() - $1::interval OR rank > $2
ORDER BY ended_at LIMIT 100

-- name: lapsed
-- Storage's announcement of an expiry may have come before the completion it ends.
SELECT id FROM exports.export WHERE status = 'completed' AND expires_at < now() - $1::interval
ORDER BY expires_at LIMIT 1000

-- name: forget_events
DELETE FROM exports.event WHERE published_at < now() - $1::interval

-- name: delete_expired
DELETE FROM exports.export WHERE status = 'expired' AND expired_at < now() - $1::interval
