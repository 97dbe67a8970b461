"""The checks of the validator, one module per subject."""
