"""Fetches the packages of ``sources.yaml`` with the ordinary clients (npm, pip, mvn) and lays out their resources.

``python benchmarks/foreign/fetch.py``; one source that cannot be had is named and left out, one whose hash differs is
refused. The result is a folder per source below ``benchmarks/.cache/foreign``, one resource per file.
"""

from __future__ import annotations

import fnmatch
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from lxml import etree

HERE = Path(__file__).resolve().parent
CACHE = HERE.parent / ".cache" / "foreign"
FHIR = "http://hl7.org/fhir"
SOURCES: list[dict[str, Any]] = yaml.safe_load((HERE / "sources.yaml").read_text(encoding="utf-8"))["sources"]


def download(source: dict[str, Any], folder: Path) -> Path | None:
    """The archive of a source, fetched into ``folder``; ``None`` when its client or registry is not there."""
    name, version = source["name"], source["version"]
    command = {
        "maven": [
            *(
                "mvn",
                "-q",
                "-B",
                "dependency:copy",
                f"-Dartifact={name}:{version}",
                f"-DoutputDirectory={folder}",
            ),
            "-Dmdep.useBaseVersion=true",
        ],
        "npm": ["npm", "pack", "--silent", f"{name}@{version}", "--pack-destination", str(folder)],
        "pypi": [
            *(
                sys.executable,
                "-m",
                "pip",
                "download",
                "-q",
                "--no-deps",
                "--no-binary",
                ":all:",
                "-d",
                str(folder),
            ),
            f"{name}=={version}",
        ],
    }[source["registry"]]
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=folder)
    except FileNotFoundError as error:
        sys.stderr.write(f"{source['id']}: {error}\n")
        return None
    found = sorted(p for p in folder.iterdir() if p.name.endswith((".jar", ".tgz", ".tar.gz")))
    if done.returncode or not found:
        sys.stderr.write(f"{source['id']}: {(done.stderr or done.stdout).strip()[-300:]}\n")
        return None
    return found[0]


def members(archive: Path) -> Iterator[tuple[str, bytes]]:
    """Plain files of an archive."""
    if archive.suffix == ".jar":
        with zipfile.ZipFile(archive) as zipped:
            for info in zipped.infolist():
                if not info.is_dir():
                    yield info.filename, zipped.read(info)
        return
    with tarfile.open(archive) as tar:
        for member in tar:
            stream = tar.extractfile(member) if member.isfile() else None
            if stream is not None:
                yield member.name, stream.read()


def resources(name: str, data: bytes, split: bool) -> Iterator[tuple[str, str, bytes]]:
    """``(type, name, content)`` of the resources in a file: the file itself, or the entries of its Bundle or list."""
    stem = name.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    if name.endswith(".xml"):
        try:
            root = etree.fromstring(
                data, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
            )
        except etree.XMLSyntaxError:
            return
        if not str(root.tag).startswith(f"{{{FHIR}}}"):
            return
        kind = etree.QName(root).localname
        parts = (
            list(root.iterfind(f"{{{FHIR}}}entry/{{{FHIR}}}resource/*")) if split and kind == "Bundle" else []
        )
        for number, part in enumerate(parts):
            yield etree.QName(part).localname, f"{stem}-{number}.xml", etree.tostring(part, encoding="utf-8")
        if not parts:
            yield kind, f"{stem}.xml", data
        return
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return
    entries = (
        value.get("entry", [])
        if isinstance(value, dict) and split
        else value
        if isinstance(value, list)
        else []
    )
    found = [e.get("resource", e) if isinstance(e, dict) else e for e in entries]
    found = [e for e in found if isinstance(e, dict) and isinstance(e.get("resourceType"), str)]
    for number, part in enumerate(found):
        yield part["resourceType"], f"{stem}-{number}.json", json.dumps(part, ensure_ascii=False).encode()
    if not found and isinstance(value, dict) and isinstance(value.get("resourceType"), str):
        yield value["resourceType"], f"{stem}.json", data


def lay_out(source: dict[str, Any], archive: Path) -> int:
    """Writes the resources of a source; how many."""
    folder = CACHE / source["id"]
    folder.mkdir(parents=True, exist_ok=True)
    counts: Counter[str] = Counter()
    seen: set[str] = set()
    for name, data in members(archive):
        if not name.endswith((".json", ".xml")) or not any(fnmatch.fnmatch(name, p) for p in source["take"]):
            continue
        for kind, file, content in resources(name, data, bool(source.get("split"))):
            digest = hashlib.sha256(content).hexdigest()
            if digest in seen or (source.get("each") and counts[kind] >= source["each"]):
                continue
            seen.add(digest)
            counts[kind] += 1
            (folder / f"{kind}-{counts[kind]:04d}-{file}").write_bytes(content)
    return sum(counts.values())


def main() -> int:
    """Fetches what is not there yet."""
    missing = 0
    for source in SOURCES:
        if (CACHE / source["id"] / ".whole").exists():
            continue
        with tempfile.TemporaryDirectory() as folder:
            archive = download(source, Path(folder))
            if archive is None:
                missing += 1
                continue
            digest = hashlib.sha256(archive.read_bytes()).hexdigest()
            if digest != source["sha256"]:
                sys.stderr.write(f"{source['id']}: SHA-256 is {digest}, expected {source['sha256']}\n")
                missing += 1
                continue
            count = lay_out(source, archive)
            (CACHE / source["id"] / ".whole").touch()
            sys.stdout.write(f"{source['id']:24} {count:6} resources\n")
    return 1 if missing else 0


if __name__ == "__main__":
    raise SystemExit(main())
