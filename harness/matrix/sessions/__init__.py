"""Sessions with live PGOs as runs: each has a run folder below ``sessions/`` of the run that serves.

:mod:`harness.matrix.sessions.desk` opens and closes them; :mod:`harness.matrix.sessions.wish` is what is
asked for, checked; :mod:`harness.matrix.sessions.held` one session with its folder and what it gives so far.
"""
