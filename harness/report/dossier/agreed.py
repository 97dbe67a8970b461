"""What is said of the agreement of a bureau with waivers and reviews of a dossier."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from harness.core.clock import AMSTERDAM
from harness.core.run.agreed.attestations import Result
from harness.core.text import LANGUAGES, Lang, Text
from harness.judge.catalogue import Catalogue
from harness.record.seal.limits import COUNTERSIGNED, NOT_COUNTERSIGNED
from harness.report.dossier.check import CheckedDossier
from harness.report.dossier.waived import day, waiver_line
from harness.report.words import amount

_RESULT: Final[dict[Result, Text]] = {
    "met": Text(nl="voldaan", en="met"),
    "not-met": Text(nl="niet voldaan", en="not met"),
    "not-applicable": Text(nl="niet van toepassing", en="not applicable"),
}


def agreement(found: CheckedDossier) -> Text | None:
    """Whether a bureau agreed, in one sentence; ``None``: there is nothing to agree with."""
    about = found.signable
    if not about.waivers and not about.reviews:
        return None
    numbers = (amount(len(about.waivers), "waiver"), amount(len(about.reviews), "review"))
    signed = found.countersigned
    if signed is None:
        return Text(*(_filled(NOT_COUNTERSIGNED, numbers, lang) for lang in LANGUAGES))
    at = day(datetime.fromisoformat(signed.agreed.signed).astimezone(AMSTERDAM).date())
    return Text(
        *(
            _filled(
                COUNTERSIGNED, numbers, lang, at=at.of(lang), by=signed.agreed.by, trusted=signed.trusted_by
            )
            for lang in LANGUAGES
        )
    )


def _filled(text: Text, numbers: tuple[Text, Text], lang: Lang, **values: str) -> str:
    waivers, reviews = (item.of(lang) for item in numbers)
    return text.of(lang).format(waivers=waivers, reviews=reviews, **values)


def _line(text: str) -> str:
    """A text on one line, so that a reason of several lines cannot pass for more than one thing agreed."""
    return " ".join(text.split())


def asked(found: CheckedDossier, catalogue: Catalogue) -> Iterator[Text]:
    """What a bureau is asked to agree with, a line each."""
    for waiver in found.waivers:
        title, told = catalogue[waiver.requirement].title, waiver_line(waiver)
        yield Text(
            nl=_line(f"{waiver.fingerprint} {waiver.requirement} {title.nl} – {told.nl}"),
            en=_line(f"{waiver.fingerprint} {waiver.requirement} {title.en} – {told.en}"),
        )
    for item in found.attestations:
        if item.review is not None:
            yield Text(
                nl=f"{item.item}: {_RESULT[item.result].nl} ({item.by}; beoordeeld door {item.review.by})",
                en=f"{item.item}: {_RESULT[item.result].en} ({item.by}; reviewed by {item.review.by})",
            )
