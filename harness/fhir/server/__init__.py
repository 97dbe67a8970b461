"""A strict FHIR REST server in process; start with :mod:`.service`, which takes a request and routes it.

A request becomes a :mod:`.call`; what it may do works on the shared :mod:`.state`: :mod:`.instances` (read
and write one resource), :mod:`.searches`, :mod:`.bundles` (batch and transaction), :mod:`.operations`,
:mod:`.capability`. :mod:`.content` negotiates and encodes, :mod:`.errors` refuses, :mod:`.options` names
every deviation from the strict reading; :mod:`.asgi` puts it behind a socket.
"""
