"""``harness serve``: the mock network, or a bare FHIR server, on sockets."""
