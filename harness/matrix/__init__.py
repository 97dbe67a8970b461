"""The matrix: plan HIS × DVZA × PGO × standard × release cells, drive each once, judge many times.

Central module: :mod:`harness.matrix.qualification`.
"""
