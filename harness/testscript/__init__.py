"""FHIR TestScript: load official scripts, drive their operations, judge their asserts, watch a client.

Reading order: :mod:`.model` (what a script says), :mod:`.load` (files and folders), :mod:`.variables`
(placeholders), :mod:`.execute` (one script as a generator that asks for exchanges), :mod:`.judge` (one
assert),
:mod:`.selfserver` (our own server with a set's fixtures), :mod:`.run` (many scripts), :mod:`.watch` (a live
client). Driving never decides a verdict: asserts are judged by pure functions over recorded exchanges.
"""
