"""The error tree. Commands turn these into one clear message and a documented exit code.

::

    HarnessError                  exit 3  a defect of the harness itself, or of its machine
    └── UserError                 exit 2  something the user can correct
        ├── UsageError                    wrong command-line words
        ├── ConfigurationError            network file, profile, record, package
        ├── InputError                    a file that cannot be read or understood
        └── UnreachableError              an endpoint that does not answer

Anything else that reaches a command is reported as a harness error with a hint to file an issue;
the traceback goes to the run folder, not to the terminal.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from harness.core.exits import ExitCode
from harness.core.text import Text, both


class HarnessError(Exception):
    """Base of all errors with a message for people.

    :param message: what is wrong, in one sentence (``Text`` or one string for both languages).
    :param where: file and line, URL, or element the error is about.
    :param expected: what would have been right.
    :param received: what was found instead.
    :param next_step: what the reader should do now.
    """

    exit_code = ExitCode.HARNESS_ERROR

    def __init__(
        self,
        message: Text | str,
        *,
        where: str = "",
        expected: str = "",
        received: str = "",
        next_step: Text | str = "",
    ) -> None:
        self.message = message if isinstance(message, Text) else both(message)
        self.where = where
        self.expected = expected
        self.received = received
        self.next_step = next_step if isinstance(next_step, Text) else both(next_step)
        super().__init__(self.render("en"))

    def render(self, lang: str = "en") -> str:
        """The error as a short block of text in Dutch (``nl``) or English (``en``)."""
        dutch = lang == "nl"
        labels = ("verwacht", "gekregen", "volgende stap") if dutch else ("expected", "received", "next step")
        message = self.message.nl if dutch else self.message.en
        step = self.next_step.nl if dutch else self.next_step.en
        lines = [f"{self.where}: {message}" if self.where else message]
        lines += [
            f"  {label}: {value}"
            for label, value in zip(labels, (self.expected, self.received, step), strict=True)
            if value
        ]
        return "\n".join(lines)


class UserError(HarnessError):
    """Something the user can correct; exit 2."""

    exit_code = ExitCode.USAGE


class UsageError(UserError):
    """The command line asks for something that does not exist or does not fit."""


class ConfigurationError(UserError):
    """A network file, profile, record or package is wrong."""


class InputError(UserError):
    """A file or folder that was named cannot be read or understood."""


class UnreachableError(UserError):
    """An endpoint of the configuration does not answer."""


def nearest(word: str, known: Iterable[str]) -> str:
    """The closest known word to a mistyped one, or ``""``; used in every "unknown …" message."""
    names = {name.casefold(): name for name in known}
    match = difflib.get_close_matches(word.casefold(), names, n=1, cutoff=0.5)
    return names[match[0]] if match else ""
