-- Where CORRECTA_AUDIT is on: the gateway may add rows to Correcta's own audit, and read none. Run after correcta.sql,
-- which takes it back.
GRANT INSERT ("id", "action", "actorId", "institutionId", "targetType", "targetId", "metadata", "ipAddress")
    ON "AuditLog" TO exports_gateway;
