-- What storage may do in schema `exports` where another role owns it: what its statements do, and no more.
GRANT USAGE ON SCHEMA exports TO {role};
REVOKE ALL ON exports.stored_file, exports.alembic_version_storage FROM {role};
GRANT SELECT, INSERT, UPDATE, DELETE ON exports.stored_file TO {role};
GRANT SELECT ON exports.alembic_version_storage TO {role};
