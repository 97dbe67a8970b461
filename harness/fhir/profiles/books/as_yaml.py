"""Fact books as YAML: our own compact form, one element per line.

::

    - {id: 'component:ICPC_S', card: 0..1, types: [BackboneElement]}
    - {id: 'component:ICPC_S.code', pattern: {CodeableConcept: {coding: [{system: 'http://…', code: ADMDX}]}}}

``id`` is the element id without the type name (``.`` is the root); ``path`` stands there only when it is not
the id without slice names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec
import yaml

from harness.core.errors import ConfigurationError
from harness.core.text import Text
from harness.fhir.profiles.books.book import FactBook, Origin
from harness.fhir.profiles.facts import (
    BindingFact,
    ElementFact,
    InvariantFact,
    ProfileFacts,
    SlicingFact,
    TypeFact,
    Value,
)
from harness.fhir.profiles.terminology import CodeSystemFacts, ValueSetFacts

Json = dict[str, Any]

FORMAT = 1
"""Raised when the YAML changes shape; part of the key of compiled fact books."""

MAX_BYTES = 8 * 1024 * 1024


# -- writing --------------------------------------------------------------------------------


class _Dumper(yaml.SafeDumper):
    """Writes decimals as plain numbers."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


_Dumper.add_representer(
    Decimal, lambda dumper, value: dumper.represent_scalar("tag:yaml.org,2002:float", _number(value))
)


def _number(value: Decimal) -> str:
    text = format(value, "f")
    return text if "." in text else text + ".0"


def _flow(value: Any) -> str:
    text = yaml.dump(
        value, Dumper=_Dumper, default_flow_style=True, width=10**9, allow_unicode=True, sort_keys=False
    )
    return str(text).removesuffix("\n").removesuffix("\n...")


def _plain_path(ident: str) -> str:
    return ".".join(part.partition(":")[0] for part in ident.split("."))


def _relative(ident: str, type_name: str) -> str:
    return (
        "."
        if ident == type_name
        else ident.removeprefix(type_name + ".")
        if ident.startswith(type_name + ".")
        else "/" + ident
    )


def element_to_plain(element: ElementFact, type_name: str) -> Json:
    """One element as it stands in the YAML."""
    ident = element.id or element.path
    out: Json = {"id": _relative(ident, type_name)}
    if element.path != _plain_path(ident):
        out["path"] = _relative(element.path, type_name)
    last = ident.rpartition(".")[2].partition(":")[2]
    if element.slice_name != last:
        out["slice"] = element.slice_name
    if element.min is not None or element.max:
        out["card"] = f"{'' if element.min is None else element.min}..{element.max}"
    if element.types:
        out["types"] = [_type_to_plain(entry) for entry in element.types]
    for name, value in (
        ("fixed", element.fixed),
        ("pattern", element.pattern),
        ("min", element.min_value),
        ("max", element.max_value),
    ):
        if value is not None:
            out[name] = {value.type: value.value}
    if element.max_length:
        out["length"] = element.max_length
    if element.binding is not None:
        out["binding"] = f"{element.binding.strength} {element.binding.value_set}".rstrip()
    if element.slicing is not None:
        slicing: Json = {"by": [f"{kind}:{path}" for kind, path in element.slicing.discriminators]}
        if element.slicing.rules != "open":
            slicing["rules"] = element.slicing.rules
        if element.slicing.ordered:
            slicing["ordered"] = True
        out["slicing"] = slicing
    if element.invariants:
        out["rules"] = [
            {
                "key": rule.key,
                "expression": rule.expression,
                **({"severity": rule.severity} if rule.severity != "error" else {}),
            }
            for rule in element.invariants
        ]
    if element.content_reference:
        out["ref"] = element.content_reference
    if element.modifier:
        out["modifier"] = True
    return out


def _type_to_plain(entry: TypeFact) -> Any:
    rest = {
        k: list(v)
        for k, v in (
            ("profiles", entry.profiles),
            ("targets", entry.targets),
            ("aggregation", entry.aggregation),
        )
        if v
    }
    return entry.code if not rest and entry.code else {"code": entry.code, **rest}


def to_yaml(book: FactBook, comment: str = "") -> str:
    """A fact book as YAML, one line per element, in a fixed order."""
    lines = [f"# {line}" for line in comment.splitlines()]
    lines += [f"format: {FORMAT}", "origins:" if book.origins else "origins: []"]
    lines += [f"- {_flow(msgspec.to_builtins(origin))}" for origin in book.origins]
    if book.searches:
        lines.append(f"search-parameters: {_flow(book.searches)}")
    lines.append("profiles:" if book.profiles else "profiles: {}")
    for url, facts in book.profiles.items():
        lines.append(f"  {_flow(url)}:")
        rows: tuple[tuple[str, Any, Any], ...] = (
            ("version", facts.version, ""),
            ("name", facts.name, ""),
            ("kind", facts.kind, "resource"),
            ("type", facts.type, ""),
            ("base", facts.base, ""),
            ("derivation", facts.derivation, "constraint"),
            ("abstract", facts.abstract, False),
            ("contexts", list(facts.contexts), []),
            ("context_rules", list(facts.context_rules), []),
        )
        for name, value, default in rows:
            if value != default:
                lines.append(f"    {name}: {_flow(value)}")
        lines.append("    elements:" if facts.elements else "    elements: []")
        lines += [f"    - {_flow(element_to_plain(element, facts.type))}" for element in facts.elements]
    for title, table in (("value-sets", book.value_sets), ("code-systems", book.code_systems)):
        lines.append(f"{title}:" if table else f"{title}: {{}}")
        for url, item in table.items():
            plain = msgspec.to_builtins(item)
            plain.pop("url")
            lines.append(f"  {_flow(url)}: {_flow(plain)}")
    return "\n".join(lines) + "\n"


# -- reading --------------------------------------------------------------------------------


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Safe loading with exact decimals; dates stay text."""


_Loader.yaml_implicit_resolvers = {
    key: [(tag, rx) for tag, rx in found if tag != "tag:yaml.org,2002:timestamp"]
    for key, found in _Loader.yaml_implicit_resolvers.items()
}
_Loader.add_constructor(
    "tag:yaml.org,2002:float", lambda loader, node: Decimal(loader.construct_scalar(node))
)

_CARD = re.compile(r"(\d*)\.\.(\d+|\*)?").fullmatch


def _absolute(ident: str, type_name: str) -> str:
    return type_name if ident == "." else ident[1:] if ident.startswith("/") else f"{type_name}.{ident}"


def element_from_plain(plain: Mapping[str, Any], type_name: str) -> ElementFact:
    """The inverse of :func:`element_to_plain`.

    :raises ValueError: naming what does not fit.
    """
    unknown = plain.keys() - _ELEMENT_KEYS
    if unknown:
        raise ValueError(f"unknown key {sorted(unknown)[0]!r}")
    ident = _absolute(str(plain["id"]), type_name)
    path = _absolute(str(plain["path"]), type_name) if "path" in plain else _plain_path(ident)
    match = _CARD(str(plain.get("card", "..")))
    if match is None:
        raise ValueError(f"card {plain['card']!r}")
    strength, _, value_set = str(plain.get("binding", "")).partition(" ")
    slicing = plain.get("slicing")
    return ElementFact(
        path=path,
        id="" if ident == path else ident,
        slice_name=str(plain.get("slice", ident.rpartition(".")[2].partition(":")[2])),
        min=int(match[1]) if match[1] else None,
        max=match[2] or "",
        types=tuple(
            TypeFact(entry) if isinstance(entry, str) else msgspec.convert(entry, TypeFact)
            for entry in plain.get("types", ())
        ),
        fixed=_value(plain.get("fixed")),
        pattern=_value(plain.get("pattern")),
        min_value=_value(plain.get("min")),
        max_value=_value(plain.get("max")),
        max_length=int(plain.get("length", 0)),
        binding=BindingFact(strength, value_set) if strength else None,
        invariants=tuple(msgspec.convert(rule, InvariantFact) for rule in plain.get("rules", ())),
        slicing=SlicingFact(
            discriminators=tuple((d.partition(":")[0], d.partition(":")[2]) for d in slicing.get("by", ())),
            rules=slicing.get("rules", "open"),
            ordered=bool(slicing.get("ordered", False)),
        )
        if isinstance(slicing, dict)
        else None,
        content_reference=str(plain.get("ref", "")),
        modifier=bool(plain.get("modifier", False)),
    )


_ELEMENT_KEYS = frozenset(
    (
        "id",
        "path",
        "slice",
        "card",
        "types",
        "fixed",
        "pattern",
        "min",
        "max",
        "length",
        "binding",
        "slicing",
        "rules",
        "ref",
        "modifier",
    )
)


def _value(plain: Any) -> Value | None:
    if plain is None:
        return None
    if not isinstance(plain, dict) or len(plain) != 1:
        raise ValueError(f"expected {{type: value}}, got {plain!r}")
    return next(Value(type=str(key), value=value) for key, value in plain.items())


def from_yaml(text: str | bytes, *, where: str = "") -> FactBook:
    """The fact book in a YAML text.

    :raises ConfigurationError: when it is no fact book of this version, naming the place.
    """
    at = where
    try:
        if len(text) > MAX_BYTES:
            raise ValueError(f"larger than {MAX_BYTES} bytes")
        data = yaml.load(text, Loader=_Loader)  # noqa: S506  (a safe loader)
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise ValueError(f"format {data.get('format') if isinstance(data, dict) else data!r}")
        book = FactBook(msgspec.convert(data.get("origins", []), list[Origin]), {}, {}, {})
        book.searches = msgspec.convert(data.get("search-parameters", []), list[str])
        for url, plain in data.get("profiles", {}).items():
            at = f"{where}: {url}"
            elements = plain.pop("elements", [])
            facts = msgspec.convert({"url": url, **plain}, ProfileFacts)
            book.profiles[url] = msgspec.structs.replace(
                facts, elements=tuple(element_from_plain(element, facts.type) for element in elements)
            )
        for url, plain in data.get("value-sets", {}).items():
            at = f"{where}: {url}"
            book.value_sets[url] = msgspec.convert({"url": url, **plain}, ValueSetFacts)
        for url, plain in data.get("code-systems", {}).items():
            at = f"{where}: {url}"
            book.code_systems[url] = msgspec.convert({"url": url, **plain}, CodeSystemFacts)
    except (
        yaml.YAMLError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        RecursionError,
        ArithmeticError,
    ) as error:
        raise ConfigurationError(
            Text(nl="dit is geen bruikbaar feitenboek", en="this is no usable fact book"),
            where=at,
            expected=f"format: {FORMAT}",
            received=str(error),
        ) from error
    return book
