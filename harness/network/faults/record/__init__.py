"""Faults that show against the record as a whole: :mod:`.boundaries` periods that are a day off,
:mod:`.readback` what becomes of what was sent, :mod:`.searching` searches that no standard asks."""
