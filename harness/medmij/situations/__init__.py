"""Situations that a session with a live PGO plays, as data: :mod:`harness.medmij.situations.table`."""
