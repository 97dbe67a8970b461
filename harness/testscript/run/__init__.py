"""Running scripts against a server, and what a run leaves behind."""
