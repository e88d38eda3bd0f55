-- What webhooks may do in schema `exports` where another role owns it: what its statements do, and no more.
GRANT USAGE ON SCHEMA exports TO {role};
REVOKE ALL ON exports.webhook_endpoint, exports.webhook_delivery, exports.mail, exports.alembic_version_webhooks
    FROM {role};
GRANT SELECT, INSERT, UPDATE, DELETE ON exports.webhook_endpoint, exports.webhook_delivery, exports.mail TO {role};
GRANT SELECT ON exports.alembic_version_webhooks TO {role};
