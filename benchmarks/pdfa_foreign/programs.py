"""Producers that are programs: LibreOffice, Chromium, Ghostscript, groff, pdfTeX, OCRmyPDF, qpdf.

Each function writes documents into a folder; a program that is absent raises :class:`Absent`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from letters import Letter

FONTS = Path("/usr/share/fonts")


class Absent(Exception):
    """A producer that this machine does not have; the message says what is missing."""


def need(*programs: str) -> None:
    """Raise :class:`Absent` unless all programs are on the path."""
    for program in programs:
        if shutil.which(program) is None:
            raise Absent(f"no {program}")


def run(*command: str, cwd: Path | None = None, patience: float = 300.0) -> bool:
    """Run a program quietly at low priority."""
    try:
        done = subprocess.run(
            ["nice", *command], cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=patience,
            check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def libreoffice(out: Path, count: int) -> None:
    """LibreOffice Writer, Calc and Draw: plain, PDF/A-1b, -2b, -3b, tagged or not."""
    need("soffice")
    with tempfile.TemporaryDirectory() as folder:
        groups: dict[tuple[str, str], list[str]] = defaultdict(list)
        for index in range(count):
            letter = Letter(index)
            suffix, app = [(".html", "writer_web"), (".txt", "writer"), (".csv", "calc"), (".fodt", "writer"), (".svg", "draw")][
                letter.rng.randrange(5)
            ]  # fmt: skip
            version = index % 4
            options = f'"SelectPdfVersion":{{"type":"long","value":"{version}"}}'
            if letter.has(20, 3):
                options += ',"UseTaggedPDF":{"type":"boolean","value":"true"}'
            if letter.has(21, 4):
                options += ',"UseLosslessCompression":{"type":"boolean","value":"true"}'
            path = Path(folder) / f"{index:03}-v{version}{suffix}"
            path.write_text(_source(letter, suffix), encoding="utf-8")
            groups[app, options].append(str(path))
        for (app, options), paths in groups.items():
            run(
                "soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to",
                f"pdf:{app}_pdf_Export:{{{options}}}", "--outdir", str(out), *paths,
            )  # fmt: skip


def _source(letter: Letter, suffix: str) -> str:
    if suffix == ".html":
        return letter.html()
    if suffix == ".csv":
        return "\n".join(f"{letter.text(1)},{i}" for i in range(20)).replace("€", "")
    if suffix == ".svg":
        opacity = 0.5 if letter.has(2, 2) else 1
        return (
            '<svg xmlns="http://www.w3.org/2000/svg" width="300" height="200"><defs><linearGradient id="g"><stop offset="0" '
            'stop-color="red"/><stop offset="1" stop-color="blue"/></linearGradient></defs>'
            f'<rect width="80" height="50" fill="url(#g)" opacity="{opacity}"/><text x="10" y="100">{letter.text(1)}</text></svg>'
        )
    if suffix == ".fodt":
        body = "".join(f"<text:p>{letter.text(2)}</text:p>" for _ in range(4))
        link = '<text:p><text:a xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="https://example.com/">meer</text:a></text:p>'
        return (
            '<?xml version="1.0"?><office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
            'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
            'office:version="1.2" office:mimetype="application/vnd.oasis.opendocument.text">'
            f"<office:meta><dc:title>Brief {letter.index}</dc:title></office:meta><office:body><office:text>"
            f'<text:h text:outline-level="1">Brief</text:h>{body}{link}</office:text></office:body></office:document>'
        )
    return letter.text(30)


def chromium(out: Path, count: int) -> None:
    """Chromium (Skia): print to PDF."""
    need("chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise Absent("no playwright") from error
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"))
        page = browser.new_page()
        for index in range(count):
            page.set_content(Letter(index).html())
            page.pdf(path=str(out / f"{index:03}.pdf"), print_background=True, tagged=index % 2 == 0)
        browser.close()


def ghostscript(out: Path, count: int) -> None:
    """Ghostscript: PostScript to PDF, plain and in its PDF/A mode with an output intent."""
    need("gs")
    colours = ["0 setgray", "1 0 0 setrgbcolor", "0.5 setgray", "0 0.5 0.5 0 setcmykcolor"]
    profile = next(iter(sorted(Path("/usr/share/color/icc").rglob("srgb.icc"))), None)
    for index in range(count):
        letter = Letter(index)
        font = letter.rng.choice(["Helvetica", "Times-Roman", "Courier", "Helvetica-Bold", "Symbol"])
        lines = "".join(f"72 {700 - 20 * i} moveto ({letter.latin(1)[:60]}) show\n" for i in range(8))
        part = index % 4
        source = out / "in.ps"
        intent = ""
        if part and profile is not None and not letter.has(1, 8):
            intent = (
                f"[/_objdef {{icc}} /type /stream /OBJ pdfmark\n[{{icc}} << /N 3 >> /PUT pdfmark\n[{{icc}} ({profile}) (r) file /PUT "
                "pdfmark\n[/_objdef {oi} /type /dict /OBJ pdfmark\n[{oi} << /Type /OutputIntent /S /GTS_PDFA1 "
                "/DestOutputProfile {icc} /OutputConditionIdentifier (sRGB) >> /PUT pdfmark\n"
                "[{Catalog} << /OutputIntents [ {oi} ] >> /PUT pdfmark\n"
            )
        title = (
            f"[/Title (Brief {index}) /Author ({letter.latin(1)[:20]}) /DOCINFO pdfmark\n"
            if letter.has(2, 2)
            else ""
        )
        image = (
            "gsave 100 100 translate 50 50 scale 2 2 8 [2 0 0 2 0 0] {<00ff80c0>} image grestore\n"
            if letter.has(3, 3)
            else ""
        )
        source.write_text(
            f"%!PS\n{intent}{title}/{font} findfont 12 scalefont setfont\n{letter.rng.choice(colours)}\n{lines}{image}showpage\n"
        )
        strategy = letter.rng.choice(["RGB", "UseDeviceIndependentColor", "RGB", "Gray"])
        options = (
            [f"-dPDFA={part}", "-dPDFACompatibilityPolicy=1", f"-sColorConversionStrategy={strategy}"]
            if part
            else []
        )
        options += ["-dSubsetFonts=false"] if letter.has(4, 4) else []
        run(
            "gs", "-q", "-dBATCH", "-dNOPAUSE", "-dNOSAFER", "-sDEVICE=pdfwrite", *options,
            f"-sOutputFile={out}/{index:03}-a{part}.pdf", str(source),
        )  # fmt: skip
        source.unlink()


def groff(out: Path, count: int) -> None:
    """groff: troff to PDF."""
    need("groff")
    for index in range(count):
        letter = Letter(index)
        source = f".TL\nBrief {index}\n.PP\n{letter.latin(5)}\n.B {letter.latin(1)}\n.PDF_URL http://x\n"
        done = subprocess.run(
            ["groff", "-ms", "-Tpdf"], input=source.encode(), capture_output=True, check=False
        )
        (out / f"{index:03}.pdf").write_bytes(done.stdout)


def pdftex(out: Path, count: int) -> None:
    """pdfTeX: LaTeX letters with Type 1 fonts, plain and claiming PDF/A with a packet written by hand."""
    need("pdflatex")
    for index in range(count):
        letter = Letter(index)
        fonts = ["", r"\usepackage{lmodern}", r"\usepackage[T1]{fontenc}\usepackage{lmodern}"][index % 3]
        body = letter.latin(8).replace("&", "")
        extra = r"$\sum_{i=0}^n x_i = \int f(x)\,dx$" if letter.has(1, 2) else ""
        extra += r"\href{https://example.com/}{meer}" if letter.has(2, 2) else ""
        claim = _tex_claim(index) if index % 2 else ""
        source = (
            r"\documentclass{article}\usepackage[utf8]{inputenc}" + fonts + r"\usepackage{hyperref}"
            rf"\hypersetup{{pdftitle={{Brief {index}}}}}{claim}\begin{{document}}\section{{Brief}}{body} {extra}\end{{document}}"
        )
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "a.tex").write_text(source, encoding="utf-8")
            (Path(folder) / "a.xmp").write_text(_packet(index), encoding="utf-8")
            if run("pdflatex", "-interaction=batchmode", "a.tex", cwd=Path(folder), patience=60):
                shutil.move(f"{folder}/a.pdf", out / f"{index:03}.pdf")


def _tex_claim(index: int) -> str:
    minor = 4 if index % 4 == 1 else 7
    return (
        rf"\pdfminorversion={minor}\pdfobjcompresslevel=0\pdfgentounicode=1\input{{glyphtounicode}}"
        r"\immediate\pdfobj stream attr{/Type/Metadata/Subtype/XML} file{a.xmp}"
        r"\pdfcatalog{/Metadata \the\pdflastobj\space 0 R}"
    )


def _packet(index: int) -> str:
    part = 1 if index % 4 == 1 else 2
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
        f'xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/" pdfaid:part="{part}" pdfaid:conformance="B"/></rdf:RDF></x:xmpmeta>'
        '<?xpacket end="w"?>'
    )


def scanner(out: Path, count: int) -> None:
    """OCRmyPDF with Tesseract: page images with a text layer, as PDF/A-1b, -2b, -3b and plain."""
    need("ocrmypdf", "tesseract", "gs")
    try:
        from PIL import Image, ImageDraw, ImageFont
    except ImportError as error:
        raise Absent("no Pillow") from error
    font = ImageFont.truetype(str(FONTS / "truetype/dejavu/DejaVuSans.ttf"), 28)
    for index in range(count):
        letter = Letter(index)
        mode = ["L", "RGB", "1"][index % 3]
        image = Image.new(mode, (850, 600), "white" if mode != "1" else 1)
        draw = ImageDraw.Draw(image)
        for line in range(6):
            draw.text(
                (40, 40 + 60 * line), letter.text(1)[:40], fill="black" if mode != "1" else 0, font=font
            )
        with tempfile.TemporaryDirectory() as folder:
            source = f"{folder}/a.png"
            image.save(source, dpi=(100, 100))
            kind = ["pdfa-1", "pdfa-2", "pdfa-3", "pdf"][index % 4]
            renderer = "hocr" if letter.has(1, 3) else "sandwich"
            run(
                "ocrmypdf", "-q", "--output-type", kind, "--pdf-renderer", renderer, "--jobs", "1", "--title", f"Brief {index}",
                source, str(out / f"{index:03}-{kind}.pdf"), patience=120,
            )  # fmt: skip


def cups(out: Path, count: int) -> None:
    """Cairo through CairoSVG's and Poppler's ``pdftocairo``: documents of Chromium printed again."""
    need("pdftocairo")
    sources = sorted((out.parent / "chromium").glob("*.pdf"))[:count]
    if not sources:
        raise Absent("no documents of chromium")
    for source in sources:
        run("pdftocairo", "-pdf", str(source), str(out / source.name))


def qpdf(out: Path, count: int) -> None:
    """qpdf: documents of the other producers linearised, with object streams, or updated in another way."""
    need("qpdf")
    options = [
        ["--linearize"], ["--object-streams=generate"], ["--qdf"], ["--linearize", "--object-streams=generate"],
        ["--object-streams=disable", "--stream-data=uncompress"], ["--encrypt", "", "owner", "128", "--use-aes=y", "--"],
        ["--newline-before-endstream"], ["--normalize-content=y"],
    ]  # fmt: skip
    for index, source in enumerate(claiming(out.parent, out.name)[:count]):
        name = f"{index:03}-{source.parent.name}-{source.name}"
        run("qpdf", *options[index % len(options)], str(source), str(out / name))


def claiming(root: Path, without: str) -> list[Path]:
    """Documents of the other producers that claim to be PDF/A, taken from each in turn."""
    groups = []
    for folder in sorted(
        p for p in root.iterdir() if p.is_dir() and p.name not in (without, "mistakes", "qpdf")
    ):
        files = [p for p in sorted(folder.glob("*.pdf")) if b"pdfaid" in p.read_bytes()]
        groups.append(files)
    return [files[i] for i in range(max(map(len, groups), default=0)) for files in groups if i < len(files)]


def word(path: Path, letter: Letter) -> None:
    """A small Word document."""
    body = "".join(f"<w:p><w:r><w:t>{letter.text(2)}</w:t></w:r></w:p>" for _ in range(4))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" '
            'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>',
        )
        archive.writestr(
            "_rels/.rels",
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http:'
            '//schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>',
        )
        archive.writestr(
            "word/document.xml",
            '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
            f"{body}</w:body></w:document>",
        )


def office_word(out: Path, count: int) -> None:
    """LibreOffice with Word documents, as PDF/A-1b, -2b, -3b, with PDF/UA besides or not."""
    need("soffice")
    with tempfile.TemporaryDirectory() as folder:
        for version in range(4):
            for accessible in (False, True):
                paths = []
                for index in range(version * 2 + accessible, count, 8):
                    path = Path(folder) / f"{index:03}-v{version}{'ua' * accessible}.docx"
                    word(path, Letter(index))
                    paths.append(str(path))
                options = f'"SelectPdfVersion":{{"type":"long","value":"{version}"}}'
                options += ',"PDFUACompliance":{"type":"boolean","value":"true"}' if accessible else ""
                run(
                    "soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to",
                    f"pdf:writer_pdf_Export:{{{options}}}", "--outdir", str(out), *paths,
                )  # fmt: skip


PROGRAMS: dict[str, tuple[Callable[[Path, int], None], int]] = {
    "libreoffice": (libreoffice, 100), "libreoffice-word": (office_word, 48), "chromium": (chromium, 48),
    "ghostscript": (ghostscript, 80), "groff": (groff, 12), "pdftex": (pdftex, 40), "ocrmypdf": (scanner, 36),
    "cairo": (cups, 24), "qpdf": (qpdf, 96),
}  # fmt: skip
"""Producers that are programs, with the number of documents that each is asked for."""

os.environ.setdefault("SOURCE_DATE_EPOCH", "1760000000")
