"""What a scan tells: where something stands, of which kind, how it was written. Never the value."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from harness.core.exits import ExitCode
from harness.core.text import Text

Kind = Literal["bsn", "bsn-possible", "secret", "patient", "mail", "phone", "iban", "address"]
KINDS: Final[dict[str, Text]] = {
    "bsn": Text(nl="een BSN", en="a BSN"),
    "bsn-possible": Text(
        nl="een getal van negen cijfers dat de elfproef haalt", en="nine digits that pass the eleven-test"
    ),
    "secret": Text(nl="een geheim (token, code, sleutel)", en="a secret (token, code, key)"),
    "patient": Text(
        nl="een Patient die niet gedeclareerd of gemaskeerd is", en="a Patient neither declared nor masked"
    ),
    "mail": Text(nl="een e-mailadres", en="an e-mail address"),
    "phone": Text(nl="een telefoonnummer", en="a telephone number"),
    "iban": Text(nl="een rekeningnummer (IBAN)", en="an account number (IBAN)"),
    "address": Text(nl="een postcode met een huisnummer", en="a postal code with the number of a house"),
}
UNREADABLE: Final[dict[str, Text]] = {
    "link": Text(nl="is een verwijzing", en="is a link"),
    "large": Text(nl="is te groot om te lezen", en="is too large to be read"),
    "denied": Text(nl="kan niet worden gelezen", en="cannot be read"),
    "damaged": Text(nl="is beschadigd of versleuteld", en="is damaged or encrypted"),
    "image": Text(nl="is een PDF zonder tekst", en="is a PDF without text"),
}


class Sighted(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that looks like a person or a secret.

    :ivar place: file, then line, exchange or the element in it.
    :ivar ways: how it was written, the outermost first; nothing when it stands there plainly.
    :ivar mark: equal for equal values in one scan; says nothing of them.
    """

    kind: Kind
    place: str
    mark: str
    ways: tuple[str, ...] = ()


class Unread(msgspec.Struct, frozen=True, kw_only=True):
    """A file of which nobody can say what stands in it.

    :ivar why: a key of :data:`UNREADABLE`.
    """

    place: str
    why: str


class Scanned(msgspec.Struct, kw_only=True):
    """What came of a scan.

    :ivar size: bytes of all files.
    :ivar declared: whether it is a run, whose recorder decided who is declared: what its records hold may
        stand there, and Patients were not looked for.
    """

    files: int = 0
    size: int = 0
    found: list[Sighted] = []
    unread: list[Unread] = []
    declared: bool = False

    @property
    def code(self) -> ExitCode:
        """1: something was found; 6: nothing was found, but not everything could be read; 0: clean."""
        if self.found:
            return ExitCode.FAILED
        return ExitCode.UNDECIDED if self.unread else ExitCode.OK

    def without(self, accepted: frozenset[str]) -> Scanned:
        """The same without the places that somebody looked at and accepted."""
        return Scanned(
            files=self.files,
            size=self.size,
            found=[item for item in self.found if item.place not in accepted],
            unread=[item for item in self.unread if item.place not in accepted],
            declared=self.declared,
        )
