"""Images that a document shows: found by allow-listed address, fetched, checked and decoded."""
