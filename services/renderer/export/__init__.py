"""The use case: a graded exam and a request in, a file, its warnings and its progress out."""
