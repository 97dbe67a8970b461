"""Judges: pure functions from redacted exchanges to findings.

Central module: :mod:`harness.judge.judging`, which judges one cell from its
:class:`~harness.judge.view.CellView` with the functions registered in :mod:`harness.judge.registry`
against the :mod:`harness.judge.catalogue`. The judges themselves stand in ``every_standard``, ``standards``
and ``trust``. No module of this room does I/O of its own or reads a clock (a test checks it); the catalogue
loader is the only one that reads the shipped data.
"""
