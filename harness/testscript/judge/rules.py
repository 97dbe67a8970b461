"""The official rules, natively: dispatch on the rule id (fallback: file name of the rule); Groovy is never
run.

Each rule is a pure function of the exchange of the last operation and its parameters. A rule may also make a
fixture (``modifyTask``), which later operations send.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_plus, urlsplit

from harness.core.run.exchanges import Request, header
from harness.core.text import Phrase
from harness.testscript.judge.bodies import Body
from harness.testscript.phrases import NO_SELF_LINK, ONE_TASK, SELF_LINK, one_of

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class RuleInput:
    """What a rule sees.

    :ivar url: absolute request URL.
    :ivar response: response body of the operation it looks at.
    :ivar bodies: stored response bodies by name.
    """

    url: str
    response: Body
    parameters: Mapping[str, str]
    bodies: Mapping[str, Body]


@dataclass(frozen=True)
class RuleResult:
    """Outcome of a rule.

    :ivar fixtures: resources it made, by fixture id, with the format to send them in.
    """

    ok: bool
    expected: Phrase = ""
    received: Phrase = ""
    path: str = ""
    fixtures: dict[str, tuple[dict[str, Any], str]] = field(default_factory=dict)


Rule = Callable[[RuleInput], RuleResult]


def pairs(url: str) -> list[tuple[str, str]]:
    """Decoded ``(name, value)`` of each query parameter."""
    found = []
    for part in urlsplit(url).query.split("&"):
        name, _, value = part.partition("=")
        if name:
            found.append((unquote_plus(name), unquote_plus(value)))
    return found


def sent_parameters(request: Request) -> list[tuple[str, str]]:
    """Decoded ``(name, value)`` of each parameter of a search, in the URL and in a posted form."""
    media = (header(request.headers, "content-type") or "").split(";", 1)[0].strip().lower()
    form = request.body.decode("utf-8", "replace") if media == FORM else ""
    return [*pairs(request.url), *(pairs(f"?{form}") if form else ())]


_TYPED = re.compile(r"(?:[A-Z][A-Za-z]+/)?([A-Za-z0-9\-.]{1,64})", re.ASCII)


def _without_type(value: str) -> str:
    match = _TYPED.fullmatch(value)
    return match.group(1) if match else value


def params_in_self_link(given: RuleInput) -> RuleResult:
    """Every request parameter occurs in the self link; a reference may gain or lose its type."""
    links = given.response.resource.get("link", []) if given.response.resource else []
    self_link = next(
        (
            str(link.get("url", ""))
            for link in (links if isinstance(links, list) else [])
            if isinstance(link, dict) and link.get("relation") == "self"
        ),
        None,
    )
    if self_link is None:
        return RuleResult(False, SELF_LINK, NO_SELF_LINK, "Bundle.link")
    remaining = pairs(self_link)
    missing: list[str] = []
    for name, value in pairs(given.url):
        match = next((p for p in remaining if p == (name, value)), None) or next(
            (p for p in remaining if p[0] == name and _without_type(p[1]) == _without_type(value)), None
        )
        if match is None:
            missing.append(f"{name}={value}")
        else:
            remaining.remove(match)
    if missing:
        return RuleResult(False, "; ".join(missing), self_link, "Bundle.link.where(relation = 'self').url")
    return RuleResult(True)


def request_url_contains(given: RuleInput) -> RuleResult:
    """The decoded request URL contains one of the parameters ``searchparam…``."""
    wanted = [
        value for name, value in given.parameters.items() if name.lower().startswith("searchparam") and value
    ]
    decoded = unquote_plus(given.url)
    if any(value in decoded or unquote_plus(value) in decoded for value in wanted):
        return RuleResult(True)
    return RuleResult(False, one_of(wanted), decoded, "request URL")


def modify_task(given: RuleInput) -> RuleResult:
    """Take the Task of a response, set its status, drop the narrative, keep it as a fixture."""
    name = given.parameters.get("responseId", "")
    body = given.bodies.get(name, given.response) if name else given.response
    resource = body.resource or {}
    if resource.get("resourceType") == "Bundle":
        entries = resource.get("entry", [])
        tasks = [
            entry["resource"]
            for entry in (entries if isinstance(entries, list) else [])
            if isinstance(entry, dict) and isinstance(entry.get("resource"), dict)
            if entry["resource"].get("resourceType") == "Task"
        ]
    else:
        tasks = [resource] if resource.get("resourceType") == "Task" else []
    if len(tasks) != 1:
        return RuleResult(False, ONE_TASK, f"{len(tasks)} Tasks", "Bundle.entry.resource")
    status, fixture = given.parameters.get("newStatus", ""), given.parameters.get("fixtureId", "")
    task = copy.deepcopy(tasks[0])
    task.pop("text", None)
    task["status"] = status
    return RuleResult(True, fixtures={fixture: (task, body.form or "xml")})


RULES: dict[str, Rule] = {
    "assert-response-queryParamsInSelfLink": params_in_self_link,
    "assertRequestURLContains": request_url_contains,
    "modifyTask": modify_task,
}
FILES: dict[str, str] = {
    "assert_response_queryparamsinselflink": "assert-response-queryParamsInSelfLink",
    "assertrequesturlcontains": "assertRequestURLContains",
    "rewrite-response-taskstatus": "modifyTask",
}
"""Rule by the stem of the Groovy file, in lower case."""


def find_rule(rule_id: str, path: str) -> Rule | None:
    """The native rule for an id, or for the file that the script declares for it."""
    found = RULES.get(rule_id)
    if found is None:
        stem = path.rpartition("/")[2].rpartition(".")[0].lower()
        found = RULES.get(FILES.get(stem, ""))
    return found
