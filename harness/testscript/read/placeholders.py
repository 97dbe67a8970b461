"""Placeholders of TestScripts: script variables first, then the built-in ones (testscript sheet, section 5).

One :class:`Values` lives for one execution of one script. Default values are evaluated once, so that
``X-Correlation-ID`` keeps its value, while a literal ``${UUID}`` in a header is new each time. Expression
variables are evaluated at each use, because a stored response may be replaced.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import date, datetime

from harness.core.errors import nearest
from harness.core.tdates import TDates
from harness.core.text import Text
from harness.testscript.phrases import A_VALUE, NO_RESULT
from harness.testscript.read.errors import InputNeeded, NoValue, PlaceholderError
from harness.testscript.read.model import TestScript, Variable

MAX_ROUNDS = 12
MAX_LENGTH = 64 * 1024 * 1024

_PLACEHOLDER = re.compile(r"\$\{([^${}]{1,200})\}")
_DATE = re.compile(r"\s*(?:DATE|DATETIME)\s*,\s*([\w-]+)\s*,\s*[DdMYym]\s*,\s*[+-]?\d+\s*", re.ASCII)
_CURRENT = re.compile(r"\s*CURRENTDATE(?:TIME)?(?:\s*,\s*[A-Za-z]+\s*,\s*[+-]?\d+)*\s*", re.ASCII)
_RANDOM = re.compile(r"(?:CD|RANDOM-|C|D)(\d{1,2})", re.ASCII)
_NARRATIVE = re.compile(r"<div\b.*?</div>|\"div\"\s*:\s*\"[^\"\\]*+(?:\\.[^\"\\]*+)*+\"", re.DOTALL)


def _default_uuid() -> str:
    return str(uuid.uuid4())


Evaluate = Callable[[Variable], str | None]


class Values:
    """Values of placeholders in one execution of one script.

    :param script: declares the variables.
    :param t: today, frozen for the run; what ``T`` is unless the script or the user says otherwise.
    :param now: the frozen instant.
    :param overrides: values that the operator gives (tokens, ``T``, BSN …) by variable name.
    :param evaluate: evaluates an expression variable; ``None`` when its source does not exist yet.
    :param new_uuid: makes UUIDs.
    """

    def __init__(
        self,
        script: TestScript,
        t: date,
        *,
        now: datetime | None = None,
        overrides: dict[str, str] | None = None,
        evaluate: Evaluate | None = None,
        new_uuid: Callable[[], str] = _default_uuid,
    ) -> None:
        self.script = script
        self.t = t
        self.now = now
        self.overrides = overrides or {}
        self._evaluate = evaluate
        self._new_uuid = new_uuid
        self._defaults: dict[str, str] = {}
        self._constant: dict[str, str] = {}
        self._busy: list[str] = []

    def resolve(self, text: str, *, where: str = "") -> str:
        """``text`` with every placeholder filled in.

        :raises PlaceholderError: one that cannot be filled in.
        :raises HarnessError: one that the engine does not support.
        """
        return self._resolve(text, where, narrative=False)

    def resolve_fixture(self, text: str, *, where: str = "") -> str:
        """A fixture file with its placeholders filled in; an unknown one inside narrative stays as it is."""
        return self._resolve(text, where, narrative=True)

    def _resolve(self, text: str, where: str, *, narrative: bool) -> str:
        if "${" not in text:
            return text
        kept: dict[str, str] = {}
        for _ in range(MAX_ROUNDS):
            spans = None

            def fill(match: re.Match[str]) -> str:
                nonlocal spans
                name = match.group(1)
                try:
                    return self.value(name, where=where)
                except PlaceholderError:
                    if not narrative:
                        raise
                    if spans is None:
                        spans = [found.span() for found in _NARRATIVE.finditer(match.string)]
                    if not any(start <= match.start() < end for start, end in spans):
                        raise
                    mark = f"\x00{len(kept)}\x00"
                    kept[mark] = match.group()
                    return mark

            replaced = _PLACEHOLDER.sub(fill, text)
            if replaced == text or "${" not in replaced:
                text = replaced
                break
            text = replaced
            if len(text) > MAX_LENGTH:
                raise PlaceholderError(
                    Text(nl="plaatshouders groeien te veel", en="placeholders grow too much"), where=where
                )
        else:
            raise PlaceholderError(
                Text(
                    nl="plaatshouders verwijzen in een kring",
                    en="placeholders refer to each other in a circle",
                ),
                where=where,
                received=text[:200],
            )
        for mark, original in kept.items():
            text = text.replace(mark, original)
        return text

    def value(self, name: str, *, where: str = "") -> str:
        """Value of one placeholder (without ``${}``).

        :raises HarnessError: as :meth:`resolve`.
        """
        name = name.strip()
        if name in self.overrides:
            return self.overrides[name]
        variable = self.script.variables.get(name)
        if variable is not None:
            return self._variable(variable, where)
        return self._built_in(name, where)

    def _variable(self, variable: Variable, where: str) -> str:
        """Value of a variable that the script declares."""
        name = variable.name
        if name in self._defaults:
            return self._defaults[name]
        place = f"{self.script.path}:{variable.line}" if variable.line else where
        if name in self._busy:
            raise PlaceholderError(
                Text(
                    nl=f"variabele '{name}' verwijst naar zichzelf", en=f"variable '{name}' refers to itself"
                ),
                where=place,
                received=" -> ".join([*self._busy, name]),
            )
        self._busy.append(name)
        try:
            if variable.expression is not None or variable.header or variable.path:
                return self._evaluated(variable, place)
            if variable.default is None:
                raise InputNeeded(
                    Text(
                        nl=f"variabele '{name}' wacht op invoer van de gebruiker",
                        en=f"variable '{name}' waits for input by the user",
                    ),
                    where=place,
                    expected=variable.hint or A_VALUE,
                    next_step=Text(
                        nl=f"geef de waarde met --set {name}=…", en=f"give the value with --set {name}=…"
                    ),
                )
            value = self._defaults[name] = self.resolve(variable.default, where=place)
            return value
        finally:
            self._busy.pop()

    def _evaluated(self, variable: Variable, place: str) -> str:
        found = self._evaluate(variable) if self._evaluate else None
        if found is not None:
            return found
        kind = PlaceholderError if variable.source_id in self.script.fixtures else NoValue
        raise kind(
            Text(
                nl=f"variabele '{variable.name}' heeft geen waarde: de bron levert niets op",
                en=f"variable '{variable.name}' has no value: its source yields nothing",
            ),
            where=place,
            expected=variable.expression or variable.path or f"header {variable.header}",
            received=NO_RESULT.format(source=variable.source_id),
        )

    def _built_in(self, name: str, where: str) -> str:
        if name in ("UUID", "UUID-NODASH"):
            value = self._new_uuid()
            return value.replace("-", "") if name.endswith("NODASH") else value
        if name in ("UUID-ST", "UUID-ST-NODASH"):
            value = self._constant.setdefault("UUID-ST", self._new_uuid())
            return value.replace("-", "") if name.endswith("NODASH") else value
        dated = _DATE.fullmatch(name)
        if dated:
            return self._date(name, dated.group(1), where)
        if _CURRENT.fullmatch(name):
            return TDates(self.t, self.now).resolve("${" + name + "}", where=where)
        random = _RANDOM.fullmatch(name)
        if random:
            size = int(random.group(1))
            seed = self._constant.setdefault("RANDOM", self._new_uuid().replace("-", "") + self._new_uuid())
            digits = name.startswith("D")
            text = "".join(c for c in seed if c.isdigit()) if digits else seed.replace("-", "").upper()
            return self._constant.setdefault(name, (text * 8)[:size])
        known = [
            *self.script.variables,
            "UUID",
            "UUID-ST",
            "CURRENTDATE",
            "CURRENTDATETIME",
            "DATE",
            "DATETIME",
        ]
        hint = nearest(name, known)
        raise PlaceholderError(
            Text(nl=f"onbekende plaatshouder ${{{name}}}", en=f"unknown placeholder ${{{name}}}"),
            where=where,
            expected=hint and f"${{{hint}}}",
            received=f"${{{name}}}",
        )

    def _date(self, text: str, name: str, where: str) -> str:
        """A date relative to a date variable (``T``); ``T`` is today when the script does not define it."""
        if name in self.overrides or name in self.script.variables:
            base = self.value(name, where=where)
        elif name == "T":
            base = self.t.isoformat()
        else:
            raise PlaceholderError(
                Text(nl=f"onbekende datumvariabele '{name}'", en=f"unknown date variable '{name}'"),
                where=where,
                received="${" + text + "}",
            )
        return TDates(self.t, self.now, {name: base}).resolve("${" + text + "}", where=where)
