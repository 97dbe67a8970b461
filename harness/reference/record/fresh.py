"""Fresh persons for a bureau's challenge: the shape of our own person, every name, number and text of its
own.

What each value is follows from the nonce, the person and the place of the value, by HMAC: a HIS cannot know
it beforehand, and whoever has the nonce can make the same record again. Each document is a letter of its own
text; where letters cannot be typeset (extra ``documents``), the person has none.
"""

from __future__ import annotations

import base64
import hashlib
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
from harness.reference.record.letters import can_typeset, letter
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
        kept = [stored for stored in master if can_typeset() or stored.type not in _DOCUMENTS]
        about = self._about(yaml.safe_load((folder / FILE).read_text(encoding="utf-8")))
        made = [self._resource(stored) for stored in kept]
        self._typeset(made, about.get("documents", []))
        resources = [constructed(resource) for resource in made]
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
        if can_typeset():
            about["documents"] = [self._letter(item) for item in about["documents"]]
        else:
            held = about["withheld"]
            about["withheld"] = [item for item in held if item["ref"].partition("/")[0] not in _DOCUMENTS]
            about.pop("documents", None)
        about |= {
            "person": self.person,
            "bsn": self.bsn(),
            "birth": self._birth(),
            "origin": "bureau",
            "loaded": self._loaded.isoformat(),
            "note": "fresh person of a challenge",
            "standards": [name for name in standards() if can_typeset() or not name.startswith("pdfa")],
        }
        return about

    def _letter(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """What a document says: title, sentence and measurement of the template, each with fresh words."""
        title, *rest = item["text"]
        words = [self._word(item["ref"], str(number)) for number in range(4)]
        pressure = 100 + self._bytes(item["ref"], "bloeddruk")[0] % 80
        said = f"Kenmerk {words[2]}, bloeddruk {pressure}, behandelaar {words[3]}."
        return {**item, "text": [f"{title} {words[0]}", *(f"{one} {words[1]}" for one in rest), said]}

    def _typeset(self, resources: list[dict[str, Any]], letters: list[dict[str, Any]]) -> None:
        """Put a letter into each Binary, and its size and hash where a DocumentReference states them."""
        made: dict[str, bytes] = {}
        for item in letters:
            title, *lines = item["text"]
            made[item["ref"]] = letter(title, lines)
        for resource in resources:
            key = f"{resource['resourceType']}/{resource['id']}"
            if key in made:
                resource["content"] = base64.b64encode(made[key]).decode()
            for part in (
                resource.get("content", ()) if resource["resourceType"] == "DocumentReference" else ()
            ):
                attachment = part["attachment"]
                data = made.get(str(attachment.get("url", "")))
                if data is not None and "size" in attachment:
                    attachment["size"] = len(data)
                if data is not None and "hash" in attachment:
                    digest = hashlib.sha1(data, usedforsecurity=False).digest()
                    attachment["hash"] = base64.b64encode(digest).decode()

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
