"""``validateProfileId`` through the FHIR validator, with the packages that a set pins.

Where the packages come from, in this order: what the user names with ``--package``; ``name#version`` of
``properties.json`` in the user's FHIR package cache; the facts embedded in the harness. Which one decided
is in the notes of the run. A profile that none of these has makes the assert ``inconclusive``, never a pass.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from harness.core.errors import HarnessError
from harness.core.text import Text
from harness.fhir.model.types import version_of
from harness.fhir.packages.load import load_packages
from harness.fhir.validation import Validator
from harness.testscript.judge.bodies import Body
from harness.testscript.judge.case import ProfileAnswer, ProfileCheck, no_validator
from harness.testscript.read.model import SetInfo

UNKNOWN_PROFILE = "fhir-profile-unknown"
BASE_URL = "http://hl7.org/fhir/StructureDefinition/"
MAX_REMEMBERED = 500
"""Answers kept at a time."""


class ProfileChecks:
    """Profile checks per set, made once per combination of packages.

    :param packages: what the user names with ``--package``.
    :param enabled: ``False`` leaves every check undecided.
    """

    def __init__(self, packages: Sequence[str] = (), *, enabled: bool = True) -> None:
        self.packages = tuple(packages)
        self.enabled = enabled
        self.notes: dict[str, None] = {}
        self._lock = threading.Lock()
        self._made: dict[tuple[str, tuple[tuple[str, str], ...]], ProfileCheck] = {}
        self._failed: dict[tuple[str, tuple[tuple[str, str], ...]], HarnessError] = {}

    def for_set(self, info: SetInfo) -> ProfileCheck:
        """The check for the scripts of one set.

        :raises HarnessError: a package that the user named cannot be used.
        """
        if not self.enabled:
            return no_validator
        key = (info.fhir_version, info.packages)
        with self._lock:
            failed = self._failed.get(key)
            if failed is not None:
                raise failed
            found = self._made.get(key)
            if found is None:
                try:
                    found = self._made[key] = self._make(info)
                except HarnessError as error:
                    self._failed[key] = error  # loading takes seconds: what failed once fails again
                    raise
            return found

    def _make(self, info: SetInfo) -> ProfileCheck:
        version = version_of(info.fhir_version)
        sources: list[str] = list(self.packages)
        if sources:
            packages = load_packages(sources, version=version)
            self.notes[f"profiles from --package, content {packages.content_hash[:12]}"] = None
            validator = Validator(packages, version=version)
        else:
            cache = Path.home() / ".fhir" / "packages"
            pinned = [
                f"{name}#{number}" for name, number in info.packages if (cache / f"{name}#{number}").is_dir()
            ]
            if pinned and len(pinned) == len(info.packages):
                packages = load_packages(pinned, version=version)
                self.notes[f"profiles from the FHIR package cache: {', '.join(pinned)}"] = None
                validator = Validator(packages, version=version)
            else:
                names = ", ".join(f"{name}#{number}" for name, number in info.packages) or "none pinned"
                self.notes[f"profiles from the embedded facts (set asks for {names})"] = None
                validator = Validator(version=version)
        return _remembered(partial(_answer, validator))


def _remembered(answer: ProfileCheck) -> ProfileCheck:
    """The same check, asked once per body and profile; safe for scripts that run beside each other."""
    cache: dict[tuple[bytes, str], ProfileAnswer] = {}
    lock = threading.Lock()

    def check(body: Body, canonical: str) -> ProfileAnswer:
        key = (body.data, canonical)
        with lock:
            found = cache.get(key)
            if found is None:
                if len(cache) > MAX_REMEMBERED:
                    cache.clear()
                found = cache[key] = answer(body, canonical)
            return found

    return check


def _answer(validator: Validator, body: Body, canonical: str) -> ProfileAnswer:
    source = body.document or body.resource
    if source is None:
        return ProfileAnswer(False, reason=Text(nl="er is geen resource", en="there is no resource"))
    profiles = [] if canonical == BASE_URL + body.type else [canonical]
    try:
        issues = tuple(validator.validate(source, profiles))
    except HarnessError as error:
        return ProfileAnswer(False, reason=error.message)
    unknown = next((issue for issue in issues if issue.rule == UNKNOWN_PROFILE), None)
    if unknown is not None and not any(issue.severity == "error" for issue in issues):
        name = unknown.received or unknown.expected or unknown.path
        return ProfileAnswer(
            False,
            issues,
            Text(
                nl=f"profiel {name} is niet beschikbaar; geef het pakket met --package",
                en=f"profile {name} is not available; give its package with --package",
            ),
        )
    return ProfileAnswer(True, issues)
