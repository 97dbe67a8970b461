"""FHIR XML: :mod:`.read` (by the :mod:`.tables` of a type, defects in :mod:`.notes`) and :mod:`.write`."""
