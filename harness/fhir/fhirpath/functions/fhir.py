"""The functions that FHIR adds to FHIRPath (FHIR R4, FHIRPath page, section 2.9.1.5)."""

from __future__ import annotations

from typing import Any

from harness.fhir.fhirpath.compiler.code import (
    NONE,
    Compiling,
    Facts,
    StepCode,
    step_of_test,
)
from harness.fhir.fhirpath.context import Evaluation
from harness.fhir.fhirpath.errors import evaluation_error, unsupported_error
from harness.fhir.fhirpath.functions.registry import Functions, string_of
from harness.fhir.fhirpath.narrative import narrative_ok
from harness.fhir.fhirpath.navigation import expand
from harness.fhir.fhirpath.nodes import Item, Items, Node, RawNode, location
from harness.fhir.fhirpath.syntax import Call
from harness.fhir.fhirpath.values.items import raw, text_of
from harness.fhir.phrases import LOADED_PROFILE

FUNCTIONS = Functions()


BASE = "http://hl7.org/fhir/StructureDefinition/"


def _extensions(node: RawNode, key: str, out: Items, url: str, strict: bool) -> None:
    """Append the extensions with a URL, of an object or of what stands beside a primitive."""
    for holder in (node[0], node[2]):
        if holder.__class__ is not dict:
            continue
        found = holder.get(key)
        if found.__class__ is not list:
            if found and strict:
                raise evaluation_error(
                    "een extensie hoort in een lijst", "an extension belongs in a list", received=found
                )
            continue
        field = node[1].field(key)
        kind = field[2] if field[2].name else node[1].schema.type("Extension")
        for at, extension in enumerate(found):
            if extension.__class__ is dict and extension.get("url") == url:
                out.append((extension, kind, None, node, key, at))
            elif extension is None and strict:
                raise evaluation_error(
                    "een extensie is leeg", "an extension is null", expected="extension", received=found
                )
        return


@FUNCTIONS.compiled("extension", 1)
def _extension(compiler: Compiling, call: Call) -> StepCode:
    code = compiler.argument(call.args[0])
    url_of = code.run
    modifiers = compiler.dialect.modifier_extensions
    known = string_of(code.constant, "extension()") if code.constant is not None else None

    def run(c: Evaluation, coll: Items, this: Items) -> Items:
        url = known if known is not None else string_of(url_of(c, this), "extension()")
        out: Items = []
        if url:
            for node in coll:
                if node.__class__ is tuple:
                    _extensions(node, "extension", out, url, not modifiers)
                    if modifiers and node[0].__class__ is dict and "modifierExtension" in node[0]:
                        _extensions(node, "modifierExtension", out, url, False)
        return out

    return StepCode(
        run, Facts(code.facts.pure, known is not None and modifiers, code.facts.index, code.facts.scoped)
    )


@FUNCTIONS.compiled("hasValue")
def _has_value(compiler: Compiling, call: Call) -> StepCode:
    as_text = compiler.dialect.text_has_value

    def test(c: Evaluation, coll: Items, this: Items) -> bool | None:
        if len(coll) != 1:
            return None if as_text else False
        item = coll[0]
        value = item[0] if item.__class__ is tuple else item
        if value is None:
            return False
        if item.__class__ is tuple and not item[1].primitive and (item[1].name or value.__class__ is bool):
            return as_text and value.__class__ is not dict and text_of(value) is not None
        return value.__class__ not in (dict, list) and not (as_text and value == "")

    return step_of_test(test, Facts(safe=True))


# -- references


def _container(item: Item, levels: int) -> RawNode | None:
    """The nearest resource around a node; with ``levels`` 2 the one around that."""
    at: Any = item
    while at is not None:
        if at[0].__class__ is dict and "resourceType" in at[0]:
            levels -= 1
            if not levels:
                found: RawNode = at
                return found
        at = at[3]
    return None


def _contained(item: Item, fragment: str) -> RawNode | None:
    for levels in (1, 2):
        holder = _container(item, levels)
        if holder is None:
            return None
        if not fragment:
            return holder
        found: Items = []
        expand(holder[0].get("contained"), None, holder[1].field("contained")[2], holder, "contained", found)
        for node in found:
            if node[0].__class__ is dict and node[0].get("id") == fragment:
                result: RawNode = node
                return result
    return None


def _find(c: Evaluation, item: Item, reference: str) -> Item | None:
    if reference.startswith("#"):
        return _contained(item, reference[1:]) if item.__class__ is tuple else None
    found: Any = c.document.find(reference)
    if (
        found is None
        and item.__class__ is tuple
        and "://" not in reference
        and not reference.startswith("urn:")
    ):
        # relative to the full URL of the entry that the reference stands in (FHIR, Bundle, resolving
        # references)
        entry = item
        while entry is not None and entry[4] != "entry":
            entry = entry[3]
        url = entry[0].get("fullUrl") if entry is not None and entry[0].__class__ is dict else None
        if isinstance(url, str) and url.count("/") > 3:
            found = c.document.find(url.rsplit("/", 2)[0] + "/" + reference)
    if found is None and c.services.resolve is not None:
        found = c.services.resolve(reference)
        if isinstance(found, Node):
            found = found.raw
        elif found is not None:
            found = c.document.schema.root(found)
    return found


@FUNCTIONS.collection("resolve", pure=False)
def _resolve(c: Evaluation, coll: Items) -> Items:
    out: Items = []
    for item in coll:
        value = raw(item)
        if value.__class__ is dict:
            value = value.get("reference")
        if value.__class__ is str and value:
            found = _find(c, item, value)
            if found is not None:
                out.append(found)
    return out


# -- services


@FUNCTIONS.boolean("memberOf", 1, pure=False)
def _member_of(c: Evaluation, coll: Items, value_set: Items) -> bool | None:
    url = string_of(value_set, "memberOf()")
    if len(coll) != 1 or url is None:
        return None
    if c.services.member_of is None:
        raise unsupported_error(
            "memberOf() kan hier niet: er zijn geen waardelijsten geladen",
            "memberOf() is not possible here: no value sets are loaded",
            received=url,
        )
    return c.services.member_of(raw(coll[0]), url)


@FUNCTIONS.boolean("conformsTo", 1, pure=False)
def _conforms_to(c: Evaluation, coll: Items, profile: Items) -> bool | None:
    url = string_of(profile, "conformsTo()")
    if len(coll) != 1 or url is None:
        return None
    item = coll[0]
    if c.services.conforms_to is not None:
        found = c.services.conforms_to(raw(item), url)
        if found is not None:
            return found
    name = url.removeprefix(BASE)
    if url.startswith(BASE) and name in c.document.model.types and item.__class__ is tuple:
        return name in item[1].supers
    raise unsupported_error(
        f"onbekend profiel {url}", f"unknown profile {url}", expected=LOADED_PROFILE, received=url
    )


def _without_definitions(name: str, arity: int) -> None:
    def refuse(c: Evaluation, coll: Items, *args: Items) -> Items:
        raise unsupported_error(
            f"{name}() kan alleen waar profielen geladen zijn",
            f"{name}() is only possible where profiles are loaded",
        )

    FUNCTIONS.collection(name, arity, pure=False)(refuse)


_without_definitions("elementDefinition", 0)
_without_definitions("slice", 2)


@FUNCTIONS.collection("checkModifiers", 0, 20)
def _check_modifiers(c: Evaluation, coll: Items, *known: Items) -> Items:
    allowed = {raw(item) for group in known for item in group}
    for item in coll:
        found = raw(item).get("modifierExtension") if raw(item).__class__ is dict else None
        for extension in found if found.__class__ is list else ():
            url = extension.get("url") if extension.__class__ is dict else None
            if url not in allowed:
                raise evaluation_error(
                    f"onbekende modifierExtension {url}",
                    f"unknown modifierExtension {url}",
                    expected=str(sorted(allowed)),
                )
    return coll


@FUNCTIONS.collection("pathname", 0, 1, safe=True)
def _pathname(c: Evaluation, coll: Items, short: Items = NONE) -> Items:
    return [location(item) for item in coll if item.__class__ is tuple]


# -- narrative


def _html_checks(name: str) -> None:
    def test(c: Evaluation, coll: Items) -> bool | None:
        if not coll:
            return None
        value = raw(coll[0])
        return value.__class__ is str and narrative_ok(value)

    FUNCTIONS.boolean(name, safe=True)(test)


for _spelling in ("htmlChecks", "htmlchecks", "htmlChecks2"):
    _html_checks(_spelling)
