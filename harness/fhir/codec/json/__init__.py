"""FHIR JSON: :mod:`.read` and :mod:`.write`."""
