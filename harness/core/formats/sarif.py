"""SARIF 2.1.0 (OASIS): the log of one run of a tool, with its rules and the files that it is about."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Final

from harness.core.text import Lang

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
Object = dict[str, Any]


class Log:
    """The log of one run, put together piece by piece.

    :param tool: name of the tool.
    """

    def __init__(self, tool: str, version: str, lang: Lang) -> None:
        self._driver: Object = {"name": tool, "version": version, "language": lang}
        self._rules: list[Object] = []
        self._index: dict[str, int] = {}
        self._places: dict[str, int] = {}
        self._artifacts: list[Object] = []
        self._results: list[Object] = []
        self._stopped: list[Object] = []

    def artifact(self, uri: str, kind: str) -> Object:
        """Name a file; gives what says of a result that it is there.

        :param kind: its media type.
        """
        if uri not in self._places:
            self._places[uri] = len(self._artifacts)
            self._artifacts.append({"location": {"uri": uri}, "mimeType": kind})
        return {"artifactLocation": {"uri": uri, "index": self._places[uri]}}

    def rule(self, name: str, rule: Object) -> None:
        """Name a rule; the first description of it stays."""
        if name not in self._index:
            self._index[name] = len(self._rules)
            self._rules.append({"id": name, **rule})

    def result(self, rule: str, result: Object) -> None:
        """Add what was found against a rule that was named."""
        self._results.append({"ruleId": rule, "ruleIndex": self._index[rule], **result})

    def stopped(self, notification: Object) -> None:
        """Tell that something kept the tool from its work."""
        self._stopped.append(notification)

    def render(self, began: datetime, ended: datetime | None = None, **more: Any) -> bytes:
        """The document as JSON in UTF-8.

        :param more: further properties of the run.
        """
        invocation: Object = {
            "executionSuccessful": not self._stopped,
            "startTimeUtc": _utc(began),
            "toolExecutionNotifications": self._stopped,
        }
        if ended is not None:
            invocation["endTimeUtc"] = _utc(ended)
        run = {
            "tool": {"driver": {**self._driver, "rules": self._rules}},
            "artifacts": self._artifacts,
            "results": self._results,
            "invocations": [invocation],
            **more,
        }
        return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False).encode(
            "utf-8", "replace"
        )


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
