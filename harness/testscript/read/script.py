"""Reads TestScript files and the folders around them: ``properties.json``, load scripts, token maps."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

from lxml import etree

from harness.core.errors import InputError, UsageError
from harness.core.text import Text
from harness.testscript.read.model import (
    Action,
    Assert,
    Block,
    Fixture,
    Operation,
    Party,
    RuleUse,
    SetInfo,
    TestScript,
    Variable,
)

FHIR = "{http://hl7.org/fhir}"
MAX_BYTES = 32 * 1024 * 1024
LOAD_FOLDER = "_LoadResources"

_SUT = "Interoplab-CL-ext-SUT"
_SUT_CODES = ("Conformancelab-Client", "Conformancelab-Server")
_QUERY_PARAMETER = "Interoplab-CL-ext-assert-query-parameter"
_RULES = ("testscript-rule", "Interoplab-CL-ext-rule")
_ASSERT_RULES = ("testscript-assert-rule", "Interoplab-CL-ext-assert-rule")
_STOP = "testscript-assert-stopTestOnFail"

_CRITERIA = ("expression", "responseCode", "resource", "validateProfileId", "headerField", "requestURL")
_ASSERT_PLAIN = frozenset(
    (*_CRITERIA, "label", "description", "direction", "operator", "value", "warningOnly", "stopTestOnFail")
)
_OPERATION_PLAIN = frozenset(
    (
        "type", "resource", "params", "url", "accept", "contentType", "requestHeader", "sourceId",
        "responseId", "encodeRequestUrl", "label", "description", "origin", "destination",
    )
)  # fmt: skip
_RESPONSE_NAMES = {
    "okay": "200", "created": "201", "noContent": "204", "notModified": "304", "bad": "400",
    "forbidden": "403", "notFound": "404", "methodNotAllowed": "405", "conflict": "409", "gone": "410",
    "preconditionFailed": "412", "unprocessable": "422",
}  # fmt: skip
"""Named codes of ``assert.response``."""

Element = etree._Element


def parse_xml(data: bytes, where: str) -> Element:
    """Parse XML from outside: no DTD, no entities, no network, bounded size.

    :raises InputError: not well-formed, with a DOCTYPE, or too large.
    """
    if len(data) > MAX_BYTES:
        raise InputError(
            Text(nl="bestand is te groot", en="file is too large"),
            where=where,
            expected=f"<= {MAX_BYTES} bytes",
        )
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        line = getattr(error, "lineno", 0) or 0
        raise InputError(
            Text(nl="is geen geldige XML", en="is not valid XML"),
            where=f"{where}:{line}" if line else where,
            received=str(getattr(error, "msg", error)),
        ) from None
    info: Any = root.getroottree().docinfo
    if info.doctype:
        raise InputError(Text(nl="DOCTYPE is niet toegestaan", en="DOCTYPE is not allowed"), where=where)
    return root


def _line(element: Any) -> int:
    """Line of an element in its file (the stubs do not know its type)."""
    return int(element.sourceline or 0)


def _children(element: Element, name: str) -> list[Element]:
    return element.findall(FHIR + name)


def _text(element: Element | None, name: str) -> str | None:
    child = element.find(FHIR + name) if element is not None else None
    return child.get("value") if child is not None else None


def _elements(element: Element) -> Iterator[tuple[str, Element]]:
    """Child elements with their local names (comments and foreign markup left out)."""
    for child in element:
        if isinstance(child.tag, str):
            yield child.tag.rpartition("}")[2], child


def _bool(value: str | None) -> bool | None:
    return None if value is None else value.strip().lower() == "true"


def _whole(value: str | None) -> int | None:
    return int(value) if value is not None and value.strip().isdigit() else None


def _value(extension: Element) -> str:
    """The ``value[x]`` of an extension as text."""
    for name, child in _elements(extension):
        if name.startswith("value"):
            return child.get("value") or ""
    return ""


def _extensions(element: Element) -> Iterator[tuple[str, Element]]:
    """``(last part of the URL, element)`` of each extension."""
    for child in _children(element, "extension"):
        yield (child.get("url") or "").rpartition("/")[2], child


def _parties(root: Element, name: str) -> tuple[Party, ...]:
    found = []
    for element in _children(root, name):
        sut = any(url == _SUT and _value(ext).strip().lower() == "true" for url, ext in _extensions(element))
        code = _text(element.find(FHIR + "profile"), "code") or ""
        # since August 2026 the simulator marks its own side by the code; the other side is then under test
        if not sut and not any(url == _SUT for url, _ in _extensions(element)):
            other = [p for p in root.iter(FHIR + "profile") if (_text(p, "code") or "") in _SUT_CODES]
            sut = bool(other) and code not in _SUT_CODES
        found.append(Party(_whole(_text(element, "index")) or 1, sut))
    return tuple(found)


def _operation(element: Element, key: str) -> Operation:
    kind = element.find(FHIR + "type")
    unsupported = [
        name for name, _ in _elements(element) if name not in _OPERATION_PLAIN and name != "extension"
    ]
    headers = tuple(
        (_text(header, "field") or "", _text(header, "value") or "")
        for header in _children(element, "requestHeader")
    )
    return Operation(
        key=key,
        code=_text(kind, "code") or "",
        system=_text(kind, "system") or "",
        resource=_text(element, "resource") or "",
        params=_text(element, "params") or "",
        url=_text(element, "url") or "",
        accept=_text(element, "accept") or "",
        content_type=_text(element, "contentType") or "",
        headers=headers,
        source_id=_text(element, "sourceId") or "",
        response_id=_text(element, "responseId") or "",
        encode=_bool(_text(element, "encodeRequestUrl")) is not False,
        label=_text(element, "label") or "",
        description=_text(element, "description") or "",
        origin=_whole(_text(element, "origin")),
        destination=_whole(_text(element, "destination")),
        line=_line(element),
        unsupported=tuple(dict.fromkeys(unsupported)),
    )


def _rule(extension: Element) -> RuleUse:
    rule_id = ""
    parameters: list[tuple[str, str]] = []
    outputs: list[str] = []
    for url, part in _extensions(extension):
        inner = {name: _value(child) for name, child in _extensions(part)}
        if url == "ruleId":
            rule_id = _value(part)
        elif url in ("param", "parameter"):
            parameters.append((inner.get("name", ""), inner.get("value", "")))
        elif url == "output":
            outputs.append(inner.get("name", ""))
    return RuleUse(rule_id, tuple(parameters), tuple(outputs))


def _assert(element: Element, key: str) -> Assert:
    criteria: list[tuple[str, str]] = []
    unsupported: list[str] = []
    rule: RuleUse | None = None
    stop = _bool(_text(element, "stopTestOnFail"))
    for name, child in _elements(element):
        if name in _CRITERIA:
            criteria.append((name, child.get("value") or ""))
        elif name == "response":
            code = child.get("value") or ""
            criteria.append(("responseCode", _RESPONSE_NAMES.get(code, code)))
        elif name not in _ASSERT_PLAIN and name != "extension":
            unsupported.append(f"assert.{name}")
    for url, extension in _extensions(element):
        if url == _QUERY_PARAMETER:
            criteria.append(("queryParameter", _value(extension)))
        elif url in _ASSERT_RULES:
            rule = _rule(extension)
            criteria.append(("rule", rule.rule_id))
        elif url == _STOP:
            stop = _bool(_value(extension))
        else:
            unsupported.append(f"extension {url}")
    if len(criteria) > 1:
        unsupported.append("more than one criterion: " + ", ".join(name for name, _ in criteria))
    criterion, subject = criteria[0] if criteria else ("", "")
    return Assert(
        key=key,
        criterion=criterion,
        subject=subject,
        operator=_text(element, "operator") or "",
        value=_text(element, "value"),
        direction=_text(element, "direction") or "response",
        warning_only=bool(_bool(_text(element, "warningOnly"))),
        stop=stop,
        rule=rule,
        label=_text(element, "label") or "",
        description=_text(element, "description") or "",
        line=_line(element),
        unsupported=tuple(unsupported),
    )


def _block(element: Element, kind: Literal["setup", "test", "teardown"], key: str) -> Block:
    actions: list[Action] = []
    for number, action in enumerate(_children(element, "action")):
        place = f"{key}.action[{number}]"
        for name, child in _elements(action):
            if name == "operation":
                actions.append(_operation(child, place))
            elif name == "assert":
                actions.append(_assert(child, place))
    return Block(
        kind,
        tuple(actions),
        element.get("id") or "",
        _text(element, "name") or "",
        _text(element, "description") or "",
    )


def load_script(path: Path, info: SetInfo | None = None) -> TestScript:
    """Read one TestScript file.

    :param info: properties of its set; read from the folder when not given.
    :raises InputError: unreadable, not XML, or not a TestScript.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(
            Text(nl="kan niet worden gelezen", en="cannot be read"),
            where=str(path),
            received=error.strerror or "",
        ) from None
    root = parse_xml(data, str(path))
    if root.tag != FHIR + "TestScript":
        raise InputError(
            Text(nl="is geen FHIR TestScript", en="is not a FHIR TestScript"),
            where=str(path),
            expected="TestScript",
            received=str(root.tag).rpartition("}")[2],
        )
    return _script(root, path, info or read_info(path.parent))


def _script(root: Element, path: Path, info: SetInfo) -> TestScript:
    fixtures = {}
    for element in _children(root, "fixture"):
        reference = _text(element.find(FHIR + "resource"), "reference") or ""
        name = element.get("id") or ""
        fixtures[name] = Fixture(name, path.parent / reference, _line(element))
    variables = {}
    for element in _children(root, "variable"):
        name = _text(element, "name") or ""
        variables[name] = Variable(
            name,
            _text(element, "defaultValue"),
            _text(element, "expression"),
            _text(element, "sourceId") or "",
            _text(element, "hint") or "",
            _line(element),
        )
        for odd in ("headerField", "path"):
            if _text(element, odd) is not None:
                variables[name] = Variable(name, hint=f"unsupported: variable.{odd}", line=_line(element))
    rules = {}
    for url, extension in _extensions(root):
        if url in _RULES:
            parts = {name: _value(part) for name, part in _extensions(extension)}
            rules[parts.get("ruleId", "")] = parts.get("path", "")
    unsupported = [
        f"{name}.{odd}"
        for name in ("fixture",)
        for element in _children(root, name)
        for odd in ("autocreate", "autodelete")
        if _bool(_text(element, odd))
    ]
    setup = root.find(FHIR + "setup")
    teardown = root.find(FHIR + "teardown")
    return TestScript(
        path=path,
        id=_text(root, "id") or path.stem,
        name=_text(root, "name") or "",
        title=_text(root, "title") or "",
        description=_text(root, "description") or "",
        url=_text(root, "url") or "",
        version=_text(root, "version") or "",
        origins=_parties(root, "origin"),
        destinations=_parties(root, "destination"),
        profiles={
            element.get("id") or "": element.get("value") or "" for element in _children(root, "profile")
        },
        fixtures=fixtures,
        variables=variables,
        rules=rules,
        setup=_block(setup, "setup", "setup") if setup is not None else None,
        tests=tuple(_block(test, "test", f"test[{n}]") for n, test in enumerate(_children(root, "test"))),
        teardown=_block(teardown, "teardown", "teardown") if teardown is not None else None,
        unsupported=tuple(dict.fromkeys(unsupported)),
        info=info,
    )


# -- folders -----


def read_info(folder: Path) -> SetInfo:
    """``properties.json`` of a folder or the nearest one above it; defaults when there is none.

    :raises InputError: when the file is not a JSON object.
    """
    for place in (folder, *folder.parents):
        file = place / "properties.json"
        if file.is_file():
            return _info(file)
        if place.name.startswith("_") is False and (place / LOAD_FOLDER).is_dir():
            break
    return SetInfo(fhir_version=version_from_path(folder))


def version_from_path(folder: Path) -> str:
    """``STU3`` or ``R4`` from the folder names, ``STU3`` when they do not say."""
    return "R4" if "R4" in folder.resolve().parts else "STU3"


def _info(file: Path) -> SetInfo:
    try:
        data: Any = json.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise InputError(
            Text(nl="is geen geldige JSON", en="is not valid JSON"), where=str(file), received=str(error)
        ) from None
    if not isinstance(data, dict):
        raise InputError(Text(nl="is geen JSON-object", en="is not a JSON object"), where=str(file))

    def named(key: str) -> str:
        value = data.get(key)
        return str(value.get("name", "")) if isinstance(value, dict) else str(value or "")

    packages = data.get("fhirPackage")
    return SetInfo(
        goal=str(data.get("goal", "")),
        fhir_version=str(data.get("fhirVersion", "") or version_from_path(file.parent)),
        standard=str(data.get("informationStandard", "")),
        usecase=str(data.get("usecase", "")),
        role=named("role"),
        variant=named("variant"),
        category=named("category"),
        subcategory=named("subcategory"),
        admin_only=bool(data.get("adminOnly", False)),
        server_alias=str(data.get("serverAlias", "")),
        packages=tuple(
            (str(item.get("name", "")), str(item.get("version", "")))
            for item in (packages if isinstance(packages, list) else [])
            if isinstance(item, dict)
        ),
    )


def is_reference(path: Path, root: Path) -> bool:
    """Whether a file lies in a folder of fixtures or load scripts below ``root``."""
    try:
        parts = path.relative_to(root).parts[:-1]
    except ValueError:
        parts = path.parts[:-1]
    return any(part.startswith("_") for part in parts)


def find_scripts(paths: Iterable[Path]) -> list[Path]:
    """TestScript files in folders (recursively, sorted) and files named directly; load scripts left out.

    :raises InputError: a path that does not exist.
    :raises UsageError: when nothing is found.
    """
    found: dict[Path, None] = {}
    given = list(paths)
    for path in given:
        if path.is_file():
            found[path] = None
        elif path.is_dir():
            for file in sorted(path.rglob("*.xml")):
                if not is_reference(file, path) and LOAD_FOLDER not in file.parts:
                    found[file] = None
        else:
            raise InputError(
                Text(nl="map of bestand bestaat niet", en="folder or file does not exist"), where=str(path)
            )
    if not found:
        raise UsageError(
            Text(nl="geen TestScripts gevonden", en="no TestScripts found"),
            where=", ".join(map(str, given)),
            expected="*.xml (FHIR TestScript)",
            next_step=Text(
                nl="wijs een map met TestScripts aan, bijvoorbeeld GenPractData-2-0/MedMij/Cert",
                en="point at a folder with TestScripts, for example GenPractData-2-0/MedMij/Cert",
            ),
        )
    return list(found)


def goal_folder(script: Path) -> Path:
    """The folder that holds ``_reference`` or ``_LoadResources`` for a script (``…/Cert``)."""
    for place in script.resolve().parents:
        if (place / LOAD_FOLDER).is_dir() or (place / "_reference").is_dir():
            return place
    return script.resolve().parent


def load_scripts_of(goal: Path) -> list[Path]:
    """The load scripts of a goal folder."""
    return sorted((goal / LOAD_FOLDER).rglob("load-*.xml")) if (goal / LOAD_FOLDER).is_dir() else []
