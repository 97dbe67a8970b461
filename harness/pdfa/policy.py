"""Which flavours MedMij accepts: data, kept apart from the question whether a file is what it claims."""

from __future__ import annotations

from harness.core.text import Text
from harness.pdfa.model import FLAVOURS, Report

ACCEPTED: frozenset[str] = frozenset(FLAVOURS)
"""Flavours that the PDF/A standard of MedMij accepts for a letter."""


def refusal(report: Report, accepted: frozenset[str] = ACCEPTED) -> Text | None:
    """Why a document is not acceptable by its flavour, or ``None`` when it is.

    Says nothing about validity: a document can be an invalid 2b and still be of an accepted flavour.
    """
    if report.claimed is None:
        return Text(
            nl="Het document zegt zelf niet dat het PDF/A is (geen pdfaid in de metadata).",
            en="The document does not say that it is PDF/A (no pdfaid in the metadata).",
        )
    if report.claimed not in accepted:
        names = ", ".join(sorted(accepted))
        return Text(
            nl=f"Het document is PDF/A-{report.claimed}; aanvaard worden {names}.",
            en=f"The document is PDF/A-{report.claimed}; accepted are {names}.",
        )
    return None
