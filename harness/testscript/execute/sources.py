"""The content that a script names: fixtures, stored responses, what rules made, and variables on those."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from harness.core.run.exchanges import header
from harness.core.text import Text
from harness.fhir.codec import documents as codec
from harness.testscript.execute.settings import Settings
from harness.testscript.judge.bodies import Body, as_text, parsed
from harness.testscript.judge.case import Evidence
from harness.testscript.judge.patterns import found
from harness.testscript.read.errors import NoValue, PlaceholderError, ScriptError
from harness.testscript.read.model import Fixture, TestScript, Variable
from harness.testscript.read.placeholders import Values

LOCAL_VERSION = re.compile(
    r"([A-Z][A-Za-z]{1,63})/([A-Za-z0-9\-.]{1,64})(?:/_history/([A-Za-z0-9\-.]{1,64}))?$", re.ASCII
)
"""What a ``Location`` ends in."""


LAST = ""
"""Name of the last response: what a variable without ``sourceId`` looks at."""


class Sources:
    """Named content and placeholder values of one execution of one script.

    :ivar responses: stored response bodies by ``responseId``.
    :ivar made: resources made by a rule, by fixture id, with their format.
    """

    def __init__(self, script: TestScript, settings: Settings) -> None:
        self.script = script
        self.settings = settings
        self.responses: dict[str, Body] = {}
        self._headers: dict[str, tuple[tuple[str, str], ...]] = {}
        self.made: dict[str, tuple[dict[str, Any], str]] = {}
        self._fixtures: dict[str, Body] = {}
        self._values = Values(
            script,
            settings.t,
            now=settings.now,
            overrides=settings.overrides,
            evaluate=self._evaluate,
        )

    @property
    def now(self) -> datetime | date:
        """What expressions take for now: the frozen instant, or T."""
        return self.settings.now or self.settings.t

    def keep(self, name: str, evidence: Evidence) -> None:
        """Store a response under its ``responseId``, and as the last one (:data:`LAST`)."""
        for key in {name, LAST}:
            self.responses[key] = evidence.response_body
            self._headers[key] = evidence.response.headers if evidence.response else ()

    def keep_request(self, name: str, evidence: Evidence) -> None:
        """Store the body of a request under its ``requestId``; without one nothing is stored."""
        if name:
            self.responses[name] = evidence.request_body
            self._headers[name] = evidence.request.headers

    def target(self, name: str) -> tuple[str, str, str]:
        """Type, id and version of the resource that a source holds, or that its ``Location`` names.

        :raises HarnessError: an unknown source.
        :raises NoValue: a source that names no resource.
        """
        location = LOCAL_VERSION.search(header(self._headers.get(name, ()), "location") or "")
        if location:
            return location.group(1), location.group(2), location.group(3) or ""
        resource = self.body(name).resource or {}
        kind, identity = resource.get("resourceType"), resource.get("id")
        if not isinstance(kind, str) or not isinstance(identity, str):
            raise NoValue(
                Text(nl=f"bron '{name}' heeft geen id", en=f"source '{name}' has no id"),
                where=str(self.script.path),
            )
        meta = resource.get("meta")
        return kind, identity, str(meta.get("versionId", "")) if isinstance(meta, dict) else ""

    @contextmanager
    def trying(self, name: str, evidence: Evidence) -> Iterator[None]:
        """As if a response were stored, for as long as the context lasts."""
        before = dict(self.responses), dict(self._headers)
        self.keep(name, evidence)
        try:
            yield
        finally:
            self.responses, self._headers = before

    def resolve(self, text: str, line: int) -> str:
        """A text of the script, which stands at a line, with its placeholders filled in.

        :raises HarnessError: a placeholder that cannot be filled in.
        """
        return self._values.resolve(text, where=f"{self.script.path}:{line}")

    def body(self, name: str) -> Body:
        """A fixture, a stored response body, or a fixture made by a rule.

        :raises HarnessError: when there is none, or its file is missing.
        """
        if name in self.made:
            resource, form = self.made[name]
            model = self.settings.model
            data = codec.to_json(resource) if form == "json" else codec.to_xml(resource, model)
            return parsed(data, form, model)
        if name in self.responses:
            return self.responses[name]
        if name not in self._fixtures:
            fixture = self.script.fixtures.get(name)
            if fixture is None:
                raise self._unknown(name)
            self._fixtures[name] = self._read(fixture)
        return self._fixtures[name]

    def _unknown(self, name: str) -> ScriptError:
        return ScriptError(
            Text(nl=f"onbekende bron '{name}'", en=f"unknown source '{name}'"),
            where=str(self.script.path),
            expected=", ".join([*self.script.fixtures, *self.responses][:10]),
            received=name,
        )

    def _read(self, fixture: Fixture) -> Body:
        name = fixture.id
        try:
            text = fixture.inline or fixture.path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise PlaceholderError(
                Text(nl=f"fixture '{name}' kan niet worden gelezen", en=f"fixture '{name}' cannot be read"),
                where=f"{self.script.path}:{fixture.line}",
                received=f"{fixture.path}: {getattr(error, 'strerror', None) or error}",
            ) from None
        data = self._values.resolve_fixture(text, where=str(fixture.path)).encode()
        form = codec.sniff(data) or "xml"
        cached = self.settings.parse_cache.get((data, form))
        if cached is None:
            cached = self.settings.parse_cache[data, form] = parsed(data, form, self.settings.model)
        return cached

    def _evaluate(self, variable: Variable) -> str | None:
        """Value of a variable on a source, ``None`` when that is not there yet or nothing is found."""
        name = variable.source_id
        where = f"{self.script.path}:{variable.line}"
        if name == LAST and not self.responses:
            return None
        if name not in self.responses and name not in self.made and name not in self.script.fixtures:
            stored = ((item.response_id, item.request_id) for item in self.script.operations())
            if not any(name in names for names in stored):
                raise ScriptError(
                    Text(nl=f"onbekende bron '{name}'", en=f"unknown source '{name}'"), where=where
                )
            return None
        value = self._found(variable, name, where)
        if value is None or not variable.pattern:
            return value
        return found(variable.pattern, value)

    def _found(self, variable: Variable, name: str, where: str) -> str | None:
        """What a variable looks at, before its pattern."""
        if variable.header:
            return header(self._headers.get(name, ()), variable.header)
        body = self.body(name)
        if body.resource is None:
            raise PlaceholderError(
                Text(nl=f"bron '{name}' is geen FHIR-resource", en=f"source '{name}' is not a FHIR resource"),
                where=where,
                received=body.problem,
            )
        if variable.path:
            texts = body.select(self._values.resolve(variable.path))
            return texts[0] if texts else None
        result = body.evaluate(self._values.resolve(variable.expression or ""), self.now)
        return as_text(result[0]) if result else None
