"""The run folder as a place on the disk: written whole, owned by one process, taken only when it is ours."""
