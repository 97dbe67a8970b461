"""The Allure results folder: what allure-pytest writes in it, without the files that say nothing.

allure-pytest writes one file for every fixture of every item. Those of fixtures that only pass a value are
six of seven files of a run, and no report shows anything of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import allure_commons
from allure_commons.logger import AllureFileLogger
from allure_commons.model2 import Status, TestResultContainer


class _Results(AllureFileLogger):
    """Writes into the folder of another logger, but only containers of fixtures that did something."""

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
