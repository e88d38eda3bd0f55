-- When a renderer began an export's present attempt: what its remaining time is reckoned from.
ALTER TABLE exports.export ADD COLUMN begun_at timestamptz;
-- How many copies there were when it was asked for, counted no further than decides its queue.
ALTER TABLE exports.export ADD COLUMN copies integer;
CREATE INDEX export_made ON exports.export (ended_at DESC) WHERE begun_at IS NOT NULL AND file_key IS NOT NULL;
