"""Everything is killed, frozen and cut off while teachers export; afterwards a checker reads what happened."""
