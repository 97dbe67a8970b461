"""FHIR TestScript: load official scripts, drive their operations, judge their asserts, watch a client.

Reading order, each folder importing only those before it:

* :mod:`.read`     what a script says, and the folders around it
* :mod:`.judge`    one assert on a recorded exchange: pure functions
* :mod:`.outcome`  results, and the folder that a run leaves behind
* :mod:`.execute`  one script as a generator that asks for exchanges
* :mod:`.plan`     which scripts, and how
* :mod:`.own`      our own server with a set's fixtures
* :mod:`.watch`    a live client that calls our server
* :mod:`.run`      scripts against our server, a FHIR server or a DVZA

Driving never decides a verdict: asserts are judged over recorded exchanges.
"""
