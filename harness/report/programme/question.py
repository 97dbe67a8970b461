"""A question for the owner of a text, of an entry of the ledger: an issue in Markdown, in one language.

The example is taken from a recording, so what stands in it was redacted when it was recorded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from harness import __version__
from harness.core.issues import shorten
from harness.core.run.exchanges import Exchange, Request, Response
from harness.core.run.folder import RunFolder, check_format
from harness.core.run.info import FORMAT, SCRIPTS
from harness.core.run.place import disk
from harness.core.standards.ledger import Entry
from harness.core.text import Lang, Text
from harness.core.verdicts import Verdict
from harness.record.chain.read import judged_unit
from harness.testscript.outcome.recording import Kept, unit_name

_BODY: Final = 2_000
"""Characters of a body that are shown."""
_MAX_RESULTS: Final = 256 * 1024 * 1024
_KIND: Final = {
    "official-fault": Text(nl="een fout in officieel materiaal", en="a fault of official material"),
    "ambiguity": Text(nl="een tekst die op twee manieren gelezen kan worden", en="a text with two readings"),
}
_WORDS: Final = {
    "for": Text(nl="Voor", en="For"),
    "about": Text(nl="Het gaat om", en="It is"),
    "clause": Text(nl="Tekst", en="Text"),
    "seen": Text(nl="Gezien", en="Seen"),
    "readings": Text(nl="De lezingen", en="The readings"),
    "first": Text(nl="zo doet het officiële materiaal het", en="what the official material does"),
    "rests": Text(nl="Wat erop rust", en="What rests on it"),
    "example": Text(nl="Een voorbeeld", en="An example"),
    "of": Text(
        nl="Opgenomen; gegevens van personen en geheimen zijn bij de opname vervangen.",
        en="Recorded; data of people and secrets were replaced when it was.",
    ),
    "none": Text(
        nl="Er is geen opname bij gegeven waarin het zich voordoet (--run MAP).",
        en="No recording in which it occurs was given (--run FOLDER).",
    ),
    "request": Text(nl="Vraag", en="Request"),
    "response": Text(nl="Antwoord", en="Response"),
    "no answer": Text(nl="geen antwoord", en="no answer"),
    "cut": Text(nl="(hier afgekapt)", en="(cut off here)"),
    "question": Text(nl="De vraag", en="The question"),
    "asked": Text(
        nl="Welke lezing is juist? Tot een uitspraak telt wat hierop rust voor niemand: het heet betwist in "
        "rapporten. Wij nemen een uitspraak met datum over; daarna geldt zij overal.",
        en="Which reading is right? Until somebody rules, what rests on this counts for nobody: reports call "
        "it disputed. We take over a ruling with its date; from then on it holds everywhere.",
    ),
    "ruled": Text(
        nl="Er is een uitspraak: lezing {reading}, op {date}, door {owner}.",
        en="It was ruled: reading {reading}, on {date}, by {owner}.",
    ),
    "how": Text(nl="Zo wordt zij vastgelegd", en="How it is written down"),
    "entry": Text(nl="Geschilpunt {id}, harness {version}", en="Ledger entry {id}, harness {version}"),
}


@dataclass(frozen=True)
class Example:
    """An exchange in which an entry shows; ``source``: script or requirement."""

    source: str
    exchange: Exchange


def example_in(run: Path, entry: Entry) -> Example | None:
    """The first exchange of a run in which an entry shows: of scripts, or of a qualification.

    :raises EvidenceError: it is no run, or damaged.
    """
    check_format(run, FORMAT, SCRIPTS)
    if (run / "results.jsonl").is_file():
        return _of_scripts(RunFolder(run), entry)
    folder = RunFolder(run)
    for item in folder.judged():
        if item.verdict is Verdict.DISPUTED and _names(item.received, entry.rules):
            unit = judged_unit(run, item.cell.key, run=folder.run)
            for exchange in unit.exchanges if unit is not None else ():
                if exchange.id == item.where.exchange:
                    return Example(item.requirement, exchange)
    return None


def _names(text: str, rules: Iterable[str]) -> bool:
    return any(re.search(rf"(?<![\d.]){re.escape(rule)}(?!\d)", text) for rule in rules)


def _of_scripts(folder: RunFolder, entry: Entry) -> Example | None:
    for line in disk.read(folder.path / "results.jsonl", _MAX_RESULTS).splitlines():
        try:
            kept = msgspec.json.decode(line, type=Kept)
        except msgspec.MsgspecError:
            continue
        for found in kept.result.findings:
            number = int(found.where.exchange) if found.where.exchange.isdecimal() else 0
            if found.ledger != entry.id or not number:
                continue
            unit = judged_unit(folder.path, unit_name(kept.result, kept.fingerprint), run=folder.run)
            if unit is not None and number <= len(unit.exchanges):
                return Example(kept.result.file, unit.exchanges[number - 1])
    return None


def question(entry: Entry, example: Example | None, lang: Lang) -> str:
    """The issue as Markdown."""
    return "\n".join(_lines(entry, example, lang)) + "\n"


def _lines(entry: Entry, example: Example | None, lang: Lang) -> Iterator[str]:
    def word(name: str, **values: object) -> str:
        return _WORDS[name].format(**values).of(lang)

    yield f"# {_plain(entry.title.of(lang))}"
    yield ""
    yield f"- {word('for')}: {_plain(entry.owner)}"
    yield f"- {word('about')}: {_KIND[entry.kind].of(lang)}"
    yield f"- {word('clause')}: {_plain(entry.clause)}"
    yield f"- {word('seen')}: {_plain(entry.evidence)}"
    yield ""
    yield f"## {word('readings')}"
    yield ""
    for number, reading in enumerate(entry.readings, 1):
        remark = f" ({word('first')})" if number == 1 else ""
        yield f"{number}. {_plain(reading.of(lang))}{remark}"
    yield ""
    yield f"## {word('rests')}"
    yield ""
    for known in entry.asserts:
        yield f"- `{known.criterion}` {_code(known.subject or known.like)}".rstrip()
    for rule in entry.rules:
        yield f"- PDF/A {_code(rule)}"
    yield ""
    yield f"## {word('example')}"
    yield ""
    if example is None:
        yield word("none")
    else:
        yield f"{word('of')} ({_plain(example.source)})"
        yield ""
        yield from _shown(example.exchange, lang)
    yield ""
    yield f"## {word('question')}"
    yield ""
    if entry.ruling is None:
        yield word("asked")
        yield ""
        yield f"{word('how')}:"
        yield ""
        yield f'```yaml\nruling: {{reading: 1, date: "2027-01-31", owner: "{_plain(entry.owner)}"}}\n```'
    else:
        told = entry.ruling
        yield word("ruled", reading=told.reading, date=told.date, owner=told.owner)
    yield ""
    yield f"_{word('entry', id=entry.id, version=__version__)}_"


def _shown(exchange: Exchange, lang: Lang) -> Iterator[str]:
    """Request and response, each as a block of text."""
    asked, answer = exchange.request, exchange.response
    yield f"{_WORDS['request'].of(lang)}:"
    yield ""
    yield _block(f"{asked.method} {asked.url}", asked, lang)
    yield ""
    yield f"{_WORDS['response'].of(lang)}:"
    yield ""
    if answer is None:
        yield _WORDS["no answer"].of(lang)
    else:
        yield _block(f"HTTP {answer.status}", answer, lang)


def _block(first: str, message: Request | Response, lang: Lang) -> str:
    try:
        body = message.body.decode()
    except UnicodeDecodeError:
        body = f"({len(message.body)} bytes)"
    lines = [first, *(f"{name}: {value}" for name, value in message.headers)]
    if body:
        cut = [_WORDS["cut"].of(lang)] if len(body) > _BODY else []
        lines += ["", body[:_BODY], *cut]
    text = "\n".join(lines)
    longest = max((len(found) for found in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}"


def _code(text: str) -> str:
    return f"`{shorten(text)}`" if text and "`" not in text else _plain(text)


def _plain(text: str) -> str:
    """A text on one line in which nothing is markup."""
    return re.sub(r"([\\`*_{}\[\]<>#|])", r"\\\1", " ".join(text.split()))
