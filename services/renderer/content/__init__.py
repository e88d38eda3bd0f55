"""What teachers and students wrote, parsed into blocks, lines, formulas, graphs and code. Pure."""
