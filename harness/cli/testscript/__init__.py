"""``harness testscript``: run official FHIR TestScripts, watch a live client, write the fixtures of a set."""
