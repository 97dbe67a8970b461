"""Words in which the check of a PDF says what was found, in both languages."""

from __future__ import annotations

from typing import Final

from harness.core.text import Text

PROFILE: Final = Text(
    nl="klasse {device}, kleurruimte {space}, versie {version}",
    en="class {device}, space {space}, version {version}",
)
VERAPDF: Final = Text(nl="verapdf op het pad, of {variable}", en="verapdf on the path, or {variable}")
