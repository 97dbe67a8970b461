"""The rules, one module per subject; importing this package registers all of them."""

from harness.pdfa.rules import document, graphics, metadata, syntax

__all__ = ["document", "graphics", "metadata", "syntax"]
