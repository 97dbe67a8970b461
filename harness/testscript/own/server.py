"""Our own server with the fixtures of a script set: the server under test of ``--self``, the mock for
clients.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
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
from harness.fhir.server.options import (
    Access,
    Authorize,
    Document,
    Refusal,
    ServerOptions,
    by_token,
    open_access,
)
from harness.fhir.server.service import FhirServer
from harness.fhir.store import Patients, ids_of
from harness.testscript.execute.settings import Settings
from harness.testscript.outcome.people import People
from harness.testscript.own.access import named_tokens, uses_tokens
from harness.testscript.own.fixtures import read_content
from harness.testscript.own.stores import StoreProfile, profile_for
from harness.testscript.read.model import WRITES, TestScript
from harness.testscript.read.sets import goal_folder
from harness.testscript.read.tokens import find_token_map, read_token_map, tokens_in

BASE = "https://fhir.harness.example/fhir"
"""Public base URL of our server when nothing listens on a socket."""


@dataclass
class OwnServer:
    """A loaded server and what belongs to it.

    :ivar server: our FHIR server; :meth:`for_script` forks it.
    :ivar tokens: patient (or patients) by Authorization value.
    :ivar profile: how it was set up.
    :ivar problems: fixtures that could not be loaded, in one line each.
    :ivar numbers: BSN (of the official test range) by patient id, as the token map states it.
    """

    server: FhirServer
    tokens: dict[str, Patients]
    profile: StoreProfile
    problems: list[str] = field(default_factory=list)
    numbers: dict[str, str] = field(default_factory=dict)

    def tokens_for(self, script: TestScript) -> dict[str, Patients]:
        """Whom tokens stand for, those included that only the names of a script's variables tell."""
        return {**named_tokens(script, self.server.store.all("Patient"), self.tokens), **self.tokens}

    def access(self, script: TestScript, rewriting: Mapping[str, str]) -> Authorize:
        """Who may see what in a script's test set.

        A set whose scripts send no tokens, or tokens of which nothing says whose they are, gets the server
        that it was made for: one without access control.

        :param rewriting: official token -> token that is used instead.
        """
        tokens = self.tokens_for(script)
        if not tokens or not uses_tokens(script):
            return open_access
        return by_token({rewriting.get(token, token): patient for token, patient in tokens.items()})

    def for_script(self, script: TestScript, rewriting: Mapping[str, str]) -> FhirServer:
        """An independent copy of the server for one script, with the access that its test set has.

        It gives pages where the script follows them.
        """
        options = replace(self.server.options, paging="offset") if script.follows_pages else None
        return self.server.fork(options=options, authorize=self.access(script, rewriting))

    def patients_of(self, script: TestScript) -> tuple[str, ...]:
        """The patients that a script is about: those of its tokens, else the only one there is."""
        tokens = self.tokens_for(script)
        known = {one for token in tokens_in(script) if token in tokens for one in ids_of(tokens[token])}
        people = self.server.store.all("Patient")
        return tuple(sorted(known)) or tuple(stored.id for stored in people if len(people) == 1)

    def check(self, script: TestScript) -> None:
        """Refuse a script that asks for records where the set has nothing to load.

        :raises InputError: see above; a script that only sends needs nothing.
        """
        asks = any(operation.code not in WRITES for operation in script.operations())
        if asks and not len(self.server.store) and not self.problems:
            raise InputError(
                Text(nl="de set heeft geen fixtures om te laden", en="the set has no fixtures to load"),
                where=str(goal_folder(script.path)),
            )


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

        :raises HarnessError: when there is nothing to load for it.
        """
        key = (goal_folder(script.path), profile_for(script.info).name, script.info.fhir_version)
        with self._lock:
            found = self._built.get(key)
            if found is None:
                found = self._built[key] = build(script, self.t, now=self.now, base=self.base)
        found.check(script)
        return found

    def people(self, scripts: Iterable[TestScript | None], rewriting: Mapping[str, str]) -> People:
        """The test persons of the sets of scripts.

        :param rewriting: official token -> token that is used instead.
        """
        found: dict[str, dict[str, Any]] = {}
        tokens: dict[str, str] = {}
        for script in scripts:
            if script is None:
                continue
            try:
                loaded = self.for_script(script)
            except Exception:  # noqa: BLE001, S112 - without fixtures nobody is declared, everything is masked
                continue
            found.update({stored.id: stored.resource for stored in loaded.server.store.all("Patient")})
            for token, patient in loaded.tokens_for(script).items():
                tokens[rewriting.get(token, token)] = ids_of(patient)[0]
        return People(tuple(found.values()), tokens)


def build(script: TestScript, t: date, *, now: datetime | None = None, base: str = BASE) -> OwnServer:
    """Our own server, set up for the set that a script belongs to."""
    goal = goal_folder(script.path)
    info = script.info
    profile = profile_for(info)
    settings = Settings(load_model(info.fhir_version), t, base, base, now=now)
    content = read_content(goal, info, settings)
    resources = list(content.resources.values())
    map_file = find_token_map(goal)
    persons = read_token_map(map_file) if map_file else []
    tokens = content.owners(persons)
    options = ServerOptions(
        base_url=base,
        unsupported=profile.unsupported,
        not_served=profile.not_served,
        drop=profile.drop,
        documents=_documents(resources, profile.host_documents) if profile.host_documents else (),
        compartment_through=profile.compartment_through,
        task_needs_response=profile.task_needs_response,
        type_prefix=profile.type_prefix,
        paging="none",
        validate_writes="off",  # official sets load fixtures with faults of their own
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
    return OwnServer(server, tokens, profile, content.problems, numbers)


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
