"""The base specifications as facts; start with :mod:`.types` (types and elements).

:mod:`.definitions` is everything else that HL7 defines (constraints, bindings, search parameters);
:mod:`.structure` and :mod:`.build` compile both from HL7's definitions.
"""
