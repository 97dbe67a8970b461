"""Checks of what belongs together: references and their targets, ids, Bundles, what a resource contains."""
