-- Files of an institution that are promised still are counted at each start.
CREATE INDEX export_kept ON exports.export (institution_id, expires_at) WHERE status = 'completed';
