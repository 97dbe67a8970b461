"""Driving: what a PGO does in a cell, step by step, and the named variants of it.

* :mod:`harness.network.drive.flow` the main flow and the variants (read this one first), with a module per
  interface: :mod:`~harness.network.drive.lists`, :mod:`~harness.network.drive.authorization`,
  :mod:`~harness.network.drive.token`, :mod:`~harness.network.drive.resource`,
  :mod:`~harness.network.drive.refresh`;
* :mod:`harness.network.drive.session` what the steps share: sends and records requests with their labels;
* :mod:`harness.network.drive.visits` the person's browser, :mod:`harness.network.drive.queries` the resource
  requests of a standard;
* :mod:`harness.network.drive.circumstances` faulty servers and lists while a variant runs;
* :mod:`harness.network.drive.driver` which flows a cell can have, and what each begins with.
"""
