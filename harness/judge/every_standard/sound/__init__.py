"""What can be said of answers without a reference record: whether they contradict themselves or FHIR.

:mod:`.repeated` compares answers with each other, :mod:`.entries` looks at what a searchset holds and says of
itself, :mod:`.values` at codes, times and texts.
"""
