"""What programs read of a run: the JSON summary, JUnit."""
