"""Bilingual texts: people who use the harness read Dutch, vendors' developers also English."""

from __future__ import annotations

from typing import Literal

import msgspec

Lang = Literal["nl", "en"]
LANGUAGES: tuple[Lang, ...] = ("nl", "en")


class Text(msgspec.Struct, frozen=True, omit_defaults=False):
    """One message in Dutch and English.

    >>> Text(nl="Fout", en="Error").of("nl")
    'Fout'
    """

    nl: str
    en: str

    def of(self, lang: Lang) -> str:
        """The message in ``lang``."""
        return self.nl if lang == "nl" else self.en

    def format(self, **values: object) -> Text:
        """Both languages with ``str.format`` fields filled in; a value that is words is told in each of them.

        >>> Text(nl="geen {what}", en="no {what}").format(what=Text(nl="pagina", en="page"))
        Text(nl='geen pagina', en='no page')
        """
        if not any(isinstance(value, Text) for value in values.values()):
            return Text(nl=self.nl.format(**values), en=self.en.format(**values))
        nl, en = ({key: _of(value, lang) for key, value in values.items()} for lang in LANGUAGES)
        return Text(nl=self.nl.format(**nl), en=self.en.format(**en))


def _of(value: object, lang: Lang) -> object:
    return value.of(lang) if isinstance(value, Text) else value


def both(text: str) -> Text:
    """A text that is the same in both languages (codes, names, literal fragments)."""
    return Text(nl=text, en=text)


Phrase = str | Text
"""What is said of a value: a literal (a code, a name, an address) or words in both languages."""


def said(phrase: Phrase, lang: Lang) -> str:
    """A phrase in one language; a literal is the same in both."""
    return phrase.of(lang) if isinstance(phrase, Text) else phrase


def joined(*phrases: Phrase, separator: str = ": ") -> Phrase:
    """Phrases after each other, without the empty ones; a literal when all of them are.

    >>> joined("status", "", Text(nl="ontbreekt", en="is absent"))
    Text(nl='status: ontbreekt', en='status: is absent')
    """
    given = [item for item in phrases if said(item, "en")]
    nl, en = (separator.join(said(item, lang) for item in given) for lang in LANGUAGES)
    return Text(nl=nl, en=en) if any(isinstance(item, Text) for item in given) else en


def counted(number: int, one: Text, many: Text) -> Text:
    """A number with its noun.

    >>> counted(1, Text(nl="cel", en="cell"), Text(nl="cellen", en="cells")).nl
    '1 cel'
    """
    noun = one if number == 1 else many
    return Text(nl=f"{number} {noun.nl}", en=f"{number} {noun.en}")


class Dutch(msgspec.Struct, frozen=True, kw_only=True):
    """What is said in words of what was asked and seen, in Dutch; ``""``: the same in both languages."""

    expected: str = ""
    received: str = ""


def dutch(expected: Phrase, received: Phrase) -> Dutch | None:
    """The Dutch of what is words; ``None``: there are literals only."""
    asked, got = _dutch(expected), _dutch(received)
    return Dutch(expected=asked, received=got) if asked or got else None


def _dutch(said: Phrase) -> str:
    return said.nl if isinstance(said, Text) and said.nl != said.en else ""


class Told:
    """What of a defect or a finding is told in words: ``expected``, ``received`` and the Dutch of both."""

    __slots__ = ()
    expected: str
    received: str
    nl: Dutch | None

    @property
    def wanted(self) -> Phrase:
        """What is asked, in both languages."""
        return phrase(self.expected, self.nl.expected if self.nl is not None else "")

    @property
    def seen(self) -> Phrase:
        """What was found, in both languages."""
        return phrase(self.received, self.nl.received if self.nl is not None else "")


def phrase(english: str, nl: str) -> Phrase:
    """The phrase of which :func:`dutch` keeps the Dutch apart."""
    return Text(nl=nl, en=english) if nl else english
