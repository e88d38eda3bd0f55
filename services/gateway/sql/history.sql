-- name: bounds
-- The positions that are kept, and the last that was given.
SELECT (SELECT min(position) FROM exports.event WHERE institution_id = $1) AS first,
       coalesce((SELECT last FROM exports.event_position WHERE institution_id = $1), 0) AS last

-- name: read
SELECT position, event_id, event_type, export_id, body, created_at FROM exports.event
WHERE institution_id = $1 AND position > $2 AND (cardinality($3::text[]) = 0 OR event_type = ANY($3::text[]))
ORDER BY position LIMIT $4
