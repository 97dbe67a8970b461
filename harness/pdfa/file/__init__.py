"""Bytes to objects: tokens, cross-reference, objects, filters, encryption; with limits on untrusted bytes."""
