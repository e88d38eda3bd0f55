"""HTML to tagged PDF with WeasyPrint, in fonts of our own."""
