"""Embedded font programs: Type 1, CFF, TrueType; read only as far as the glyphs that are used need."""
