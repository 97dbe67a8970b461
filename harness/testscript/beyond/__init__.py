"""Beyond what scripts ask: their exchanges against reference records.

"The script passed, and yet …": asserts count and look at a few elements; the record of the test person
knows what each answer had to hold. :mod:`.compare` reconciles, :mod:`.told` is what is said of it. Reported
apart: never part of the verdict of a script, of its TestReport or of the exit code.
"""
