"""Checking the files of ``harness validate``: which, one by one, or many at once on every core."""

from __future__ import annotations

import gc
import multiprocessing
import signal
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from datetime import date
from functools import cache, partial
from pathlib import Path
from typing import Final, Literal, NamedTuple

import msgspec

from harness.core.errors import HarnessError, InputError
from harness.core.issues import Issue, issue, shorten
from harness.core.tdates import TDates
from harness.core.text import Phrase, Text, both
from harness.fhir.codec.documents import Document, parse
from harness.fhir.model.types import load_model
from harness.fhir.packages.load import load_packages
from harness.fhir.packages.package_set import PackageSet
from harness.fhir.validation import Validator

Outcome = Literal["pass", "fail", "error"]
SUFFIXES: Final = (".xml", ".json")
MAX_SHOWN: Final = 50
"""Findings shown per file in the text output; ``--json`` has all."""

ENOUGH: Final = 32
"""From so many files on, starting workers pays."""

_CHUNK: Final = 8
_ORDER: Final = {"error": 0, "warning": 1, "information": 2}


class Task(NamedTuple):
    """What files are checked against; all that a worker needs to know.

    :ivar packages: FHIR packages as the user named them.
    :ivar version: FHIR version as the user named it, if so.
    :ivar embedded: with the embedded facts of the standards.
    :ivar profiles: profiles besides those in ``meta.profile``.
    :ivar day: the day that T stands for.
    :ivar second: also ask ``fhir.resources``.
    :ivar places: also find the places of what was not checked: as much work as checking.
    """

    packages: tuple[str, ...] = ()
    version: str | None = None
    embedded: bool = True
    profiles: tuple[str, ...] = ()
    day: date = date.min
    second: bool = False
    places: bool = False


class Result(NamedTuple):
    """Outcome of one file.

    :ivar excerpts: line and column -> that part of the source, for the findings that are shown.
    :ivar second: objections of the second opinion as ``path: message``; ``None`` when it was not asked.
    """

    file: str
    outcome: Outcome
    issues: list[Issue]
    excerpts: dict[tuple[int, int], str]
    second: list[str] | None = None

    @property
    def ordered(self) -> list[Issue]:
        """What is wrong, the worst first; what was not checked is not among it."""
        return sorted((i for i in self.issues if i.severity in _ORDER), key=lambda i: _ORDER[i.severity])


@cache
def packages_of(task: Task) -> PackageSet | None:
    """The packages of a task; ``None`` when it names none.

    :raises ConfigurationError: see :func:`load_packages`.
    :raises InputError: the same.
    """
    return load_packages(task.packages, version=task.version) if task.packages else None


@cache
def validator_of(task: Task) -> Validator:
    """The validator of a task, made once per process; a forked worker has that of its parent."""
    return Validator(packages_of(task), embedded=task.embedded, version=task.version or "STU3")


def resources(paths: Iterable[Path]) -> Iterator[Path]:
    """The named files, and all XML and JSON files below the named folders, sorted.

    :raises InputError: when a path does not exist, or nothing is found.
    """
    found = False
    for path in paths:
        if path.is_dir():
            for inner in sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file()):
                found = True
                yield inner
        elif path.exists():
            found = True
            yield path
        else:
            raise InputError(Text(nl="bestand bestaat niet", en="file does not exist"), where=str(path))
    if not found:
        raise InputError(
            Text(nl="geen XML- of JSON-bestanden gevonden", en="no XML or JSON files found"),
            where=", ".join(map(str, paths)),
        )


def check_file(path: Path, task: Task) -> Result:
    """Validates one file; a file that cannot be read is an ``error``, one with defects a ``fail``."""
    try:
        source = path.read_bytes()
        if b"${" in source:
            source = TDates(task.day).resolve(source.decode("utf-8"), strict=True, where=str(path)).encode()
    except HarnessError as error:
        return _unreadable(path, error.message, error.wanted, error.seen)
    except UnicodeDecodeError:
        pass  # the codec says where
    except OSError as error:
        return _unreadable(path, both(error.strerror or str(error)))
    validator = validator_of(task)
    document = parse(source, model=validator.model)
    issues = validator.validate(document, task.profiles)
    if task.places:
        issues = [_located(item, document) for item in issues]
    failed = any(item.severity == "error" for item in issues)
    result = Result(
        str(path), "fail" if failed else "pass", issues, {}, _opinion(source) if task.second else None
    )
    lines = source.splitlines() if issues else []
    for item in result.ordered[:MAX_SHOWN]:
        if 0 < item.line <= len(lines):
            line = lines[item.line - 1].decode("utf-8", "replace")
            result.excerpts[item.line, item.column] = excerpt(line, item.column)
    return result


def check_files(paths: Sequence[Path], task: Task, jobs: int) -> Iterator[Result]:
    """The results in the order of the files; many files are checked by ``jobs`` processes.

    :raises HarnessError: a worker died, most likely for want of memory.
    """
    if jobs < 2 or len(paths) < ENOUGH:
        for path in paths:
            yield check_file(path, task)
        return
    # A fork has the packages that are loaded here; elsewhere each worker loads them once more.
    how = "fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn"
    gc.freeze()  # pages that no collection touches stay shared
    pool = ProcessPoolExecutor(jobs, multiprocessing.get_context(how), _begin, (task,))
    try:
        yield from pool.map(partial(check_file, task=task), paths, chunksize=_CHUNK)
    except BrokenProcessPool:
        raise HarnessError(
            Text(nl="Een werkproces is onverwacht gestopt.", en="A worker process stopped unexpectedly."),
            next_step=Text(
                nl="Kijk of er genoeg geheugen is, of geef --jobs 1.",
                en="See whether memory suffices, or give --jobs 1.",
            ),
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)
        gc.unfreeze()


def _begin(task: Task) -> None:
    """Begin a worker; Ctrl-C is for its parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    validator_of(task)


def _located(found: Issue, document: Document) -> Issue:
    """An issue with its place; the validator itself does not look it up for what was not checked."""
    if found.line or not found.path:
        return found
    line, column = document.locate(found.path)
    return msgspec.structs.replace(found, line=line, column=column)


def _unreadable(path: Path, message: Text, expected: Phrase = "", received: Phrase = "") -> Result:
    return Result(str(path), "error", [issue("file", message, expected=expected, received=received)], {})


def _opinion(source: bytes) -> list[str]:
    """What ``fhir.resources`` objects to."""
    from harness.fhir.typed import opinions

    document = parse(source, model=load_model("3.0.2"))
    return [f"{item.path}: {item.message}" for item in opinions(document.resource)]


def excerpt(line: str, column: int, width: int = 110) -> str:
    """The part of a source line around a column (1-based), trimmed, ends marked with an ellipsis."""
    start = max(0, column - 1 - width // 4) if len(line.strip()) > width else 0
    text = line[start : start + width].strip()
    return ("…" if start else "") + shorten(text, width) + ("…" if start + width < len(line.rstrip()) else "")
