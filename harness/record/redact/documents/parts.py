"""What is read of a document in either format, and what may stay of one whose values go.

Paths are FHIRPath locations in the spelling of JSON (``Bundle.entry[0].resource.birthDate``), the same for
JSON and XML except that the first of several may lack its ``[0]`` in XML.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from harness.record.redact.documents.words import Vocabulary

IMPERSONAL: Final = "CapabilityStatement"
"""The resource that is about no person."""
SUBJECT: Final = re.compile(r"(?:^|/)Patient/([A-Za-z0-9.-]{1,64})(?:/_history/|$)", re.ASCII)
"""A reference to a Patient."""
PERSONAL: Final = frozenset(
    {
        "address", "birthDate", "communication", "contact", "deceasedDateTime", "identifier", "name", "photo",
        "telecom",
    }
)  # fmt: skip
"""Elements of a Patient that say something of a person."""
Tag = Callable[[str, str], str]
"""What takes the place of a value: ``(value, path) -> tag``."""


@dataclass
class PatientFacts:
    """What a Patient resource says about who it is; only in memory.

    :ivar id: ``""`` when it has none that others can refer to.
    :ivar families: family names; a name that is only written as a whole stands in ``names``.
    :ivar numbers: values of its BSN identifiers.
    :ivar personal: whether it has any element that says something of a person.
    """

    id: str = ""
    birth: str = ""
    families: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    personal: bool = False


@dataclass
class People:
    """The people in a document.

    :ivar numbers: values of every identifier with the system of the BSN.
    :ivar subjects: ids of the Patients that are referred to.
    """

    patients: list[PatientFacts] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    subjects: set[str] = field(default_factory=set)


class TooManyError(Exception):
    """A document holds more than is masked one by one."""


class Leaf(NamedTuple):
    """One value of a document.

    :ivar name: the element that holds it; in XML the attribute when that is not ``value``.
    :ivar system: the ``system`` beside it, else the ``url`` of its extension; ``""`` when there is none.
    :ivar numeric: whether it stands where FHIR has a number.
    """

    path: str
    name: str
    value: str
    system: str
    numeric: bool = False


@dataclass(frozen=True)
class Masking:
    """What may stay of a document whose values go.

    :ivar impersonal: it is about no person.
    """

    words: Vocabulary
    impersonal: bool
    tag: Tag

    def keeps(self, key: str, value: str, system: str) -> bool:
        """Whether a value may stay.

        :param system: what stands in ``system`` beside it.
        """
        return self.words.kept(key, value, system) or (self.impersonal and self.words.says_nobody(key, value))
