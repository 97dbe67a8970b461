"""Ordinary documents of many producers, checked here and with real veraPDF in the same run.

Usage::

    python benchmarks/pdfa_producers.py make [--out DIR] [--python PYTHON]
    python benchmarks/pdfa_producers.py compare [--out DIR] [--json]

``make`` writes up to 40 documents per producer with what the machine has: Typst, LibreOffice, Chromium,
Ghostscript, groff, and, with a Python that has them, ReportLab, fpdf2, WeasyPrint, img2pdf, Matplotlib and
CairoSVG;
``pikepdf`` turns some into documents with one or two defects. ``compare`` prints one line per producer.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

OUT = HERE / ".cache" / "producers"
WORDS = [
    "medicatie",
    "afspraak",
    "huisarts",
    "patiënt",
    "controle",
    "brief",
    "uitslag",
    "bloeddruk",
    "verslag",
    "consult",
    "naïef",
    "café",
    "reünie",
    "één",
    "letter",
    "appointment",
    "result",
    "summary",
    "dosage",
    "allergy",
    "follow-up",
    "Straße",
    "€12,50",
    "50%",
    "3×daags",
]


def text(rng: random.Random, sentences: int) -> str:
    """Some sentences."""
    return " ".join(
        " ".join(rng.choice(WORDS) for _ in range(rng.randint(4, 14))).capitalize() + "."
        for _ in range(sentences)
    )


def html(rng: random.Random, index: int) -> str:
    """A letter, table or report as HTML."""
    rows = "".join(
        f"<tr><td>{rng.choice(WORDS)}</td><td>{rng.randint(1, 200)}</td></tr>" for _ in range(index % 7)
    )
    style = ["", "h1{color:#036}", "body{font-family:serif}", "p{opacity:.6}", "table{background:#eef}"][
        index % 5
    ]
    svg = (
        '<svg width="80" height="40"><circle cx="20" cy="20" r="15" fill="teal"/></svg>'
        if index % 3 == 0
        else ""
    )
    return (
        f'<html lang="nl"><head><meta charset="utf-8"><title>Brief {index}</title><style>{style}</style></head><body>'
        f"<h1>Brief {index}</h1><p>{text(rng, 3 + index % 9)}</p><table border=1>{rows}</table>{svg}"
        f'<p><a href="https://example.com/{index}">meer</a> <b>{text(rng, 2)}</b> <i>{text(rng, 1)}</i></p></body></html>'
    )


def run(*command: str, cwd: Path | None = None, patience: float = 120.0) -> bool:
    """Run a program quietly."""
    try:
        return subprocess.run(
            command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=patience, check=False
        ).returncode == 0  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return False


def make_typst(out: Path, rng: random.Random) -> None:
    """Typst: plain and as PDF/A."""
    import typst

    standards: list[str | None] = [None, "a-2b", "a-2u", "a-3b", "a-1b", "a-2a", "a-3u", "a-1a"]
    for index in range(40):
        body = f'#set document(title: "Brief {index}", date: datetime(year: 2026, month: 1, day: 2))\n#set text(lang: "nl")\n'
        body += f"= Brief {index}\n{text(rng, 4)}\n\n*{text(rng, 1)}* _{text(rng, 1)}_\n"
        if index % 3 == 0:
            body += "#table(columns: 2, [a], [b], [c], [d])\n"
        if index % 4 == 1:
            body += (
                "$ sum_(i=0)^n x_i = integral f(x) dif x $\n"
                if index % 8 != 5
                else '#link("https://example.com")[meer]\n'
            )
        if index % 5 == 2:
            body += (
                "#circle(radius: 10pt, fill: rgb(200, 0, 0, 120))\n#rect(fill: gradient.linear(red, blue))\n"
            )
        standard = standards[index % len(standards)]
        try:
            data = typst.compile(body.encode(), pdf_standards=[standard] if standard else [])
        except Exception:
            continue
        (out / f"{index:02}-{standard or 'plain'}.pdf").write_bytes(data)


def make_libreoffice(out: Path, rng: random.Random) -> None:
    """LibreOffice: plain, PDF/A-1b, -2b, -3b."""
    sources = out / "src"
    sources.mkdir(exist_ok=True)
    groups: dict[int, list[str]] = defaultdict(list)
    for index in range(40):
        kind = index % 4
        if index % 8 < 4:
            path = sources / f"{index:02}-v{kind}.html"
            path.write_text(html(rng, index))
        elif index % 8 < 6:
            path = sources / f"{index:02}-v{kind}.csv"
            path.write_text("\n".join(f"{rng.choice(WORDS)},{rng.randint(1, 99)}" for _ in range(20)))
        else:
            path = sources / f"{index:02}-v{kind}.txt"
            path.write_text(text(rng, 30))
        groups[kind].append(str(path))
    for kind, paths in groups.items():
        options = f':{{"SelectPdfVersion":{{"type":"long","value":"{kind}"}}}}'
        for suffix, app in ((".html", "writer_web"), (".txt", "writer"), (".csv", "calc")):
            chosen = [p for p in paths if p.endswith(suffix)]
            if chosen:
                run(
                    "soffice", f"-env:UserInstallation=file://{out}/profile", "--headless", "--convert-to",
                    f"pdf:{app}_pdf_Export{options}", "--outdir", str(out), *chosen, patience=180,
                )  # fmt: skip
    shutil.rmtree(out / "profile", ignore_errors=True)


def make_chromium(out: Path, rng: random.Random) -> None:
    """Chromium: print to PDF, all pages in one browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"))
        page = browser.new_page()
        for index in range(24):
            page.set_content(html(rng, index))
            page.pdf(path=str(out / f"{index:02}.pdf"), print_background=True, tagged=index % 2 == 0)
        browser.close()


def make_ghostscript(out: Path, rng: random.Random) -> None:
    """Ghostscript: PostScript to PDF, plain and in its PDF/A mode."""
    for index in range(30):
        source = out / "in.ps"
        font = ["Helvetica", "Times-Roman", "Courier", "Helvetica-Bold"][index % 4]
        lines = "".join(
            f"72 {700 - 20 * i} moveto ({text(rng, 1)[:60].encode('ascii', 'ignore').decode()}) show\n"
            for i in range(8)
        )
        colour = ["0 setgray", "1 0 0 setrgbcolor", "0.5 setgray", "0 0.5 0.5 0 setcmykcolor"][index // 4 % 4]
        source.write_text(f"%!PS\n/{font} findfont 12 scalefont setfont\n{colour}\n{lines}showpage\n")
        part = index % 3
        options = (
            [f"-dPDFA={part}", "-dPDFACompatibilityPolicy=1", "-sColorConversionStrategy=RGB"] if part else []
        )
        run(
            "gs",
            "-q",
            "-dBATCH",
            "-dNOPAUSE",
            "-sDEVICE=pdfwrite",
            *options,
            f"-sOutputFile={out}/{index:02}-a{part}.pdf",
            str(source),
        )
        source.unlink()


def make_groff(out: Path, rng: random.Random) -> None:
    """groff: troff to PDF."""
    for index in range(12):
        source = out / "in.ms"
        source.write_text(
            f".TL\nBrief {index}\n.PP\n{text(rng, 5)}\n.B {rng.choice(WORDS)}\n".encode(
                "ascii", "ignore"
            ).decode()
        )
        with (out / f"{index:02}.pdf").open("wb") as target:
            subprocess.run(
                ["groff", "-ms", "-Tpdf", str(source)], stdout=target, stderr=subprocess.DEVNULL, check=False
            )
        source.unlink()


LIBRARIES = r"""
import io, random, sys
from pathlib import Path
name, out, pages = sys.argv[1], Path(sys.argv[2]), eval(sys.stdin.read())
rng = random.Random(1)
DEJAVU = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
if name == "reportlab":
    from reportlab.pdfgen import canvas
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    pdfmetrics.registerFont(TTFont("DJ", DEJAVU))
    for i in range(24):
        c = canvas.Canvas(str(out / f"{i:02}.pdf"), invariant=1)
        c.setTitle(f"Brief {i}"); c.setFont("DJ" if i % 2 else "Helvetica", 12)
        for j in range(5): c.drawString(72, 700 - 20 * j, pages[i][1][j * 50:j * 50 + 50])
        if i % 3 == 0: c.setFillColorRGB(1, 0, 0); c.rect(72, 72, 50, 50, fill=1)
        if i % 4 == 1: c.setFillAlpha(0.5); c.circle(200, 200, 30, fill=1)
        c.showPage(); c.save()
elif name == "fpdf2":
    from fpdf import FPDF
    for i in range(24):
        kw = {}
        if i % 3: kw["enforce_compliance"] = ["", "PDF/A-1b", "PDF/A-2b"][i % 3]
        try:
            p = FPDF(**kw)
        except Exception:
            p = FPDF()
        try:
            p.set_lang("nl"); p.set_title(f"Brief {i}"); p.add_page(); p.add_font("DJ", "", DEJAVU); p.set_font("DJ", size=12)
            p.multi_cell(0, 8, pages[i][1])
            p.output(str(out / f"{i:02}.pdf"))
        except Exception as e: print(i, e, file=sys.stderr)
elif name == "weasyprint":
    from weasyprint import HTML
    v = [None, "pdf/a-1b", "pdf/a-2b", "pdf/a-3b", "pdf/a-2u", "pdf/a-3u", "pdf/a-1a", "pdf/a-2a", "pdf/a-3a"]
    for i in range(40):
        try: HTML(string=pages[i][0]).write_pdf(str(out / f"{i:02}-{(v[i % 9] or 'plain').replace('/', '')}.pdf"), pdf_variant=v[i % 9])
        except Exception as e: print(i, repr(e), file=sys.stderr)
elif name == "img2pdf":
    import img2pdf
    from PIL import Image
    for i in range(30):
        mode = ["RGB", "L", "1"][i % 3]
        im = Image.new(mode, (60, 80), 1 if mode == "1" else 200 if mode == "L" else (200, 30, i))
        b = io.BytesIO(); im.save(b, ["PNG", "JPEG", "TIFF"][i // 3 % 3] if mode != "1" else "PNG")
        import PIL.ImageCms
        icc = Path("/tmp/p2-srgb.icc"); icc.write_bytes(PIL.ImageCms.ImageCmsProfile(PIL.ImageCms.createProfile("sRGB")).tobytes())
        data = img2pdf.convert(b.getvalue(), **({"pdfa": str(icc)} if i % 2 else {}))
        (out / f"{i:02}.pdf").write_bytes(data)
elif name == "matplotlib":
    import matplotlib; matplotlib.use("pdf")
    import matplotlib.pyplot as plt
    for i in range(20):
        plt.rcParams["pdf.fonttype"] = 42 if i % 2 else 3
        f = plt.figure(); plt.plot([rng.random() for _ in range(20)], alpha=0.5 if i % 3 == 0 else 1.0); plt.title(pages[i][1][:30])
        f.savefig(out / f"{i:02}.pdf"); plt.close(f)
elif name == "cairosvg":
    import cairosvg
    for i in range(20):
        s = f'<svg xmlns="http://www.w3.org/2000/svg" width="300" height="200"><rect width="80" height="50" fill="navy" opacity="{0.5 if i % 2 else 1}"/><text x="10" y="100" font-family="DejaVu Sans">{pages[i][1][:30]}</text></svg>'
        cairosvg.svg2pdf(bytestring=s.encode(), write_to=str(out / f"{i:02}.pdf"))
"""


def make_libraries(root: Path, python: str, rng: random.Random) -> None:
    """Python libraries, in the given interpreter."""
    pages = repr([(html(rng, i), text(rng, 5)) for i in range(40)])
    for name in ("reportlab", "fpdf2", "weasyprint", "img2pdf", "matplotlib", "cairosvg"):
        out = root / name
        out.mkdir(parents=True, exist_ok=True)
        result = subprocess.run(
            [python, "-c", LIBRARIES, name, str(out)],
            input=pages,
            text=True,
            capture_output=True,
            check=False,
        )
        print(name, len(list(out.glob("*.pdf"))), result.stderr[-300:], flush=True)


def make_damaged(root: Path, rng: random.Random) -> None:
    """Documents of the PDF/A exports saved again with one or two common mistakes."""
    import pikepdf

    out = root / "pikepdf"
    out.mkdir(exist_ok=True)
    sources = sorted(
        p
        for p in root.glob("*/*.pdf")
        if "-a-" in p.name or "-pdfa-" in p.name or "-v2" in p.name or "-v1" in p.name
    )
    rng.shuffle(sources)
    for index, source in enumerate(sources[:40]):
        with pikepdf.open(source) as pdf:
            page = pdf.pages[0].obj
            for kind in {index % 8, (index // 8 * 3) % 8}:
                if kind == 0 and "/OutputIntents" in pdf.Root:
                    del pdf.Root.OutputIntents
                elif kind == 1:
                    pdf.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="1")
                elif kind == 2:
                    note = pikepdf.Dictionary(
                        Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Text, Rect=[9, 9, 20, 20], Contents="x"
                    )
                    page.Annots = pikepdf.Array([pdf.make_indirect(note)])
                elif kind == 3:
                    pdf.docinfo["/Title"] = "Other"
                elif kind == 4:
                    extra = b"\n/DeviceCMYK cs 1 0 0 0 sc 10 10 20 20 re f\n"
                    pdf.pages[0].contents_add(extra)
                elif kind == 5:
                    pdf.Root.AcroForm = pikepdf.Dictionary(Fields=[], NeedAppearances=True)
                elif kind == 6:
                    pdf.attachments["a.txt"] = b"text"
                elif kind == 7:
                    pdf.Root.AA = pikepdf.Dictionary()
            pdf.save(out / f"{index:02}-{source.parent.name}-{source.stem}.pdf", deterministic_id=True)


def make(args: argparse.Namespace) -> None:
    """Write the documents."""
    root = Path(args.out)
    rng = random.Random(6)
    makers = (make_typst, make_ghostscript, make_groff, make_chromium, make_libreoffice)
    for maker in makers:
        out = root / maker.__name__.removeprefix("make_")
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        try:
            maker(out, rng)
        except Exception as error:
            print(out.name, repr(error)[:300], flush=True)
        print(out.name, len(list(out.glob("*.pdf"))), flush=True)
    make_libraries(root, args.python, rng)
    make_damaged(root, rng)


def compare(args: argparse.Namespace) -> None:
    """Check all documents here and with veraPDF, as claimed (else as 1b and as 2b, alternately)."""
    from pdfa import peer

    from harness.pdfa import Limits, check
    from harness.pdfa.engines import claimed_flavour

    files = [p for p in sorted(Path(args.out).glob("*/*.pdf")) if p.stat().st_size]
    items = [(claimed_flavour(p), p) for p in files]
    theirs = peer(items)
    rows: dict[str, Counter[str]] = defaultdict(Counter)
    different: list[str] = []
    for (flavour, path), their in zip(items, theirs, strict=True):
        report = check(path, flavour, Limits(seconds=120))
        mine, other = set(report.rules), set(their.get("rules", {}))
        unreadable = "error" in their
        valid = not unreadable and bool(their["valid"])
        same = report.outcome == "unreadable" if unreadable else mine == other and report.valid == valid
        for row in (rows[path.parent.name], rows["all"]):
            row["files"] += 1
            row["valid for verapdf"] += valid
            row["1-3 rules"] += 1 <= len(other) <= 3
            row["verdict"] += report.valid == valid
            row["identical"] += same
            row["false alarm"] += valid and not report.valid
            row["false accept"] += report.valid and not valid
        if not same:
            different.append(
                f"{flavour} {path.parent.name}/{path.name}: {report.outcome}, only builtin {sorted(mine - other)}, "
                f"only verapdf {sorted(other - mine)} {their.get('error', '')}"
            )
    result: dict[str, Any] = {"rows": rows, "different": different}
    if args.json:
        print(json.dumps(result))
        return
    keys = list(rows["all"])
    print(f"{'':14}" + "".join(f"{k:>18}" for k in keys))
    for name, row in rows.items():
        print(f"{name:14}" + "".join(f"{row[k]:>18}" for k in keys))
    print("\n".join(different))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=("make", "compare"))
    parser.add_argument("--out", default=str(OUT))
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    (make if args.command == "make" else compare)(args)


if __name__ == "__main__":
    main()
