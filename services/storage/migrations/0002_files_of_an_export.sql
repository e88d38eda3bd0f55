CREATE INDEX stored_file_of_export ON exports.stored_file (export_id);
