"""What operators ask of a running installation: an export's whole story, parked events, retention now, one more try."""
