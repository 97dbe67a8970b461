"""Recordings as evidence: ``exchanges/<unit>.jsonl``, each line chained to the one before, and ``bodies/``.

* :mod:`harness.record.chain.lines` what a line holds, its hash, and exchange ↔ line;
* :mod:`harness.record.chain.bodies` the store of bodies by their hash;
* :mod:`harness.record.chain.units` names of units and of their files;
* :mod:`harness.record.chain.raw` the bytes of a recording, line by line;
* :mod:`harness.record.chain.read` the reader, bounded and strict;
* :mod:`harness.record.chain.recover` what is done with a recording of a killed process;
* :mod:`harness.record.chain.write` the writer of one unit.

A *unit* is a driven cell, a session, or ``shared``. Its file grows as plain JSON lines and is compressed when
the unit ends. The chain shows damage and carelessness; it is no proof against somebody who computes it again.
Only a signature over the manifest is (:mod:`harness.record.seal`).
"""
