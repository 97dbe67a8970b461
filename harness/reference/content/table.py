"""The table of content, compiled with the model of FHIR: what each JSON key of each resource type means."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, Literal, NamedTuple

from harness.core.data import data_path
from harness.core.text import Text
from harness.core.yamlfile import load_yaml
from harness.fhir.model.types import Model, load_model

Mode = Literal["key", "value", "free", "label"]


class Field(NamedTuple):
    """What a JSON key means.

    :ivar name: element without ``[x]`` and without the type of a choice.
    :ivar type: name of its type.
    :ivar path: dotted name from the resource type on.
    :ivar choice: whether the key names one of several types.
    :ivar mode: ``key`` must be there, ``value`` may be absent, ``free`` is not compared, of a ``label``
        a difference is a remark.
    """

    name: str
    type: str
    path: str
    many: bool
    choice: bool
    mode: Mode


Plan = dict[str, Field]
"""JSON keys of one type at one place."""


@dataclass(frozen=True)
class Freedom:
    """Something that a server may do with a record without saying anything else."""

    id: str
    title: Text


@dataclass
class ContentTable:
    """The table for one FHIR version. Plans are made on first use and kept."""

    model: Model
    modes: dict[str, Mode]
    every: frozenset[str]
    guarded: frozenset[str]
    open_ended: frozenset[str]
    closed_lists: frozenset[str]
    withdrawing: frozenset[str]
    standing: frozenset[str]
    quiet_types: frozenset[str]
    quiet: frozenset[str]
    translations: frozenset[str]
    defining: tuple[str, ...]
    lasting: dict[str, str]
    told_by: dict[str, str]
    key_extensions: frozenset[str]
    free_extensions: frozenset[str]
    freedoms: tuple[Freedom, ...]
    _plans: dict[tuple[str, str, Mode], Plan] = field(default_factory=dict)

    def plan(self, type_name: str, path: str, mode: Mode = "value") -> Plan:
        """Meaning of the keys of ``type_name`` at ``path`` (a resource type, or a dotted name below one).

        :param mode: what holds there unless the table says otherwise.
        """
        found = self._plans.get((type_name, path, mode))
        if found is None:
            found = self._plans[(type_name, path, mode)] = self._make(type_name, path, mode)
        return found

    def told(self, known: Field, value: Any) -> bool:
        """Whether what a server adds to a record is told: it says something of the person's health."""
        if known.name == "status":
            return value not in self.standing
        return known.name not in self.quiet and known.path.partition(".")[0] not in self.quiet_types

    def _make(self, type_name: str, path: str, mode: Mode) -> Plan:
        facts = self.model.types.get(type_name)
        if facts is None:
            return {}
        top = "." not in path
        made: Plan = {}
        for key, (element, ref) in facts.keys.items():
            name = element.stem
            below = f"{path}.{name}"
            if (top and name in self.every) or name == "id":
                own: Mode = "free"
            else:
                own = self.modes.get(below, mode)
            made[key] = Field(name, ref.code, below, element.many, element.choice, own)
        return made


_BESIDE_KEY: Final[tuple[Mode, ...]] = ("value", "free", "label")


@cache
def content_table(version: str = "3.0.2") -> ContentTable:
    """The table of content of a FHIR version (STU3 is the only one that has one).

    :raises ConfigurationError: the file violates its schema.
    """
    data: dict[str, Any] = load_yaml(
        data_path("profiles", "fhir", "content-stu3.yaml"), schema="content"
    ).data
    modes: dict[str, Mode] = {}
    for name, lists in data["types"].items():
        for path in lists.get("key", ()):
            parts = path.split(".")
            for end in range(1, len(parts) + 1):  # what holds it has to be there too
                modes[".".join((name, *parts[:end]))] = "key"
        for mode in _BESIDE_KEY:
            for path in lists.get(mode, ()):
                modes[f"{name}.{path}"] = mode
    return ContentTable(
        model=load_model(version),
        modes=modes,
        every=frozenset(data["every"]["free"]),
        guarded=frozenset(data["guarded"]),
        open_ended=frozenset(data["open_ended"]),
        closed_lists=frozenset(data["closed_lists"]),
        withdrawing=frozenset(data["withdrawing"]),
        standing=frozenset(data["standing"]),
        quiet_types=frozenset(data["quiet"]["types"]),
        quiet=frozenset(data["quiet"]["elements"]),
        translations=frozenset(data["translations"]),
        defining=tuple(data["defining"]),
        lasting=dict(data["lasting"]),
        told_by=dict(data["told_by"]),
        key_extensions=frozenset(data["key_extensions"]),
        free_extensions=frozenset(data["free_extensions"]),
        freedoms=tuple(Freedom(item["id"], Text(**item["title"])) for item in data["freedoms"]),
    )
