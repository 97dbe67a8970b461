"""Our own server with the fixtures of a set, and those fixtures for a vendor to load."""
