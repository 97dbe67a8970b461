"""FHIR packages: read from folder or archive, compiled, cached, and looked up; offline and pinned."""
