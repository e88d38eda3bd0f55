"""One file of each format: the PDF report, the ZIP of one PDF a student, CSV and XLSX sheets."""
