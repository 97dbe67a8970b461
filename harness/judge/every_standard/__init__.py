"""Judges of what holds for every standard: searchsets, formats, one person, content, the PGO's requests."""
