"""FHIR search: the query string, what each parameter means, and execution over a store."""
