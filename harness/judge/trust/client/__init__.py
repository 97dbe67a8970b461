"""Duties of the PGO (``requirements-client.yaml``), one module per subject."""
