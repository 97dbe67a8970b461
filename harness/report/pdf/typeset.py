"""A report set as PDF/A-3b with PDF/UA-1 tags: the same bytes for the same report and version of Typst.

Nothing of the machine is used: no fonts, no packages, no clock.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from harness.core.errors import HarnessError, UsageError
from harness.core.text import Text
from harness.report.pdf.content import Document
from harness.report.pdf.shown import BREAK, all_printable, printable

STANDARDS: Final = ("a-3b", "ua-1")
TEMPLATE: Final = Path(__file__).parent / "template.typ"
INSTALL: Final = 'pip install "medmij-harness[report]"'


@dataclass(frozen=True)
class Attachment:
    """A file that goes along inside the PDF.

    :ivar name: its name there.
    :ivar relationship: what it is to the report, in the words of PDF/A-3: ``source`` or ``data``.
    """

    name: str
    data: bytes
    mime: str
    description: str
    relationship: str = "source"


def require(*modules: str) -> None:
    """Go on only where what makes a PDF is installed.

    :raises UsageError: it is not.
    """
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if missing:
        raise UsageError(
            Text(
                nl=f"voor een rapport als PDF ontbreekt {', '.join(missing)}",
                en=f"a report as PDF needs {', '.join(missing)}, which is not installed",
            ),
            next_step=Text(nl=f"installeer het met: {INSTALL}", en=f"install it with: {INSTALL}"),
        )


def typeset(document: Document, *, at: datetime, attachments: Sequence[Attachment] = ()) -> bytes:
    """The report as PDF, without a signature.

    :param at: the instant that the PDF names as its own; the end of the run.
    :raises UsageError: ``typst`` is not installed.
    :raises HarnessError: the report cannot be set.
    """
    require("typst")
    typst = importlib.import_module("typst")
    instant = at.astimezone(UTC).replace(microsecond=0)
    with tempfile.TemporaryDirectory(prefix="harness-report-") as scratch:
        root = Path(scratch)
        (root / "main.typ").write_bytes(TEMPLATE.read_bytes())
        inputs = {
            "report": json.dumps(all_printable(msgspec.to_builtins(document)), ensure_ascii=False),
            "attached": json.dumps([_placed(root, number, one) for number, one in enumerate(attachments)]),
            "ended": json.dumps(instant.timetuple()[:6]),
        }
        try:
            made: bytes = typst.compile(
                str(root / "main.typ"),
                root=str(root),
                format="pdf",
                sys_inputs=inputs,
                timestamp=instant,
                ignore_system_fonts=True,
                pdf_standards=list(STANDARDS),
                package_path=str(root),
                package_cache_path=str(root),
            )
        except typst.TypstError as error:
            raise HarnessError(
                Text(nl="het rapport kan niet worden gezet", en="the report cannot be typeset"),
                received=error.message,
            ) from None
    return made


def _placed(root: Path, number: int, one: Attachment) -> dict[str, str]:
    """An attachment as the template reads it, put where it can."""
    path = f"attachment-{number}"
    (root / path).write_bytes(one.data)
    return {
        "name": printable(one.name).replace(BREAK, ""),
        "path": path,
        "mime": one.mime,
        "description": printable(one.description),
        "relationship": one.relationship,
    }
