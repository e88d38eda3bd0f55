"""Every word, number, date, name and file name that the renderer itself writes, in the language of the export."""
