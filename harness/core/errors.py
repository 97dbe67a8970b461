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
from harness.core.text import Lang, Phrase, Text, Told, both, dutch, said

_LABELS = (
    Text(nl="verwacht", en="expected"),
    Text(nl="gekregen", en="received"),
    Text(nl="volgende stap", en="next step"),
)


class HarnessError(Told, Exception):
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
        expected: Phrase = "",
        received: Phrase = "",
        next_step: Text | str = "",
    ) -> None:
        self.message = message if isinstance(message, Text) else both(message)
        self.where = where
        self.expected = said(expected, "en")
        self.received = said(received, "en")
        self.nl = dutch(expected, received)
        self.next_step = next_step if isinstance(next_step, Text) else both(next_step)
        super().__init__(self.render("en"))

    @property
    def block(self) -> Text:
        """The error as a short block of text in both languages."""
        return Text(nl=self.render("nl"), en=self.render("en"))

    def render(self, lang: Lang = "en") -> str:
        """The error as a short block of text in Dutch (``nl``) or English (``en``)."""
        message = self.message.of(lang)
        lines = [f"{self.where}: {message}" if self.where else message]
        lines += [
            f"  {label.of(lang)}: {said(value, lang)}"
            for label, value in zip(_LABELS, (self.wanted, self.seen, self.next_step), strict=True)
            if said(value, lang)
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
