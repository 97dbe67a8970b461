"""What to run: which scripts, under which conditions, with which profiles."""
