"""Whose data the answers are: :mod:`.owners` looks into any answer of a cell, :mod:`.judges` decides."""
