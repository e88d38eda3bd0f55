"""What crosses a process boundary: models, names and closed lists. No I/O, and nothing of the services."""
