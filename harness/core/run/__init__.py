"""What a run leaves behind: exchanges, events, findings, and the folder they live in."""
