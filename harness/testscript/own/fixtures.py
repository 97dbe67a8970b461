"""The resources of a set: what its load script writes, with placeholders filled in.

Sets without a load script get the resources of their ``_reference`` folder, after those of a sibling goal
(``Cert`` beside ``Test``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.core.errors import HarnessError
from harness.core.text import said
from harness.fhir.store import Patients
from harness.testscript.execute.settings import Settings
from harness.testscript.execute.sources import Sources
from harness.testscript.judge.bodies import Body, error_text
from harness.testscript.phrases import NO_ID
from harness.testscript.read.model import Fixture, SetInfo, TestScript
from harness.testscript.read.script import load_script
from harness.testscript.read.sets import load_scripts_of
from harness.testscript.read.tokens import TestPerson, stated_patients, token_of, with_scheme


@dataclass
class SetContent:
    """What a set has to load.

    :ivar resources: by ``Type/id``, resolved, in the order of loading.
    :ivar removed: patients that the load scripts remove, by the token they do it with.
    :ivar written: Patients that the load scripts write, by the token they do it with.
    :ivar problems: fixtures that cannot be loaded, in one line each.
    """

    resources: dict[str, dict[str, Any]] = field(default_factory=dict)
    removed: dict[str, tuple[str, ...]] = field(default_factory=dict)
    written: dict[str, tuple[str, ...]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def add(self, name: str, body: Body, token: str = "") -> None:
        """Take in one fixture, which is written with a token."""
        identity = body.resource.get("id") if body.resource is not None else None
        if body.resource is None or not isinstance(identity, str):
            reason = said(body.problem or NO_ID, "en")
            self.problems.append(f"fixture {name} is not loaded: {reason}")
            return
        self.resources[f"{body.type}/{identity}"] = body.resource
        if body.type == "Patient" and token and "${" not in token:
            token = with_scheme(token)
            self.written[token] = (*self.written.get(token, ()), identity)

    def owners(self, persons: Iterable[TestPerson]) -> dict[str, Patients]:
        """Whom each token stands for, among the Patients that are loaded.

        What the load scripts say goes before the token map; the map decides when they name several.
        """
        mapped = {person.token: person.patient for person in persons}
        found: dict[str, Patients] = dict(mapped)
        for token in (*self.removed, *self.written):
            stated = [one for one in self.removed.get(token, ()) if f"Patient/{one}" in self.resources]
            several = tuple(dict.fromkeys(stated or self.written.get(token, ()))) or self.removed[token][-1:]
            found[token] = several[0] if len(several) == 1 else several
            if token in mapped and mapped[token] in several:
                found[token] = mapped[token]
        return found


def read_content(goal: Path, info: SetInfo, settings: Settings) -> SetContent:
    """The resources of a set, and the tokens that its load scripts name."""
    content = SetContent()
    own = load_scripts_of(goal)
    for place in [goal] if own else [*_other_goals(goal)[:1], goal]:
        files = load_scripts_of(place)
        scripts = [load_script(path, info) for path in files]
        content.removed.update(stated_patients(scripts))
        for script in scripts:
            _add_written(content, script, settings)
        if not files:
            for name, body in _reference_bodies(place, settings, info):
                content.add(name, body)
    return content


def _add_written(content: SetContent, script: TestScript, settings: Settings) -> None:
    """Each resource that a load script writes, in its order."""
    sources = Sources(script, settings)
    for operation in script.operations():
        if operation.code in ("update", "updateCreate") and operation.source_id:
            name = operation.source_id
            try:
                content.add(name, sources.body(name), token_of(operation, script))
            except HarnessError as error:
                content.problems.append(f"fixture {name} is not loaded: {said(error_text(error), 'en')}")


def _reference_bodies(goal: Path, settings: Settings, info: SetInfo) -> list[tuple[str, Body]]:
    """Resources in ``_reference`` of a set without load script; Bundles and what is no resource left out."""
    files = [
        path
        for path in sorted((goal / "_reference").rglob("*"))
        if path.suffix.lower() in (".xml", ".json") and path.is_file() and "bundle" not in str(path).lower()
    ]
    fixtures = {str(path): Fixture(str(path), path) for path in files}
    script = TestScript(path=goal / "_reference", id="reference", fixtures=fixtures, info=info)
    sources = Sources(script, settings)
    found = []
    for name in fixtures:
        try:
            body = sources.body(name)
        except HarnessError:
            continue
        if body.resource is not None and body.type != "Bundle":
            found.append((name, body))
    return found


def _other_goals(goal: Path) -> list[Path]:
    """Sibling goals (``Cert`` beside ``Test``) that have a load script."""
    siblings = sorted(path for path in goal.parent.iterdir() if path.is_dir() and path != goal)
    return [path for path in siblings if load_scripts_of(path)]
