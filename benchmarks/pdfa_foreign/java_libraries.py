"""Producers that are Java libraries, from Maven Central; each is a small program in ``java/src``."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from programs import Absent, need

HERE = Path(__file__).resolve().parent / "java"
LIBRARIES = {
    "pdfbox": ("PdfBox", 90), "openpdf": ("OpenPdf", 90), "itext": ("IText", 108), "fop": ("Fop", 80),
    "openhtmltopdf": ("OpenHtml", 70),
}  # fmt: skip
"""Producer → class, and the number of documents that it is asked for."""


def build(cache: Path) -> str:
    """Fetch the libraries and compile the programs, once; gives the class path."""
    need("java", "javac", "mvn")
    classes, lib = cache / "classes", cache / "lib"
    sources = sorted((HERE / "src").glob("*.java"))
    newest = max(path.stat().st_mtime for path in [*sources, HERE / "pom.xml"])
    if not classes.is_dir() or classes.stat().st_mtime < newest:
        cache.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(classes, ignore_errors=True)
        fetch = ["mvn", "-q", "-B", "dependency:copy-dependencies", f"-DoutputDirectory={lib}"]
        if subprocess.run(fetch, cwd=HERE, check=False, capture_output=True).returncode:
            raise Absent("Maven Central is out of reach")
        command = ["javac", "-nowarn", "-cp", f"{lib}/*", "-d", str(classes), *map(str, sources)]
        subprocess.run(command, check=True, capture_output=True)
    return f"{classes}:{lib}/*"


def write(name: str, out: Path, cache: Path) -> None:
    """Write the documents of one library."""
    program, count = LIBRARIES[name]
    command = ["nice", "java", "-Djava.awt.headless=true", "-cp", build(cache), program, str(out), str(count)]
    subprocess.run(command, check=False, capture_output=True, timeout=900)
