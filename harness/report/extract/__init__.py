"""What a supplier gets of a sealed run or dossier: its own rows, and of others totals without names.

``document`` says what is in the file, ``making`` makes it, ``names`` knows what would name others, and
``checking`` tells without the rest whether it is of the sealed run. The shares that all of it rests on are
made when a run ends (:mod:`harness.judge.evidence.shares`).
"""
