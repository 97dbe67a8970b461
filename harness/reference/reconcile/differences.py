"""What can differ between an answer and the record, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from harness.core.text import Phrase, Text, joined

Kind = Literal[
    "missing",
    "not-allowed",
    "foreign",
    "altered",
    "absent",
    "duplicated",
    "unknown",
    "not-asked",
    "unverified",
    "remark",
]
KINDS: dict[Kind, Text] = {
    "foreign": Text(nl="van een ander", en="of somebody else"),
    "not-allowed": Text(nl="mag niet worden getoond", en="must not be shown"),
    "missing": Text(nl="ontbreekt", en="missing"),
    "altered": Text(nl="anders dan het dossier", en="not as in the record"),
    "absent": Text(nl="element ontbreekt", en="element missing"),
    "duplicated": Text(nl="dubbel", en="twice"),
    "unknown": Text(nl="niet in het dossier", en="not in the record"),
    "not-asked": Text(nl="niet gevraagd", en="not asked for"),
    "remark": Text(nl="opmerking", en="remark"),
    "unverified": Text(nl="niet na te gaan", en="cannot be verified"),
}
"""Kinds in the order in which people should read them."""

BROKEN: frozenset[Kind] = frozenset(
    ("foreign", "not-allowed", "missing", "altered", "absent", "duplicated", "unknown")
)
"""Kinds that contradict the record. ``unknown`` does so only when the record is whole (``undecided`` says).
"""


NOTHING = Text(nl="", en="")


@dataclass(frozen=True)
class Difference:
    """One difference between an answer and the record.

    :ivar operation: query whose answer it is in.
    :ivar place: FHIRPath location in the answer, ``""`` for what is not there.
    :ivar item: ``Type/id`` in the record, ``""`` for what the record does not hold.
    :ivar owner: whose the content is, when it is not this person's.
    :ivar rule: id of the selection rule, for ``not-allowed``.
    :ivar said: the text that shows it, when that is not the resource as a whole.
    :ivar leak: it has to stay in the HIS, whatever is asked.
    :ivar undecided: the record is not known to be whole, so this may be the record's fault.
    """

    kind: Kind
    operation: str
    place: str
    expected: Phrase = ""
    received: Phrase = ""
    item: str = ""
    owner: str = ""
    rule: str = ""
    next_step: Text = NOTHING
    undecided: bool = False
    said: str = ""
    leak: bool = False

    @property
    def broken(self) -> bool:
        """Whether it contradicts the record."""
        return self.kind in BROKEN and not self.undecided

    @property
    def named(self) -> Phrase:
        """Its kind in words, and whose it is when it is not this person's."""
        return joined(KINDS[self.kind], self.owned, separator=" ")

    @property
    def owned(self) -> str:
        """Whose it is, in brackets."""
        return f"({self.owner})" if self.owner else ""


NEXT: dict[str, Text] = {
    "missing": Text(
        nl="Zoek {item} op in het HIS: staat het er zo in, en filtert de zoekvraag het er niet uit?",
        en="Look up {item} in the HIS: is it there as in the record, and does the query not filter it out?",
    ),
    "not-allowed": Text(
        nl="Het HIS geeft vrij wat erin moet blijven. Dit is een blokkerende bevinding.",
        en="The HIS discloses what has to stay in it. This is a blocking finding.",
    ),
    "foreign": Text(
        nl="Het antwoord bevat gegevens van {owner}. Zoek uit waarom het token van deze persoon daarbij kan.",
        en="The answer holds data of {owner}. Find out why the token of this person reaches them.",
    ),
    "duplicated": Text(
        nl="Hetzelfde gegeven staat er twee keer; elk gegeven hoort er één keer te staan.",
        en="The same item is there twice; each item belongs there once.",
    ),
    "unknown": Text(
        nl="Staat dit in het HIS? Vul dan het dossier aan; anders komt het ergens anders vandaan.",
        en="Is this in the HIS? Then complete the record; otherwise it comes from somewhere else.",
    ),
    "not-asked": Text(
        nl="De zoekvraag vraagt dit niet; laat het weg of gebruik _include.",
        en="The query does not ask for this; leave it out or use _include.",
    ),
    "absent": Text(
        nl="Vul dit element zoals in het dossier.",
        en="Fill this element as in the record.",
    ),
    "": Text(
        nl="Vergelijk {item} in het HIS met het dossier: staat daar dezelfde waarde?",
        en="Compare {item} in the HIS with the record: does it hold the same value?",
    ),
    "precision": Text(
        nl="Er is tijd of dag verloren gegaan; geef de waarde even precies als zij is vastgelegd.",
        en="A time or day got lost; give the value as precisely as it was recorded.",
    ),
    "day": Text(
        nl="De datum is een dag verschoven: waarschijnlijk is middernacht naar UTC omgerekend.",
        en="The date moved by a day: probably midnight was converted to UTC.",
    ),
    "garbled": Text(
        nl="De tekst is in een verkeerde tekenset gelezen (UTF-8).",
        en="The text was read in the wrong character set (UTF-8).",
    ),
    "unit": Text(
        nl="De eenheid is een andere dan in het dossier; reken niet om, en geef de UCUM-code.",
        en="The unit is another than in the record; do not convert, and give the UCUM code.",
    ),
    "twice": Text(nl="Dit staat er twee keer in.", en="This is in it twice."),
    "more": Text(
        nl="Het dossier zegt dit niet: staat het in het HIS?",
        en="The record does not say this: is it in the HIS?",
    ),
    "added": Text(
        nl="Het dossier zegt dit niet, en het verandert wat er staat.",
        en="The record does not say this, and it changes what is said.",
    ),
}
"""What to do, by kind or by the note of an alteration."""
