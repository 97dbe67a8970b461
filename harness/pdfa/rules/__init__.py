"""The rules, one module per subject; importing this package registers all of them."""

from harness.pdfa.rules import metadata

__all__ = ["metadata"]
