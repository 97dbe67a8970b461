"""Compares the answers of a cell with the records of all known persons, by value.

:mod:`.known` indexes the records, :mod:`.answers` takes answers apart, :mod:`.pairing` finds for each
resource of an
answer its partner in a record, by content and never by a technical id; :mod:`.cell` puts them together and
yields :mod:`.differences`. :mod:`.documents` does the same for bytes of documents.
"""
