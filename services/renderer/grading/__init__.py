"""Marks, totals, ranks, head count and statistics of a graded exam: the same numbers for every format."""
