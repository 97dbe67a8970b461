"""A sample of availability: what was asked of live parties over time, and what can be said of it.

One file of JSON lines: a head, then a line per question. It is measured once and not monitored: what happened
between two questions nobody knows, and a time in which nobody asked is a gap, never *available*. Whoever
keeps the file could leave it out: it counts as the proof of a statement that somebody else reviews.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Annotated, Final

import msgspec

from harness.core.clock import AMSTERDAM
from harness.core.errors import InputError
from harness.core.run.problems import short
from harness.core.text import Text

FORMAT: Final = "availability-1"
HOURS: Final = 24
"""Hours of a day (in Amsterdam) that a sample has to have seen to say something of *at any time*."""
MAX_LINES: Final = 1_000_000
_LATE: Final = 2
"""A question that comes later than so many intervals after the one before leaves a gap."""
Count = Annotated[int, msgspec.Meta(ge=0)]


class Target(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that is asked: whose it is, in which version, and its address."""

    party: str
    version: str
    url: str


class Head(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first line.

    :ivar every: seconds between two rounds of questions.
    """

    format: str = FORMAT
    harness: str
    every: Annotated[int, msgspec.Meta(ge=1)]
    targets: Annotated[tuple[Target, ...], msgspec.Meta(min_length=1, max_length=100)]


class Sample(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One question.

    :ivar at: ISO 8601 instant; ``target``: index in the head.
    :ivar status: of the answer, 0: there was none, and ``error`` says why in one word.
    """

    at: str
    target: Count
    status: Annotated[int, msgspec.Meta(ge=0, le=599)]
    error: str = ""
    ms: Count = 0

    @property
    def answered(self) -> bool:
        """Whether somebody was there: any answer but that of a server that says that it cannot."""
        return 0 < self.status < 500


class Gap(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A time in which nobody asked."""

    begin: str
    end: str


class Measured(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What can be said of a sample.

    :ivar begin: instant of the first question; ``end`` of the last one.
    :ivar samples: number of questions; ``answered``: how many of them were.
    :ivar missed: instants of the first that were not, at most ten.
    :ivar hours: how many hours of a day were seen.
    """

    begin: str
    end: str
    every: Count
    samples: Count
    answered: Count
    missed: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()
    hours: Count
    targets: tuple[Target, ...]

    @property
    def last_day(self) -> date:
        """The day of the last question."""
        return datetime.fromisoformat(self.end).astimezone(AMSTERDAM).date()


def encode(line: Head | Sample) -> bytes:
    """A line of the file."""
    return msgspec.json.encode(line) + b"\n"


def is_sample(data: bytes) -> bool:
    """Whether a file begins as a sample does."""
    return data.startswith(b'{"format":"availability-')


def read_head(data: bytes, where: str) -> Head:
    """The first line of a file.

    :raises InputError: it is none, or of another version.
    """
    try:
        head = msgspec.json.decode(data.split(b"\n", 1)[0], type=Head)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _no_sample(where, short(error)) from None
    if head.format != FORMAT:
        raise _no_sample(where, short(head.format))
    return head


def measure(data: bytes, where: str) -> Measured:
    """What a file says, by counting.

    :raises InputError: it is no sample, its questions are not in the order of time, or there are none.
    """
    head = read_head(data, where)
    lines = data.split(b"\n")[1:]
    if lines and lines[-1]:
        raise _no_sample(where, "last line cut off")
    samples = [_sample(line, len(head.targets), where) for line in lines[:-1]]
    if not samples or len(samples) > MAX_LINES:
        raise _no_sample(where, f"{len(samples)} lines")
    times = [_instant(item.at, where) for item in samples]
    if any(later < earlier for earlier, later in pairwise(times)):
        raise _no_sample(where, "not in the order of time")
    late = timedelta(seconds=head.every * _LATE)
    gaps = [
        Gap(begin=one.at, end=other.at)
        for (one, begin), (other, end) in pairwise(zip(samples, times, strict=True))
        if end - begin > late
    ]
    missed = [item.at for item in samples if not item.answered]
    return Measured(
        begin=samples[0].at,
        end=samples[-1].at,
        every=head.every,
        samples=len(samples),
        answered=len(samples) - len(missed),
        missed=tuple(missed[:10]),
        gaps=tuple(gaps),
        hours=_hours(times),
        targets=head.targets,
    )


def _hours(times: Sequence[datetime]) -> int:
    return len({time.astimezone(AMSTERDAM).hour for time in times})


def _sample(line: bytes, targets: int, where: str) -> Sample:
    try:
        found = msgspec.json.decode(line, type=Sample)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _no_sample(where, short(error)) from None
    if found.target >= targets:
        raise _no_sample(where, f"target {found.target}")
    return found


def _instant(text: str, where: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = datetime.min
    if found.tzinfo is None:
        raise _no_sample(where, short(text))
    return found.astimezone(UTC)


def _no_sample(where: str, received: str) -> InputError:
    return InputError(
        Text(nl="is geen steekproef van beschikbaarheid", en="is no sample of availability"),
        where=where,
        expected=FORMAT,
        received=received,
    )
