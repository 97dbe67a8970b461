"""Resources in and out; start with :mod:`.documents`: bytes <-> one JSON-shaped dictionary.

:mod:`.xml` and :mod:`.json` are the two formats, :mod:`.defects` what can be wrong with the bytes,
:mod:`.positions` line and column of an element.
"""
