"""One script: its steps in order, the requests they ask for, the content they name."""
