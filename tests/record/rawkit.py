"""What drivers and mocks hand to the recorder, for its tests."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO

from harness.record import DeclaredPerson, Persons, RawExchange

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
BSN = "999990019"
PERSONS = Persons([DeclaredPerson(id="anna", bsn=BSN, birth_date="1970-01-02", family=("voorbeeld",))])
CELL = "his-a+dvza-a+pgo-1+huisartsgegevens-2.0+mm-2.2"


def raw(**changes: object) -> RawExchange:
    """A request for a Patient in :data:`CELL`, with these fields changed."""
    base: dict[str, object] = {
        "interface": "resource",
        "flow": "collect",
        "operation": "hg-patient-json",
        "client": "pgo-1",
        "server": "dvza-a",
        "started": NOW,
        "duration": 0.0123456789,
        "method": "GET",
        "url": "https://mtls.dva.example/fhir/Patient",
        "cell": CELL,
    }
    return RawExchange(**{**base, **changes})  # type: ignore[arg-type]


def pdf(text: str, *, info: str = "") -> bytes:
    """A small PDF that shows a text, one operator per character."""
    shown = " ".join(f"({char}) Tj" for char in text.replace("\\", "").replace("(", "").replace(")", ""))
    stream = f"BT /F1 12 Tf 72 700 Td {shown} ET".encode("latin-1", "replace")
    title = ("\ufeff" + info).encode("utf-16-be").hex()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        f"<< /Title <{title}> >>".encode(),
    ]
    out = BytesIO()
    out.write(b"%PDF-1.4\n")
    offsets = []
    for number, content in enumerate(objects, 1):
        offsets.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, content))
    start = out.tell()
    out.write(b"xref\n0 7\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % at for at in offsets))
    out.write(b"trailer << /Size 7 /Root 1 0 R /Info 6 0 R >>\nstartxref\n%d\n%%%%EOF\n" % start)
    return out.getvalue()
