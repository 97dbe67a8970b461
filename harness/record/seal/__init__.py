"""The seal of a run: a signature over its manifest, as DSSE envelopes with in-toto statements.

* :mod:`harness.record.seal.statement` what is signed: statements about one manifest;
* :mod:`harness.record.seal.dsse` envelopes and the certificates beside them;
* :mod:`harness.record.seal.keys` keys to sign with, from PEM or PKCS#12, and their identity;
* :mod:`harness.record.seal.trust` whose signature is believed: keys and authorities from files, what is
  revoked;
* :mod:`harness.record.seal.register` whose a key is, and :mod:`harness.record.seal.keeping` keeping that;
* :mod:`harness.record.seal.envelope` ``seal.json``: making and checking it;
* :mod:`harness.record.seal.countersign` that a bureau agrees with waivers and reviews of a dossier;
* :mod:`harness.record.seal.limits` what a seal cannot prove, in words.

``verify`` needs the folder and the trusted keys only.
"""
