-- When a renderer began an export's present attempt: what its remaining time is reckoned from.
ALTER TABLE exports.export ADD COLUMN begun_at timestamptz;
CREATE INDEX export_made ON exports.export (ended_at DESC) WHERE begun_at IS NOT NULL AND file_key IS NOT NULL;
