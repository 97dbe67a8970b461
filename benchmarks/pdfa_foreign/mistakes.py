"""Documents of the other producers with one or two common mistakes, made with pikepdf (qpdf)."""

from __future__ import annotations

import random
import warnings
from pathlib import Path

from programs import Absent, claiming


def mistakes(out: Path, count: int) -> None:
    """Save documents that claim PDF/A again, with mistakes that real letters have."""
    try:
        import pikepdf
    except ImportError as error:
        raise Absent("no pikepdf") from error
    warnings.simplefilter("ignore")
    for index, source in enumerate(claiming(out.parent, out.name)[:count]):
        rng = random.Random(index)
        with pikepdf.open(source) as pdf:
            for kind in {
                index % len(KINDS),
                rng.randrange(len(KINDS)) if index % 3 == 0 else index % len(KINDS),
            }:
                KINDS[kind](pikepdf, pdf)
            name = f"{index:03}-{source.parent.name}-{source.stem}.pdf"
            pdf.save(out / name, deterministic_id=True, fix_metadata_version=False)


def _no_intent(pikepdf, pdf) -> None:  # type: ignore[no-untyped-def]
    if "/OutputIntents" in pdf.Root:
        del pdf.Root.OutputIntents


def _script(pikepdf, pdf) -> None:  # type: ignore[no-untyped-def]
    pdf.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="1")


def _note(pikepdf, pdf) -> None:  # type: ignore[no-untyped-def]
    note = pikepdf.Dictionary(
        Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Text, Rect=[9, 9, 20, 20], Contents="x"
    )
    pdf.pages[0].obj.Annots = pikepdf.Array([pdf.make_indirect(note)])


def _title(pikepdf, pdf) -> None:  # type: ignore[no-untyped-def]
    pdf.docinfo["/Title"] = "Other"


def _cmyk(pikepdf, pdf) -> None:  # type: ignore[no-untyped-def]
    pdf.pages[0].contents_add(b"\n/DeviceCMYK cs 1 0 0 0 sc 10 10 20 20 re f\n")


def _form(pikepdf, pdf) -> None:  # type: ignore[no-untyped-def]
    pdf.Root.AcroForm = pikepdf.Dictionary(Fields=[], NeedAppearances=True)


def _attachment(pikepdf, pdf) -> None:  # type: ignore[no-untyped-def]
    pdf.attachments["a.txt"] = b"text"


def _actions(pikepdf, pdf) -> None:  # type: ignore[no-untyped-def]
    pdf.Root.AA = pikepdf.Dictionary()


def _no_metadata(pikepdf, pdf) -> None:  # type: ignore[no-untyped-def]
    del pdf.Root.Metadata


def _transparency(pikepdf, pdf) -> None:  # type: ignore[no-untyped-def]
    state = pikepdf.Dictionary(Type=pikepdf.Name.ExtGState, ca=0.5, BM=pikepdf.Name.Multiply)
    name = pdf.pages[0].add_resource(state, pikepdf.Name.ExtGState)
    pdf.pages[0].contents_add(f"\n{name} gs 0 g 10 10 20 20 re f\n".encode())


def _unembedded(pikepdf, pdf) -> None:  # type: ignore[no-untyped-def]
    font = pikepdf.Dictionary(
        Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
    )
    name = pdf.pages[0].add_resource(font, pikepdf.Name.Font)
    pdf.pages[0].contents_add(f"\nBT {name} 9 Tf 10 10 Td (x) Tj ET\n".encode())


def _widths(pikepdf, pdf) -> None:  # type: ignore[no-untyped-def]
    for item in pdf.objects:
        if isinstance(item, pikepdf.Dictionary) and item.get("/Widths") is not None:
            item.Widths = pikepdf.Array([int(w) + 7 for w in item.Widths])
        if (
            isinstance(item, pikepdf.Dictionary)
            and item.get("/W") is not None
            and item.get("/DW") is not None
        ):
            item.DW = int(item.DW) + 7


def _layers(pikepdf, pdf) -> None:  # type: ignore[no-untyped-def]
    group = pdf.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.OCG, Name="laag"))
    pdf.Root.OCProperties = pikepdf.Dictionary(OCGs=[group], D=pikepdf.Dictionary(Order=[]))


def _link(pikepdf, pdf) -> None:  # type: ignore[no-untyped-def]
    action = pikepdf.Dictionary(S=pikepdf.Name.Launch, F="a.exe")
    link = pikepdf.Dictionary(
        Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[9, 9, 20, 20], F=4, A=action
    )
    pdf.pages[0].obj.Annots = pikepdf.Array([pdf.make_indirect(link)])


def _tounicode(pikepdf, pdf) -> None:  # type: ignore[no-untyped-def]
    for item in pdf.objects:
        if isinstance(item, pikepdf.Dictionary) and "/ToUnicode" in item:
            del item["/ToUnicode"]


def _cidset(pikepdf, pdf) -> None:  # type: ignore[no-untyped-def]
    for item in pdf.objects:
        if isinstance(item, pikepdf.Dictionary) and item.get("/Type") == "/FontDescriptor":
            item.CIDSet = pdf.make_stream(b"\xff")
            item.CharSet = pikepdf.String("/A/B")


def _clean(pikepdf, pdf) -> None:  # type: ignore[no-untyped-def]
    """Only saved again."""


KINDS = (
    _no_intent, _script, _note, _title, _cmyk, _form, _attachment, _actions, _no_metadata, _transparency, _unembedded,
    _widths, _layers, _link, _tounicode, _cidset, _clean,
)  # fmt: skip
"""The mistakes."""
