"""Forms of files that few producers write: incremental updates, hybrid cross-references, JPEG 2000 of every kind.

The documents begin as a valid PDF/A of our own builder; what is done to them is what Word, scanners, signing programs and
archives do.
"""

from __future__ import annotations

import io
import re
import sys
import zlib
from pathlib import Path

sys.path[:0] = [
    str(Path(__file__).resolve().parents[2] / "tests" / "pdfa"),
    str(Path(__file__).resolve().parents[2]),
]

from pdfa_fixtures.builder import Doc, Raw, Ref, Stream, dump  # noqa: E402
from programs import Absent  # noqa: E402


def empty(index: int) -> Doc:
    """A document that is not written yet, its part and level by the index."""
    part, level = [(1, "b"), (2, "b"), (2, "u"), (3, "b")][index % 4]
    return Doc(part, level)


def base(index: int) -> tuple[Doc, bytes]:
    """A document with its bytes."""
    doc = empty(index)
    return doc, doc.write()


def updated(data: bytes, objects: dict[int, bytes], trailer: bytes, *, eol: bytes = b"\n") -> bytes:
    """An incremental update with a cross-reference table."""
    previous = int(re.findall(rb"startxref\s+(\d+)", data)[-1])
    out = bytearray(data)
    if not out.endswith(b"\n"):
        out += b"\n"
    table = b"xref\n"
    for number, body in sorted(objects.items()):
        table += b"%d 1\n%010d 00000 n \n" % (number, len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    start = len(out)
    out += table + b"trailer\n<<" + trailer + b" /Prev %d>>\nstartxref\n%d\n%%%%EOF" % (previous, start) + eol
    return bytes(out)


def update(index: int) -> bytes:
    """An incremental update of one kind."""
    doc, data = base(index)
    ids = b"/ID[<30313233343536373839616263646566><30313233343536373839616263646566>]"
    last = data.count(b" obj\n")
    plain = b"/Root %s /Size %d " % (dump(doc.catalog_ref), last + 3)
    page = dict(doc.page)
    note = b"<</Type/Annot/Subtype/Link/Rect[1 1 9 9]/F 4/Border[0 0 0]>>"
    new = last + 1
    page["Annots"] = [Ref(new)]
    replaced = {doc.page_ref.num: dump(page), new: note}
    kinds = [
        lambda: updated(data, replaced, plain + ids),
        lambda: updated(data, {**replaced, new: note.replace(b"/F 4", b"")}, plain + ids),
        lambda: updated(data, replaced, plain),
        lambda: updated(data, replaced, plain + ids.replace(b"<3031", b"<3131", 1)),
        lambda: updated(data, replaced, plain + ids, eol=b"\r\n"),
        lambda: updated(data, replaced, plain + ids, eol=b"\n\n"),
        lambda: updated(data, replaced, plain + ids, eol=b"\nrest"),
        lambda: updated(updated(data, replaced, plain + ids), {new + 1: b"<</A 1>>"}, plain + ids),
        lambda: updated(data, {doc.catalog_ref.num: dump({**doc.catalog, "AA": {}})}, plain + ids),
        lambda: updated(data, {new: b"<</Length 3>>\nstream\nabc\nendstream"}, plain + ids),
        lambda: updated(data, {new: b"<</Length 4>>\nstream\nabc\nendstream"}, plain + ids),
        lambda: updated(data, {new: b"<</S (%s)>>" % (b"x" * 40000)}, plain + ids),
    ]
    return kinds[index // 4 % len(kinds)]()


def hybrid(index: int) -> bytes:
    """A hybrid file as Word writes it: a table, and the objects in an object stream by XRefStm."""
    doc, data = base(index)
    hidden = {doc.page_ref.num: dump(doc.page)} if index // 4 % 2 else {}
    last = data.count(b" obj\n")
    extra = last + 1
    hidden[extra] = b"<</Type/Own/A(hidden)>>" if index // 8 % 2 else b"<</Type/Own/A <123>>>"
    bodies, pairs = b"", b""
    for number, body in hidden.items():
        pairs += b"%d %d " % (number, len(bodies))
        bodies += body + b" "
    packed = zlib.compress(pairs + bodies)
    out = bytearray(data[: data.rindex(b"xref\n", 0, data.rindex(b"startxref"))])
    offsets = {int(m.group(1)): m.start() for m in re.finditer(rb"(?<=\n)(\d+) 0 obj", out)}
    container, section = extra + 1, extra + 2
    offsets[container] = len(out)
    out += b"%d 0 obj\n<</Type/ObjStm/N %d/First %d/Filter/FlateDecode/Length %d>>\nstream\n" % (
        container, len(hidden), len(pairs), len(packed),
    )  # fmt: skip
    out += packed + b"\nendstream\nendobj\n"
    rows = b"".join(b"\2" + container.to_bytes(3, "big") + bytes([i]) for i in range(len(hidden)))
    numbers = b" ".join(b"%d 1" % number for number in hidden)
    packed = zlib.compress(rows)
    offsets[section] = stream = len(out)
    out += b"%d 0 obj\n<</Type/XRef/W[1 3 1]/Index[%s]/Size %d/Filter/FlateDecode/Length %d>>\nstream\n" % (
        section, numbers, section + 1, len(packed),
    )  # fmt: skip
    out += packed + b"\nendstream\nendobj\n"
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (section + 1)
    for number in range(1, section + 1):
        free = number in hidden or number not in offsets
        out += b"0000000000 65535 f \n" if free else b"%010d 00000 n \n" % offsets[number]
    ids = b"/ID[<30313233343536373839616263646566><30313233343536373839616263646566>]"
    out += b"trailer\n<</Root %s/Size %d%s/XRefStm %d>>\n" % (dump(doc.catalog_ref), section + 1, ids, stream)
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % start)


def jpeg2000(index: int) -> bytes:
    """A page with a JPEG 2000 image of one kind."""
    try:
        from PIL import Image
    except ImportError as error:
        raise Absent("no Pillow") from error
    doc = Doc(2 if index % 5 else 1, "b")
    mode = ["L", "LA", "RGB", "RGBA", "I;16"][index % 5 if index % 5 else index // 5 % 5]
    image = Image.new("RGB", (8, 8), (10, 200, 30)).convert("L" if mode == "I;16" else mode)
    if mode == "I;16":
        image = Image.new("I;16", (8, 8), 700)
    raw = io.BytesIO()
    image.save(raw, "JPEG2000", no_jp2=bool(index // 5 % 2), irreversible=bool(index // 10 % 2))
    entries: dict[str, object] = {
        "Type": "/XObject", "Subtype": "/Image", "Width": 8, "Height": 8, "Filter": "/JPXDecode",
    }  # fmt: skip
    space = [None, "/DeviceRGB", "/DeviceGray"][index // 3 % 3]
    if space:
        entries["ColorSpace"] = space
    if index // 7 % 3 == 1:
        entries["SMaskInData"] = 1
    if index // 11 % 2:
        entries["BitsPerComponent"] = 8
    if index // 13 % 4 == 3:
        entries["Interpolate"] = True
    doc.resource("XObject", "J", doc.add(Stream(entries, raw.getvalue())))
    doc.draw(b"/J Do")
    return doc.write()


def forms(index: int) -> bytes:
    """Fields, attachments and NeedAppearances in their variations."""
    doc, kind = empty(index), index // 4
    field = doc.widget()
    form = doc.catalog["AcroForm"]
    form["NeedAppearances"] = [False, True, Raw(b"null"), 0, "/true"][kind % 5]
    if kind // 5 % 2:
        field |= {"FT": "/Btn", "AP": {"N": {"Yes": doc.form(), "Off": doc.form()}}, "AS": "/Yes"}
    if kind // 10 % 2:
        file = doc.stream(b"<a/>", Type="/EmbeddedFile", **({"Subtype": "/text#2Fxml"} if kind % 2 else {}))
        spec = doc.add(
            {"Type": "/Filespec", "F": "a.xml", "UF": "a.xml", "EF": {"F": file}, "AFRelationship": "/Data"}
        )
        doc.catalog["Names"] = {"EmbeddedFiles": {"Names": ["a.xml", spec]}}
        if kind % 3:
            doc.catalog["AF"] = [spec]
    return doc.write()


def structures(out: Path, count: int) -> None:
    """Write documents of all kinds."""
    for name, write, number in (
        ("update", update, 48),
        ("hybrid", hybrid, 16),
        ("jpx", jpeg2000, 60),
        ("form", forms, 80),
    ):
        for index in range(min(number, count)):
            (out / f"{name}-{index:03}.pdf").write_bytes(write(index))
