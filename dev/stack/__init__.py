"""The services and private servers as guarded processes of one machine."""
