"""The rules of ISO 19005 as predicates over facts, one module per subject; a flavour selects."""
