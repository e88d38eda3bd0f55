"""The HTML of copies and of the front pages. Pure: a graded exam in, HTML and its resources out."""
