"""What the report of one party says, on screen and on paper: the first page, and what follows, in order."""
