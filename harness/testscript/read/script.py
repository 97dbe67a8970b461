"""Reads one TestScript file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from lxml import etree

from harness.core.errors import InputError
from harness.core.text import Text
from harness.fhir.store import LOCAL_REFERENCE
from harness.testscript.read.actions import block_of
from harness.testscript.read.json_form import element_of
from harness.testscript.read.model import Block, Fixture, Operation, Party, SetInfo, TestScript, Variable
from harness.testscript.read.sets import read_info
from harness.testscript.read.xml import (
    FHIR,
    Element,
    children,
    elements,
    extensions,
    line_of,
    parse_xml,
    text_of,
    truth,
    value_of,
    whole,
)

_R4_CODES = "http://terminology.hl7.org/CodeSystem/testscript-operation-codes"
_SUT = "Interoplab-CL-ext-SUT"
_SUT_CODES = ("Conformancelab-Client", "Conformancelab-Server")
_MAPPED = "Interoplab-CL-ext-variable-regex-mapper"
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
    root = element_of(data, str(path)) if path.suffix.lower() == ".json" else parse_xml(data, str(path))
    if root.tag != FHIR + "TestScript":
        raise InputError(
            Text(nl="is geen FHIR TestScript", en="is not a FHIR TestScript"),
            where=str(path),
            expected="TestScript",
            received=str(root.tag).rpartition("}")[2],
        )
    return _script(root, path, info or _info_of(root, path))


def _info_of(root: Element, path: Path) -> SetInfo:
    """Properties of the script's set; outside one the script's own code systems say the FHIR version."""
    found = read_info(path.parent)
    if found == SetInfo():
        systems = (text_of(kind, "system") or "" for kind in root.iter(FHIR + "type"))
        if any(system.startswith(_R4_CODES) for system in systems):
            return replace(found, fhir_version="R4")
    return found


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
    contained = {
        text_of(resource, "id") or "": etree.tostring(resource, encoding="unicode", with_tail=False)
        for element in children(root, "contained")
        for _, resource in elements(element)
    }
    found = {}
    for element in children(root, "fixture"):
        reference = text_of(element.find(FHIR + "resource"), "reference") or ""
        name = element.get("id") or ""
        inline = contained.get(reference.removeprefix("#"), "") if reference.startswith("#") else ""
        found[name] = Fixture(name, _file(folder, reference), line_of(element), inline)
    return found


def _file(folder: Path, reference: str) -> Path:
    """The file of a fixture; a reference to a resource (``Patient/example``) may name a file beside it."""
    plain = folder / reference
    if plain.exists() or not LOCAL_REFERENCE.fullmatch(reference):
        return plain
    stems = (plain, *(place / reference.replace("/", "-") for place in (folder, folder / "_reference")))
    files = (stem.with_name(f"{stem.name}{suffix}") for stem in stems for suffix in (".xml", ".json"))
    return next((file for file in files if file.is_file()), plain)


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
            text_of(element, "path") or "",
            next((value_of(ext) for url, ext in extensions(element) if url == _MAPPED), ""),
        )
    return found


def _rules(root: Element) -> dict[str, str]:
    found = {}
    for url, extension in extensions(root):
        if url in _RULES:
            parts = {name: value_of(part) for name, part in extensions(extension)}
            found[parts.get("ruleId", "")] = parts.get("path", "")
    return found


def _automatic(root: Element, flag: str, code: str) -> tuple[Operation, ...]:
    """What ``autocreate`` and ``autodelete`` of fixtures ask: an operation on the server per fixture."""
    return tuple(
        Operation(
            key=f"fixture[{element.get('id') or ''}].{flag}",
            code=code,
            source_id=(element.get("id") or "") if code == "updateCreate" else "",
            target_id=element.get("id") or "",
            description=f"{flag} {element.get('id') or ''}",
            line=line_of(element),
        )
        for element in children(root, "fixture")
        if truth(text_of(element, flag))
    )


def _script(root: Element, path: Path, info: SetInfo) -> TestScript:
    setup, teardown = root.find(FHIR + "setup"), root.find(FHIR + "teardown")
    before, after = _automatic(root, "autocreate", "updateCreate"), _automatic(root, "autodelete", "delete")
    first = block_of(setup, "setup", "setup") if setup is not None else None
    last = block_of(teardown, "teardown", "teardown") if teardown is not None else None
    if before:
        first = replace(first or Block("setup", ()), actions=(*before, *(first.actions if first else ())))
    if after:
        last = replace(last or Block("teardown", ()), actions=(*(last.actions if last else ()), *after))
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
            element.get("id") or "": element.get("value") or text_of(element, "reference") or ""
            for element in children(root, "profile")
        },
        fixtures=_fixtures(root, path.parent),
        variables=_variables(root),
        rules=_rules(root),
        setup=first,
        tests=tuple(block_of(test, "test", f"test[{n}]") for n, test in enumerate(children(root, "test"))),
        teardown=last,
        info=info,
    )
