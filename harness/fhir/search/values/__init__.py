"""What a resource offers under a parameter, and whether a query value matches it; one module per type.

Each module has an indexer (``index_…``) and a matcher (``match_…``). Indexers work by the shape of the value
(a dict with ``coding`` is a CodeableConcept), so that they need no FHIR version.
"""
