"""Other ways to the same report, each drawn from the same exam: Chromium, Typst, react-pdf."""
