"""What to run: scripts (:mod:`.items`), how (:mod:`.plan`), with which profiles (:mod:`.validators`)."""
