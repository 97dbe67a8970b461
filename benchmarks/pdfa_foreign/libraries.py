"""Producers that are Python libraries; runs in an interpreter that has them: ``python libraries.py NAME OUT``."""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from letters import Letter

FONTS = Path("/usr/share/fonts/truetype")
DEJAVU = str(FONTS / "dejavu/DejaVuSans.ttf")


def reportlab(letter: Letter) -> bytes:
    """ReportLab: drawn pages."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.pdfgen import canvas

    pdfmetrics.registerFont(TTFont("Own", DEJAVU))
    out = io.BytesIO()
    page = canvas.Canvas(out, invariant=1, pageCompression=letter.index % 2)
    page.setTitle(f"Brief {letter.index}")
    page.setFont("Own" if letter.has(1, 2) else "Helvetica", 12)
    for line in range(5):
        page.drawString(72, 700 - 20 * line, letter.text(1)[:60])
    if letter.has(2, 3):
        page.setFillColorRGB(1, 0, 0)
        page.rect(72, 72, 50, 50, fill=1)
    if letter.has(3, 4):
        page.setFillAlpha(0.5)
        page.circle(200, 200, 30, fill=1)
    if letter.has(4, 5):
        page.setFillColorCMYK(0.1, 0.4, 0, 0)
        page.rect(172, 72, 50, 50, fill=1)
    if letter.has(5, 4):
        page.acroForm.textfield(name="naam", value="Jansen", x=72, y=300)
    if letter.has(6, 4):
        page.linkURL("https://example.com/", (72, 400, 120, 420))
    page.showPage()
    page.save()
    return out.getvalue()


def fpdf2(letter: Letter) -> bytes:
    """fpdf2: plain and its PDF/A mode."""
    from fpdf import FPDF

    modes = [None, "PDF/A-1B", "PDF/A-2B", "PDF/A-2U", "PDF/A-3B", "PDF/A-3U"]
    mode = modes[letter.index % len(modes)]
    pdf = FPDF(enforce_compliance=mode) if mode else FPDF()
    pdf.set_lang("nl")
    pdf.set_title(f"Brief {letter.index}")
    if letter.has(1, 2):
        pdf.set_author("Jansen")
    pdf.add_page()
    pdf.add_font("Own", "", DEJAVU)
    pdf.set_font("Own", size=12)
    pdf.multi_cell(0, 8, letter.text(6))
    if letter.has(2, 3):
        pdf.set_draw_color(200, 0, 0)
        pdf.rect(20, 200, 40, 20)
    if letter.has(3, 3):
        pdf.cell(40, 8, "meer", link="https://example.com/")
    if letter.has(4, 3):
        from PIL import Image

        pdf.image(Image.new(["RGB", "L", "RGBA"][letter.index % 3], (20, 20)), x=20, y=240)
    return bytes(pdf.output())


def weasyprint(letter: Letter) -> bytes:
    """WeasyPrint: every variant of PDF/A that it knows."""
    from weasyprint import HTML

    variants = [
        None,
        "pdf/a-1b",
        "pdf/a-2b",
        "pdf/a-3b",
        "pdf/a-2u",
        "pdf/a-3u",
        "pdf/a-1a",
        "pdf/a-2a",
        "pdf/a-3a",
        "pdf/a-4f",
    ]
    variant = variants[letter.index % len(variants)]
    options = {"pdf_forms": True} if letter.has(20, 4) else {}
    return bytes(HTML(string=letter.html()).write_pdf(pdf_variant=variant, **options) or b"")


def img2pdf(letter: Letter) -> bytes:
    """img2pdf: scanned pages, as PDF/A-1b or plain."""
    import img2pdf as library
    from PIL import Image, ImageCms

    mode = ["RGB", "L", "1", "P", "CMYK"][letter.index % 5]
    image = Image.new("RGB", (60, 80), (200, 30, letter.index % 256)).convert(mode)
    kind = (
        "TIFF"
        if mode == "CMYK"
        else "PNG"
        if mode in ("1", "P")
        else ["PNG", "JPEG", "TIFF"][letter.rng.randrange(3)]
    )
    if letter.has(3, 6) and mode in ("RGB", "L"):
        kind = "JPEG2000"
    picture = io.BytesIO()
    image.save(picture, kind)
    with tempfile.TemporaryDirectory() as folder:
        profile = Path(folder) / "srgb.icc"
        profile.write_bytes(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
        return bytes(
            library.convert(
                picture.getvalue(),
                title=f"Brief {letter.index}",
                **({"pdfa": str(profile)} if letter.index % 2 else {}),
            )
        )


def matplotlib(letter: Letter) -> bytes:
    """Matplotlib: figures with Type 3 or TrueType fonts."""
    import matplotlib as library

    library.use("pdf")
    import matplotlib.pyplot as plot

    plot.rcParams["pdf.fonttype"] = 42 if letter.index % 2 else 3
    figure = plot.figure()
    plot.plot([letter.rng.random() for _ in range(20)], alpha=0.5 if letter.has(1, 3) else 1.0)
    if letter.has(2, 3):
        plot.imshow([[letter.rng.random() for _ in range(5)] for _ in range(5)])
    plot.title(letter.text(1)[:30])
    out = io.BytesIO()
    figure.savefig(out, format="pdf")
    plot.close(figure)
    return out.getvalue()


def cairosvg(letter: Letter) -> bytes:
    """CairoSVG (cairo)."""
    import cairosvg as library

    opacity = 0.5 if letter.has(1, 2) else 1
    source = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="300" height="200"><rect width="80" height="50" fill="navy" opacity="{opacity}"/>'
        f'<text x="10" y="100" font-family="DejaVu Sans">{letter.text(1)}</text></svg>'
    )
    return bytes(library.svg2pdf(bytestring=source.encode()))


def typst(letter: Letter) -> bytes:
    """Typst: plain and every PDF/A standard that it knows."""
    import typst as library

    standards = [None, "a-2b", "a-2u", "a-3b", "a-1b", "a-2a", "a-3u", "a-1a", "a-3a", "a-4"]
    standard = standards[letter.index % len(standards)]
    body = f'#set document(title: "Brief {letter.index}", date: datetime(year: 2026, month: 1, day: 2))\n#set text(lang: "nl")\n'
    body += f"= Brief\n{letter.latin(4)}\n\n*{letter.latin(1)}* _{letter.latin(1)}_\n".replace("$", "")
    body += "#table(columns: 2, [a], [b], [c], [d])\n" if letter.has(1, 3) else ""
    body += (
        "$ sum_(i=0)^n x_i = integral f(x) dif x $\n"
        if letter.has(2, 3) and not str(standard).endswith("a")
        else ""
    )
    body += '#link("https://example.com")[meer]\n' if letter.has(3, 3) else ""
    body += "#circle(radius: 10pt, fill: rgb(200, 0, 0, 120))\n" if letter.has(4, 4) else ""
    body += "#rect(fill: gradient.linear(red, blue))\n" if letter.has(5, 4) else ""
    return bytes(library.compile(body.encode(), pdf_standards=[standard] if standard else []))


def pymupdf(letter: Letter) -> bytes:
    """PyMuPDF (MuPDF)."""
    import pymupdf as library

    document = library.open()
    page = document.new_page()
    page.insert_font(fontname="own", fontfile=DEJAVU)
    for line in range(6):
        page.insert_text(
            (72, 72 + 20 * line), letter.text(1)[:60], fontname="own" if letter.has(1, 2) else "helv"
        )
    if letter.has(2, 3):
        page.draw_rect((72, 300, 150, 350), color=(1, 0, 0), fill=(0, 0, 1), fill_opacity=0.5)
    if letter.has(3, 3):
        page.insert_link(
            {"kind": library.LINK_URI, "from": library.Rect(72, 400, 120, 420), "uri": "https://example.com/"}
        )
    if letter.has(4, 4):
        page.add_text_annot((200, 200), "let op")
    if letter.has(5, 4):
        document.embfile_add("a.txt", b"text")
    document.set_metadata({"title": f"Brief {letter.index}"})
    if letter.has(6, 3):
        document.subset_fonts()
    return bytes(document.tobytes(garbage=letter.index % 4, deflate=True))


def xhtml2pdf(letter: Letter) -> bytes:
    """xhtml2pdf."""
    from xhtml2pdf import pisa

    out = io.BytesIO()
    pisa.CreatePDF(letter.html(), dest=out)
    return out.getvalue()


def rst2pdf(letter: Letter) -> bytes:
    """rst2pdf."""
    from rst2pdf.createpdf import RstToPdf

    out = io.BytesIO()
    source = f"Brief\n=====\n\n{letter.latin(5)}\n\n* een\n* twee\n\n`meer <https://example.com/>`_\n"
    RstToPdf(language="en_US").createPdf(text=source, output=out)
    return out.getvalue()


def pypdf(letter: Letter) -> bytes:
    """pypdf: pages of other producers put together, with notes, forms, attachments and JavaScript."""
    from pypdf import PdfWriter

    root = Path(sys.argv[2]).parent
    sources = sorted(
        p for p in root.glob("*/*.pdf") if p.parent.name in ("weasyprint", "typst", "reportlab", "fpdf2")
    )
    if not sources:
        raise RuntimeError("no documents of other producers")
    writer = PdfWriter(clone_from=letter.rng.choice(sources)) if letter.has(1, 2) else PdfWriter()
    for _ in range(1 + letter.index % 2):
        writer.append(letter.rng.choice(sources), import_outline=False)
    if letter.has(2, 4):
        writer.add_attachment("a.txt", b"text")
    if letter.has(3, 5):
        writer.add_js("1")
    if letter.has(4, 3):
        writer.add_metadata({"/Title": "Brief", "/Author": "Jansen"})
    if letter.has(5, 6):
        writer.encrypt("", "owner")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def pyhanko(letter: Letter) -> bytes:
    """pyHanko: documents of Typst signed in an incremental update."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import fields, signers

    root = Path(sys.argv[2]).parent
    sources = sorted(p for p in root.glob("*/*.pdf") if p.parent.name in ("weasyprint", "typst"))
    if not sources:
        raise RuntimeError("no documents of other producers")
    import datetime

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Test")])
    start = datetime.datetime(2026, 1, 1)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(start).not_valid_after(start.replace(year=2036)).sign(key, hashes.SHA256())
    )  # fmt: skip
    folder = Path(sys.argv[2])
    pem = folder / "key.pem", folder / "cert.pem"
    pem[0].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    pem[1].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    signer = signers.SimpleSigner.load(str(pem[0]), str(pem[1]))
    for path in pem:
        path.unlink()
    writer = IncrementalPdfFileWriter(io.BytesIO(letter.rng.choice(sources).read_bytes()), strict=False)
    meta = signers.PdfSignatureMetadata(field_name="Handtekening", reason="akkoord", certify=letter.has(1, 3))
    if letter.has(2, 2):
        fields.append_signature_field(writer, fields.SigFieldSpec("Handtekening", box=(10, 10, 200, 60)))
    out = io.BytesIO()
    signers.sign_pdf(writer, meta, signer=signer, output=out)
    return out.getvalue()


LIBRARIES: dict[str, tuple[Callable[[Letter], bytes], int]] = {
    "reportlab": (reportlab, 40), "fpdf2": (fpdf2, 48), "weasyprint": (weasyprint, 90), "img2pdf": (img2pdf, 48),
    "matplotlib": (matplotlib, 24), "cairosvg": (cairosvg, 20), "typst": (typst, 80), "pymupdf": (pymupdf, 40),
    "xhtml2pdf": (xhtml2pdf, 24), "rst2pdf": (rst2pdf, 12), "pypdf": (pypdf, 48), "pyhanko": (pyhanko, 40),
}  # fmt: skip
"""Producers that are Python libraries, with the number of documents that each is asked for."""


def main() -> None:
    """Write the documents of one library; a document that it refuses is reported on standard error."""
    name, out = sys.argv[1], Path(sys.argv[2])
    write, count = LIBRARIES[name]
    for index in range(count):
        try:
            data = write(Letter(index))
        except ImportError as error:
            print(f"no {error.name}", file=sys.stderr)
            return
        except Exception as error:
            print(f"{index}: {error!r}"[:200], file=sys.stderr)
            continue
        (out / f"{index:03}.pdf").write_bytes(data)


if __name__ == "__main__":
    main()
