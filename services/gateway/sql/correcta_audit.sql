-- name: allow_writing
-- The connections to Correcta's tables are read only unless a transaction says otherwise.
SET TRANSACTION READ WRITE

-- name: note
INSERT INTO "AuditLog" ("id", "action", "actorId", "institutionId", "targetType", "targetId", "metadata", "ipAddress")
VALUES ($1, $2, $3, $4, 'EXAM', $5, $6, $7)
