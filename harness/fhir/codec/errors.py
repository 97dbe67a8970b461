"""What cannot be written."""

from __future__ import annotations

from harness.core.errors import InputError


class EncodeError(InputError):
    """A resource cannot be written in the wanted format; ``where`` is its FHIRPath location."""
