"""Our own server with the fixtures of a script set: the server under test of ``--self``, the mock for
clients.

Fixtures are taken from the set's load script (the same resources that executing it would PUT), with the
placeholders of that script filled in. Sets without one get the resources of their ``_reference`` folder.
How the server is set up per standard and variant stands in ``profiles/testscripts/self.yaml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from harness.core.data import data_path
from harness.core.errors import ConfigurationError, HarnessError, InputError
from harness.core.run.exchanges import Request, header
from harness.core.text import Text
from harness.core.yamlfile import load_yaml
from harness.fhir.model.types import load_model
from harness.fhir.search.parameters import Registry, from_yaml, registry
from harness.fhir.server.content import binary_content
from harness.fhir.server.options import Access, Authorize, Document, Refusal, ServerOptions, by_token
from harness.fhir.server.service import FhirServer
from harness.testscript.execute.execution import Execution, Settings
from harness.testscript.judge.bodies import Body, error_text
from harness.testscript.read.model import SetInfo, TestScript
from harness.testscript.read.script import goal_folder, load_script, load_scripts_of
from harness.testscript.read.tokens import find_token_map, patients, read_token_map, tokens_of

BASE = "https://fhir.harness.example/fhir"
"""Public base URL of our server when nothing listens on a socket."""

_KEYS = {
    "name", "standard", "variant", "why", "unsupported", "not_served", "drop",
    "host_documents", "task_needs_response", "compartment_through", "setup_from_variant", "type_prefix",
}  # fmt: skip


@dataclass(frozen=True)
class StoreProfile:
    """One entry of ``self.yaml``."""

    name: str
    standard: str = ".*"
    variant: str = ".*"
    why: str = ""
    unsupported: frozenset[str] = frozenset()
    not_served: frozenset[str] = frozenset()
    drop: frozenset[str] = frozenset()
    host_documents: str = ""
    task_needs_response: bool = False
    type_prefix: bool = False
    compartment_through: frozenset[str] = frozenset()
    setup_from_variant: str = ""

    def fits(self, info: SetInfo) -> bool:
        """Whether a set belongs to this profile."""
        return bool(
            re.fullmatch(self.standard, info.standard, re.IGNORECASE | re.DOTALL)
            and re.fullmatch(self.variant, info.variant or info.role, re.IGNORECASE | re.DOTALL)
        )


@cache
def store_profiles() -> tuple[StoreProfile, ...]:
    """The store profiles of ``self.yaml``.

    :raises ConfigurationError: an unknown key.
    """
    document = load_yaml(data_path("profiles", "testscripts", "self.yaml"))
    found = []
    for number, item in enumerate(document.data["stores"]):
        unknown = set(item) - _KEYS
        if unknown:
            raise ConfigurationError(
                Text(nl=f"onbekende sleutel {sorted(unknown)[0]}", en=f"unknown key {sorted(unknown)[0]}"),
                where=document.where("stores", number),
                expected=", ".join(sorted(_KEYS)),
            )
        values: dict[str, Any] = {
            key: frozenset(value) if isinstance(value, list) else value for key, value in item.items()
        }
        found.append(StoreProfile(**values))
    return tuple(found)


def profile_for(info: SetInfo) -> StoreProfile:
    """The store profile of a set."""
    return next((profile for profile in store_profiles() if profile.fits(info)), StoreProfile("default"))


@cache
def parameters_for(fhir_version: str) -> Registry:
    """Search parameters of a FHIR version with the national ones."""
    model = load_model(fhir_version)
    file = data_path("profiles", "search") / ("r4.yaml" if model.version.startswith("4") else "stu3.yaml")
    return registry(model, from_yaml(file) if file.is_file() else ())


@dataclass
class SelfServer:
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


def fixture_bodies(script: TestScript, settings: Settings, problems: list[str]) -> list[tuple[str, Body]]:
    """``(fixture id, body)`` of each resource that a load script writes, in its order.

    A fixture that is missing or cannot be resolved is noted in ``problems``.
    """
    execution = Execution(script, settings)
    found = []
    for operation in script.operations():
        if operation.code in ("update", "updateCreate") and operation.source_id:
            try:
                found.append((operation.source_id, execution.source(operation.source_id)))
            except HarnessError as error:
                problems.append(f"fixture {operation.source_id} is not loaded: {error_text(error)}")
    return found


def _reference_bodies(goal: Path, settings: Settings, info: SetInfo) -> list[tuple[str, Body]]:
    """Resources in ``_reference`` of a set without load script; Bundles and what is no resource left out."""
    from harness.testscript.read.model import Fixture

    files = [
        path
        for path in sorted((goal / "_reference").rglob("*"))
        if path.suffix.lower() in (".xml", ".json") and path.is_file() and "bundle" not in str(path).lower()
    ]
    fixtures = {str(path): Fixture(str(path), path) for path in files}
    script = TestScript(path=goal / "_reference", id="reference", fixtures=fixtures, info=info)
    execution = Execution(script, settings)
    found = []
    for name in fixtures:
        try:
            body = execution.source(name)
        except HarnessError:
            continue
        if body.resource is not None and body.type != "Bundle":
            found.append((name, body))
    return found


def _other_goals(goal: Path) -> list[Path]:
    """Sibling goals (``Cert`` beside ``Test``) that have a load script."""
    siblings = sorted(path for path in goal.parent.iterdir() if path.is_dir() and path != goal)
    return [path for path in siblings if load_scripts_of(path)]


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


def settings_for(info: SetInfo, t: date, now: datetime | None = None, base: str = BASE) -> Settings:
    """Settings to resolve fixtures of a set with."""
    return Settings(load_model(info.fhir_version), t, base, base, now=now)


def set_resources(
    goal: Path, info: SetInfo, settings: Settings, problems: list[str]
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """The resources of a set, resolved, and the tokens that its load scripts name."""
    resources: dict[str, dict[str, Any]] = {}

    def keep(bodies: Iterable[tuple[str, Body]]) -> None:
        for name, body in bodies:
            if body.resource is None or not isinstance(body.resource.get("id"), str):
                problems.append(f"fixture {name} is not loaded: {body.problem or 'it has no id'}")
                continue
            resources[f"{body.type}/{body.resource['id']}"] = body.resource

    own = load_scripts_of(goal)
    tokens: dict[str, str] = {}
    for place in [goal] if own else [*_other_goals(goal)[:1], goal]:
        files = load_scripts_of(place)
        scripts = [load_script(path, info) for path in files]
        tokens.update(tokens_of(scripts))
        for script in scripts:
            keep(fixture_bodies(script, settings, problems))
        if not files:
            keep(_reference_bodies(place, settings, info))
    return list(resources.values()), tokens


def build(script: TestScript, t: date, *, now: datetime | None = None, base: str = BASE) -> SelfServer:
    """Our own server, set up for the set that a script belongs to.

    :raises HarnessError: when there is nothing to load.
    """
    goal = goal_folder(script.path)
    info = script.info
    profile = profile_for(info)
    settings = settings_for(info, t, now, base)
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
    found = SelfServer(server, tokens, profile, goal, problems, numbers)
    _name_tokens(found, script)
    if not resources and not problems:
        raise InputError(
            Text(nl="de set heeft geen fixtures om te laden", en="the set has no fixtures to load"),
            where=str(goal),
        )
    return found


_TOKEN_NAME = re.compile(r"patient-token-(?:id-)?(.+)", re.IGNORECASE)


def _name_tokens(found: SelfServer, script: TestScript) -> None:
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
