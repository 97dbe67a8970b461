"""Redaction: what is learned as secret, recognised, tagged and rewritten before anything is written.

:mod:`~harness.record.redact.redactor` is the way in; ``people`` knows persons and their numbers.
"""
