"""Fault injection: processes are killed, frozen and cut off while clients export; then a checker reads the history."""
