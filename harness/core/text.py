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
        """Both languages with ``str.format`` fields filled in."""
        return Text(nl=self.nl.format(**values), en=self.en.format(**values))


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
