"""FHIR packages: where profiles, value sets and their base specification come from. Offline, pinned, hashed.

::

    packages = load_packages(["../zib2017", "nictiz.fhir.nl.stu3.eafspraak#1.0.6"], version="3.0.2")
    packages.get("StructureDefinition", "http://fhir.nl/fhir/StructureDefinition/nl-core-patient")  # or None
    packages.get("ValueSet", "http://…|2.2.18")
    packages.rows("SearchParameter")          # (Package, Row) of every one, for iterating without decoding
    packages.base.model, packages.base.bindings, …         # harness.fhir.model.definitions.Base
    packages.identity()                       # names, versions and hashes, for run.json and every result
    packages.notes                            # issues: base is embedded, version differs, unreadable file, …

A source is a ``.tgz``, an unpacked NPM-style folder (``package/package.json``), any folder that holds JSON
or XML definitions, with or without a ``package.json``, ``name#version`` in the user's FHIR package cache
(``~/.fhir/packages``), or HL7's definitions archive (then that is the base specification).

Dependencies are looked up among the given sources first (a given package is a pin: another version than
asked is used and noted), then in the user's cache. The core package is special: without one the embedded
facts are used, and ``notes`` says so. Any other missing dependency is a note: what needs it is *not checked*.
A package of another FHIR version than the first is left out, with a note. Nothing is downloaded.

Compiled packages are kept in the harness's cache by content hash; the hash does not depend on the container,
so a ``.tgz`` and its unpacked folder are the same package.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from harness.core.errors import ConfigurationError, InputError
from harness.core.issues import Issue, issue
from harness.core.text import Text
from harness.fhir.model.definitions import BUILDER, FILES, Base, embedded
from harness.fhir.model.types import load_model, version_of
from harness.fhir.packages.cache import Cache
from harness.fhir.packages.package import (
    Contents,
    Manifest,
    Package,
    compile_package,
    version_key,
    version_matches,
)
from harness.fhir.packages.package_set import PackageSet
from harness.fhir.phrases import PACKAGES

CORE_PACKAGES = frozenset({"hl7.fhir.core", "hl7.fhir.r3.core", "hl7.fhir.r4.core"})
"""Names of packages that are the base specification."""

_REFERENCE = re.compile(r"([A-Za-z0-9][\w.-]*)[#@]([\w.*^~+-]+)", re.ASCII)


def load_packages(
    sources: Sequence[str | Path] = (),
    *,
    version: str | None = None,
    cache: Cache | None = None,
    fhir_cache: Path | None = None,
) -> PackageSet:
    """The package set for the sources that a user names, with their dependencies.

    :param sources: see the top of this module; may be empty (base specification only).
    :param version: FHIR version; by default that of the packages, or STU3 when there are none.
    :param cache: where compiled packages are kept.
    :param fhir_cache: the user's FHIR package cache, ``~/.fhir/packages`` by default.
    :raises ConfigurationError: versions conflict, a package is not one, none is of the FHIR version.
    :raises InputError: a source cannot be read.
    """
    loader = _Loader(cache or Cache(), fhir_cache or Path.home() / ".fhir" / "packages", version)
    for source in sources:
        loader.add(source)
    return loader.finish()


class _Loader:
    """Collects packages, then resolves what they depend on."""

    def __init__(self, cache: Cache, fhir_cache: Path, version: str | None) -> None:
        self.cache = cache
        self.fhir_cache = fhir_cache
        self.version = version_of(version) if version else None
        self.packages: list[Package] = []
        self.base: Base | None = None
        self.notes: list[Issue] = []
        self.left_out: ConfigurationError | None = None

    def add(self, source: str | Path) -> None:
        """One source that the user named."""
        path = Path(source).expanduser()
        if not path.exists():
            match = _REFERENCE.fullmatch(str(source))
            if match is None:
                raise InputError(
                    Text(nl="dit pakket bestaat niet", en="this package does not exist"),
                    where=str(source),
                    expected=PACKAGES,
                )
            found = self.installed(*match.groups())
            if found is None:
                raise self.missing(str(source), str(source))
            path = found
        self.load(path)

    def load(self, path: Path) -> Package | None:
        """A package at a path; the base specification when that is what it is (then ``None``)."""
        contents = Contents(path)
        if contents.is_definitions:
            self.use_base(path, contents)
            return None
        manifest = contents.manifest()
        if manifest.name in CORE_PACKAGES:
            self.use_base(path, contents)
            return None
        same = next((p for p in self.packages if p.name == manifest.name), None)
        if same is not None:
            if same.version != manifest.version:
                raise ConfigurationError(
                    Text(
                        nl=f"pakket {manifest.name} is in twee versies opgegeven",
                        en=f"package {manifest.name} is given in two versions",
                    ),
                    where=str(path),
                    expected=same.version,
                    received=manifest.version,
                )
            return same
        other = self.other_version(manifest, path)
        if other is not None:
            self.left_out = self.left_out or other
            self.notes.append(issue(
                "fhir-package-left-out",
                Text(
                    nl=f"pakket {manifest.name} is voor een andere FHIR-versie en doet niet mee",
                    en=f"package {manifest.name} is for another FHIR version and was left out",
                ),
                severity="warning",
                expected=other.wanted,
                received=other.seen,
            ))  # fmt: skip
            return None
        package = compile_package(path, contents, manifest, self.cache, load_model(self.version or "3.0.2"))
        self.packages.append(package)
        return package

    def other_version(self, manifest: Manifest, path: Path) -> ConfigurationError | None:
        """What is wrong when a package is for another FHIR version than the set; the first package decides if
        nobody did."""
        stated = [
            *manifest.fhir_versions,
            *(v for name, v in manifest.dependencies.items() if name in CORE_PACKAGES),
        ]
        versions = []
        unknown: ConfigurationError | None = None
        for text in stated:
            try:
                versions.append(version_of(text.replace("x", "0")))
            except ConfigurationError as error:
                unknown = ConfigurationError(
                    error.message, where=str(path), expected=error.wanted, received=text
                )
        if not versions:
            return unknown
        if self.version is None:
            self.version = versions[0]
        if self.version in versions:
            return None
        return ConfigurationError(
            Text(
                nl=f"pakket {manifest.name} is voor een andere FHIR-versie",
                en=f"package {manifest.name} is for another FHIR version",
            ),
            where=str(path),
            expected=self.version,
            received=", ".join(versions),
        )

    def use_base(self, path: Path, contents: Contents) -> None:
        """Take the base specification from a core package or HL7's definitions archive."""
        content_hash = contents.hash()
        key = f"base-{content_hash[:32]}-{BUILDER}"
        folder = self.cache.path(key)
        base = Base(folder, embedded=False, content_hash=content_hash)
        if not all((folder / name).is_file() for name in FILES) or not _usable(base):
            from harness.fhir.model import build  # late: few users bring a base specification

            files = build.build(path)
            written = self.cache.write(key, files)
            if written is None:
                raise ConfigurationError(
                    Text(nl="kan niet in de cachemap schrijven", en="cannot write to the cache folder"),
                    where=str(self.cache.folder),
                    next_step=Text(
                        nl="zet HARNESS_CACHE op een schrijfbare map",
                        en="set HARNESS_CACHE to a writable folder",
                    ),
                )
            base = Base(written, embedded=False, content_hash=content_hash)
        version = version_of(base.version)
        if self.version is not None and self.version != version:
            raise ConfigurationError(
                Text(
                    nl="deze basisspecificatie is van een andere FHIR-versie",
                    en="this base is of another FHIR version",
                ),
                where=str(path),
                expected=self.version,
                received=version,
            )
        self.version = version
        self.base = base

    def finish(self) -> PackageSet:
        """Resolve dependencies, breadth first; then the set.

        :raises ConfigurationError: every package was left out.
        """
        if self.left_out is not None and not self.packages and self.base is None:
            raise self.left_out
        done = 0
        while done < len(self.packages):
            package = self.packages[done]
            done += 1
            for name, wanted in sorted(package.manifest.dependencies.items()):
                if name not in CORE_PACKAGES:
                    self.depend(package, name, wanted)
        base = self.base
        if base is None:
            base = embedded(self.version or "3.0.2")
            self.notes.append(issue(
                "fhir-base-embedded",
                Text(
                    nl=f"basisspecificatie FHIR {base.version}: de ingebouwde feiten",
                    en=f"base specification FHIR {base.version}: the embedded facts",
                ),
                severity="information",
            ))  # fmt: skip
        for package in self.packages:
            self.notes += package.problems
        return PackageSet(tuple(self.packages), base, self.notes)

    def depend(self, package: Package, name: str, wanted: str) -> None:
        """One dependency of a package."""
        same = next((p for p in self.packages if p.name == name), None)
        if same is not None:
            if not version_matches(wanted, same.version):
                asks = f"{package.name} {package.version}", f"{name} {wanted}", same.version
                self.notes.append(issue(
                    "fhir-package-version",
                    Text(
                        nl="{} vraagt {}; gebruikt wordt {}".format(*asks),
                        en="{} asks for {}; {} is used".format(*asks),
                    ),
                    severity="information",
                    expected=wanted,
                    received=same.version,
                ))  # fmt: skip
            return
        path = self.installed(name, wanted)
        if path is not None:
            self.load(path)
            return
        error = self.missing(f"{name}#{wanted}", f"{package.name}#{package.version}")
        self.notes.append(issue(
            "fhir-package-missing",
            Text(
                nl=f"{error.message.nl} ({error.where}): wat ervan afhangt is niet gecontroleerd",
                en=f"{error.message.en} ({error.where}): what depends on it is not checked",
            ),
            severity="warning",
            expected=error.wanted,
        ))  # fmt: skip

    def installed(self, name: str, wanted: str) -> Path | None:
        """The newest matching version of a package in the user's FHIR package cache."""
        try:
            found = [f for f in self.fhir_cache.iterdir() if f.name.partition("#")[0] == name and f.is_dir()]
        except OSError:
            return None
        fitting = [f for f in found if version_matches(wanted, f.name.partition("#")[2])]
        return max(fitting, key=lambda f: version_key(f.name.partition("#")[2]), default=None)

    def missing(self, what: str, who: str) -> ConfigurationError:
        """The error for a package that is nowhere."""
        return ConfigurationError(
            Text(nl=f"FHIR-pakket {what} ontbreekt", en=f"FHIR package {what} is missing"),
            where=who,
            expected=f"--package …, {self.fhir_cache / what}",
            next_step=Text(
                nl="geef het pakket met --package mee, of installeer het in de FHIR-pakketcache",
                en="name the package with --package, or install it in the FHIR package cache",
            ),
        )


def _usable(base: Base) -> bool:
    """Whether all parts of a cached base can be read."""
    try:
        return bool(base.model and base.constraints and base.search_parameters and len(base.resources))
    except ConfigurationError:
        return False
