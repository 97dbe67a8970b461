"""HIS twins: a strict FHIR server with synthetic persons, in two behaviours.

``json-contained`` answers JSON first and carries Medication and Specimen inside the resource that refers to
them; ``xml-includes`` answers XML first and returns them as included resources. Both are allowed.
"""

from __future__ import annotations

import copy
import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any, Final

from harness.core.clock import Clock
from harness.core.data import data_path
from harness.core.run.exchanges import Request, Response, header
from harness.core.standards.faults import active
from harness.core.standards.queries import load_queries
from harness.core.standards.table import standards
from harness.fhir.model.types import load_model
from harness.fhir.search.parameters import from_yaml
from harness.fhir.server.options import Access, Refusal, ServerOptions
from harness.fhir.server.service import FhirServer
from harness.network.faults import his as his_faults
from harness.network.file import Participant
from harness.network.person.persons import FixturePerson, fixture_persons

PATIENT_HEADER: Final = "X-Harness-Patient"
"""How the DVZA twin tells a HIS twin whose record is asked; stripped from everything that clients send."""
_CONTAINED: Final = {"MedicationRequest": ("medicationReference",), "Observation": ("specimen",)}
_SCRATCH: Final = 32
READBACK: Final = "readback"
"""The flow that collects what was shared before."""
_FHIR: Final = "3.0.2"


class HisTwin:
    """One HIS with its persons.

    :param persons: fixture persons it holds; default those of the participant, or all.
    """

    def __init__(
        self,
        participant: Participant,
        *,
        t: date,
        clock: Clock,
        persons: Iterable[FixturePerson] | None = None,
    ) -> None:
        self.participant = participant
        self.t = t
        held = list(persons) if persons is not None else list(fixture_persons())
        if participant.persons:
            held = [item for item in held if item.id in participant.persons]
        self.persons = {item.id: item for item in held}
        self.faults = frozenset(participant.faults)
        self._lock = threading.Lock()
        self._flow = ""
        self._written: dict[str, FhirServer] = {}
        self._scratch: OrderedDict[tuple[str, str], FhirServer] = OrderedDict()
        xml = participant.behaviour == "xml-includes"
        known = frozenset().union(*(load_queries(name).collected for name in standards()))
        known = known.union(*(item.kinds() for item in held))
        if "no-document-manifest" in participant.capabilities:
            known -= {"DocumentManifest"}
        self._options = ServerOptions(
            default_format="xml" if xml else "json",
            # A HIS is no general FHIR server: it knows what it holds and what the standards ask for.
            unsupported=load_model(_FHIR).resource_types - known,
            received_patient="own",
        )
        self._server = FhirServer.create(
            _FHIR,
            parameters=from_yaml(data_path("profiles", "search", "stu3.yaml")),
            options=self._options,
            authorize=_authorize,
            now=clock.now,
        )
        resources: dict[tuple[str, str], dict[str, Any]] = {}
        for person in held:
            for resource in person.resources(t):
                resources.setdefault((resource["resourceType"], resource["id"]), resource)
        loaded = list(resources.values())
        self._server.load(loaded if xml else _with_contained(loaded))
        self._servers: dict[str, FhirServer] = {}

    def begin_flow(self, flow: str) -> None:
        """Only the faults of the network file that belong to this flow (or to all flows) are on."""
        self.faults = active(self.participant.faults, flow)
        self._flow = flow

    def handle(self, request: Request, patient: str | None, base: str, scratch: str = "") -> Response:
        """Answer a request that the DVZA let through.

        :param patient: whose record; ``None`` only for ``metadata``.
        :param base: public base URL (resource endpoint) of this request.
        :param scratch: key of a private copy of the record that writes go to; ``""`` for the record itself.
        """
        headers = tuple(item for item in request.headers if item[0].lower() != PATIENT_HEADER.lower())
        if patient is not None:
            headers = (*headers, (PATIENT_HEADER, patient))
        inner = Request(method=request.method, url=request.url, headers=headers, body=request.body)
        server = self._server_for(base, scratch, patient or "")
        response = server.handle(inner)
        if scratch and patient is not None:
            self._written[patient] = server
        if not self.faults or patient is None:
            return response
        return his_faults.apply(self.faults, inner, response, t=self.t, patient=patient)

    def _server_for(self, base: str, scratch: str, patient: str) -> FhirServer:
        """The record, a private copy of it, or (when sent data are read back) the last copy of a person."""
        with self._lock:
            if self._flow == READBACK and patient in self._written:
                options = replace(self._options, base_url=base)
                return self._written[patient].fork(options=options)
            if scratch:
                key = (base, scratch)
                if key not in self._scratch:
                    self._scratch[key] = self._fork(base)
                    if len(self._scratch) > _SCRATCH:
                        self._scratch.popitem(last=False)
                self._scratch.move_to_end(key)
                return self._scratch[key]
            if base not in self._servers:
                self._servers[base] = self._fork(base)
            return self._servers[base]

    def _fork(self, base: str) -> FhirServer:
        return self._server.fork(options=replace(self._options, base_url=base))


def _authorize(request: Request) -> Access | Refusal:
    patient = header(request.headers, PATIENT_HEADER)
    return Access(patient) if patient else Refusal()


def _with_contained(resources: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same resources, with Medication and Specimen carried inside the resource that refers to them."""
    by_key = {f"{item['resourceType']}/{item['id']}": item for item in resources}
    result = []
    for resource in resources:
        fields = _CONTAINED.get(resource["resourceType"], ())
        changed = resource
        for name in fields:
            reference = changed.get(name)
            target = by_key.get(str(reference.get("reference", ""))) if isinstance(reference, dict) else None
            if target is None or not isinstance(reference, dict):
                continue
            changed = copy.deepcopy(changed)
            inner = {key: value for key, value in target.items() if key not in ("id", "meta", "text")}
            inner = {"resourceType": target["resourceType"], "id": "bijlage-" + name[:12].lower(), **inner}
            inner.pop("subject", None) if target["resourceType"] == "Medication" else None
            changed["contained"] = [*changed.get("contained", []), inner]
            changed[name] = {**reference, "reference": f"#{inner['id']}"}
        result.append(_ordered(changed))
    return result


def _ordered(resource: dict[str, Any]) -> dict[str, Any]:
    first = ("resourceType", "id", "meta", "implicitRules", "language", "text", "contained")
    ordered = {key: resource[key] for key in first if key in resource}
    ordered.update((key, value) for key, value in resource.items() if key not in ordered)
    return ordered
