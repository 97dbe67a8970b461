"""Colour: spaces in use, ICC profiles, output intents (ISO 32000-1, 8.6 and 14.11.5)."""
