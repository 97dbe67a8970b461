"""How scripts are run: T, tokens, values, profiles."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from harness.fhir.model.types import Model
from harness.testscript.execute.settings import Settings
from harness.testscript.plan.validators import ProfileChecks
from harness.testscript.read.model import TestScript
from harness.testscript.read.tokens import find_token_map, read_token_map, rewriting


def _no_requirements(script: TestScript) -> tuple[str, ...]:
    return ()


@dataclass
class Plan:
    """What to run and how.

    :ivar formats: ``json``, ``xml`` or both, for scripts that exist per format; also what our PGO asks for.
    :ivar only: parts of paths, ids or patterns that choose scripts; empty for all.
    :ivar tokens: official Authorization value -> value to use.
    :ivar overrides: values of variables.
    :ivar keep_steps: keep requests and responses in the results.
    :ivar requirements: ids of our requirements that a script rehearses.
    """

    t: date
    now: datetime | None = None
    formats: frozenset[str] = frozenset(("json", "xml"))
    only: tuple[str, ...] = ()
    tokens: Mapping[str, str] = field(default_factory=dict)
    overrides: Mapping[str, str] = field(default_factory=dict)
    profiles: ProfileChecks = field(default_factory=ProfileChecks)
    keep_steps: bool = False
    requirements: Callable[[TestScript], tuple[str, ...]] = _no_requirements

    def settings(self, script: TestScript, base: str, own_base: str, model: Model) -> Settings:
        """Settings of one execution.

        :param base: base URL of the server under test (or of our own server).
        :raises HarnessError: a package of profiles that cannot be used.
        """
        return Settings(
            model,
            self.t,
            base,
            own_base,
            now=self.now,
            tokens=dict(self.tokens),
            overrides=dict(self.overrides),
            profiles=self.profiles.for_set(script.info),
            keep_steps=self.keep_steps,
        )


def token_rewriting(paths: Sequence[Path], own_map: Path) -> dict[str, str]:
    """Official token -> the vendor's token, by patient id, for a map in the official shape.

    :raises InputError: a map that cannot be read.
    """
    own = read_token_map(own_map)
    official = find_token_map(paths[0]) if paths else None
    return rewriting(read_token_map(official) if official else [], own)
