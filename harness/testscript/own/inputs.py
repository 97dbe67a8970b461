"""Operator input that the fixtures of a set, or our own server, answer: never an invented value.

A variable without a value waits for a person. On our own server it is known whose BSN or which resource a
script can only mean; whatever is not known waits.
"""

from __future__ import annotations

import re

from harness.testscript.own.access import token_for
from harness.testscript.own.server import OwnServer
from harness.testscript.read.model import TestScript, Variable

BSN_SYSTEM = "http://fhir.nl/fhir/NamingSystem/bsn"


def bind_inputs(
    script: TestScript, loaded: OwnServer, base: str, overrides: dict[str, str]
) -> tuple[str, ...]:
    """Fill in ``overrides`` for variables that wait for input; a note on each that was found.

    :param base: base URL of our server.
    """
    notes = []
    for name, variable in script.variables.items():
        if variable.waits and name not in overrides:
            value, origin = _bound(variable, script, loaded, base)
            if value:
                overrides[name] = value
                notes.append(f"variable {name} has no value; {value} is used, {origin}")
    return tuple(notes)


def _bound(variable: Variable, script: TestScript, loaded: OwnServer, base: str) -> tuple[str, str]:
    """Value and where it comes from, both ``""`` when it is not known."""
    words = words_of(variable.name)
    token = token_for(variable.name, loaded.server.store.all("Patient"), loaded.tokens)
    if token:
        sent = (value for operation in script.operations() for key, value in operation.headers)
        bare = any(value.lower().startswith("bearer ${") and variable.name in value for value in sent)
        return token.partition(" ")[2] if bare else token, "the token of that patient"
    if not _ELSE.isdisjoint(words):
        return "", ""
    if "bsn" in words and words <= _BSN:
        numbers = {number for one in loaded.patients_of(script) if (number := _bsn(loaded, one))}
        return (numbers.pop(), "the BSN of the patient in the fixtures") if len(numbers) == 1 else ("", "")
    if words <= _ADDRESS and not words.isdisjoint(_ADDRESS_ITSELF):
        return base, "the address of our own server"
    if "id" in words:
        return _only_id(variable.name, script, loaded), "the only one in the fixtures"
    return "", ""


_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_ELSE = frozenset((
    "unknown", "other", "another", "wrong", "invalid", "missing", "new", "random", "not", "non", "no", "niet",
    "onbekend", "onbekende", "ander", "andere", "fout", "foute", "foutieve", "ongeldig", "ongeldige", "nieuw",
))  # fmt: skip
"""Words by which a name means another value than that of the fixtures."""
_BSN = frozenset((
    "bsn", "some", "patient", "value", "number", "nummer", "of", "the", "van", "test", "id", "identifier",
))  # fmt: skip
_ADDRESS_ITSELF = frozenset(("url", "uri", "endpoint", "base"))
_ADDRESS = _ADDRESS_ITSELF | {"fhir", "server", "address", "the", "of", "test", "destination", "sut", "xis"}


def words_of(name: str) -> set[str]:
    """The words of a name such as ``taskId``, ``task-id`` or ``TASK_ID``, in lower case."""
    return {word.lower() for word in _WORD.findall(name)}


def _bsn(loaded: OwnServer, patient: str) -> str:
    """The BSN of a patient, as the token map or the Patient itself states it."""
    stored = loaded.server.store.get("Patient", patient)
    stated = stored.resource.get("identifier") if stored is not None else None
    found = (
        str(item.get("value", ""))
        for item in (stated if isinstance(stated, list) else ())
        if isinstance(item, dict) and item.get("system") == BSN_SYSTEM
    )
    return loaded.numbers.get(patient) or next(found, "")


def _only_id(name: str, script: TestScript, loaded: OwnServer) -> str:
    """Id of the one resource of the type that a name such as ``task-id`` mentions, if it mentions one."""
    words = [word.lower() for word in _WORD.findall(name)]
    spans = [(start, end) for start in range(len(words)) for end in range(start + 1, len(words) + 1)]
    types = {kind.lower(): kind for kind in loaded.server.model.resource_types}
    named = [span for span in spans if "".join(words[slice(*span)]) in types]
    # MedicationRequest is not about a Medication
    whole = [one for one in named if not any(o != one and o[0] <= one[0] and one[1] <= o[1] for o in named)]
    if len(whole) != 1:
        return ""
    kind = types["".join(words[slice(*whole[0])])]
    known = (
        loaded.patients_of(script) if kind == "Patient" else [one.id for one in loaded.server.store.all(kind)]
    )
    return known[0] if len(known) == 1 else ""
