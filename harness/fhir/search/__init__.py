"""FHIR search; start with :mod:`.searcher`, which runs a :mod:`.query` (the search string taken apart).

:mod:`.parameters` says what a code means for a type, :mod:`.extractors` how its values are found and
:mod:`.values` how they are compared; :mod:`.criteria`, :mod:`.includes` and :mod:`.sorting` are the steps of
a search.
"""
