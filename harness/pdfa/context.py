"""What every walker of one check shares: document, flavour, findings and results of earlier steps."""

from __future__ import annotations

from typing import Any

from harness.pdfa.cos import Document
from harness.pdfa.limits import Budget
from harness.pdfa.model import Flavour
from harness.pdfa.registry import Findings
from harness.pdfa.xmp_types import Schemas


class Context:
    """State of one check of one document against one flavour.

    :ivar output_space: colour space of the PDF/A output intent profile: ``GRAY``, ``RGB``, ``CMYK``, other
        text for odd profiles, or ``None`` without output intent.
    :ivar schemas: XMP schemas that the main packet declares.
    """

    def __init__(self, doc: Document, flavour: Flavour, budget: Budget) -> None:
        self.doc = doc
        self.flavour = flavour
        self.part = flavour.part
        self.level = flavour.level
        self.budget = budget
        self.limits = budget.limits
        self.findings = Findings(flavour, budget.limits.findings_per_rule)
        self.judge = self.findings.judge
        self.schemas = Schemas(flavour.part)
        self.root: dict[str, Any] = doc.dict_of(doc.trailer.get("Root"))
        self.output_space: str | None = None
        self.seen_metadata: set[object] = set()
        self.pages = 0
        self.empty_pages: list[int] = []
