"""``harness attest``: state what no test decides, with a proof; and look at what somebody else stated."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from harness.cli.evidence.shown import refuse_unreadable
from harness.cli.options import LangOption
from harness.core.clock import SystemClock, today
from harness.core.errors import UsageError, nearest
from harness.core.ids import same_name
from harness.core.run import manifest
from harness.core.run.agreed.attestations import (
    Attestation,
    Placed,
    Result,
    Review,
    attest,
    attestations,
    save,
)
from harness.core.run.place.lock import RunLock
from harness.core.tdates import parse_day
from harness.core.text import Lang, Text
from harness.judge.catalogue import load_catalogue
from harness.report.dossier.beside import decided_by_people
from harness.report.programme.basiseisen import basiseisen

app = typer.Typer()
RESULTS: dict[str, Result] = {"met": "met", "not-met": "not-met", "not-applicable": "not-applicable"}
_WRITTEN = Text(nl="vastgelegd: {path}", en="written: {path}")
_UNREVIEWED = Text(
    nl="telt pas mee als iemand anders haar beoordeelt: harness attest {place} {item} --review --by NAAM",
    en="counts only when somebody else has reviewed it: harness attest {place} {item} --review --by NAME",
)


@app.command("attest")
def attest_(
    place: Annotated[Path, typer.Argument(metavar="RUN", help="Run, or a folder for attestations alone.")],
    item: Annotated[str, typer.Argument(help="OPEN-ICT-nn (class S or M), FT-nn, or a requirement.")],
    by: Annotated[str, typer.Option("--by", help="Who states it, or with --review who looked at it.")],
    file: Annotated[
        Path | None, typer.Option("--file", help="Proof: PDF, PNG, JPEG or text, at most 25 MiB.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="DATE", help="Last day on which it holds.")
    ] = None,
    result: Annotated[str, typer.Option("--result", help="met, not-met or not-applicable.")] = "met",
    note: Annotated[str, typer.Option("--note", help="What a reader should know.")] = "",
    cell: Annotated[str, typer.Option("--cell", help="Cell that it is about, for a screenshot.")] = "",
    review: Annotated[
        bool, typer.Option("--review", help="Look at the last statement of the item instead of making one.")
    ] = False,
    reject: Annotated[bool, typer.Option("--reject", help="With --review: do not agree.")] = False,
    lang: LangOption = "nl",
) -> None:
    """Attest a basic requirement or a step of a field test, with a proof and until when it holds.

    A statement decides nothing before somebody else has reviewed it. A sealed run is not changed: attest in a
    folder of its own, and give that to `harness dossier make`.
    """
    language: Lang = "en" if lang == "en" else "nl"
    name = _known(item)
    if not by.strip():
        raise UsageError(Text(nl="mag niet leeg zijn", en="may not be empty"), where="--by")
    with refuse_unreadable(place, as_json=False, lang=language):
        _check_open(place)
        place.mkdir(parents=True, exist_ok=True)
        with RunLock(place):
            if review:
                looked = Review(by=by.strip(), at=today(SystemClock()), accepted=not reject, note=note)
                folder = _review(place, name, looked)
            else:
                statement = Attestation(
                    item=name,
                    result=_result(result),
                    by=by.strip(),
                    at=today(SystemClock()),
                    until=_until(until),
                    note=note,
                    cell=cell,
                )
                folder = attest(place, statement, file)
            if (place / manifest.NAME).is_file():
                manifest.write_manifest(place)
    typer.echo(_WRITTEN.format(path=folder).of(language))
    if not review:
        typer.echo(_UNREVIEWED.format(place=place, item=name).of(language))


def _until(word: str | None) -> date | None:
    """The last day of a statement.

    :raises UserError: it is no date, or over already.
    """
    found = parse_day(word) if word else None
    if found is not None and found < today(SystemClock()):
        raise UsageError(
            Text(nl="is al voorbij", en="is over already"), where="--until", received=found.isoformat()
        )
    return found


def _known(item: str) -> str:
    """The id of something that a person may state.

    :raises UsageError: there is none of this name, or tests decide it.
    """
    name = item.upper()
    listed = {one.id: one for one in basiseisen()}
    if name in listed and not listed[name].stated:
        raise UsageError(
            Text(
                nl="over deze basiseis beslissen toetsen, geen verklaring",
                en="tests decide this basic requirement, not a statement",
            ),
            where=name,
            next_step=Text(nl="draai de toetsen: harness qualify", en="run the tests: harness qualify"),
        )
    known = decided_by_people(load_catalogue())
    if name not in known:
        hint = nearest(name, known)
        raise UsageError(
            Text(nl=f"onbekend onderdeel '{item}'", en=f"unknown item '{item}'"),
            next_step=Text(nl=f"bedoelde u {hint}?", en=f"did you mean {hint}?") if hint else "",
        )
    return name


def _result(word: str) -> Result:
    if word not in RESULTS:
        raise UsageError(
            Text(nl="onbekende uitkomst", en="unknown result"),
            where="--result",
            expected=", ".join(RESULTS),
            received=word,
        )
    return RESULTS[word]


def _check_open(place: Path) -> None:
    """Whether something may be put into a folder.

    :raises UsageError: it holds a run that is sealed, or one that has not finished.
    """
    sealed = (place / manifest.SEAL).exists()
    if not sealed and ((place / manifest.NAME).is_file() or not (place / manifest.START).exists()):
        return
    raise UsageError(
        Text(nl="deze run is verzegeld", en="this run is sealed")
        if sealed
        else Text(nl="deze run is niet afgemaakt", en="this run is unfinished"),
        where=str(place),
        next_step=Text(
            nl="leg het vast in een eigen map en geef die aan harness dossier make --attestations MAP",
            en="put it into a folder of its own, and give that to harness dossier make --attestations DIR",
        ),
    )


def _review(place: Path, item: str, review: Review) -> Path:
    """Write a review into the last statement about an item.

    :raises UsageError: there is none, or it is by the same person.
    """
    found: list[Placed] = [one for one in attestations(place) if one.attestation.item == item]
    if not found:
        raise UsageError(
            Text(nl=f"er is geen verklaring over {item}", en=f"there is no statement about {item}"),
            where=str(place),
        )
    last = found[-1]
    if same_name(last.attestation.by, review.by):
        raise UsageError(
            Text(nl="iemand anders moet haar beoordelen", en="somebody else has to review it"),
            where="--by",
            received=review.by,
        )
    save(last.folder, msgspec.structs.replace(last.attestation, review=review))
    return last.folder
