"""Copies typeset side by side in worker processes, and kept by content."""
