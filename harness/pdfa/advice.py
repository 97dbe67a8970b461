"""What the person who makes the document can do about a broken rule: data in ``advice.yaml``.

A topic holds for every rule that one of its prefixes names; the longest prefix wins, so that a clause can
have advice of its own inside a wider one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from harness.core.text import Text

FILE = Path(__file__).resolve().parent / "advice.yaml"


@dataclass(frozen=True, slots=True)
class Advice:
    """Advice on one kind of rules.

    :ivar id: name of the topic.
    :ivar what: what to do, whatever the program.
    :ivar tools: how to do it, per tool.
    """

    id: str
    what: Text
    tools: dict[str, Text]


@dataclass(frozen=True, slots=True)
class _Book:
    tools: dict[str, tuple[str, re.Pattern[str]]]
    prefixes: dict[int, dict[str, Advice]]


@cache
def _book() -> _Book:
    # only what broke a rule needs it, and reading strict YAML takes a quarter of the time of a whole check
    from harness.core.yamlfile import load_yaml

    data: Any = load_yaml(FILE).data
    tools = {key: (one["name"], re.compile(one["producer"], re.I)) for key, one in data["tools"].items()}
    prefixes: dict[int, dict[str, Advice]] = {1: {}, 2: {}}
    for topic in data["topics"]:
        how = {tool: Text(**topic[tool]) for tool in tools if tool in topic}
        advice = Advice(topic["id"], Text(**topic["what"]), how)
        for part, names in ((1, topic["part1"]), (2, topic["part2"])):
            prefixes[part].update(dict.fromkeys(names, advice))
    return _Book(tools, prefixes)


def tools() -> dict[str, str]:
    """Tools that advice is written for: key → name."""
    return {key: name for key, (name, _) in _book().tools.items()}


def tool_of(producer: str) -> str | None:
    """The tool that made a document, by what its Producer and Creator say."""
    return next((key for key, (_, known) in _book().tools.items() if known.search(producer)), None)


def advice(rule: str, flavour: str) -> Advice | None:
    """Advice on a rule as a report names it (``6.3.4-1``, ``1b:6.3.4-1``), ``None`` for one not of ours.

    :param flavour: what the document was checked as; a mark on the rule goes before it.
    """
    mark, _, plain = rule.rpartition(":")
    part = 1 if (mark or flavour).startswith("1") else 2
    known = _book().prefixes[part]
    clause, _, _ = plain.partition("-")
    steps = clause.split(".")
    for name in (plain, *(".".join(steps[:count]) for count in range(len(steps), 0, -1))):
        if name in known:
            return known[name]
    return None
