"""The functions of FHIRPath, one module per chapter of the specification.

:mod:`.registry` is the table that each module fills, :mod:`.table` all of them together.
"""
