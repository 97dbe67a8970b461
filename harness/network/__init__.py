"""Network: participants that make traffic. Nothing here decides a verdict.

* :mod:`harness.network.file` the network file;
* :mod:`harness.network.wire.connect` public port-less names to where they really listen;
* :mod:`harness.network.wire.client` the HTTP client of all drivers; :mod:`harness.network.wire.serving` the
servers of
  all mocks (many hosts in one event loop, TLS peer facts in the ASGI scope);
* :mod:`harness.network.twins` stelselnode, DVZA, HIS; :mod:`harness.network.twins.pgo` the PGO;
* :mod:`harness.network.flows` what a PGO does in a cell, and the negative variants;
* :mod:`harness.network.running` starts a network and drives flows in it (read this one first).
"""

from __future__ import annotations
