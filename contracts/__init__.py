"""What crosses a process boundary: models, names and closed lists. No I/O, and nothing of the services."""

VERSION = "2.0.0"
"""Of this software, its interfaces and its images: the only place that says it."""
