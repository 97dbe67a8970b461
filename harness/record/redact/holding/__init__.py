"""What of a document of a declared person may stay: what reference records hold, and what names nobody.

:mod:`~harness.record.redact.holding.groups` says which words of FHIR are whose, :mod:`.held` what is known of
them, :mod:`.in_json` and :mod:`.in_xml` take the rest out of a document without touching anything else in it.
"""
