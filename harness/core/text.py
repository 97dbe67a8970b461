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
