"""Judges of one standard each, for what its data cannot say."""
