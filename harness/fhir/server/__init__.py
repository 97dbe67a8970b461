"""A strict FHIR REST server in process; start with :mod:`.service`, which takes a request and routes it.

A request becomes a :mod:`.call`; what it may do works on the shared :mod:`.state`: :mod:`.interactions`
(read, write, search, history, bundles), :mod:`.operations`, :mod:`.capability`. :mod:`.content` negotiates
and encodes, :mod:`.subset` leaves parts of resources out, :mod:`.conformance` judges what is written,
:mod:`.errors` refuses. :mod:`.options` names every deviation from the strict reading, :mod:`.faults` the
deliberate ones. :mod:`.asgi` puts it behind a socket, also for browsers (:mod:`.browsers`).
"""
