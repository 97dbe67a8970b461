"""The JSON Schemas that ship with the harness, and which of its data was checked against them."""
