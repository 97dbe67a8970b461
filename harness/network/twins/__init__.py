"""Twins: our configurable mocks of the stelselnode, the DVZA and the HIS. Strict; every deviation is a fault
that was switched on by name."""

from __future__ import annotations
