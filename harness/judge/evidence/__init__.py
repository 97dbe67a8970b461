"""Whether a run folder holds together and gives its findings, and what is stated of it in a seal."""
