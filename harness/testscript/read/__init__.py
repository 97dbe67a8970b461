"""What a TestScript set says: scripts, folders, variables, tokens."""
