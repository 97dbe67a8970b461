"""The run folder as a place on the disk: written so that nothing is torn, owned by one process, taken only when it is ours."""
