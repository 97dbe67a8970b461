"""What must, may and must not come back of a query; start with :mod:`.expect`.

Two layers: our own search selects (:mod:`.selection`), the rules of ``profiles/<standard>/selection.yaml``
decide
what may leave the HIS at all (:mod:`.rules`). :mod:`.reload` says when a record that was loaded once is too
old.
"""
