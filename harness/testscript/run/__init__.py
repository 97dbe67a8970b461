"""Scripts against a target: our own server and PGO (:mod:`.own`), a FHIR server (:mod:`.server`), a DVZA of a
network file (:mod:`.medmij`); and many scripts beside each other (:mod:`.parallel`).
"""
