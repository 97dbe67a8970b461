"""Searches that no official script asks (flow ``search``): :mod:`.attempts` takes the recording apart,
:mod:`.judges` decides. The smallest search that is answered wrongly is what a finding shows."""
