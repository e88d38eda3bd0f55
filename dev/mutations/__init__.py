"""Known mistakes, made one at a time in a copy of the tree: for each, a test that notices."""
