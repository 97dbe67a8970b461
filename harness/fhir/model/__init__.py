"""The base specifications as facts: types, elements, constraints, and how they are compiled from HL7's
definitions."""
