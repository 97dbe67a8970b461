"""Flows: what a PGO does in a cell, step by step, and the named variants of it.

* :mod:`harness.network.flows.session` one flow of one cell: sends and records requests with their labels;
* :mod:`harness.network.flows.driver` the steps of the main flow and of the variants (read this one first);
* :mod:`harness.network.flows.queries` the resource requests of a standard;
* :mod:`harness.network.flows.servers` faulty servers and lists while a variant runs.
"""

from __future__ import annotations
