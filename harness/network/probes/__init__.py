"""Probes: what a server accepts in TLS, tried with handshakes that we write and read ourselves.

Central module: :mod:`harness.network.probes.scan` (which probes, what each outcome was).
:mod:`harness.network.probes.hello` writes a ClientHello and reads the answer, so that versions and cipher
suites can be offered that the local TLS library refuses to speak. :mod:`harness.network.probes.flow` records
the probes of a cell; :mod:`harness.network.probes.client_hello` looks at what a client offers.
A probe never decides: outcomes go into the recording, judges compare them with the rules.
"""

from __future__ import annotations
