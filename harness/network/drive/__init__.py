"""Driving: what a PGO does in a cell, step by step, and the named variants of it.

* :mod:`harness.network.drive.session` one flow of one cell: sends and records requests with their labels;
* :mod:`harness.network.drive.driver` the steps of the main flow and of the variants (read this one first);
* :mod:`harness.network.drive.queries` the resource requests of a standard;
* :mod:`harness.network.drive.circumstances` faulty servers and lists while a variant runs.
"""
