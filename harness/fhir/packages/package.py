"""One FHIR package: its files, its manifest, its versions, and compiling it into a store of resources."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from harness.core.errors import ConfigurationError
from harness.core.issues import Issue, shorten
from harness.core.text import Text
from harness.fhir.codec import documents as codec
from harness.fhir.model.types import Model
from harness.fhir.packages import archive
from harness.fhir.packages.cache import Cache
from harness.fhir.packages.resources import ResourceStore, pack

Json = dict[str, Any]

KINDS = frozenset(
    {
        *("StructureDefinition", "ValueSet", "CodeSystem", "ConceptMap", "NamingSystem", "SearchParameter"),
        *("CompartmentDefinition", "CapabilityStatement", "OperationDefinition", "Questionnaire"),
    }
)
"""Resource types that a package set keeps; instances (examples) are not read."""

_LIMITS = codec.Limits(size=archive.MAX_FILE)
_MAX_PROBLEMS = 100


class Manifest(msgspec.Struct, kw_only=True):
    """The part of a ``package.json`` that matters here."""

    name: str
    version: str = ""
    dependencies: dict[str, str] = msgspec.field(default_factory=dict)
    fhir_versions: list[str] = msgspec.field(default_factory=list)


@dataclass
class Package:
    """One package.

    :ivar manifest: name, version, dependencies.
    :ivar content_hash: SHA-256 (hex) of the names and contents of its resource files and ``package.json``.
    :ivar source: path that it was read from, for messages.
    :ivar store: its conformance resources.
    :ivar problems: what is wrong with its files, the first of it; the rest of the package is usable.
    :ivar invalid: names of all files that could not be read or hold defects.
    """

    manifest: Manifest
    content_hash: str
    source: str
    store: ResourceStore
    problems: list[Issue] = field(default_factory=list)
    invalid: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Package name."""
        return self.manifest.name

    @property
    def version(self) -> str:
        """Package version."""
        return self.manifest.version


class Contents:
    """The files of one source, read once at most."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._files: dict[str, bytes] | None = None

    @property
    def is_definitions(self) -> bool:
        """Whether this is HL7's definitions archive (which is then not read in full)."""
        if self._files is None and self.path.suffix.lower() in (".zip", ".jar"):
            return archive.is_definitions(e.name for e in archive.entries(self.path, want=_resource_file))
        return archive.is_definitions(self.files)

    @property
    def files(self) -> dict[str, bytes]:
        """Name -> content of all JSON and XML files, names relative to that of ``package.json``."""
        if self._files is None:
            found = {e.name: e.read() for e in archive.entries(self.path, want=_resource_file)}
            roots = [
                n.removesuffix("package.json")
                for n in found
                if n.count("/") == 1 and n.endswith("/package.json")
            ]
            if (
                "package.json" not in found and len(roots) == 1
            ):  # package/ of NPM, or the one folder of an archive
                root = roots[0]
                found = {
                    name.removeprefix(root): data for name, data in found.items() if name.startswith(root)
                }
            self._files = dict(sorted(found.items()))
        return self._files

    def manifest(self) -> Manifest:
        """The package's ``package.json``; of a folder (or archive) of profiles without one, what its name and
        its definitions say.

        :raises ConfigurationError: when there is neither, or it cannot be used.
        """
        where = str(self.path)
        data = self.files.get("package.json")
        if data is None:
            found = self._without_manifest()
            if found is not None:
                return found
            raise ConfigurationError(
                Text(
                    nl="geen FHIR-pakket: package.json ontbreekt",
                    en="no FHIR package: package.json is missing",
                ),
                where=where,
                expected="package.json, StructureDefinition…",
            )
        try:
            raw = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"))
            versions = raw.get("fhirVersions") or raw.get("fhir-version-list") or []
            manifest = msgspec.convert(
                {
                    "name": raw.get("name"),
                    "version": raw.get("version") or "",
                    "dependencies": raw.get("dependencies") or {},
                    "fhir_versions": [versions] if isinstance(versions, str) else versions,
                },
                Manifest,
            )
        except (msgspec.DecodeError, UnicodeDecodeError, AttributeError, RecursionError) as error:
            raise ConfigurationError(
                Text(nl="package.json is onbruikbaar", en="package.json is unusable"),
                where=f"{where}/package.json",
                received=str(error),
            ) from error
        return manifest

    def _without_manifest(self) -> Manifest | None:
        """A manifest for files without one, ``None`` when no definition is among them."""
        versions: dict[str, None] = {}
        found = False
        for data in self.files.values():
            if _may_be_conformance(data):
                found = True
                match = _FHIR_VERSION.search(data)
                if match is not None:
                    versions[(match.group(1) or match.group(2)).decode()] = None
        if not found:
            return None
        name = self.path.name.partition(".")[0] or self.path.resolve().name
        return Manifest(name=name, fhir_versions=list(versions))

    def hash(self) -> str:
        """SHA-256 over names and contents."""
        digest = hashlib.sha256()
        for name, data in self.files.items():
            digest.update(f"{name}\0{hashlib.sha256(data).hexdigest()}\n".encode())
        return digest.hexdigest()


def _resource_file(name: str) -> bool:
    """Whether a file can matter: JSON or XML, and not hidden."""
    return name[-5:].lower().endswith((".json", ".xml")) and name[:1] != "." and "/." not in name


class Cached(msgspec.Struct):
    """``package.json`` of the cache: what is not in the store."""

    manifest: Manifest
    problems: list[Issue]
    invalid: tuple[str, ...] = ()


def compile_package(
    path: Path, contents: Contents, manifest: Manifest, cache: Cache, model: Model
) -> Package:
    """A package from the cache, or read and put there."""
    content_hash = contents.hash()
    key = f"package-{content_hash[:32]}-{model.version}"

    def fresh() -> tuple[Cached, bytes, bytes]:
        resources, problems, invalid = _read(contents.files, model)
        data, index = pack(resources)
        return Cached(manifest, problems, invalid), data, index

    def rebuild() -> bytes:
        """Called when a cached resource turns out to be damaged."""
        again, data, index = fresh()
        cache.write(key, _files(again, data, index))
        return data

    folder = cache.path(key)
    try:
        cached = msgspec.json.decode((folder / "cached.json").read_bytes(), type=Cached)
        store = ResourceStore.open(folder, "resources", rebuild=rebuild)
    except (OSError, msgspec.DecodeError, ConfigurationError):
        cached, data, index = fresh()
        cache.write(key, _files(cached, data, index))
        store = ResourceStore.from_bytes(data, index)
    return Package(manifest, content_hash, str(path), store, cached.problems, cached.invalid)


def _files(cached: Cached, data: bytes, index: bytes) -> dict[str, bytes]:
    return {
        "cached.json": msgspec.json.encode(cached),
        "resources.jsonl": data,
        "resources.index.json": index,
    }


def _read(
    files: dict[str, bytes], model: Model
) -> tuple[list[tuple[Json, str]], list[Issue], tuple[str, ...]]:
    """The conformance resources in the files of a package, what is wrong, and which files are invalid."""
    resources: list[tuple[Json, str]] = []
    problems: list[Issue] = []
    seen: dict[tuple[str, str, str], str] = {}
    invalid: dict[str, None] = {}
    for name, data in files.items():
        if name == "package.json" or not (_may_be_conformance(data) or _broken(name, data)):
            continue
        document = codec.parse(data, model=model, limits=_LIMITS)
        kind = document.resource.get("resourceType")
        if not document.fatal and kind not in KINDS:
            continue
        found = [_in_file(issue, name) for issue in document.issues if issue.severity == "error"]
        if found:
            invalid[name] = None
            problems += found
        if document.fatal:
            continue
        resource = {k: v for k, v in document.resource.items() if k != "text"}
        url = str(resource.get("url", ""))
        same = (str(kind), url, str(resource.get("version", "")))
        if url and same in seen:
            problems.append(
                Issue(
                    rule="fhir-package-duplicate",
                    severity="warning",
                    message=Text(
                        nl=f"{url} staat ook in {seen[same]}; dat bestand geldt",
                        en=f"{url} is also in {seen[same]}; that file counts",
                    ),
                    path=name,
                )
            )
            continue
        seen[same] = name
        resources.append((resource, name))
    return resources, problems[:_MAX_PROBLEMS], tuple(invalid)


_KIND_WORDS = re.compile("|".join(sorted(KINDS)).encode())


def _may_be_conformance(data: bytes) -> bool:
    """Whether a file can hold a conformance resource: cheap look at its start, and at all of it for JSON."""
    if codec.sniff(data) == "json":
        return b'"resourceType"' in data and _KIND_WORDS.search(data) is not None
    return _KIND_WORDS.search(data[:4096]) is not None


_FHIR_VERSION = re.compile(rb'"fhirVersion"\s*:\s*"([0-9.]+)"|<fhirVersion\s+value="([0-9.]+)"')


def _broken(name: str, data: bytes) -> bool:
    """Whether a file cannot be what its name says: cut off, or no text. Cheap; the codec says more."""
    end = data[-200:].rstrip()[-1:]
    return end not in ((b"}", b"]") if name.lower().endswith(".json") else (b">",))


def _in_file(issue: Issue, name: str) -> Issue:
    """An issue of a package file: a warning about the package that names the file."""
    return msgspec.structs.replace(
        issue,
        severity="warning",
        message=Text(nl=f"{name}: {issue.message.nl}", en=f"{name}: {issue.message.en}"),
        excerpt=shorten(name),
    )


def version_key(version: str) -> tuple[tuple[int, ...], bool, str]:
    """Sort key of a package version: numbers by value, a pre-release before its release."""
    numbers, _, label = version.partition("-")
    parts = tuple(int(p) if p.isdigit() and len(p) < 10 else -1 for p in numbers.split("."))
    return parts, not label, label


def version_matches(wanted: str, version: str) -> bool:
    """Whether a version fits what a dependency asks: exact, ``2.0.x``, ``^1.2``, ``~1.2.3``, ``latest``.

    >>> version_matches("2.0.x", "2.0.16"), version_matches("2.0.x", "2.2.18")
    (True, False)
    """
    if wanted == version or wanted in ("", "*", "x", "latest"):
        return True
    if wanted[:1] in "^~":
        least = version_key(wanted[1:])
        fixed = 1 if wanted[0] == "^" else 2
        found = version_key(version)
        return found[0][:fixed] == least[0][:fixed] and found >= least
    asked = wanted.split(".")
    if any(part in ("x", "X", "*") for part in asked):
        have = version.partition("-")[0].split(".")
        return all(a in ("x", "X", "*") or (i < len(have) and a == have[i]) for i, a in enumerate(asked))
    return False
