"""What every walker of one check shares: document, flavour, findings and results of earlier steps."""

from __future__ import annotations

from typing import Any

from harness.pdfa.facts.graphics.color import Space
from harness.pdfa.facts.metadata.value_types import Schemas
from harness.pdfa.file.cos import Document, Stream
from harness.pdfa.file.limits import Budget
from harness.pdfa.model import Flavour
from harness.pdfa.rules.registry import Findings


class Context:
    """State of one check of one document against one flavour.

    :ivar output_space: colour space of the PDF/A output intent profile: ``GRAY``, ``RGB``, ``CMYK``, other
        text for odd profiles, or ``None`` without output intent.
    :ivar schemas: XMP schemas that the main packet declares.
    """

    def __init__(self, doc: Document, flavour: Flavour, budget: Budget, depth: int = 0) -> None:
        self.doc = doc
        self.depth = depth
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
        self.output_class: str | None = None
        self.output_profile: Stream | None = None
        self.seen_metadata: set[object] = set()
        self.seen_actions: set[object] = set()
        self.seen_signatures: set[object] = set()
        self.seen_profiles: set[int] = set()
        self.seen_files: set[int] = set()
        self.spaces: dict[int, Space] = {}
        self.judged_spaces: dict[tuple[int, bool], Space] = {}
        self.separations: dict[str, Space] = {}
        self.seen_states: dict[object, bool] = {}
        self.seen_objects: set[tuple[str, int]] = set()
        self.fonts: dict[object, Any] = {}
        self.programs: dict[int, tuple[Any]] = {}
        self.interpreter: Any = None
        self.pages = 0
        self.empty_pages: list[int] = []
