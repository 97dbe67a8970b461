"""What is done with a run folder afterwards: judge again, verify, sign, export; and challenges for runs."""
