"""Extractors: the FHIRPath of search parameters, compiled to plain functions.

Search parameter expressions use a small part of FHIRPath (paths, ``as``, ``where`` with one comparison,
``extension``, unions). That part is compiled by hand because an index value is extracted from every resource;
anything else is given to the full FHIRPath engine.

An extractor maps a resource to ``[(value, type), …]``; ``type`` is the FHIR type where the JSON key tells it
(``valueQuantity``), else ``""``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from harness.fhir.model.types import Model

Node = tuple[Any, str]
Extractor = Callable[[dict[str, Any]], list[Node]]
Step = Callable[[list[Node]], list[Node]]

_STEP = re.compile(
    r"""\.?(?:
      (?P<func>as|ofType|is|where|extension|exists|resolve)\((?P<args>(?:[^()']|'[^']*'|\([^()]*\))*)\)
    | (?P<index>\[\d+\])
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
    )""",
    re.VERBOSE,
)
_AS = re.compile(
    r"\(\s*(?P<path>[A-Za-z_][A-Za-z0-9_.\[\]]*)\s+as\s+(?P<type>[A-Za-z.]+)\s*\)(?P<rest>.*)", re.DOTALL
)
_EQUALS = re.compile(r"\s*([A-Za-z]+)\s*=\s*'([^']*)'\s*")
_RESOLVES = re.compile(r"\s*resolve\(\)\s+is\s+([A-Za-z]+)\s*")

PRIMITIVES = {"datetime": str, "date": str, "instant": str, "string": str, "uri": str, "boolean": bool}


class Unsupported(Exception):
    """The expression needs the full FHIRPath engine."""


def split_union(expression: str) -> list[str]:
    """Parts of a union at the top level."""
    parts: list[str] = []
    depth = start = 0
    quoted = False
    for position, char in enumerate(expression):
        if char == "'":
            quoted = not quoted
        elif not quoted:
            if char == "(":
                depth += 1
            elif char == ")":
                depth -= 1
            elif char == "|" and depth == 0:
                parts.append(expression[start:position].strip())
                start = position + 1
    parts.append(expression[start:].strip())
    return parts


def _field(name: str, *, choice: bool) -> Step:
    width = len(name)

    def run(nodes: list[Node]) -> list[Node]:
        result: list[Node] = []
        for node, _ in nodes:
            if not isinstance(node, dict):
                continue
            if name in node:
                value = node[name]
                if isinstance(value, list):
                    result.extend((item, "") for item in value if item is not None)
                elif value is not None:
                    result.append((value, ""))
            elif choice:
                for key, value in node.items():
                    if len(key) > width and key.startswith(name) and key[width].isupper():
                        result.append((value, key[width:]))
        return result

    return run


def _as(kind: str) -> Step:
    wanted = kind.rpartition(".")[2].lower()

    def run(nodes: list[Node]) -> list[Node]:
        return [n for n in nodes if (n[1].lower() == wanted if n[1] else _looks_like(n[0], wanted))]

    return run


def _looks_like(value: Any, kind: str) -> bool:
    if kind in PRIMITIVES:
        return isinstance(value, PRIMITIVES[kind])
    return isinstance(value, dict) and (kind != "reference" or "reference" in value or "identifier" in value)


def _where(args: str) -> Step:
    equals = _EQUALS.fullmatch(args)
    if equals:
        name, wanted = equals.groups()
        return lambda nodes: [n for n in nodes if isinstance(n[0], dict) and n[0].get(name) == wanted]
    resolves = _RESOLVES.fullmatch(args)
    if resolves:
        kind = resolves.group(1)

        def run(nodes: list[Node]) -> list[Node]:
            found = []
            for node in nodes:
                reference = node[0].get("reference", "") if isinstance(node[0], dict) else node[0]
                if not isinstance(reference, str):
                    continue
                if reference.startswith("#") or f"{kind}/" in reference or "/" not in reference:
                    found.append(node)
            return found

        return run
    raise Unsupported(args)


def _extension(args: str) -> Step:
    url = args.strip().strip("'")

    def run(nodes: list[Node]) -> list[Node]:
        result: list[Node] = []
        for node, _ in nodes:
            if isinstance(node, dict):
                for extension in node.get("extension", ()):
                    if isinstance(extension, dict) and extension.get("url") == url:
                        result.append((extension, "Extension"))
        return result

    return run


def _unwrap(nodes: list[Node]) -> list[Node]:
    """An extension stands for its value: ``X.extension('u')`` as a search expression means the value."""
    result: list[Node] = []
    for node, kind in nodes:
        if kind == "Extension":
            result.extend((value, key[5:]) for key, value in node.items() if key.startswith("value"))
        else:
            result.append((node, kind))
    return result


def _compile_path(expression: str, kind: str, model: Model) -> list[Step]:
    cast = _AS.fullmatch(expression)
    if cast:
        steps = _compile_path(cast.group("path"), kind, model)
        return [*steps, _as(cast.group("type")), *_compile_steps(cast.group("rest"), kind, model, "")]
    first, dot, rest = expression.partition(".")
    if first in ("Resource", "DomainResource") or model.is_resource(first):
        if not dot:
            return []
        return _compile_steps(rest, kind, model, first if first == kind else kind)
    return _compile_steps(expression, kind, model, kind)


def _compile_steps(text: str, kind: str, model: Model, path: str) -> list[Step]:
    steps: list[Step] = []
    position = 0
    while position < len(text):
        match = _STEP.match(text, position)
        if not match or match.end() == position:
            raise Unsupported(text)
        position = match.end()
        function, args = match.group("func"), match.group("args")
        if match.group("index"):
            index = int(match.group("index")[1:-1])
            steps.append(lambda nodes, index=index: nodes[index : index + 1])  # type: ignore[misc]
        elif function in ("as", "ofType"):
            steps.append(_as(args))
        elif function == "where":
            steps.append(_where(args))
        elif function == "extension":
            steps.append(_extension(args))
            path = "Extension"
        elif function:
            raise Unsupported(text)
        else:
            name = match.group("name")
            element = model.element(f"{path}.{name}") if path else None
            steps.append(_field(name, choice=element is None or element.choice))
            path = f"{path}.{name}" if path else ""
    return steps


def _one(expression: str, kind: str, model: Model) -> Extractor:
    steps = _compile_path(expression, kind, model)

    def run(resource: dict[str, Any]) -> list[Node]:
        nodes: list[Node] = [(resource, kind)]
        for step in steps:
            nodes = step(nodes)
            if not nodes:
                return nodes
        return _unwrap(nodes)

    return run


def _relevant(part: str, kind: str, model: Model) -> bool:
    """Whether a part of a union can yield anything for resources of type ``kind``."""
    match = re.match(r"\(*\s*([A-Za-z]+)", part)
    first = match.group(1) if match else ""
    return not model.is_resource(first) or first == kind


def compile_expression(expression: str, kind: str, model: Model) -> Extractor:
    """Extractor of a search expression for resources of type ``kind``."""
    extractors: list[Extractor] = []
    for part in split_union(expression):
        if not part or not _relevant(part, kind, model):
            continue
        try:
            extractors.append(_one(part, kind, model))
        except Unsupported:
            extractors.append(_full(part, model))

    def run(resource: dict[str, Any]) -> list[Node]:
        result: list[Node] = []
        for extractor in extractors:
            result.extend(extractor(resource))
        return result

    return extractors[0] if len(extractors) == 1 else run


def _full(expression: str, model: Model) -> Extractor:
    """The expression through the FHIRPath engine, compiled at its first use."""
    from harness.fhir import fhirpath  # late: a server that needs only the small part starts quicker

    compiled = fhirpath.compile(expression, model=model)

    def run(resource: dict[str, Any]) -> list[Node]:
        try:
            return [(value, "") for value in compiled.values(resource)]
        except fhirpath.FHIRPathError:
            return []

    return run
