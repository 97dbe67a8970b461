"""What a run leaves behind: exchanges, events, findings, what they depend on, and the folder they live in."""
