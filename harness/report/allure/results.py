"""The Allure results folder: what allure-pytest writes in it, with what coordinators need and no more.

allure-pytest writes one file for every fixture of every item. Those of fixtures that only pass a value are
six of seven files of a run, and no report shows anything of them. Of results it writes what machines and
Python call things; here they are told as people call them, the same on every machine and through both doors.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import allure_commons
from allure_commons.logger import AllureFileLogger
from allure_commons.model2 import Status, TestResult, TestResultContainer

from harness.scenario import ProductFailure, Undecided, Unsound

PARAMETERS: Final = ("his", "dvza", "pgo", "standard", "release", "group")
"""Parameters of an item; together with its function they say which item it is, in every run."""
_MACHINE: Final = frozenset({"host", "thread", "framework", "language", "package"})
_CLASSES: Final = "|".join(
    re.escape(f"{item.__module__}.{item.__qualname__}") for item in (ProductFailure, Undecided, Unsound)
)
_PREFIX: Final = re.compile(rf"(?:{_CLASSES}|Skipped|Failed):\s*")
_EXPECTED: Final = "XFAIL "
"""How allure-pytest begins the message of an expected failure: what a waiver covers."""


class _Results(AllureFileLogger):
    """Writes into the folder of another logger: only containers of fixtures that did something, and results
    as people read them."""

    def __init__(self, other: AllureFileLogger) -> None:
        self._report_dir = other._report_dir

    @allure_commons.hookimpl
    def report_container(self, container: TestResultContainer) -> None:
        """Write a container that has a step, an attachment, or anything but success."""
        if any(
            item.steps or item.attachments or item.status not in (None, Status.PASSED)
            for item in (*container.befores, *container.afters)
        ):
            self._report_item(container)  # type: ignore[no-untyped-call]

    @allure_commons.hookimpl
    def report_result(self, result: TestResult) -> None:
        """Write the result of an item."""
        readable(result)
        self._report_item(result)  # type: ignore[no-untyped-call]


def readable(result: TestResult) -> None:
    """Take from a result what is of the machine or of Python, and give it an identity that stays."""
    result.labels = [item for item in result.labels if item.name not in _MACHINE]
    for item in (result, *_steps(result)):
        _cleaned(item)
    values = {item.name: _bare(item.value) for item in result.parameters if item.name in PARAMETERS}
    if len(values) == len(PARAMETERS):
        for item in result.parameters:
            item.value = values.get(item.name, item.value)
        function = str(result.fullName).rpartition("#")[2]
        result.fullName = f"{function}:{values['group']}" if values["group"] else function
        result.testCaseId = _digest(result.fullName)
        result.historyId = _digest(result.fullName, *(values[name] for name in PARAMETERS))
        suites = {item.name: item.value for item in result.labels}
        result.titlePath = [suites[name] for name in ("parentSuite", "suite", "subSuite") if name in suites]


def _steps(item: Any) -> Iterator[Any]:
    for step in item.steps:
        yield step
        yield from _steps(step)


def _cleaned(item: Any) -> None:
    """The message without the name of a Python class; no trace that repeats it or shows our code."""
    details = item.statusDetails
    if details is None or not details.message:
        return
    message = str(details.message)
    if message.startswith(_EXPECTED):
        item.status, details.known = Status.FAILED, True
        message, details.trace = message.removeprefix(_EXPECTED).partition("\n\n")[0], None
    elif _PREFIX.match(message):
        message = _PREFIX.sub("", message, count=1).strip()
        if item.status == Status.SKIPPED or not isinstance(item, TestResult):
            details.trace = None
    details.message = message


def _bare(value: str) -> str:
    """``'his-eik'``, as allure-pytest writes it, without quotes."""
    return value.strip("'\"")


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


@contextmanager
def telling_files() -> Iterator[None]:
    """While this lasts, only files that say something are written; does nothing when Allure is not active."""
    plugins = allure_commons.plugin_manager
    swapped = []
    for plugin in list(plugins.get_plugins()):
        if type(plugin) is AllureFileLogger:
            name, ours = plugins.get_name(plugin), _Results(plugin)
            plugins.unregister(plugin)
            plugins.register(ours, name=name)
            swapped.append((name, plugin, ours))
    try:
        yield
    finally:
        for name, plugin, ours in swapped:
            plugins.unregister(ours)
            plugins.register(plugin, name=name)
