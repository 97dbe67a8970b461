"""Judges of the MedMij trust framework, one module per interface and side."""
