-- name: recipient
SELECT "email" AS email, coalesce("name", '') AS name FROM "User"
WHERE "id" = $1 AND "institutionId" = $2 AND "archivedAt" IS NULL
