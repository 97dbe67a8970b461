"""A test public key infrastructure in the shape of PKIoverheid, and what "good" TLS is.

Central module: :mod:`harness.pki.authority` (roots, issuing authorities, leaf certificates, faulty ones by
name). Around it: :mod:`harness.pki.contexts` (``ssl.SSLContext`` builders), :mod:`harness.pki.facts`
(facts of a peer certificate for the recorder), :mod:`harness.pki.ncsc` (the rating of TLS versions and
cipher suites). Nothing in here talks to the network; probes live in ``harness.network.probes``.
"""
