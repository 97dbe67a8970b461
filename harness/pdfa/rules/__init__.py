"""The rules, one module per subject; importing this package registers all of them."""

from harness.pdfa.rules import document, fonts, graphics, metadata, syntax

__all__ = ["document", "fonts", "graphics", "metadata", "syntax"]
