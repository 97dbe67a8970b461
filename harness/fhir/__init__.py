"""What FHIR says, and nothing of MedMij: codec, FHIRPath, packages, profiles, validation, search, server.

Start with :mod:`harness.fhir.model.types` (structure facts per FHIR version) and
:mod:`harness.fhir.codec.documents` (XML and JSON in and out, with defects as issues); the rest stands on
those two. :mod:`.store` holds resources for search and server, :mod:`.outcomes` says issues as
OperationOutcome.
"""
