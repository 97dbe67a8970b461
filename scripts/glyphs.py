"""Which characters the fonts of Typst can show: ``python scripts/glyphs.py`` writes what reports may print.

Run it again when the version of ``typst`` changes; a test sets everything that is listed.
"""

from __future__ import annotations

import json
import sys
import unicodedata
from pathlib import Path

import typst

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from harness.report.pdf.shown import GLYPHS  # noqa: E402

LAST = 0x2FFF
"""No font of Typst has the scripts beyond."""
NOT_ALONE = {"Cn", "Co", "Cs", "Cc", "Cf", "Mn", "Mc", "Me", "Zl", "Zp", "Zs"}
"""Categories that are no sign of their own: unassigned, private, control, combining, separators."""
SOURCE = (
    b'#set document(title: "glyphs")\n#set text(font: ("Libertinus Serif", "DejaVu Sans Mono"))\n'
    b"#for sign in json(bytes(sys.inputs.signs)) [#box(sign) ]"
)


def shown(compiler: typst.Compiler, signs: list[str]) -> list[str]:
    """Those of some signs that can be set in PDF/A."""
    if not signs:
        return []
    try:
        compiler.compile(
            SOURCE, sys_inputs={"signs": json.dumps(signs)}, format="pdf", pdf_standards=["a-3b"]
        )
    except typst.TypstError:
        half = len(signs) // 2
        return [*shown(compiler, signs[:half]), *shown(compiler, signs[half:])] if half else []
    return signs


def main() -> None:
    """Try every sign, and write the ranges."""
    compiler = typst.Compiler(ignore_system_fonts=True)
    signs = [" ", *(chr(n) for n in range(0x21, LAST + 1) if unicodedata.category(chr(n)) not in NOT_ALONE)]
    ranges: list[list[int]] = []
    for sign in sorted(
        one for at in range(0, len(signs), 256) for one in shown(compiler, signs[at : at + 256])
    ):
        if ranges and ranges[-1][1] == ord(sign) - 1:
            ranges[-1][1] = ord(sign)
        else:
            ranges.append([ord(sign), ord(sign)])
    GLYPHS.write_text(json.dumps(ranges, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{GLYPHS.name}: {len(ranges)} ranges")


if __name__ == "__main__":
    main()
