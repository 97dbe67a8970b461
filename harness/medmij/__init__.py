"""What the MedMij trust framework says, one module per interface; nothing here talks or decides a verdict.

Central module: :mod:`harness.medmij.releases` (the release families as data; every other module takes a
``Release``). Interfaces: :mod:`~harness.medmij.lists` (provider, client, service-name and white lists),
:mod:`~harness.medmij.authorization`, :mod:`~harness.medmij.token`, :mod:`~harness.medmij.resource`, with
:mod:`~harness.medmij.scope`, :mod:`~harness.medmij.urls`, :mod:`~harness.medmij.headers`,
:mod:`~harness.medmij.errors` and :mod:`~harness.medmij.pages` beside them. The parse functions are strict:
they return what they understood together with :class:`harness.core.issues.Issue` objects, and repair
nothing. The mocks and the judges use the same functions.
"""
