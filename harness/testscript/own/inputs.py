"""Operator input that the fixtures of a set, or our own server, answer: never an invented value.

A variable without a value waits for a person. On our own server it is known whose BSN or which resource a
script can only mean; whatever is not known waits.
"""

from __future__ import annotations

from harness.fhir.store import Stored
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
    name = variable.name.lower()
    token = token_for(variable.name, loaded.server.store.all("Patient"), loaded.tokens)
    if token:
        sent = (value for operation in script.operations() for key, value in operation.headers)
        bare = any(value.lower().startswith("bearer ${") and variable.name in value for value in sent)
        return token.partition(" ")[2] if bare else token, "the token of that patient"
    if "bsn" in name:
        numbers = {number for one in loaded.patients_of(script) if (number := _bsn(loaded, one))}
        if len(numbers) == 1:
            return numbers.pop(), "the BSN of the patient in the fixtures"
        return "", ""
    if any(word in name for word in ("url", "endpoint", "base")):
        return base, "the address of our own server"
    if name.endswith("id"):
        return _only_id(name, script, loaded), "the only one in the fixtures"
    return "", ""


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
    """Id of the one resource whose type a name such as ``task-id`` mentions."""
    if "patient" in name:
        patients = loaded.patients_of(script)
        return patients[0] if len(patients) == 1 else ""
    fitting: list[Stored] = [stored for stored in loaded.server.store if stored.type.lower() in name]
    return fitting[0].id if len(fitting) == 1 else ""
