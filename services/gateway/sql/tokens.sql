-- Service tokens. The database's clock decides what has expired.

-- name: mint
WITH minted AS (
    INSERT INTO exports.service_token (id, digest, institution_id, name, scopes, expires_at)
    VALUES ($1, $2, $3, $4, $5, now() + $6::interval)
    RETURNING *, false AS expired
), noted AS (
    INSERT INTO exports.audit (action, actor_id, institution_id, detail)
    SELECT 'token.minted', $7, institution_id,
           jsonb_build_object('tokenId', id, 'name', name, 'scopes', scopes, 'expiresAt', expires_at)
    FROM minted
)
SELECT * FROM minted

-- name: by_digest
SELECT *, expires_at <= now() AS expired FROM exports.service_token WHERE digest = $1

-- name: by_id
SELECT *, expires_at <= now() AS expired FROM exports.service_token WHERE id = $1

-- name: used
UPDATE exports.service_token SET last_used_at = now()
WHERE id = $1 AND coalesce(last_used_at < now() - interval '1 minute', true)

-- name: all
SELECT *, expires_at <= now() AS expired FROM exports.service_token
WHERE $1::text IS NULL OR institution_id = $1
ORDER BY institution_id, created_at, id

-- name: revoke
-- No row where it was revoked before.
WITH revoked AS (
    UPDATE exports.service_token SET revoked_at = now() WHERE id = $1 AND revoked_at IS NULL
    RETURNING *, expires_at <= now() AS expired
), noted AS (
    INSERT INTO exports.audit (action, actor_id, institution_id, detail)
    SELECT 'token.revoked', $2, institution_id, jsonb_build_object('tokenId', id, 'name', name) FROM revoked
)
SELECT * FROM revoked
