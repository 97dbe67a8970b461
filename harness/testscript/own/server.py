"""Our own server with the fixtures of a script set: the server under test of ``--self``, the mock for
clients.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from harness.core.data import data_path
from harness.core.errors import InputError
from harness.core.run.exchanges import Request, header
from harness.core.text import Text
from harness.fhir.model.types import load_model
from harness.fhir.search.parameters import Registry, from_yaml, registry
from harness.fhir.server.content import binary_content
from harness.fhir.server.options import Access, Authorize, Document, Refusal, ServerOptions, by_token
from harness.fhir.server.service import FhirServer
from harness.testscript.execute.settings import Settings
from harness.testscript.own.fixtures import set_resources
from harness.testscript.own.stores import StoreProfile, profile_for
from harness.testscript.read.model import TestScript
from harness.testscript.read.sets import goal_folder
from harness.testscript.read.tokens import find_token_map, patients, read_token_map

BASE = "https://fhir.harness.example/fhir"
"""Public base URL of our server when nothing listens on a socket."""


@dataclass
class OwnServer:
    """A loaded server and what belongs to it.

    :ivar server: our FHIR server; :meth:`fork` it per script.
    :ivar tokens: patient id by Authorization value.
    :ivar profile: how it was set up.
    :ivar problems: fixtures that could not be loaded, in one line each.
    :ivar numbers: BSN (of the official test range) by patient id, as the token map states it.
    """

    server: FhirServer
    tokens: dict[str, str]
    profile: StoreProfile
    goal: Path
    problems: list[str] = field(default_factory=list)
    numbers: dict[str, str] = field(default_factory=dict)


def lenient(authorize: Authorize) -> Authorize:
    """For the harness's own calls: without a token the whole store."""

    def check(request: Request) -> Access | Refusal:
        if header(request.headers, "authorization") is None:
            return Access()
        found = authorize(request)
        return Access() if isinstance(found, Refusal) else found

    return check


class OwnServers:
    """Our loaded servers, one per set and store profile, built when needed and shared by its scripts.

    :param t: today, frozen for the run; ``now`` is the frozen instant.
    :param base: public base URL of the servers.
    """

    def __init__(self, t: date, now: datetime | None = None, base: str = BASE) -> None:
        self.t = t
        self.now = now
        self.base = base
        self._lock = threading.Lock()
        self._built: dict[tuple[Path, str, str], OwnServer] = {}

    def for_script(self, script: TestScript) -> OwnServer:
        """The server for a script's set.

        :raises HarnessError: when the fixtures cannot be loaded.
        """
        key = (goal_folder(script.path), profile_for(script.info).name, script.info.fhir_version)
        with self._lock:
            found = self._built.get(key)
            if found is None:
                found = self._built[key] = build(script, self.t, now=self.now, base=self.base)
            return found

    def patients(self, scripts: Iterable[TestScript | None]) -> list[dict[str, Any]]:
        """The Patients of the sets of scripts: the declared test persons of a recording."""
        found: dict[str, dict[str, Any]] = {}
        for script in scripts:
            if script is None:
                continue
            try:
                loaded = self.for_script(script)
            except Exception:  # noqa: BLE001, S112 - without fixtures nobody is declared, everything is masked
                continue
            found.update({stored.id: stored.resource for stored in loaded.server.store.all("Patient")})
        return list(found.values())


def build(script: TestScript, t: date, *, now: datetime | None = None, base: str = BASE) -> OwnServer:
    """Our own server, set up for the set that a script belongs to.

    :raises HarnessError: when there is nothing to load.
    """
    goal = goal_folder(script.path)
    info = script.info
    profile = profile_for(info)
    settings = Settings(load_model(info.fhir_version), t, base, base, now=now)
    problems: list[str] = []
    resources, tokens = set_resources(goal, info, settings, problems)
    map_file = find_token_map(goal)
    persons = read_token_map(map_file) if map_file else []
    tokens = patients(persons, tokens)
    options = ServerOptions(
        base_url=base,
        unsupported=profile.unsupported,
        not_served=profile.not_served,
        drop=profile.drop,
        documents=_documents(resources, profile.host_documents) if profile.host_documents else (),
        compartment_through=profile.compartment_through,
        task_needs_response=profile.task_needs_response,
        type_prefix=profile.type_prefix,
        stamp=False,
    )
    moment = now or datetime(t.year, t.month, t.day, 12, tzinfo=UTC)
    server = FhirServer(
        settings.model,
        parameters_for(info.fhir_version),
        options=options,
        authorize=by_token(tokens),
        now=lambda: moment,
    )
    server.load(resources)
    numbers = {person.patient: person.bsn for person in persons if person.bsn}
    found = OwnServer(server, tokens, profile, goal, problems, numbers)
    _name_tokens(found, script)
    if not resources and not problems:
        raise InputError(
            Text(nl="de set heeft geen fixtures om te laden", en="the set has no fixtures to load"),
            where=str(goal),
        )
    return found


_TOKEN_NAME = re.compile(r"patient-token-(?:id-)?(.+)", re.IGNORECASE)


def _name_tokens(found: OwnServer, script: TestScript) -> None:
    """Tokens that no map knows: by the family name in the variable's name, or the only Patient there is."""
    people = found.server.store.all("Patient")
    for variable in script.variables.values():
        match = _TOKEN_NAME.fullmatch(variable.name)
        token = variable.default or ""
        if not match or not token or "${" in token or token in found.tokens:
            continue
        wanted = re.sub(r"[^a-z0-9]", "", match.group(1).lower())
        for stored in people:
            names = stored.resource.get("name", [])
            family = " ".join(str(n.get("family", "")) for n in names if isinstance(n, dict))
            texts = [re.sub(r"[^a-z0-9]", "", text.lower()) for text in (family, stored.id)]
            if any(text and (wanted in text or text in wanted) for text in texts):
                found.tokens[token] = stored.id
                break
        else:
            if len(people) == 1:
                found.tokens[token] = people[0].id
    found.server.authorize = by_token(found.tokens)


@cache
def parameters_for(fhir_version: str) -> Registry:
    """Search parameters of a FHIR version with the national ones."""
    model = load_model(fhir_version)
    file = data_path("profiles", "search") / ("r4.yaml" if model.version.startswith("4") else "stu3.yaml")
    return registry(model, from_yaml(file) if file.is_file() else ())


def _documents(resources: Iterable[dict[str, Any]], access: str) -> tuple[Document, ...]:
    """External documents that DocumentReferences point at, re-hosted with the content of a PDF of the set."""
    items = list(resources)
    pdf = next(
        (
            content
            for item in items
            if item["resourceType"] == "Binary"
            for content, media in [binary_content(item)]
            if media.startswith("application/pdf") and content
        ),
        b"%PDF-1.7\n%%EOF\n",
    )
    urls = {
        str(content.get("attachment", {}).get("url", "")): str(content["attachment"].get("contentType", ""))
        for item in items
        if item["resourceType"] == "DocumentReference"
        for content in item.get("content", [])
        if isinstance(content, dict) and isinstance(content.get("attachment"), dict)
    }
    return tuple(
        Document(url, pdf, media or "application/pdf", "open" if access == "open" else "token")
        for url, media in sorted(urls.items())
        if url.startswith(("http://", "https://"))
    )
