"""Golden documents: what every page of the sample reports says, in what order, under which tags and in which boxes.

Kept as text beside the tests, so that a change of the report is read in a diff before it is accepted.
`python -m dev.golden` compares and exits 1 where they differ; `--write` writes them.
"""
