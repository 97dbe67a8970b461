"""PDF/A validation (ISO 19005-1, -2, -3) without Java: does a document conform to what it claims?

Reading order:

1. :mod:`harness.pdfa.checking` is one check: the steps in their order, and the report.
2. :mod:`~harness.pdfa.file`, bytes to objects: tokens, the cross-reference chain, every object at the offset
   that the cross-reference gives. Nothing is repaired; oddities become facts. All loops spend from a budget.
3. :mod:`~harness.pdfa.facts`, objects to facts: walkers go over file structure, metadata, catalog, pages and
   contents, and hand each fact to a sink (:class:`~harness.pdfa.facts.context.Sink`). Each content stream
   runs once with a graphics state; only what is really used (fonts, images, colour spaces) is looked at.
4. :mod:`~harness.pdfa.rules`, predicates over facts, apart from what computes them. The id of a rule is
   ``<clause>-<test>`` as veraPDF prints it; :mod:`~harness.pdfa.rules.profile` says which rules a flavour
   has; :class:`~harness.pdfa.rules.findings.Findings` is the sink that holds facts against them.
5. Around it: :mod:`~harness.pdfa.worker` (checks in processes of their own), :mod:`~harness.pdfa.batch` (many
   documents on all cores), :mod:`~harness.pdfa.advice` (what the maker of the document can do), and
   :mod:`~harness.pdfa.formats` (JSON, JUnit, SARIF, veraPDF's XML), :mod:`~harness.pdfa.engines`
   (veraPDF as a second opinion), :mod:`~harness.pdfa.policy` (which flavours MedMij accepts).

``file`` knows nothing of ``facts``, ``facts`` nothing of ``rules``. Public is what ``__all__`` lists.
"""

from __future__ import annotations

from pathlib import Path

from harness.core.errors import UsageError, nearest
from harness.core.text import Text
from harness.pdfa.file.limits import Limits
from harness.pdfa.model import FLAVOURS, Flavour, Outcome, Report, Violation, stopped
from harness.pdfa.worker import check_isolated

__all__ = ["FLAVOURS", "Flavour", "Limits", "Outcome", "Report", "Violation", "check", "require_flavour"]


def check(
    data: bytes | Path, flavour: str = "auto", limits: Limits | None = None, isolated: bool = False
) -> Report:
    """Check one document.

    :param data: the document, or the file that holds it.
    :param flavour: one of :data:`FLAVOURS`, or ``auto``: what the document claims, else 1b and 2b.
    :param limits: safety limits.
    :param isolated: run in a worker process with limits on memory and processor time.
    :raises UsageError: an unknown flavour.
    """
    require_flavour(flavour)
    limits = limits or Limits()
    size = data.stat().st_size if isinstance(data, Path) else len(data)
    if size > limits.file_bytes:
        return stopped("limit", "file_bytes", flavour)
    if isolated:
        return check_isolated(data, flavour, limits)
    from harness.pdfa.checking import check_document  # a quarter of a second; workers have it themselves

    return check_document(data.read_bytes() if isinstance(data, Path) else data, flavour, limits)


def require_flavour(flavour: str) -> None:
    """Raise :class:`UsageError` unless ``flavour`` is ``auto`` or one of :data:`FLAVOURS`."""
    if flavour != "auto" and flavour not in FLAVOURS:
        raise UsageError(
            Text(nl=f"Onbekende flavour {flavour!r}.", en=f"Unknown flavour {flavour!r}."),
            expected="auto, " + ", ".join(FLAVOURS),
            received=flavour,
            next_step=nearest(flavour, FLAVOURS),
        )
