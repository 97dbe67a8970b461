"""The catalogue of requirements: every testable statement with its source, strength and state.

Read from ``profiles/*/requirements*.yaml``. The catalogue hash goes into every run, so that a verdict says
which catalogue decided it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from harness.core.data import data_path
from harness.core.errors import ConfigurationError, UsageError, nearest
from harness.core.ids import check_requirement_id
from harness.core.text import Text
from harness.core.verdicts import Strength
from harness.core.yamlfile import YamlDocument, load_yaml
from harness.medmij.releases import release_ids


class Requirement(msgspec.Struct, frozen=True, kw_only=True):
    """One testable statement (fields as in DESIGN section 7)."""

    id: str
    title: Text
    source: str
    mark: str
    role: str
    strength: Strength
    kind: str
    state: str
    standard: str = ""
    releases: tuple[str, ...] = msgspec.field(default_factory=release_ids)
    basiseis: tuple[str, ...] = ()
    official: tuple[str, ...] = ()
    reason: Text = Text(nl="", en="")
    samples: dict[str, int] = {}
    waiting: dict[str, float] = {}
    faults: tuple[str, ...] = ()
    flows: tuple[str, ...] = ()
    positive: str = ""
    negative: str = ""

    @property
    def decidable(self) -> bool:
        """Whether a judge decides it (active and automatic)."""
        return self.state == "active" and self.kind == "automatic"

    def waits_longer(self, intensity: str) -> bool:
        """Whether deciding it takes real waiting that an intensity leaves out."""
        return bool(self.waiting) and intensity not in self.waiting

    def applies_to(self, standard: str, release: str) -> bool:
        """Whether it belongs to cells of this standard and release."""
        return self.standard in ("", standard) and release in self.releases


class Catalogue:
    """All requirements by id."""

    def __init__(self, requirements: Iterable[Requirement], digest: str) -> None:
        self._by_id = {item.id: item for item in requirements}
        self.digest = digest

    def __iter__(self) -> Iterator[Requirement]:
        return iter(self._by_id.values())

    def __len__(self) -> int:
        return len(self._by_id)

    def __contains__(self, requirement_id: object) -> bool:
        return requirement_id in self._by_id

    def __getitem__(self, requirement_id: str) -> Requirement:
        """The requirement with this id.

        :raises UsageError: when there is none; names the nearest id.
        """
        try:
            return self._by_id[requirement_id]
        except KeyError:
            hint = nearest(requirement_id, self._by_id)
            raise UsageError(
                Text(nl=f"onbekende eis '{requirement_id}'", en=f"unknown requirement '{requirement_id}'"),
                next_step=Text(nl=f"bedoelde u {hint}?", en=f"did you mean {hint}?") if hint else "",
            ) from None

    def of_cell(self, standard: str, release: str) -> list[Requirement]:
        """Requirements that belong to cells of this standard and release, in id order."""
        return sorted((item for item in self if item.applies_to(standard, release)), key=lambda item: item.id)


def _requirement(document: YamlDocument, index: int, raw: dict[str, Any], standard: str) -> Requirement:
    check_requirement_id(raw["id"], document.where("requirements", index, "id"))
    if raw["state"] == "planned" and "reason" not in raw:
        raise ConfigurationError(
            Text(nl="een geplande eis zonder reden", en="a planned requirement without a reason"),
            where=document.where("requirements", index),
            expected="reason: {nl, en}",
        )
    return msgspec.convert({**raw, "standard": standard}, Requirement)


def read_requirements(path: Path) -> list[Requirement]:
    """Requirements of one catalogue file.

    :raises ConfigurationError: when the file does not follow its schema.
    """
    document = load_yaml(path, schema="requirements")
    standard = document.data.get("standard", "")
    return [
        _requirement(document, index, raw, standard)
        for index, raw in enumerate(document.data["requirements"])
    ]


def load_catalogue_from(root: Path) -> Catalogue:
    """The catalogue below a ``profiles`` folder.

    :raises ConfigurationError: broken file, or an id that is used twice.
    """
    digest = hashlib.sha256()
    seen: dict[str, Path] = {}
    requirements: list[Requirement] = []
    for path in sorted(root.glob("*/requirements*.yaml")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
        for item in read_requirements(path):
            if item.id in seen:
                raise ConfigurationError(
                    Text(nl=f"eis {item.id} bestaat al", en=f"requirement {item.id} exists already"),
                    where=str(path),
                    received=str(seen[item.id]),
                )
            seen[item.id] = path
            requirements.append(item)
    return Catalogue(requirements, digest.hexdigest())


@cache
def load_catalogue() -> Catalogue:
    """The catalogue that ships with the harness (read once per process)."""
    return load_catalogue_from(data_path("profiles"))
