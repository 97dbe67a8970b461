"""Memory that judging took goes back to the system: a network is served for days."""

from __future__ import annotations

import ctypes
import gc
import sys


def give_back() -> None:
    """Give back what is not used any more, where the C library can (glibc); else it keeps that for itself."""
    gc.collect()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none
        if trim is not None:
            trim(0)
