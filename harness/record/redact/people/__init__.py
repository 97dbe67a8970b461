"""Whose data a message carries: declared persons, BSNs, the people in FHIR documents, what must be masked.

:mod:`~harness.record.redact.people.care` is where it comes together.
"""
