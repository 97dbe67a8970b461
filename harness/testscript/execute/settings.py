"""The settings of an execution."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from harness.fhir.model.types import Model
from harness.testscript.judge.bodies import Body
from harness.testscript.judge.case import ProfileCheck, no_validator


@dataclass
class Settings:
    """What executions of a run share.

    :param base: base URL of the server under test (or of our own server in client role).
    :param own_base: base URL of our own server.
    :param tokens: rewriting of Authorization values: official token -> token to use.
    :param overrides: values for variables by name.
    :param profiles: checks ``validateProfileId``.
    :param keep_steps: keep requests and responses in the results.
    :param parse_cache: fixtures that were parsed before, by content and format.
    """

    model: Model
    t: date
    base: str
    own_base: str
    now: datetime | None = None
    tokens: dict[str, str] = field(default_factory=dict)
    overrides: dict[str, str] = field(default_factory=dict)
    profiles: ProfileCheck = no_validator
    keep_steps: bool = True
    parse_cache: dict[tuple[bytes, str], Body] = field(default_factory=dict)
