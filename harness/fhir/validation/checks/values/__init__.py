"""Checks of one value: primitives, codes and bindings, ranges, attachments, narrative."""
