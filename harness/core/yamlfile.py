"""Strict YAML: safe loading, duplicate keys refused, every value knows its line.

A YAML file is checked against a JSON Schema that ships with the harness; an error names file, line, key
path, what was expected, and the nearest known key.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from harness.core.errors import ConfigurationError, HarnessError, nearest
from harness.core.schemas import vouched
from harness.core.text import Text

MAX_BYTES = 4 * 1024 * 1024
MAX_NODES = 200_000
MAX_DEPTH = 60

_IRI_GRAMMAR = "rfc3987_syntax"
"""``jsonschema`` loads it where it finds it: a second of every start, for a format not checked here."""
_SCHEMAS = Path(__file__).parent / "schemas"
_LIMITS = {
    "minLength": Text(nl="ten minste {limit} teken", en="at least {limit} character"),
    "maxLength": Text(nl="hoogstens {limit} tekens", en="at most {limit} characters"),
    "minimum": Text(nl="ten minste {limit}", en="at least {limit}"),
    "maximum": Text(nl="hoogstens {limit}", en="at most {limit}"),
    "minItems": Text(nl="ten minste {limit} waarde", en="at least {limit} value"),
    "maxItems": Text(nl="hoogstens {limit} waarden", en="at most {limit} values"),
    "uniqueItems": Text(nl="een waarde staat er twee keer", en="a value appears twice"),
}
"""Rules of JSON Schema that say more than the description of the value."""
_TAB = Text(nl="spring in met spaties, niet met een tab", en="indent with spaces, not with a tab")
_BASE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class YamlDocument:
    """Content of a YAML file with the line of each value.

    :ivar data: plain Python values (dates stay text).
    :ivar path: the file, for messages.
    :ivar sha256: of its text, hex.
    """

    def __init__(
        self, data: Any, path: str, lines: dict[tuple[str | int, ...], int], sha256: str = ""
    ) -> None:
        self.data = data
        self.path = path
        self.sha256 = sha256
        self._lines = lines

    def line(self, *keys: str | int) -> int:
        """1-based line of the value at ``keys``, or of its closest known ancestor."""
        for end in range(len(keys), -1, -1):
            if keys[:end] in self._lines:
                return self._lines[keys[:end]]
        return 1

    def where(self, *keys: str | int) -> str:
        """``file:line`` of a value, for error messages."""
        return f"{self.path}:{self.line(*keys)}"


def _build(
    node: yaml.Node, path: tuple[str | int, ...], lines: dict[tuple[str | int, ...], int], file: str
) -> Any:
    if len(lines) > MAX_NODES or len(path) > MAX_DEPTH:
        raise ConfigurationError(
            Text(
                nl="YAML-bestand is te groot of te diep genest",
                en="YAML file is too large or nested too deeply",
            ),
            where=file,
        )
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            if key in result:
                raise ConfigurationError(
                    Text(nl=f"sleutel '{key}' staat er twee keer", en=f"key '{key}' appears twice"),
                    where=f"{file}:{key_node.start_mark.line + 1}",
                )
            result[key] = _build(value_node, (*path, key), lines, file)
            lines[(*path, key)] = key_node.start_mark.line + 1
        return result
    if isinstance(node, yaml.SequenceNode):
        return [_build(child, (*path, index), lines, file) for index, child in enumerate(node.value)]
    return _scalar(node)


def _scalar(node: yaml.Node) -> Any:
    tag, value = node.tag, node.value
    if tag.endswith(":int"):
        try:
            return int(value.replace("_", ""), 0)
        except ValueError:
            return value
    if tag.endswith(":float"):
        try:
            return float(value)
        except ValueError:
            return value
    if tag.endswith(":bool"):
        return value.lower() in ("true", "yes", "on")
    if tag.endswith(":null"):
        return None
    return value


def parse_yaml(text: str, path: str) -> YamlDocument:
    """Parse YAML text; ``path`` is only used in messages.

    :raises ConfigurationError: not YAML, duplicate key, custom tag, too large.
    """
    if len(text) > MAX_BYTES:
        raise ConfigurationError(
            Text(nl="YAML-bestand is te groot", en="YAML file is too large"),
            where=path,
            expected=f"<= {MAX_BYTES} bytes",
        )
    try:
        loader = _BASE(text)
        try:
            node = loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else path
        raise ConfigurationError(
            Text(nl="is geen geldige YAML", en="is not valid YAML"),
            where=where,
            received=str(getattr(error, "problem", None) or error),
            next_step=_TAB if mark and _is_tab(text, mark.line, mark.column) else "",
        ) from None
    except RecursionError:
        raise ConfigurationError(
            Text(nl="YAML-bestand is te diep genest", en="YAML file is nested too deeply"), where=path
        ) from None
    lines: dict[tuple[str | int, ...], int] = {}
    data = _build(node, (), lines, path) if node is not None else None
    return YamlDocument(data, path, lines, hashlib.sha256(text.encode()).hexdigest())


def _is_tab(text: str, line: int, column: int) -> bool:
    lines = text.split("\n")
    return line < len(lines) and lines[line][column : column + 1] == "\t"


def load_yaml(
    path: Path, schema: str | None = None, values: Mapping[str, Collection[str]] | None = None
) -> YamlDocument:
    """Read a YAML file and check it against a shipped JSON Schema (name without ``.schema.json``).

    :param values: see :func:`schema_errors`.
    :raises ConfigurationError: unreadable, not YAML, or not valid against the schema.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ConfigurationError(
            Text(nl="kan niet worden gelezen", en="cannot be read"), where=str(path), received=reason or ""
        ) from None
    document = parse_yaml(text, str(path))
    if schema is not None:
        check_schema(document, schema, values)
    return document


@cache
def json_schema(name: str) -> dict[str, Any]:
    """A JSON Schema that ships with the harness.

    :raises HarnessError: when there is none of that name.
    """
    loaded: dict[str, Any] = json.loads(_schema(name))
    return loaded


@cache
def _schema(name: str) -> bytes:
    path = _SCHEMAS / f"{name}.schema.json"
    try:
        return path.read_bytes()
    except OSError:
        raise HarnessError(f"unknown JSON Schema {name}", where=str(path)) from None


def check_schema(
    document: YamlDocument, schema: str, values: Mapping[str, Collection[str]] | None = None
) -> None:
    """Check a document against a shipped schema.

    :param values: see :func:`schema_errors`.
    :raises ConfigurationError: with file, line, key path and the nearest known word.
    """
    key = vouched.digest(document.sha256, _schema(schema), values)
    if vouched.holds(key):
        return
    found = _validator(schema, values).iter_errors(document.data)
    from jsonschema.exceptions import best_match

    error = best_match(found)
    if error is not None:
        raise schema_error(document, error)
    vouched.found_right(key, document.path)


def schema_errors(
    document: YamlDocument, schema: str, values: Mapping[str, Collection[str]] | None = None
) -> list[ConfigurationError]:
    """Everything in a document that a shipped schema objects to, in the order of the document.

    :param values: allowed values of the places that the schema marks with ``x-values``, for words that
        stand in a table and not in the schema.
    """
    key = vouched.digest(document.sha256, _schema(schema), values)
    if vouched.holds(key):
        return []
    found = _validator(schema, values).iter_errors(document.data)
    ordered = sorted(found, key=lambda item: document.line(*item.absolute_path))
    made = (schema_error(document, error) for error in ordered)
    # of the keys that one place misses each is an error, and the message of each names all of them
    errors = list({item.render("en"): item for item in made}.values())
    if not errors:
        vouched.found_right(key, document.path)
    return errors


def _judge() -> Any:
    # late: a command that reads no schema starts a fifth faster without it
    with _without(_IRI_GRAMMAR):
        from jsonschema import Draft202012Validator

    return Draft202012Validator


@contextmanager
def _without(module: str) -> Iterator[None]:
    """While this lasts, a module that others may have installed counts as absent, unless it is loaded."""
    if module in sys.modules:
        yield
        return
    sys.modules[module] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[module]


def _validator(schema: str, values: Mapping[str, Collection[str]] | None) -> Any:
    return _judge()(filled_schema(schema, values or {}))


def filled_schema(name: str, values: Mapping[str, Collection[str]]) -> dict[str, Any]:
    """A JSON Schema that ships with the harness, with the words of tables filled in; for editors too.

    :param values: see :func:`schema_errors`.
    :raises HarnessError: when there is none of that name.
    """
    found: dict[str, Any] = _filled(json_schema(name), values) if values else json_schema(name)
    return found


def _filled(node: Any, values: Mapping[str, Collection[str]]) -> Any:
    if isinstance(node, list):
        return [_filled(child, values) for child in node]
    if not isinstance(node, dict):
        return node
    made = {key: _filled(child, values) for key, child in node.items()}
    if node.get("x-values") in values:
        made["enum"] = list(values[node["x-values"]])
    return made


def schema_error(document: YamlDocument, error: Any) -> ConfigurationError:
    """A schema violation as a message for people.

    :param error: a ``ValidationError`` of ``jsonschema``.
    """
    keys = tuple(error.absolute_path)
    rule = error.schema if isinstance(error.schema, Mapping) else {}
    path = ".".join(str(key) for key in keys) or "(document)"
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        known = list(rule.get("properties", {}))
        unknown = next((key for key in error.instance if key not in known), "?")
        hint = nearest(unknown, known)
        return ConfigurationError(
            Text(nl=f"onbekende sleutel '{unknown}' in {path}", en=f"unknown key '{unknown}' in {path}"),
            where=document.where(*keys, unknown),
            expected=", ".join(known),
            received=unknown,
            next_step=Text(nl=f"bedoelde u '{hint}'?", en=f"did you mean '{hint}'?") if hint else "",
        )
    if error.validator == "required" and isinstance(error.instance, dict):
        absent = ", ".join(key for key in rule.get("required", ()) if key not in error.instance)
        return ConfigurationError(
            Text(nl=f"{path} mist {absent}", en=f"{path} misses {absent}"), where=document.where(*keys)
        )
    if error.validator == "enum":
        options = [str(option) for option in rule.get("enum", ())]
        hint = nearest(str(error.instance), options)
        return ConfigurationError(
            Text(nl=f"onbekende waarde bij {path}", en=f"unknown value at {path}"),
            where=document.where(*keys),
            expected=" | ".join(options),
            received=str(error.instance),
            next_step=Text(nl=f"bedoelde u '{hint}'?", en=f"did you mean '{hint}'?") if hint else "",
        )
    if error.validator in _LIMITS:
        limit = _LIMITS[str(error.validator)].format(limit=error.validator_value)
        return ConfigurationError(
            Text(nl=f"{path} klopt niet: {limit.nl}", en=f"{path} is wrong: {limit.en}"),
            where=document.where(*keys),
            received=str(error.instance)[:200],
        )
    return ConfigurationError(
        Text(nl=f"{path} klopt niet", en=f"{path} is wrong"),
        where=document.where(*keys),
        expected=str(rule.get("description", "") or f"{error.validator}: {error.validator_value}")[:300],
        received=str(error.instance)[:200],
    )
