"""FHIR packages, offline and pinned; start with :mod:`.load`, which makes a :mod:`.package_set`.

A :mod:`.package` is read from a folder or an :mod:`.archive`, compiled into :mod:`.resources` and kept in the
:mod:`.cache`.
"""
