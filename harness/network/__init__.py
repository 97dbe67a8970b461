"""Network: participants that make traffic. Nothing here decides a verdict.

* :mod:`harness.network.running` starts a network and drives flows in it (read this one first);
* :mod:`harness.network.file` the network file, :mod:`harness.network.trust` the anchors and proxy it states;
* :mod:`harness.network.wire` the HTTP client of all drivers and the servers of all mocks;
* :mod:`harness.network.twins` stelselnode, DVZA, HIS, PGO; :mod:`harness.network.faults` what faults change;
* :mod:`harness.network.hosts` the names that listen, :mod:`harness.network.publishing` the twins on them;
* :mod:`harness.network.drive` what a PGO does in a cell, :mod:`harness.network.person` for whom;
* :mod:`harness.network.observe` what others do at our mocks, :mod:`harness.network.handout` what they need;
* :mod:`harness.network.doctor` the preflight, :mod:`harness.network.probes` what a server accepts in TLS.
"""
