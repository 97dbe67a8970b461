"""Scan: what of people and secrets can still be read in a folder, before it leaves the building.

* :mod:`~harness.record.scan.folder` goes through the files; in a run folder the recordings come first;
* :mod:`~harness.record.scan.look` looks at one file, body or exchange, with the recorder's own recognisers;
* :mod:`~harness.record.scan.sighted` is what is told: a place and a kind, never a value.
"""
