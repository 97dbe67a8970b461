"""The matrix: plan HIS × DVZA × PGO × standard × release cells, drive each once, judge many times.

:mod:`~harness.matrix.preparation` reads what a run needs, :mod:`~harness.matrix.cells` lists its cells,
:mod:`~harness.matrix.carriers` says which of them carry what, :mod:`~harness.matrix.plan` which scenario runs
in which cell, :mod:`~harness.matrix.facts` freezes what judges get, and the central module
:mod:`~harness.matrix.qualification` is the run itself. :mod:`~harness.matrix.kill` runs every fault,
:mod:`~harness.matrix.sharing` proves that carriers say enough.
"""
