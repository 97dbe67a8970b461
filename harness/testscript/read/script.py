"""Reads one TestScript file."""

from __future__ import annotations

from pathlib import Path

from harness.core.errors import InputError
from harness.core.text import Text
from harness.testscript.read.actions import block_of
from harness.testscript.read.model import Fixture, Party, SetInfo, TestScript, Variable
from harness.testscript.read.sets import read_info
from harness.testscript.read.xml import (
    FHIR,
    Element,
    children,
    extensions,
    line_of,
    parse_xml,
    text_of,
    truth,
    value_of,
    whole,
)

_SUT = "Interoplab-CL-ext-SUT"
_SUT_CODES = ("Conformancelab-Client", "Conformancelab-Server")
_RULES = ("testscript-rule", "Interoplab-CL-ext-rule")


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


def _parties(root: Element, name: str) -> tuple[Party, ...]:
    found = []
    for element in children(root, name):
        sut = any(url == _SUT and value_of(ext).strip().lower() == "true" for url, ext in extensions(element))
        code = text_of(element.find(FHIR + "profile"), "code") or ""
        # since August 2026 the simulator marks its own side by the code; the other side is then under test
        if not sut and not any(url == _SUT for url, _ in extensions(element)):
            other = [p for p in root.iter(FHIR + "profile") if (text_of(p, "code") or "") in _SUT_CODES]
            sut = bool(other) and code not in _SUT_CODES
        found.append(Party(whole(text_of(element, "index")) or 1, sut))
    return tuple(found)


def _fixtures(root: Element, folder: Path) -> dict[str, Fixture]:
    found = {}
    for element in children(root, "fixture"):
        reference = text_of(element.find(FHIR + "resource"), "reference") or ""
        name = element.get("id") or ""
        found[name] = Fixture(name, folder / reference, line_of(element))
    return found


def _variables(root: Element) -> dict[str, Variable]:
    found = {}
    for element in children(root, "variable"):
        name = text_of(element, "name") or ""
        found[name] = Variable(
            name,
            text_of(element, "defaultValue"),
            text_of(element, "expression"),
            text_of(element, "sourceId") or "",
            text_of(element, "hint") or "",
            line_of(element),
            text_of(element, "headerField") or "",
            "path" if text_of(element, "path") is not None else "",
        )
    return found


def _rules(root: Element) -> dict[str, str]:
    found = {}
    for url, extension in extensions(root):
        if url in _RULES:
            parts = {name: value_of(part) for name, part in extensions(extension)}
            found[parts.get("ruleId", "")] = parts.get("path", "")
    return found


def _script(root: Element, path: Path, info: SetInfo) -> TestScript:
    unsupported = [
        f"fixture.{odd}"
        for element in children(root, "fixture")
        for odd in ("autocreate", "autodelete")
        if truth(text_of(element, odd))
    ]
    setup, teardown = root.find(FHIR + "setup"), root.find(FHIR + "teardown")
    return TestScript(
        path=path,
        id=text_of(root, "id") or path.stem,
        name=text_of(root, "name") or "",
        title=text_of(root, "title") or "",
        description=text_of(root, "description") or "",
        url=text_of(root, "url") or "",
        version=text_of(root, "version") or "",
        origins=_parties(root, "origin"),
        destinations=_parties(root, "destination"),
        profiles={
            element.get("id") or "": element.get("value") or "" for element in children(root, "profile")
        },
        fixtures=_fixtures(root, path.parent),
        variables=_variables(root),
        rules=_rules(root),
        setup=block_of(setup, "setup", "setup") if setup is not None else None,
        tests=tuple(block_of(test, "test", f"test[{n}]") for n, test in enumerate(children(root, "test"))),
        teardown=block_of(teardown, "teardown", "teardown") if teardown is not None else None,
        unsupported=tuple(dict.fromkeys(unsupported)),
        info=info,
    )
