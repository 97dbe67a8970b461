"""Embedded constraint facts of the four standards (written below)."""
from __future__ import annotations
def embedded_facts():
    return None
