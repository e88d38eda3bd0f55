"""The sample school: invented people, real-looking exams. Written by hand, multiplied with care, the same at each run.

`python -m dev.sample.generate` writes `school.sql` and `exams/*.json`; both say the same thing.
"""
