"""Servers that mean harm, and what a run against each comes to (``__main__``)."""
