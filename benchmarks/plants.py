"""What the recorder lets through: generated plants, each recorded, and all that is recorded searched in every decoding.

    python benchmarks/plants.py [--count 20000] [--first 0] [--family number] [--clean 1000] [--json]

A plant is a value (:mod:`plants_made`) in one exchange. It *survives* when it can be read in the recorded exchange
by whoever tries all decodings (:func:`readings_of`, which shares nothing with the recorder). ``--clean`` records
right answers to a declared person: nothing of them may change.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import html
import io
import json
import re
import sys
import time
import unicodedata
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final
from urllib.parse import unquote

import msgspec
from plants_made import NETWORK, NUMBER_KINDS, PERSON_KINDS, PERSONS, Plant, clean, plants

from harness.core.run.exchanges import Exchange
from harness.network.person.looking import coded_elements, looking
from harness.network.person.words import vocabulary
from harness.record import RawExchange, Recorder
from harness.record.redact.holding.held import held_by

_WORD: Final = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}")
_MARK: Final = re.compile(r"[/_-]")
_MARKS: Final = 16
_UNICODE: Final = re.compile(r"\\u([0-9a-fA-F]{4})")
_TAG: Final = re.compile(r"<[^<>]*>", re.S)
_QUOTED: Final = re.compile(r"=([0-9A-F]{2})")
_HEX: Final = re.compile(r"(?:[0-9a-f]{2}){8,}", re.I)
_APART: Final = re.compile(r"(?<=[0-9])[^0-9A-Za-z]{1,3}(?=[0-9])")
_MOST: Final = 400
BARS: Final = {"number": 0.0, "secret": 0.0, "person": 0.001}


def _opened(data: bytes) -> Iterator[bytes]:
    """What compressed bytes hold."""
    for bits in (31, 15, -15):
        try:
            yield zlib.decompress(data, bits)
        except zlib.error:
            continue
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                yield name.encode()
                yield archive.read(name)


def _texts(data: bytes) -> Iterator[str]:
    yield data.decode("utf-8", "replace")
    if data.count(0) > len(data) // 4:
        for charset in ("utf-16-le", "utf-16-be"):
            yield data.decode(charset, "replace")


def _within(word: str) -> set[str]:
    """A word, and what stands in it between any two of its marks: it may be a path."""
    marks = [-1, *(mark.start() for mark in _MARK.finditer(word)), len(word)]
    if len(marks) > _MARKS:
        return {word}
    return {word[start + 1 : end] for start in marks for end in marks if end - start > 8}


def _decodings(text: str) -> Iterator[str | bytes]:
    """One step of every decoding of a text."""
    yield unquote(text, errors="replace")
    yield html.unescape(text)
    yield _UNICODE.sub(lambda found: chr(int(found.group(1), 16)), text)
    plain = unicodedata.normalize("NFKC", text)
    yield "".join(
        str(unicodedata.digit(char)) if unicodedata.category(char) == "Nd" else char
        for char in plain
        if unicodedata.category(char) != "Cf"
    )
    yield _TAG.sub("", text)
    yield _QUOTED.sub(lambda found: chr(int(found.group(1), 16)), text)
    for found in _WORD.findall(text)[:_MOST]:
        for word in _within(found):
            bare = word.rstrip("=").translate({43: "-", 47: "_"})
            try:
                yield base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
            except (binascii.Error, ValueError):
                continue
    for found in _HEX.findall(text)[:_MOST]:
        yield bytes.fromhex(found)


def readings_of(pieces: list[bytes]) -> Iterator[str]:
    """Everything that can be read of some bytes, four decodings deep."""
    seen: set[str] = set()
    waiting = [(piece, 0) for piece in pieces]
    while waiting and len(seen) < 5_000:
        data, depth = waiting.pop()
        for text in _texts(data):
            if text in seen or not text.strip():
                continue
            seen.add(text)
            yield text
            if depth < 4:
                for found in _decodings(text):
                    waiting.append(
                        (found if isinstance(found, bytes) else found.encode("utf-8", "replace"), depth + 1)
                    )
        if depth < 4:
            waiting += [(inner, depth + 1) for inner in _opened(data)]


def pieces_of(exchange: Exchange) -> list[bytes]:
    """All that is written of an exchange, its facts included; bodies as they are."""
    answer = exchange.response
    bodies = [exchange.request.body, answer.body if answer is not None else b""]
    bare = msgspec.structs.replace(
        exchange,
        request=msgspec.structs.replace(exchange.request, body=b""),
        response=msgspec.structs.replace(answer, body=b"") if answer is not None else None,
        started="",
    )
    return [*bodies, msgspec.json.encode(bare)]


def survives(plant: Plant, exchange: Exchange) -> bool:
    """Whether the value of a plant can be read in what was recorded."""
    value = plant.value.casefold()
    digits = plant.kind in NUMBER_KINDS
    for text in readings_of(pieces_of(exchange)):
        said = _APART.sub("", text) if digits else text.casefold()
        if value in said or (
            digits and "lost zero" in plant.way and re.search(rf"bsn\W*{value.lstrip('0')}(?!\d)", said, re.I)
        ):
            return True
    return False


def family_of(kind: str) -> str:
    """The bar that a kind has to reach."""
    return "number" if kind in NUMBER_KINDS else "person" if kind in PERSON_KINDS else "secret"


def changed(raw: RawExchange, exchange: Exchange) -> bool:
    """Whether anything of a right answer is gone, but the value of its cookie."""
    answer = exchange.response
    if answer is None or answer.body != raw.response_body:
        return True
    return any(
        before != after
        for before, after in zip(raw.response_headers, answer.headers, strict=True)
        if before[0] != "Set-Cookie"
    )


def recorded(plant: Plant) -> Exchange:
    """What is recorded of a plant, in a run of its own."""
    recorder = Recorder(persons=PERSONS, looking=looking((), NETWORK))
    if plant.first is not None:
        recorder.record(plant.first)
    return recorder.record(plant.raw)


def main() -> int:
    """Record, search and count; exit 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--family", default="")
    parser.add_argument("--clean", type=int, default=1_000)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--by", default="kind,place,way", help="what survivors are counted by")
    options = parser.parse_args()
    total: Counter[str] = Counter()
    left: Counter[str] = Counter()
    design: Counter[str] = Counter()
    listed: Counter[str] = Counter()
    busy = 0.0
    for plant in plants(options.count, options.first, options.family):
        begun = time.process_time()
        exchange = recorded(plant)
        busy += time.process_time() - begun
        total[plant.kind] += 1
        if not survives(plant, exchange):
            continue
        if plant.by_design:
            design[plant.kind] += 1
            continue
        left[plant.kind] += 1
        listed[" · ".join(str(getattr(plant, name)) for name in options.by.split(","))] += 1
    spoiled = [seed for seed in range(options.clean) if changed(raw := clean(seed), recorder_of(raw))]
    families = {name: [0, 0] for name in BARS}
    for kind, count in total.items():
        families[family_of(kind)][0] += count
        families[family_of(kind)][1] += left[kind]
    missed = [name for name, (count, gone) in families.items() if count and gone / count > BARS[name]]
    told: dict[str, Any] = {
        "plants": sum(total.values()),
        "record_ms": round(1000 * busy / max(1, sum(total.values())), 3),
        "kinds": {
            kind: {"planted": count, "survive": left[kind], "by_design": design[kind]}
            for kind, count in sorted(total.items())
        },
        "survivors": dict(listed.most_common(60)),
        "clean": options.clean,
        "changed": len(spoiled),
        "changed_seeds": spoiled[:20],
        "missed": missed,
    }
    if options.json:
        print(json.dumps(told, indent=1, ensure_ascii=False))
    else:
        print(f"{'kind':32} {'planted':>8} {'survive':>8} {'by design':>10}")
        for kind, row in told["kinds"].items():
            print(f"{kind:32} {row['planted']:8} {row['survive']:8} {row['by_design']:10}")
        for name, count in told["survivors"].items():
            print(f"  {count:5}  {name}")
        print(
            f"recording: {told['record_ms']} ms of CPU per exchange; right answers changed: {len(spoiled)} of {options.clean} {spoiled[:10]}"
        )
    return 1 if missed or spoiled else 0


def recorder_of(raw: RawExchange) -> Exchange:
    """What is recorded of one exchange alone, when the record holds what it says."""
    said = [json.loads(raw.response_body)]
    held, words = held_by(said, coded_elements(), ("anna",)), vocabulary(said, coded_elements())
    return Recorder(persons=PERSONS, looking=replace(looking((), NETWORK), held=held, words=words)).record(
        raw
    )


if __name__ == "__main__":
    sys.exit(main())
