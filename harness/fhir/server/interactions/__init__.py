"""What a client may ask of a FHIR server by itself: :mod:`.instances` (read and write one resource),
:mod:`.patch`, :mod:`.conditional` (which resource a search string means), :mod:`.history`, :mod:`.searches`
and the :mod:`.pages` they are cut into, :mod:`.bundles` (batch and transaction).
"""
