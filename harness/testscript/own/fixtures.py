"""The resources of a set: what its load script writes, with placeholders filled in.

Sets without a load script get the resources of their ``_reference`` folder, after those of a sibling goal
(``Cert`` beside ``Test``).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from harness.core.errors import HarnessError
from harness.testscript.execute.settings import Settings
from harness.testscript.execute.sources import Sources
from harness.testscript.judge.bodies import Body, error_text
from harness.testscript.read.model import Fixture, SetInfo, TestScript
from harness.testscript.read.script import load_script
from harness.testscript.read.sets import load_scripts_of
from harness.testscript.read.tokens import tokens_of


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
            keep(_written_bodies(script, settings, problems))
        if not files:
            keep(_reference_bodies(place, settings, info))
    return list(resources.values()), tokens


def _written_bodies(script: TestScript, settings: Settings, problems: list[str]) -> list[tuple[str, Body]]:
    """``(fixture id, body)`` of each resource that a load script writes, in its order.

    A fixture that is missing or cannot be resolved is noted in ``problems``.
    """
    sources = Sources(script, settings)
    found = []
    for operation in script.operations():
        if operation.code in ("update", "updateCreate") and operation.source_id:
            try:
                found.append((operation.source_id, sources.body(operation.source_id)))
            except HarnessError as error:
                problems.append(f"fixture {operation.source_id} is not loaded: {error_text(error)}")
    return found


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
