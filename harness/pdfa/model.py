# ruff: noqa: E501  (bilingual texts and tables)
"""Flavours of PDF/A, violations and the report of one check."""

from __future__ import annotations

from typing import Literal

import msgspec

from harness.core.issues import Issue, issue
from harness.core.text import Dutch, Text, Told

Outcome = Literal["valid", "invalid", "unreadable", "limit"]
"""``unreadable``: no document that can be followed; ``limit``: a safety limit stopped the check."""


class Flavour(msgspec.Struct, frozen=True):
    """One conformance level of one part of ISO 19005, e.g. part 2, level ``u``."""

    part: int
    level: str

    @property
    def id(self) -> str:
        """Short name as people write it: ``2u``."""
        return f"{self.part}{self.level}"


FLAVOURS: dict[str, Flavour] = {
    f"{part}{level}": Flavour(part, level)
    for part, levels in ((1, "ba"), (2, "bua"), (3, "bua"))
    for level in levels
}
"""The implemented flavours: 1b, 1a, 2b, 2u, 2a, 3b, 3u, 3a."""


class Violation(msgspec.Struct, Told, frozen=True, kw_only=True):
    """One broken rule at one place.

    :ivar rule: ``<clause>-<test>`` as veraPDF prints it, e.g. ``6.2.4.3-2``.
    :ivar message: what the rule asks, in both languages.
    :ivar where: object path, e.g. ``object 12`` or ``page 3 / content``; ``""`` for the whole file.
    :ivar page: 1-based page number, 0 when the place is not on a page.
    :ivar object: number of the indirect object that holds the place, 0 when there is none.
    :ivar expected: the other value of a mismatch; empty where the rule compares nothing.
    :ivar received: what was found, short; may be empty.
    :ivar disputed: both readings, where references differ on whether this breaks the rule.
    :ivar nl: Dutch for what is words; ``None``: there are literals only.
    :ivar count: number of places in total (only the first ones are kept as separate violations).
    """

    rule: str
    message: Text
    where: str = ""
    page: int = 0
    object: int = 0
    expected: str = ""
    received: str = ""
    count: int = 1
    disputed: Text | None = None
    nl: Dutch | None = None

    def issue(self) -> Issue:
        """The violation in the one defect shape of the harness."""
        return issue(self.rule, self.message, path=self.where, expected=self.wanted, received=self.seen)


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Result of one check of one document.

    :ivar outcome: see :data:`Outcome`.
    :ivar flavour: what it was checked as: ``2b``, or ``1b+2b`` for a file without a claim.
    :ivar claimed: what the document says it is (``1b`` … also unsupported ones such as ``4f``), or ``None``.
    :ivar also: other standards that it claims besides, such as ``PDF/UA-1``; they are not checked.
    :ivar rules: sorted rule ids that failed; prefixed ``1b:``/``2b:`` when checked as both.
    :ivar disputed_rules: those of ``rules`` of which every violation is disputed.
    :ivar findings: the violations, in order of discovery, capped per rule.
    :ivar reason: why the outcome is ``unreadable`` or ``limit``; both languages.
    :ivar pages: number of pages that were seen.
    :ivar empty_pages: 1-based numbers of pages without any mark (a warning for judges, no PDF/A rule).
    :ivar producer: which program says that it made the document, ``""`` when it does not say.
    :ivar engine: ``builtin`` or ``verapdf``.
    """

    outcome: Outcome
    flavour: str
    claimed: str | None = None
    also: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    disputed_rules: tuple[str, ...] = ()
    findings: tuple[Violation, ...] = ()
    reason: Text | None = None
    pages: int = 0
    empty_pages: tuple[int, ...] = ()
    producer: str = ""
    engine: str = "builtin"

    @property
    def valid(self) -> bool:
        """True only for outcome ``valid``."""
        return self.outcome == "valid"

    @property
    def disputed(self) -> bool:
        """True when the only reasons against the document are disputed."""
        return self.outcome == "invalid" and bool(self.rules) and self.rules == self.disputed_rules

    def issues(self) -> tuple[Issue, ...]:
        """All findings as :class:`~harness.core.issues.Issue`."""
        return tuple(v.issue() for v in self.findings)


_REASONS: dict[str, Text] = {
    "header": Text(nl="Geen PDF-kop (%PDF-) in de eerste 1024 bytes.", en="No PDF header (%PDF-) in the first 1024 bytes."),
    "startxref": Text(nl="Geen startxref aan het eind van het bestand.", en="No startxref at the end of the file."),
    "xref": Text(nl="De kruisverwijzingstabel staat niet waar startxref wijst.", en="The cross-reference is not where startxref points."),
    "xref offset": Text(nl="startxref of Prev wijst buiten het bestand.", en="startxref or Prev points outside the file."),
    "xref loop": Text(nl="De kruisverwijzingstabellen verwijzen naar elkaar.", en="The cross-reference sections refer to each other."),
    "xref stream": Text(nl="De kruisverwijzingsstroom is beschadigd.", en="The cross-reference stream is damaged."),
    "trailer": Text(nl="De trailer ontbreekt of is beschadigd.", en="The trailer is missing or damaged."),
    "object": Text(nl="Een object is beschadigd.", en="An object is damaged."),
    "catalog": Text(nl="De trailer verwijst niet naar een catalogus.", en="The trailer does not refer to a catalog."),
    "page tree": Text(nl="De paginaboom ontbreekt.", en="The page tree is missing."),
    "page tree loop": Text(nl="De paginaboom verwijst naar zichzelf.", en="The page tree refers to itself."),
    "password": Text(nl="Het document is versleuteld met een wachtwoord.", en="The document is encrypted with a password."),
    "encryption handler": Text(nl="Onbekende versleuteling.", en="Unknown encryption."),
    "encryption dictionary": Text(nl="De versleutelingsgegevens zijn beschadigd.", en="The encryption data is damaged."),
}  # fmt: skip


def stopped(outcome: Outcome, reason: str, flavour: str, claimed: str | None = None) -> Report:
    """The report of a check that could not end.

    :param outcome: ``unreadable`` or ``limit``.
    :param reason: the key of the reason, or the name of the limit.
    """
    if outcome == "limit":
        text = Text(nl=f"Veiligheidsgrens bereikt: {reason}.", en=f"Safety limit reached: {reason}.")
    else:
        text = _REASONS.get(reason, Text(nl=f"Onleesbaar: {reason}.", en=f"Unreadable: {reason}."))
    chosen = flavour if flavour != "auto" else (claimed if claimed in FLAVOURS else "1b+2b") or "1b+2b"
    return Report(outcome=outcome, flavour=chosen, claimed=claimed, reason=text)
