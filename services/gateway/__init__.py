"""HTTP in, server-sent events out. The only writer of an export's state."""
