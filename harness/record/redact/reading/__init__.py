"""Everything that a text says: as it stands, unescaped, without markup, and what coded words in it hold.

:func:`~harness.record.redact.reading.readings.readings` is the way in. Nothing here knows what is looked for.
"""
