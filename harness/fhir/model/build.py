"""Compiles a base specification into the facts that ship with the harness or come with a package set.

``python -m harness.fhir.model.build ARCHIVE --out FOLDER`` (also ``harness profiles build-base``) reads HL7's
definitions archive (``definitions.zip`` or an unpacked one), a JAR with the same files, or the core package
(``hl7.fhir.r3.core`` as folder or ``.tgz``), and writes the files of
:data:`harness.fhir.model.definitions.FILES`. The output depends on the input only: same archive, same bytes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from harness.core.errors import ConfigurationError, UserError
from harness.core.text import Text
from harness.fhir.codec import documents as codec
from harness.fhir.model.definitions import (
    DETAILS_FORMAT,
    Binding,
    Constraint,
    Details,
    SearchFile,
    SearchParameterFact,
)
from harness.fhir.model.structure import compile_structure, is_specialization, sketch
from harness.fhir.model.types import Model, encode_model, version_of
from harness.fhir.packages import archive
from harness.fhir.packages.resources import pack
from harness.fhir.profiles.distill import distill

Json = dict[str, Any]

_BUNDLES = (
    *("profiles-types", "profiles-resources", "profiles-others", "extension-definitions", "valuesets"),
    *("v2-tables", "v3-codesystems", "search-parameters", "conceptmaps", "namingsystem-registry"),
)
"""Bundles of HL7's definitions archive that hold facts, in the order in which they are read."""

_LIMITS = codec.Limits(size=archive.MAX_FILE)


def read_definitions(path: Path) -> tuple[Model, list[Json]]:
    """The model in HL7's definitions archive, and all conformance resources in it.

    :raises InputError: the archive cannot be read. :raises ConfigurationError: it is not complete.
    """
    found: dict[str, tuple[str, bytes]] = {}
    for entry in archive.entries(path, want=lambda name: PurePosixPath(name).stem in _BUNDLES):
        pure = PurePosixPath(entry.name)
        if pure.suffix in (".xml", ".json") and (pure.stem not in found or pure.suffix == ".json"):
            found[pure.stem] = (pure.suffix, entry.read())
    structures: list[Json] = []
    for stem in ("profiles-types", "profiles-resources"):
        if stem not in found:
            raise ConfigurationError(
                Text(nl="geen FHIR-definities", en="no FHIR definitions"),
                where=str(path),
                expected=f"{stem}.xml",
            )
        suffix, data = found[stem]
        structures += sketch(data) if suffix == ".xml" else _plain_entries(data)
    version = version_of(next((str(sd["fhirVersion"]) for sd in structures if sd.get("fhirVersion")), ""))
    model = compile_structure(structures, version=version, source=f"HL7 FHIR {version} definitions")
    resources: list[Json] = []
    for stem in _BUNDLES:
        if stem in found:
            suffix, data = found[stem]
            resources += _entries(data, model) if suffix == ".xml" else _plain_entries(data)
    return model, resources


def _plain_entries(data: bytes) -> list[Json]:
    bundle = msgspec.json.decode(data)
    return [e["resource"] for e in bundle.get("entry", []) if isinstance(e.get("resource"), dict)]


def _entries(data: bytes, model: Model) -> list[Json]:
    document = codec.parse(data, model=model, format="xml", limits=_LIMITS)
    if document.fatal:
        issue = document.issues[-1]
        raise ConfigurationError(issue.message, received=issue.seen)
    return [e["resource"] for e in document.resource.get("entry", []) if "resource" in e]


def compile_base(model: Model, resources: Iterable[Json]) -> dict[str, bytes]:
    """The files of a compiled base specification (:data:`harness.fhir.model.definitions.FILES`).

    :param resources: conformance resources, JSON-shaped; types that hold no facts are ignored.
    """
    resources = list(resources)
    specializations = [
        r for r in resources if r.get("resourceType") == "StructureDefinition" and is_specialization(r)
    ]
    kept = [
        facts
        for r in resources
        if r.get("resourceType") not in ("SearchParameter", "CompartmentDefinition")
        and not (r.get("resourceType") == "StructureDefinition" and is_specialization(r))
        and (facts := distill(r)) is not None
    ]
    kept.sort(key=lambda r: (str(r["resourceType"]), str(r.get("url", "")), str(r.get("id", ""))))
    jsonl, index = pack((r, "") for r in kept)
    return {
        "structure.json": encode_model(model),
        "details.json": _lines(_details(specializations, model)),
        "search.json": _lines(_search(resources)),
        "resources.jsonl": jsonl,
        "resources.index.json": index,
    }


def _lines(value: Any) -> bytes:
    """JSON with one line per entry of each table, so that changes can be reviewed."""
    return msgspec.json.format(msgspec.json.encode(value), indent=0) + b"\n"


def _details(definitions: list[Json], model: Model) -> Details:
    constraints: dict[str, tuple[Constraint, ...]] = {}
    bindings: dict[str, Binding] = {}
    for sd in sorted(definitions, key=lambda sd: str(sd.get("type") or sd["name"])):
        for element in sd["snapshot"]["element"]:
            path = element["path"]
            own = tuple(
                Constraint(c["key"], c.get("severity", "error"), c["expression"])
                for c in element.get("constraint", [])
                if c.get("expression")
            )
            if own:
                constraints[path] = own
            binding = _binding(element.get("binding"))
            if binding is not None:
                bindings[path] = binding
    inherited = _Inherited(model, dict(constraints))
    constraints = {path: kept for path, own in constraints.items() if (kept := inherited.without(path, own))}
    for facts in model:
        for element in facts.element_list:
            path = f"{facts.name}.{element.stem}" if not element.choice else f"{facts.name}.{element.name}"
            if element.defined_in and bindings.get(path) == bindings.get(
                f"{element.defined_in}.{element.name}"
            ):
                bindings.pop(path, None)
    return Details(DETAILS_FORMAT, constraints, bindings)


class _Inherited:
    """Tells which constraints of a snapshot element only repeat those of its type or its parent type."""

    def __init__(self, model: Model, all_constraints: dict[str, tuple[Constraint, ...]]) -> None:
        self.model = model
        self.all = all_constraints

    def without(self, path: str, own: tuple[Constraint, ...]) -> tuple[Constraint, ...]:
        """``own`` less what the types of the element, or the parent of the type itself, already say."""
        keys: set[str] = set()
        types: list[str] = []
        if path in self.model.types:
            types += self.model.ancestors(path)[1:]
        owner, _, name = path.rpartition(".")
        if owner in self.model.types:
            element = self.model.types[owner].elements.get(name)
            if element is not None:
                types += [
                    a for ref in element.types if ref.code != path for a in self.model.ancestors(ref.code)
                ]
                if element.defined_in:
                    keys |= {c.key for c in self.all.get(f"{element.defined_in}.{name}", ())}
        for name in types:
            keys |= {c.key for c in self.all.get(name, ())}
        return tuple(c for c in own if c.key not in keys)


def _binding(binding: Any) -> Binding | None:
    if not isinstance(binding, dict) or not binding.get("strength"):
        return None
    reference = binding.get("valueSetReference") or {}
    url = binding.get("valueSet") or binding.get("valueSetUri") or reference.get("reference") or ""
    return Binding(binding["strength"], url)


def _search(resources: list[Json]) -> SearchFile:
    parameters = []
    compartments: dict[str, dict[str, tuple[str, ...]]] = {}
    for resource in resources:
        kind = resource.get("resourceType")
        if kind == "SearchParameter":
            parameters.append(search_fact(resource))
        elif kind == "CompartmentDefinition":
            compartments[str(resource.get("code", ""))] = {
                r["code"]: tuple(r["param"]) for r in resource.get("resource", []) if r.get("param")
            }
    parameters.sort(key=lambda p: (p.code, p.url))
    return SearchFile(DETAILS_FORMAT, parameters, dict(sorted(compartments.items())))


def search_fact(resource: Json) -> SearchParameterFact:
    """A SearchParameter resource (STU3 or R4) as a fact; absent parts are empty."""
    components = []
    for component in resource.get("component", []):
        definition = component.get("definition", "")
        url = definition.get("reference", "") if isinstance(definition, dict) else definition
        components.append((str(url), str(component.get("expression", ""))))
    return SearchParameterFact(
        str(resource.get("url", "")),
        str(resource.get("code", "")),
        tuple(resource.get("base", [])),
        str(resource.get("type", "")),
        str(resource.get("expression", "")),
        tuple(resource.get("target", [])),
        tuple(components),
    )


def build(source: Path) -> dict[str, bytes]:
    """The files of the base specification in ``source``: HL7's archive (or folder) or a core package.

    :raises UserError: when it cannot be read or is not a base specification.
    """
    names = [entry.name for entry in archive.entries(source, want=lambda name: True)]
    if archive.is_definitions(names):
        model, resources = read_definitions(source)
    else:
        resources = list(_package_resources(source))
        versions = [str(r.get("fhirVersion", "")) for r in resources if is_specialization(r)]
        version = version_of(versions[0] if versions else "")
        model = compile_structure(resources, version=version, source=f"HL7 FHIR {version} definitions")
    return compile_base(model, resources)


def _package_resources(source: Path) -> Iterator[Json]:
    """The JSON resources of a core package."""
    for entry in archive.entries(source, want=lambda name: name.endswith(".json")):
        try:
            resource = msgspec.json.decode(entry.read())
        except (msgspec.DecodeError, RecursionError) as error:
            raise ConfigurationError(
                Text(nl="ongeldige JSON in het pakket", en="invalid JSON in the package"),
                where=f"{source}: {entry.name}",
                received=str(error),
            ) from error
        if isinstance(resource, dict) and "resourceType" in resource:
            yield resource


def write(files: dict[str, bytes], folder: Path) -> None:
    """Write compiled files into ``folder``, which is made when needed."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)


def main(arguments: list[str] | None = None) -> int:
    """Command line: ``ARCHIVE --out FOLDER``. Returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m harness.fhir.model.build", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("archive", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(arguments)
    try:
        files = build(options.archive)
    except UserError as error:
        sys.stderr.write(error.render("en") + "\n")
        return int(error.exit_code)
    write(files, options.out)
    for name, data in files.items():
        sys.stdout.write(f"{name:22} {len(data):>10,} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
