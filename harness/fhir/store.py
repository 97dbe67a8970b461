"""An in-memory store of FHIR resources with cheap copies, reference tracking and patient compartments.

::

    store = Store()
    stored, created = store.put({"resourceType": "Patient", "id": "p1"})
    fresh = store.copy()                    # O(1); a later write copies only what it touches
    store.compartment("p1").members["Observation"]
    store.history("Patient/p1")             # newest first, deletions included

Resources are JSON-shaped dicts and immutable once stored: whoever changes one hands in a new dict. That is
what makes copies, cached index values and cached encodings safe.

A patient compartment is the Patient itself plus every resource with a reference to it, and the Provenance of
any of those (as FHIR's compartment definition has it); with ``through`` also resources that refer to one of
those of the named types (a child's record that hangs on the mother's EpisodeOfCare). What can be reached from
there by following references (Practitioner, Medication, Binary …) may be read and included, but is found by
a search only when it belongs to no patient at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

Resource = dict[str, Any]

LOCAL_REFERENCE = re.compile(
    r"([A-Z][A-Za-z]{1,63})/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?", re.ASCII
)
"""``Type/id``, with or without a version."""

ID = re.compile(r"[A-Za-z0-9\-.]{1,64}", re.ASCII)
"""A FHIR ``id``."""

MAX_DEPTH = 200
_UNREAD = object()

MAX_VERSIONS = 200
"""Earlier versions kept of one resource; the oldest go first."""

Patients = str | tuple[str, ...]
"""Id of one patient, or of several whose records are one compartment."""


def ids_of(patients: Patients) -> tuple[str, ...]:
    """The ids, also of one."""
    return (patients,) if isinstance(patients, str) else patients


class Stored:
    """One resource as it stands in a store; immutable apart from caches that derive from it.

    :ivar key: ``Type/id``.
    :ivar version: 1 for a new resource, one more with each update.
    :ivar references: keys of the resources it refers to (``reference`` and relative ``url`` values).
    :ivar index: search values by parameter key, filled on first use.
    :ivar encoded: encodings by format, filled on first use.
    """

    __slots__ = ("_modified", "encoded", "id", "index", "key", "references", "resource", "type", "version")

    def __init__(self, resource: Resource, version: int = 1) -> None:
        self.resource = resource
        self.type: str = resource["resourceType"]
        self.id: str = resource["id"]
        self.key = f"{self.type}/{self.id}"
        self.version = version
        self.references = frozenset(references(resource))
        self.index: dict[str, Any] = {}
        self.encoded: dict[str, bytes] = {}
        self._modified: object = _UNREAD

    def __repr__(self) -> str:
        return f"Stored({self.key}, version={self.version})"

    def modified(self) -> datetime | None:
        """The moment in ``meta.lastUpdated`` to the second, in UTC; ``None`` when it states none."""
        if self._modified is _UNREAD:
            meta = self.resource.get("meta")
            text = meta.get("lastUpdated") if isinstance(meta, dict) else None
            self._modified = _moment(text) if isinstance(text, str) else None
        return self._modified if isinstance(self._modified, datetime) else None


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC).replace(microsecond=0) if found.tzinfo else None
    except (ValueError, OverflowError):
        return None


class Version(NamedTuple):
    """One version in the history of a resource.

    :ivar stored: the resource as it was; ``None`` for a deletion.
    :ivar at: instant of a deletion, ``""`` otherwise (a resource says itself when it was stored).
    """

    number: int
    stored: Stored | None
    at: str = ""


def references(resource: Resource) -> Iterator[str]:
    """Keys ``Type/id`` of every relative reference in a resource, contained resources included.

    Relative ``url`` values count too (an attachment that points at ``Binary/x``).
    """
    stack: list[Any] = [resource]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            for name, value in node.items():
                if isinstance(value, str):
                    if name in ("reference", "url"):
                        match = LOCAL_REFERENCE.fullmatch(value)
                        if match:
                            yield f"{match.group(1)}/{match.group(2)}"
                elif isinstance(value, (dict, list)):
                    stack.append(value)
        elif isinstance(node, list):
            stack.extend(item for item in node if isinstance(item, (dict, list)))


def _targets(provenance: Resource) -> Iterator[str]:
    """Keys of what a Provenance is about."""
    found = provenance.get("target")
    for target in found if isinstance(found, list) else ():
        match = LOCAL_REFERENCE.fullmatch(str(target.get("reference"))) if isinstance(target, dict) else None
        if match:
            yield f"{match.group(1)}/{match.group(2)}"


@dataclass(frozen=True)
class Compartment:
    """What one patient's token (or one token for several patients) gives access to.

    :ivar members: resources by type that belong to the patient.
    :ivar searchable: members, plus reachable resources that belong to no patient, by type.
    :ivar reachable: keys of everything that may be read or included.
    """

    patient: Patients
    members: dict[str, list[Stored]]
    searchable: dict[str, list[Stored]]
    reachable: frozenset[str]


class Store:
    """Resources by type and id. Writers own what they change; :meth:`copy` shares the rest.

    :param through: resource types through which a compartment extends to what refers to them.
    """

    def __init__(self, through: Iterable[str] = ()) -> None:
        self.through = frozenset(through)
        self._types: dict[str, dict[str, Stored]] = {}
        self._owned: set[str] = set()
        self._incoming: dict[str, frozenset[str]] = {}
        self._incoming_owned = True
        self._earlier: dict[str, tuple[Version, ...]] = {}
        self._compartments: dict[Patients, Compartment] = {}

    def copy(self) -> Store:
        """An independent store with the same content; constant time but for what was changed earlier."""
        twin = Store(self.through)
        twin._types = dict(self._types)
        twin._incoming = self._incoming
        twin._incoming_owned = False
        twin._earlier = dict(self._earlier)
        twin._compartments = self._compartments
        self._owned = set()
        self._incoming_owned = False
        return twin

    def _bucket(self, kind: str) -> dict[str, Stored]:
        if kind not in self._owned:
            self._types[kind] = dict(self._types.get(kind, {}))
            self._owned.add(kind)
        return self._types[kind]

    def _link(self, stored: Stored, *, add: bool) -> None:
        if not self._incoming_owned:
            self._incoming = dict(self._incoming)
            self._incoming_owned = True
        for target in stored.references:
            sources = self._incoming.get(target, frozenset())
            self._incoming[target] = sources | {stored.key} if add else sources - {stored.key}

    def put(self, resource: Resource) -> tuple[Stored, bool]:
        """Store a resource under its own type and id.

        :param resource: with ``resourceType`` and a valid ``id``; not changed by anyone afterwards.
        :returns: the stored resource and whether it is new.
        :raises ValueError: when the id is missing or not a FHIR id.
        """
        kind, identity = resource.get("resourceType"), resource.get("id")
        if not isinstance(kind, str) or not isinstance(identity, str) or not ID.fullmatch(identity):
            raise ValueError(f"a stored resource needs a type and a valid id, not {kind!r}/{identity!r}")
        bucket = self._bucket(kind)
        old = bucket.get(identity)
        stored = Stored(resource, self.next_version(kind, identity))
        if old is not None:
            self._link(old, add=False)
            self._remember(old.key, Version(old.version, old))
        bucket[identity] = stored
        self._link(stored, add=True)
        self._compartments = {}
        return stored, old is None

    def load(self, resources: Iterable[Resource]) -> None:
        """Store many resources."""
        for resource in resources:
            self.put(resource)

    def next_version(self, kind: str, identity: str) -> int:
        """The version number that a write of a resource gets."""
        old = self.get(kind, identity)
        if old is not None:
            return old.version + 1
        earlier = self._earlier.get(f"{kind}/{identity}")
        return earlier[-1].number + 1 if earlier else 1

    def _remember(self, key: str, *versions: Version) -> None:
        self._earlier[key] = (*self._earlier.get(key, ()), *versions)[-MAX_VERSIONS:]

    def delete(self, kind: str, identity: str, at: str = "") -> bool:
        """Remove a resource; its key answers as deleted from then on. Whether there was one.

        :param at: instant of the deletion, for the history.
        """
        if identity not in self._types.get(kind, {}):
            return False
        stored = self._bucket(kind).pop(identity)
        self._link(stored, add=False)
        gone = Version(stored.version + 1, None, at)
        self._remember(stored.key, Version(stored.version, stored), gone)
        self._compartments = {}
        return True

    def get(self, kind: str, identity: str) -> Stored | None:
        """A resource, or ``None``."""
        return self._types.get(kind, {}).get(identity)

    def find(self, key: str) -> Stored | None:
        """A resource by ``Type/id``."""
        kind, _, identity = key.partition("/")
        return self.get(kind, identity)

    def deleted(self, key: str) -> bool:
        """Whether ``Type/id`` was removed earlier."""
        return key in self._earlier and self.find(key) is None

    def history(self, key: str) -> list[Version]:
        """All versions of ``Type/id`` that are kept, the newest first; deletions are versions too."""
        current = self.find(key)
        newest = [Version(current.version, current)] if current is not None else []
        return newest + list(reversed(self._earlier.get(key, ())))

    def changed(self, kind: str = "") -> list[str]:
        """Keys of everything that is or was stored, of one type or of all."""
        present = [stored.key for stored in (self.all(kind) if kind else self)]
        gone = [key for key in self._earlier if key.startswith(f"{kind}/" if kind else "")]
        return list(dict.fromkeys((*present, *gone)))

    def types(self) -> list[str]:
        """The resource types of which there is something, sorted."""
        return sorted(kind for kind, bucket in self._types.items() if bucket)

    def all(self, kind: str) -> list[Stored]:
        """All resources of one type, in order of arrival."""
        return list(self._types.get(kind, {}).values())

    def incoming(self, key: str) -> frozenset[str]:
        """Keys of the resources that refer to ``key``."""
        return self._incoming.get(key, frozenset())

    def __iter__(self) -> Iterator[Stored]:
        for bucket in self._types.values():
            yield from bucket.values()

    def __len__(self) -> int:
        return sum(len(bucket) for bucket in self._types.values())

    # -- compartments

    def owners(self, stored: Stored) -> frozenset[str]:
        """Ids of the patients that a resource itself belongs to."""
        if stored.type == "Patient":
            return frozenset((stored.id,))
        return frozenset(key[8:] for key in stored.references if key.startswith("Patient/"))

    def compartment(self, patient: Patients) -> Compartment:
        """The compartment of one patient, or the common one of several; kept until the next write."""
        found = self._compartments.get(patient)
        if found is None:
            found = self._compartments[patient] = self._compute(patient)
        return found

    def _compute(self, patient: Patients) -> Compartment:
        pending = [f"Patient/{one}" for one in ids_of(patient)]
        keys: dict[str, None] = {root: None for root in pending if self.find(root)}
        while pending:
            for source in sorted(self.incoming(pending.pop())):
                if source in keys or source.startswith("Patient/"):
                    continue
                keys[source] = None
                if source.partition("/")[0] in self.through:
                    pending.append(source)
        for provenance in self.all("Provenance"):
            if not keys.keys().isdisjoint(_targets(provenance.resource)):
                keys[provenance.key] = None
        members: dict[str, list[Stored]] = {}
        reachable: dict[str, None] = dict(keys)
        frontier = list(keys)
        while frontier:
            stored = self.find(frontier.pop())
            if stored is None:
                continue
            for target in stored.references:
                if target in reachable:
                    continue
                found = self.find(target)
                if found is None or self._foreign(found, patient):
                    continue
                reachable[target] = None
                frontier.append(target)
        searchable: dict[str, list[Stored]] = {}
        for kind, bucket in self._types.items():
            inside = [stored for stored in bucket.values() if stored.key in keys]
            if inside:
                members[kind] = inside
            loose = [
                s for s in bucket.values() if s.key in keys or (s.key in reachable and not self.owners(s))
            ]
            if loose:
                searchable[kind] = loose
        return Compartment(patient, members, searchable, frozenset(reachable))

    def _foreign(self, stored: Stored, patient: Patients) -> bool:
        """Whether a resource belongs to other patients only. RelatedPerson and Patient links stay private."""
        owners = self.owners(stored)
        return bool(owners) and owners.isdisjoint(ids_of(patient)) and stored.type not in self.through

    def readable(self, stored: Stored, patient: Patients | None) -> bool:
        """Whether a patient's token may read a resource.

        Allowed: what is reachable from the own compartment, and what no patient can reach (a Questionnaire
        that nobody refers to yet). ``patient=None`` is the whole store.
        """
        if patient is None or stored.key in self.compartment(patient).reachable:
            return True
        if self.owners(stored):
            return False
        return not any(stored.key in self.compartment(other.id).reachable for other in self.all("Patient"))
