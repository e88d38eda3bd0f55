-- What the gateway may do in schema `exports` where another role owns it: what its statements do, and no more.
GRANT USAGE ON SCHEMA exports TO {role};
REVOKE ALL ON exports.export, exports.outbox, exports.audit, exports.service_token, exports.event,
    exports.event_position, exports.alembic_version_gateway FROM {role};
GRANT SELECT, INSERT, UPDATE, DELETE ON exports.export, exports.outbox TO {role};
-- A published event is never changed, and deleted once it is old.
GRANT SELECT, INSERT, DELETE ON exports.event TO {role};
GRANT SELECT, INSERT, UPDATE ON exports.event_position TO {role};
GRANT SELECT ON exports.alembic_version_gateway TO {role};
-- A token's scopes, institution and expiry stay as they were minted.
GRANT SELECT, INSERT, UPDATE (revoked_at, last_used_at) ON exports.service_token TO {role};
-- The audit is only ever added to.
GRANT SELECT, INSERT ON exports.audit TO {role};
