"""Build ``harness/pdfa/facts/fonts/data/cmaps.zip`` from a folder with Adobe's cmap resources (package poppler-data).

Usage: ``python benchmarks/pdfa_cmaps.py /usr/share/poppler/cMap``. Only the CMaps of ISO 32000-1, table 118, what
they use, and the CID-to-Unicode partners are kept, as integer ranges.
"""

from __future__ import annotations

import argparse
import re
import zipfile
from pathlib import Path

import msgspec

from harness.pdfa.facts.fonts.cmap import PREDEFINED, Packed, parse
from harness.pdfa.file.limits import Limits

OUT = Path(__file__).resolve().parent.parent / "harness" / "pdfa" / "facts" / "fonts" / "data" / "cmaps.zip"
PARTNERS = ["Adobe-GB1-UCS2", "Adobe-CNS1-UCS2", "Adobe-Japan1-UCS2", "Adobe-Korea1-UCS2"]


def pack(path: Path) -> Packed:
    """One CMap file in stored form; UCS2 partners map a CID to a UTF-16 unit."""
    data = path.read_bytes()
    cmap = parse(data, Limits(cmap_entries=10_000_000))
    supplement = re.search(rb"/Supplement\s+(\d+)", data)
    ranges = [(size, *r) for size, rs in cmap.ranges.items() for r in rs]
    # of a text of several characters the first is kept: that there is one, is what rules ask
    for code, text in cmap.unicode.items():
        if text:
            ranges.append((2, code, code, ord(text[0])))
    for low, high, text in cmap.unicode_ranges:
        if text:
            last = high if len(text) == 1 else low
            ranges.append((2, low, last, ord(text[0])))
    ranges.sort()
    return Packed(
        cmap.registry, cmap.ordering, int(supplement.group(1)) if supplement else 0, cmap.wmode, cmap.use,
        cmap.spaces, ranges,
    )  # fmt: skip


def main() -> None:
    """Write the archive; every entry has the same fixed date so that the result is reproducible."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    files = {p.name: p for p in sorted(folder.rglob("*")) if p.is_file()}
    wanted = [n for n in [*sorted(PREDEFINED), *PARTNERS] if not n.startswith("Identity")]
    done: set[str] = set()
    with zipfile.ZipFile(OUT, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        while wanted:
            name = wanted.pop(0)
            if name in done or name not in files:
                continue
            done.add(name)
            packed = pack(files[name])
            if packed.use:
                wanted.append(packed.use)
            archive.writestr(
                zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)),
                msgspec.json.encode(packed),
                zipfile.ZIP_DEFLATED,
                9,
            )
    missing = PREDEFINED - done - {"Identity-H", "Identity-V"}
    print(f"{len(done)} CMaps, {OUT.stat().st_size} bytes; missing: {sorted(missing)}")


if __name__ == "__main__":
    main()
