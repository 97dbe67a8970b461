"""Packages and their base specification as one place to look things up."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from harness.core.issues import Issue
from harness.fhir.model.definitions import Base
from harness.fhir.model.types import Model
from harness.fhir.packages.package import Package
from harness.fhir.packages.resources import Row

Json = dict[str, Any]

MAX_NAMED = 20
"""Invalid files of one package that a result names; it counts all."""


class PackageIdentity(msgspec.Struct, frozen=True):
    """What a result says about a package that decided it.

    :ivar hash: SHA-256 of the content, ``""`` for the embedded base specification.
    :ivar embedded: whether it shipped with the harness.
    :ivar invalid: names of its files that cannot be read or hold defects, and how many there are.
    """

    name: str
    version: str
    hash: str
    embedded: bool = False
    invalid: tuple[str, ...] = ()
    invalid_count: int = 0


@dataclass
class PackageSet:
    """Packages and their base specification; what :func:`~harness.fhir.packages.load.load_packages` gives.

    :ivar packages: given packages in the order given, then their dependencies.
    :ivar base: the base specification.
    :ivar notes: issues about the set itself, of severity ``information`` or ``warning``.
    """

    packages: tuple[Package, ...]
    base: Base
    notes: list[Issue] = field(default_factory=list)

    @property
    def model(self) -> Model:
        """Structure facts of the base specification."""
        return self.base.model

    def get(self, kind: str, canonical: str) -> Json | None:
        """The resource with a canonical URL, with or without ``|version``; do not change it.

        Packages go before the base specification, given packages before dependencies. Types of the base
        specification are not resources here but in :attr:`model`.
        """
        for package in self.packages:
            found = package.store.get(kind, canonical)
            if found is not None:
                return found
        return self.base.resources.get(kind, canonical)

    def rows(self, kind: str) -> Iterator[tuple[Package, Row]]:
        """Every resource of a type in the packages (not the base specification), without decoding."""
        for package in self.packages:
            for row in package.store.of_type(kind):
                yield package, row

    def identity(self) -> list[PackageIdentity]:
        """Name, version and hash of the base specification and of each package, with its invalid files."""
        base = PackageIdentity("hl7.fhir", self.base.version, self.base.content_hash, self.base.embedded)
        return [
            base,
            *(
                PackageIdentity(
                    p.name,
                    p.version,
                    p.content_hash,
                    invalid=p.invalid[:MAX_NAMED],
                    invalid_count=len(p.invalid),
                )
                for p in self.packages
            ),
        ]

    @property
    def content_hash(self) -> str:
        """One hash for the whole set: equal sets give equal verdicts."""
        text = "\n".join(f"{i.name}#{i.version} {i.hash}" for i in self.identity())
        return hashlib.sha256(text.encode()).hexdigest()
