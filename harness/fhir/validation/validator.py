"""The public validator; see :mod:`harness.fhir.validation`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from harness.core.issues import Issue
from harness.fhir.codec.documents import Document
from harness.fhir.collector import paused
from harness.fhir.model.definitions import Base
from harness.fhir.model.definitions import embedded as embedded_base
from harness.fhir.model.types import Model
from harness.fhir.profiles.books.book import FactBook
from harness.fhir.profiles.books.embedded import embedded_facts
from harness.fhir.profiles.knowledge import Knowledge, Resources
from harness.fhir.validation.engine import Engine
from harness.fhir.validation.findings import issues
from harness.fhir.validation.messages import sentence
from harness.fhir.validation.places import Json, Place
from harness.fhir.validation.run import Choose, Run


class Packages(Resources, Protocol):
    """Official packages: what :func:`~harness.fhir.packages.load.load_packages` gives."""

    @property
    def base(self) -> Base:
        """The base specification that the packages build on."""


class Validator:
    """Validates many documents with one set of packages.

    :param packages: official packages; they go before the embedded facts.
    :param embedded: whether the facts of the four standards that ship with the harness are used.
    :param version: FHIR version when no package set gives one.
    :param dialect: FHIRPath dialect of invariants: ``strict`` is the normative one, ``hapi`` that of scripts.
    """

    def __init__(
        self,
        packages: Packages | None = None,
        *,
        embedded: bool = True,
        version: str = "3.0.2",
        base: Base | None = None,
        dialect: str = "strict",
    ) -> None:
        if base is None:
            base = packages.base if packages is not None else embedded_base(version)
        facts: FactBook | None = None
        if embedded and base.version.startswith("3."):
            facts = embedded_facts()
        self.facts = facts
        self.knowledge = Knowledge(base, packages, facts)
        self.engine = Engine(self.knowledge, dialect)

    @property
    def model(self) -> Model:
        """The FHIR model that documents are to be parsed with."""
        return self.knowledge.model

    def validate(
        self,
        document: Document | Json,
        profiles: Sequence[str] = (),
        *,
        declared: bool = True,
        choose: Choose | None = None,
    ) -> list[Issue]:
        """Everything that is wrong with a document, in order of discovery; defects of the source first.

        A Bundle is checked as a Bundle, and each resource in it against its own profiles.

        :param document: a parsed document (then issues have line and column) or a JSON-shaped resource.
        :param profiles: canonical URLs that the document has to conform to besides those in ``meta.profile``.
        :param declared: whether ``meta.profile`` is followed.
        :param choose: the profiles, one of which each resource in the document (contained ones aside) has to
            conform to, whatever its ``meta.profile`` says.
        """
        if isinstance(document, Document):
            found = document.issues + document.dropped
            if document.fatal:
                return found
            return found + self._run(document.resource, profiles, declared, document, choose)
        return self._run(document, profiles, declared, None, choose)

    def type_of(self, profile: str) -> str:
        """The resource type that a profile is of, ``""`` when it is not known here."""
        rules = self.engine.rules(profile)
        return rules.type if rules is not None else ""

    def _run(
        self,
        resource: Json,
        profiles: Sequence[str],
        declared: bool,
        document: Document | None,
        choose: Choose | None,
    ) -> list[Issue]:
        run = Run(self.engine, resource, choose)
        name = resource.get("resourceType")
        place: Place = (None, name if isinstance(name, str) else "Resource", -1, "")
        try:
            with paused():
                self.engine.check_resource(resource, place, run, profiles=tuple(profiles), declared=declared)
        except RecursionError:
            run.add("fhir-depth", place, message=sentence("fhir-depth"))
        return issues(run.found, document.locate if document is not None else None)

    def conforms(self, document: Document | Json, profiles: Sequence[str] = ()) -> bool:
        """Whether a document has no error."""
        return not any(issue.severity == "error" for issue in self.validate(document, profiles))
