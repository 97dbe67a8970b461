"""Fresh persons for a bureau's challenge: the shape of our own person, every name, number and text of its
own.

What each value is follows from the nonce, the person and the place of the value, by HMAC: a HIS cannot know
it beforehand, and whoever has the nonce can make the same record again. Documents are left out: a HIS gets
those of the official set.
"""

from __future__ import annotations

import hmac
import re
import uuid
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import yaml

from harness.core.data import data_path
from harness.core.standards.table import standards
from harness.core.tdates import TDates
from harness.fhir.codec.documents import read
from harness.fhir.model.types import load_model
from harness.fhir.store import Stored
from harness.fhir.typed import constructed
from harness.reference.record.given import Written
from harness.reference.record.load import FILE, load_record, load_records
from harness.reference.record.write import write_record

TEMPLATE: Final = "hanna-wilgenkamp"
MAX_PERSONS: Final = 20
_DOCUMENTS: Final = frozenset({"DocumentReference", "DocumentManifest", "Binary"})
_WORDS: Final = {
    "Wilgenkamp": "family",
    "Hanna": "given",
    "Wilgenhof": "practice",
    "Rietveen": "doctor",
    "Zoë": "doctor-given",
}
"""Names in the template, and what they are names of. Ids and hosts have them in lower case."""
_TELLING: Final = frozenset(
    {"valueString", "description", "comment", "text", "patientInstruction", "line", "city"}
)
_SYLLABLES: Final = (
    "ba",
    "do",
    "fe",
    "gru",
    "ki",
    "lo",
    "mar",
    "ne",
    "pol",
    "ri",
    "sto",
    "tu",
    "va",
    "wes",
    "zi",
    "hal",
)
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NAMED: Final = re.compile(r"\._?name\b")
"""Parts of a name have to fit together."""
_WEIGHTS: Final = (9, 8, 7, 6, 5, 4, 3, 2, -1)


def write_fresh(nonce: bytes, amount: int, out: Path, loaded: date) -> list[Written]:
    """Write the records of fresh persons, origin ``bureau``.

    :param nonce: of the challenge.
    :param loaded: day on which the HIS is filled.
    :raises UsageError: the folder of a person is there already and holds something.
    """
    written = [_Person(nonce, number, loaded).write(out) for number in range(amount)]
    load_records([out / item.person for item in written], t=loaded)
    return written


class _Person:
    """One fresh person."""

    def __init__(self, nonce: bytes, number: int, loaded: date) -> None:
        self._nonce, self._number, self._loaded = nonce, number, loaded
        self._names = {old: self._word(what).capitalize() for old, what in _WORDS.items()}
        self.person = f"{self._names['Hanna']}-{self._names['Wilgenkamp']}".lower()

    def write(self, out: Path) -> Written:
        folder = data_path("fixtures", "records") / TEMPLATE
        master = load_record(folder, t=self._loaded)
        kept = [stored for stored in master if stored.type not in _DOCUMENTS]
        resources = [constructed(self._resource(stored)) for stored in kept]
        about = self._about(yaml.safe_load((folder / FILE).read_text(encoding="utf-8")))
        sent = {path.stem: self._bundle(path) for path in sorted((folder / "sent").glob("*.json"))}
        write_record(out / self.person, about, resources, sent)
        return Written(self.person, str(about["patient"]).partition("/")[2], len(resources))

    # -- values ------------------------------------------------------------------------------------

    def _bytes(self, *place: str) -> bytes:
        return hmac.digest(self._nonce, "\0".join(("record", str(self._number), *place)).encode(), "sha256")

    def _word(self, *place: str) -> str:
        return "".join(_SYLLABLES[byte % 16] for byte in self._bytes(*place)[:4])

    def bsn(self) -> str:
        """A number of the fictitious range 9999xxxxx that passes the eleven-test, and nobody else here "
        "has."""
        start = int.from_bytes(self._bytes("bsn")[:4]) % 90_000
        for step in range(100_000):
            text = f"9999{(start + step) % 100_000:05d}"
            if sum(int(digit) * weight for digit, weight in zip(text, _WEIGHTS, strict=True)) % 11 == 0:
                return text
        return ""

    def _about(self, data: Mapping[str, Any]) -> dict[str, Any]:
        about: dict[str, Any] = self._tree(dict(data), "record")
        kinds = (item["ref"].partition("/")[0] for item in about["withheld"])
        about["withheld"] = [
            item for item, kind in zip(about["withheld"], kinds, strict=True) if kind not in _DOCUMENTS
        ]
        about.pop("documents", None)
        about |= {
            "person": self.person,
            "bsn": self.bsn(),
            "birth": self._birth(),
            "origin": "bureau",
            "loaded": self._loaded.isoformat(),
            "note": "fresh person of a challenge",
            "standards": [name for name in standards() if not name.startswith("pdfa")],
        }
        return about

    def _birth(self) -> str:
        days = int.from_bytes(self._bytes("birth")[:4]) % 15_000
        return (date(1945, 1, 1) + timedelta(days=days)).isoformat()

    def _resource(self, stored: Stored) -> dict[str, Any]:
        made: dict[str, Any] = self._tree(stored.resource, stored.key)
        if stored.type == "Patient":
            made["birthDate"] = self._birth()
        return made

    def _bundle(self, path: Path) -> dict[str, Any]:
        text = TDates(self._loaded).resolve(path.read_text(encoding="utf-8"), strict=True, where=str(path))
        return constructed(dict(self._tree(read(text.encode(), model=load_model("3.0.2")), path.stem)))

    def _tree(self, node: Any, place: str, name: str = "") -> Any:
        if isinstance(node, dict):
            telling = "coding" not in node
            return {
                key: self._tree(value, f"{place}.{key}", key if telling else "")
                for key, value in node.items()
            }
        if isinstance(node, list):
            return [self._tree(item, f"{place}[{index}]", name) for index, item in enumerate(node)]
        if isinstance(node, str):
            return self._text(node, place, name)
        if (
            isinstance(node, Decimal | int | float)
            and not isinstance(node, bool)
            and place.endswith("Quantity.value")
        ):
            return self._amount(Decimal(str(node)), place)
        return node

    def _text(self, text: str, place: str, name: str) -> str:
        for old, new in self._names.items():
            text = text.replace(old, new).replace(old.lower(), new.lower())
        text = _UUID.sub(lambda found: str(uuid.UUID(bytes=self._bytes(found.group())[:16], version=4)), text)
        if name == "div":
            return text.replace("</div>", f" {self._word(place)}</div>")
        if _NAMED.search(place):
            return text
        if name in _TELLING and "://" not in text and len(text) > 3:
            return f"{text} {self._word(place)}"
        return text

    def _amount(self, value: Decimal, place: str) -> Decimal:
        """Another value near by, as precise as it was."""
        step = (
            Decimal(1).scaleb(int(value.as_tuple().exponent))
            if value.as_tuple().exponent != 0
            else Decimal(1)
        )
        reach = max(2, int(abs(value) / step) // 20)
        return value + step * (int.from_bytes(self._bytes(place)[:4]) % reach + 1)
