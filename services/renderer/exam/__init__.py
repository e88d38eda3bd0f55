"""A graded exam read from Correcta's tables or a JSON file, in batches, and its copies spooled to disk."""
