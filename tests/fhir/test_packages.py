"""FHIR packages: containers, dependencies, versions, hashes, the cache, and hostile archives."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.core.errors import ConfigurationError, InputError
from harness.fhir.packages import package as module
from harness.fhir.packages.cache import Cache, default_folder
from harness.fhir.packages.load import load_packages
from harness.fhir.packages.package import version_key, version_matches
from harness.fhir.packages.package_set import PackageSet

Load = Callable[..., PackageSet]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """``load_packages`` with a cache and a FHIR package cache of its own."""

    def run(*sources: str | Path, version: str | None = None) -> PackageSet:
        return load_packages(
            sources,
            version=version,
            cache=Cache(tmp_path / "cache"),
            fhir_cache=tmp_path / "fhir" / "packages",
        )

    return run


def profile(name: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "StructureDefinition", "id": name, "name": name, "url": f"http://x/{name}",
        "status": "draft", "kind": "resource", "abstract": False, "type": "Patient",
        "derivation": "constraint", "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Patient",
        "text": {"status": "empty"}, **more,
    }  # fmt: skip


def package(folder: Path, name: str = "a.b", version: str = "1.0.0", **more: Any) -> Path:
    """An unpacked package with one profile in JSON, one in XML and one instance."""
    folder.mkdir(parents=True, exist_ok=True)
    manifest = {"name": name, "version": version, "fhirVersions": ["3.0.2"], **more}
    (folder / "package.json").write_bytes(b"\xef\xbb\xbf" + json.dumps(manifest).encode())
    (folder / "one.json").write_text(json.dumps(profile("one", version="1")))
    (folder / "deep").mkdir(exist_ok=True)
    (folder / "deep" / "two.xml").write_text(
        '<StructureDefinition xmlns="http://hl7.org/fhir"><url value="http://x/two"/><name value="two"/>'
        '<kind value="resource"/><abstract value="false"/><type value="Patient"/></StructureDefinition>'
    )
    (folder / "deep" / "example.xml").write_text(
        '<Patient xmlns="http://hl7.org/fhir"><active value="true"/></Patient>'
    )
    (folder / "ig.json").write_text('{"no": "resource"}')
    (folder / "other.xml").write_text("<StructureDefinition/>")
    return folder


def tgz(folder: Path, target: Path) -> Path:
    with tarfile.open(target, "w:gz") as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.add(file, "package/" + file.relative_to(folder).as_posix())
    return target


def test_folder_with_json_and_xml(load: Load, tmp_path: Path) -> None:
    found = load(package(tmp_path / "p"))
    one, two = (
        found.get("StructureDefinition", "http://x/one"),
        found.get("StructureDefinition", "http://x/two|"),
    )
    assert one is not None and one["type"] == "Patient" and "text" not in one
    assert two is not None and two["abstract"] is False
    assert found.get("Patient", "http://x/one") is None
    assert (
        found.get("StructureDefinition", "http://x/one|1") is one
        and found.get("StructureDefinition", "http://x/one|2") is None
    )
    assert [row.file for _, row in found.rows("StructureDefinition")] == ["deep/two.xml", "one.json"]
    assert [(owner.name, row.target) for owner, row in found.rows("StructureDefinition")] == [
        (found.packages[0].name, "Patient")
    ] * 2
    assert found.base.embedded
    assert sorted(n.rule for n in found.notes) == ["fhir-base-embedded", "fhir-xml-namespace"]
    assert all(n.severity in ("information", "warning") for n in found.notes)
    assert any("embedded" in note.message.en for note in found.notes)


def test_every_container_gives_the_same_package(load: Load, tmp_path: Path) -> None:
    folder = package(tmp_path / "p")
    npm = tmp_path / "npm" / "package"
    shutil.copytree(folder, npm)
    plain = load(folder).packages[0]
    packed = load(tgz(folder, tmp_path / "p.tgz")).packages[0]
    unpacked = load(npm.parent).packages[0]
    shutil.make_archive(
        str(tmp_path / "z"), "zip", folder.parent, folder.name
    )  # as code hosts pack a repository
    assert load(tmp_path / "z.zip").packages[0].content_hash == plain.content_hash
    assert plain.content_hash == packed.content_hash == unpacked.content_hash
    assert [(r.type, r.url, r.file) for r in plain.store.rows] == [
        (r.type, r.url, r.file) for r in packed.store.rows
    ]
    (folder / "one.json").write_text(json.dumps(profile("one", version="2")))
    assert load(folder).packages[0].content_hash != plain.content_hash


def test_base_specification_only(load: Load) -> None:
    found = load()
    assert found.packages == () and found.base.embedded and found.model.version == "3.0.2"
    assert load(version="R4").model.version == "4.0.1"
    assert found.get("ValueSet", "http://hl7.org/fhir/ValueSet/administrative-gender") is not None
    assert found.get("CodeSystem", "http://hl7.org/fhir/administrative-gender") is not None
    assert (
        found.get("StructureDefinition", "http://hl7.org/fhir/StructureDefinition/patient-nationality")
        is not None
    )
    assert found.get("ConceptMap", "http://nowhere") is None
    assert found.identity()[0].embedded


def test_packages_go_before_the_base_and_in_the_order_given(load: Load, tmp_path: Path) -> None:
    url = "http://hl7.org/fhir/ValueSet/administrative-gender"
    first, second = package(tmp_path / "p"), package(tmp_path / "q", name="c.d")
    (second / "vs.json").write_text(json.dumps({"resourceType": "ValueSet", "url": url, "name": "mine"}))
    (second / "one.json").write_text(json.dumps(profile("one", version="9")))
    found = load(first, second)
    assert (found.get("ValueSet", url) or {}).get("name") == "mine"
    assert (found.get("StructureDefinition", "http://x/one") or {})["version"] == "1"
    assert (load(second, first).get("StructureDefinition", "http://x/one") or {})["version"] == "9"
    assert [i.name for i in found.identity()] == ["hl7.fhir", "a.b", "c.d"]
    assert found.content_hash != load(second, first).content_hash


# -- dependencies -------------------------------------------------------------------------------------------


def test_dependency_from_the_users_cache(load: Load, tmp_path: Path) -> None:
    cache = tmp_path / "fhir" / "packages"
    for version in ("1.0.9", "1.0.10", "1.1.0", "2.0.0"):
        package(cache / f"c.d#{version}" / "package", name="c.d", version=version)
    (cache / "c.d-other#9.0.0").mkdir()
    found = load(package(tmp_path / "p", dependencies={"c.d": "1.0.x", "hl7.fhir.r3.core": "3.0.2"}))
    assert [(p.name, p.version) for p in found.packages] == [("a.b", "1.0.0"), ("c.d", "1.0.10")]
    assert load("c.d#2.0.0").packages[0].version == "2.0.0"
    assert load("c.d#latest").packages[0].version == "2.0.0"
    assert load("c.d@1.x").packages[0].version == "1.1.0"


def test_missing_package_is_exit_2_and_says_what_to_do(load: Load) -> None:
    with pytest.raises(ConfigurationError) as error:
        load("c.d#1.0.0")
    assert error.value.exit_code == 2 and "c.d#1.0" in error.value.render("nl")
    assert "--package" in error.value.next_step.nl


def test_missing_dependency_is_a_note(load: Load, tmp_path: Path) -> None:
    found = load(package(tmp_path / "p", dependencies={"c.d": "1.0.x"}))
    assert len(found.packages) == 1
    note = next(n for n in found.notes if n.rule == "fhir-package-missing")
    assert note.severity == "warning" and "c.d#1.0.x" in note.message.en and "not checked" in note.message.en


def test_folder_of_profiles_without_manifest(load: Load, tmp_path: Path) -> None:
    folder = package(tmp_path / "mine")
    root = next(p.parent for p in folder.rglob("package.json"))
    (root / "package.json").unlink()
    (root / "own.json").write_text(
        '{"resourceType": "StructureDefinition", "url": "http://x.nl/p", "fhirVersion": "4.0.1", "type": "Patient"}'
    )
    found = load(folder)
    assert found.packages[0].name == "mine" and found.model.version == "4.0.1"
    assert found.get("StructureDefinition", "http://x.nl/p") is not None
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "a.json").write_text("{}")
    with pytest.raises(ConfigurationError, match=r"package\.json is missing"):
        load(tmp_path / "empty")


def test_invalid_files_are_named_and_counted(load: Load, tmp_path: Path) -> None:
    folder = package(tmp_path / "p")
    root = next(p.parent for p in folder.rglob("package.json"))
    (root / "cut.json").write_text('{"resourceType": "StructureDef')
    (root / "odd.json").write_text(
        '{"resourceType": "ValueSet", "url": "http://x.nl/vs", "url": "http://x.nl/vs"}'
    )
    for _ in range(2):  # fresh, then from the cache
        identity = load(folder).identity()[1]
        assert identity.invalid_count == len(identity.invalid) == 3
        assert set(identity.invalid) == {"cut.json", "odd.json", "other.xml"}


def test_given_package_pins_a_dependency_and_is_noted(load: Load, tmp_path: Path) -> None:
    first = package(tmp_path / "p", dependencies={"c.d": "2.0.x"})
    found = load(first, package(tmp_path / "q", name="c.d", version="2.2.18"))
    note = next(n for n in found.notes if n.rule == "fhir-package-version")
    assert (note.expected, note.received) == ("2.0.x", "2.2.18")
    assert not any(
        n.rule == "fhir-package-version"
        for n in load(first, package(tmp_path / "r", name="c.d", version="2.0.3")).notes
    )


def test_cycles_and_diamonds_end(load: Load, tmp_path: Path) -> None:
    cache = tmp_path / "fhir" / "packages"
    package(cache / "b#1.0.0", name="b", dependencies={"c": "1.0.0", "a": "1.0.0"})
    package(cache / "c#1.0.0", name="c", dependencies={"a": "1.0.0"})
    found = load(package(tmp_path / "p", name="a", dependencies={"b": "1.0.0", "c": "1.0.0"}))
    assert [p.name for p in found.packages] == ["a", "b", "c"]


def test_same_package_twice(load: Load, tmp_path: Path) -> None:
    first, again = package(tmp_path / "p"), package(tmp_path / "q")
    assert len(load(first, again).packages) == 1
    with pytest.raises(ConfigurationError, match="two versions"):
        load(first, package(tmp_path / "r", version="2.0.0"))


def test_a_package_of_another_fhir_version_is_left_out(load: Load, tmp_path: Path) -> None:
    r4 = package(tmp_path / "q", name="c.d", fhirVersions=["4.0.1"])
    assert load(r4).model.version == "4.0.1"
    both = load(package(tmp_path / "p"), r4)
    assert [p.name for p in both.packages] == ["a.b"]
    note = next(n for n in both.notes if n.rule == "fhir-package-left-out")
    assert note.severity == "warning" and "c.d" in note.message.en
    with pytest.raises(ConfigurationError, match="another FHIR version"):
        load(r4, version="STU3")
    with pytest.raises(ConfigurationError, match="not supported"):
        load(package(tmp_path / "s", fhirVersions=["5.0.0"]))
    by_dependency = package(tmp_path / "t", fhirVersions=[], dependencies={"hl7.fhir.r4.core": "4.0.1"})
    assert load(by_dependency).model.version == "4.0.1"


def test_version_patterns() -> None:
    yes = [
        ("1.0.0", "1.0.0"),
        ("1.x", "1.9.2"),
        ("^1.2", "1.3.0"),
        ("~1.2.3", "1.2.9"),
        ("latest", "3"),
        ("", "1"),
    ]
    no = [
        ("1.0.0", "1.0.1"),
        ("1.x", "2.0.0"),
        ("^1.2", "1.1.0"),
        ("^1.2", "2.0.0"),
        ("~1.2.3", "1.3.0"),
        ("x.1.0", "1"),
    ]
    assert all(version_matches(w, v) for w, v in yes) and not any(version_matches(w, v) for w, v in no)
    assert sorted(["1.0.10", "1.0.9", "1.0.9-beta", "1.1"], key=version_key) == [
        "1.0.9-beta",
        "1.0.9",
        "1.0.10",
        "1.1",
    ]


# -- what is wrong with packages ----------------------------------------------------------------------------


def test_defective_files_are_notes_and_the_rest_is_usable(load: Load, tmp_path: Path) -> None:
    folder = package(tmp_path / "p")
    (folder / "broken.xml").write_text('<StructureDefinition xmlns="http://hl7.org/fhir"><url')
    (folder / "order.xml").write_text(
        '<ValueSet xmlns="http://hl7.org/fhir">\n<status value="draft"/><url value="http://v"/></ValueSet>'
    )
    (folder / "zwei.json").write_text(json.dumps(profile("one", version="1", id="zwei")))
    (folder / "broken.json").write_text('{"resourceType": "ValueSet", ')
    found = load(folder)
    notes = {(n.rule, n.excerpt or n.path) for n in found.notes}
    assert {
        ("fhir-xml-syntax", "broken.xml"),
        ("fhir-xml-order", "order.xml"),
        ("fhir-json-syntax", "broken.json"),
        ("fhir-package-duplicate", "zwei.json"),
    } <= notes
    assert found.get("ValueSet", "http://v") is not None
    assert (found.get("StructureDefinition", "http://x/one") or {})["id"] == "one"
    assert [n.rule for n in load(folder).notes] == [n.rule for n in found.notes]  # also from the cache


@pytest.mark.parametrize("manifest", ["", "[]", "{", '{"name": 3}', "{}", '{"name":"a","dependencies":[1]}'])
def test_unusable_manifest(load: Load, tmp_path: Path, manifest: str) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "package.json").write_text(manifest)
    with pytest.raises(ConfigurationError, match=r"package\.json"):
        load(tmp_path / "p")


def test_what_is_no_package(load: Load, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigurationError, match=r"package\.json"):
        load(tmp_path / "empty")
    with pytest.raises(InputError):
        load(tmp_path / "absent")
    (tmp_path / "text.tgz").write_text("hello")
    with pytest.raises(InputError):
        load(tmp_path / "text.tgz")
    (tmp_path / "text.zip").write_text("hello")
    with pytest.raises(InputError):
        load(tmp_path / "text.zip")
    packed = tgz(package(tmp_path / "p"), tmp_path / "cut.tgz")
    packed.write_bytes(packed.read_bytes()[:200])
    with pytest.raises(InputError):
        load(packed)


def test_members_outside_the_archive_are_refused(load: Load, tmp_path: Path) -> None:
    for name in ("../evil.json", "/etc/evil.json", "package/../../evil.json", "C:/evil.json"):
        target = tmp_path / "evil.tgz"
        with tarfile.open(target, "w:gz") as archive:
            info = tarfile.TarInfo(name)
            info.size = 2
            archive.addfile(info, io.BytesIO(b"{}"))
        with pytest.raises(InputError, match="unsafe"):
            load(target)
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive2:
        archive2.writestr("..\\evil.json", "{}")
    with pytest.raises(InputError, match="unsafe"):
        load(tmp_path / "evil.zip")


def test_links_are_not_followed_out_of_a_package(load: Load, tmp_path: Path) -> None:
    folder = package(tmp_path / "p")
    secret = tmp_path / "secret.json"
    secret.write_text(json.dumps(profile("secret")))
    try:
        (folder / "link.json").symlink_to(secret)
        (folder / "loop").symlink_to(folder)
    except OSError:
        pytest.skip("no symbolic links on this platform")
    found = load(folder)
    assert found.get("StructureDefinition", "http://x/secret") is None and len(found.packages[0].store) == 2
    target = tmp_path / "link.tgz"
    with tarfile.open(target, "w:gz") as archive:
        archive.add(folder / "package.json", "package/package.json")
        info = tarfile.TarInfo("package/link.json")
        info.type, info.linkname = tarfile.SYMTYPE, str(secret)
        archive.addfile(info)
    assert len(load(target).packages[0].store) == 0


def test_archive_limits(load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = package(tmp_path / "p")
    packed = tgz(folder, tmp_path / "p.tgz")
    for limit, value in (("MAX_FILES", 2), ("MAX_FILE", 50), ("MAX_TOTAL", 200)):
        with monkeypatch.context() as patch:
            patch.setattr(module.archive, limit, value)
            for source in (folder, packed):
                with pytest.raises(InputError):
                    load(source)


# -- the cache ----------------------------------------------------------------------------------------------


def cached_folder(tmp_path: Path) -> Path:
    return next((tmp_path / "cache" / "fhir").glob("package-*"))


def test_second_load_comes_from_the_cache(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = package(tmp_path / "p")
    first = load(folder)
    monkeypatch.setattr(module.codec, "parse", None)  # nothing is parsed again
    second = load(folder)
    assert second.content_hash == first.content_hash
    assert second.get("StructureDefinition", "http://x/two") == first.get(
        "StructureDefinition", "http://x/two"
    )


@pytest.mark.parametrize("name", ["cached.json", "resources.index.json", "resources.jsonl"])
@pytest.mark.parametrize("damage", ["absent", "cut", "changed"])
def test_damaged_cache_is_made_again(load: Load, tmp_path: Path, name: str, damage: str) -> None:
    folder = package(tmp_path / "p")
    expected = load(folder).get("StructureDefinition", "http://x/two")
    file = cached_folder(tmp_path) / name
    good = file.read_bytes()
    if damage == "absent":
        file.unlink()
    else:
        file.write_bytes(
            good[: len(good) // 2] if damage == "cut" else good.replace(b"two", b"TWO").replace(b"[", b"{")
        )
    assert load(folder).get("StructureDefinition", "http://x/two") == expected
    assert load(folder).get("StructureDefinition", "http://x/two") == expected
    assert file.read_bytes() == good


def test_unwritable_cache_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    found = load_packages([package(tmp_path / "p")], cache=Cache(tmp_path / "cache"), fhir_cache=tmp_path)
    assert found.get("StructureDefinition", "http://x/one") is not None


def test_cache_folder_of_the_platform(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path))
    assert default_folder() == tmp_path
    monkeypatch.delenv("HARNESS_CACHE")
    assert default_folder().name == "medmij-harness"


# -- official packages --------------------------------------------------------------------------------------


@pytest.mark.official
def test_official_packages(load: Load, material: Path) -> None:
    found = load(material / "eafspraak", material / "zib2017")
    assert [(p.name, p.version) for p in found.packages] == [
        ("nictiz.fhir.nl.stu3.eafspraak", "1.0.6"),
        ("nictiz.fhir.nl.stu3.zib2017", "2.2.18"),
    ]
    kinds = [row.type for _, row in found.rows("StructureDefinition")]
    assert len(kinds) >= 214 and sum(1 for _ in found.rows("ValueSet")) >= 261
    assert {n.rule for n in found.notes} == {"fhir-base-embedded", "fhir-package-version"}
    assert (
        found.get("StructureDefinition", "http://fhir.nl/fhir/StructureDefinition/nl-core-patient")
        is not None
    )
    alone = load(material / "eafspraak")
    assert any(n.rule == "fhir-package-missing" and "zib2017" in n.message.en for n in alone.notes)


@pytest.mark.official
def test_hl7_archive_as_base(load: Load, material: Path) -> None:
    archive = material / "hl7-stu3" / "definitions-3.0.2.zip"
    found = load(archive)
    assert not found.base.embedded and len(found.base.content_hash) == 64 and found.notes == []
    ours = load_packages().base
    assert found.base.constraints == ours.constraints and found.base.bindings == ours.bindings
    assert [t.name for t in found.model] == [t.name for t in ours.model]
    with pytest.raises(ConfigurationError, match="another FHIR version"):
        load(archive, version="R4")
    broken = found.base.folder / "details.json"
    broken.write_bytes(b"{")
    assert load(archive).base.constraints == ours.constraints
