"""A strict FHIR REST server in process, with an in-memory store."""
