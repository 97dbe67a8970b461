"""What a TestScript says: our own lenient model.

The official scripts are neither pure STU3 nor R4 nor R5 (testscript sheet, section 1), so no version-strict
model can hold them. Only elements that occur are modelled; anything else that could change a verdict is
kept by name in ``unsupported`` and gives an error verdict, never a pass.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from harness.core.text import Phrase

Side = Literal["server", "client", "mixed", "load"]
"""Who is under test: the server (HIS, DVZA), the client (PGO), both, or nobody (load script)."""

LOAD_FOLDER = "_LoadResources"
"""Folder of the scripts that load the fixtures of a set."""

_NEXT_PAGE = re.compile(r"relation\s*=\s*'next'")
WRITES = frozenset(("update", "updateCreate", "create", "transaction", "batch", "delete", "purge"))
"""Codes of operations that change what a server holds."""


@dataclass(frozen=True)
class Fixture:
    """A fixture: id and file, whose existence is checked when it is used.

    :ivar inline: a resource that the script contains, instead of a file.
    """

    id: str
    path: Path
    line: int = 0
    inline: str = ""


@dataclass(frozen=True)
class Variable:
    """A variable: a default value, an expression on a fixture or stored response, a header of a stored
    response, or operator input.

    :ivar path: XPath on the source, instead of an expression.
    :ivar pattern: regular expression whose first match in what was found is the value.
    """

    name: str
    default: str | None = None
    expression: str | None = None
    source_id: str = ""
    hint: str = ""
    line: int = 0
    header: str = ""
    path: str = ""
    pattern: str = ""

    @property
    def waits(self) -> bool:
        """Whether only an operator can give its value."""
        return self.default is None and self.expression is None and not self.header and not self.path


@dataclass(frozen=True)
class RuleUse:
    """Use of a rule in an assert: id, parameters, outputs (fixture ids it makes)."""

    rule_id: str
    parameters: tuple[tuple[str, str], ...] = ()
    outputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Operation:
    """One operation. ``key`` is its place in the script, e.g. ``test[0].action[3]``.

    :ivar origin: index of the origin, ``None`` when the harness itself executes it against its own server.
    :ivar encode: whether parameter values are percent-encoded.
    :ivar method: HTTP method that goes before that of the code.
    :ivar target_id: fixture or stored response whose resource the operation is about.
    :ivar request_id: name under which the request's body is stored.
    """

    key: str
    code: str
    system: str = ""
    resource: str = ""
    params: str = ""
    url: str = ""
    accept: str = ""
    content_type: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    source_id: str = ""
    response_id: str = ""
    request_id: str = ""
    target_id: str = ""
    method: str = ""
    encode: bool = True
    label: str = ""
    description: str = ""
    origin: int | None = None
    destination: int | None = None
    line: int = 0
    unsupported: tuple[Phrase, ...] = ()


@dataclass(frozen=True)
class Assert:
    """One assert: exactly one criterion.

    :ivar criterion: ``expression``, ``path``, ``responseCode``, ``resource``, ``validateProfileId``,
        ``headerField``, ``contentType``, ``requestMethod``, ``requestURL``, ``queryParameter``,
        ``minimumId``, ``navigationLinks``, ``variable``, ``manual``, ``rule`` or ``""`` when the script
        states none.
    :ivar subject: the value of the criterion element (expression text, code list, header name …).
    :ivar stop: ``stopTestOnFail``, ``None`` when absent.
    :ivar mapper: function that the value goes through before it is compared.
    :ivar source_id: fixture or stored message that it looks at instead of the last one.
    :ivar compare_id: fixture or stored message that gives the wanted value, by ``compare``: an expression or
        path like the criterion.
    """

    key: str
    criterion: str
    subject: str = ""
    operator: str = ""
    value: str | None = None
    direction: str = "response"
    warning_only: bool = False
    stop: bool | None = None
    rule: RuleUse | None = None
    mapper: str = ""
    source_id: str = ""
    compare_id: str = ""
    compare: str = ""
    label: str = ""
    description: str = ""
    line: int = 0
    unsupported: tuple[Phrase, ...] = ()

    @property
    def about_request(self) -> bool:
        """Whether it looks at what was sent, and not at the answer."""
        return self.direction == "request" or self.criterion in (
            "requestURL",
            "queryParameter",
            "requestMethod",
        )


Action = Operation | Assert


@dataclass(frozen=True)
class Block:
    """``setup``, one ``test`` or ``teardown``."""

    kind: Literal["setup", "test", "teardown"]
    actions: tuple[Action, ...]
    id: str = ""
    name: str = ""
    description: str = ""


@dataclass(frozen=True)
class Party:
    """An origin or destination and whether it is the system under test."""

    index: int
    sut: bool


@dataclass(frozen=True)
class SetInfo:
    """``properties.json`` of a test set.

    :ivar packages: ``(name, version)`` of the FHIR packages for ``validateProfileId``.
    """

    goal: str = ""
    fhir_version: str = "STU3"
    standard: str = ""
    usecase: str = ""
    role: str = ""
    variant: str = ""
    category: str = ""
    subcategory: str = ""
    admin_only: bool = False
    server_alias: str = ""
    packages: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class TestScript:
    """One script. Scripts are identified by their path: ids repeat across sets."""

    __test__ = False  # not a test class, whatever pytest thinks of the name

    path: Path
    id: str
    name: str = ""
    title: str = ""
    description: str = ""
    url: str = ""
    version: str = ""
    origins: tuple[Party, ...] = ()
    destinations: tuple[Party, ...] = ()
    profiles: dict[str, str] = field(default_factory=dict)
    fixtures: dict[str, Fixture] = field(default_factory=dict)
    variables: dict[str, Variable] = field(default_factory=dict)
    rules: dict[str, str] = field(default_factory=dict)
    setup: Block | None = None
    tests: tuple[Block, ...] = ()
    teardown: Block | None = None
    info: SetInfo = field(default_factory=SetInfo)

    @property
    def side(self) -> Side:
        """Who is under test."""
        client = any(party.sut for party in self.origins)
        server = any(party.sut for party in self.destinations)
        if client and server:
            return "mixed"
        if client:
            return "client"
        return "load" if self.loads and not server else "server"

    @property
    def loads(self) -> bool:
        """Whether it loads the fixtures of a set."""
        return LOAD_FOLDER in self.path.parts or self.path.name.startswith("load-")

    @property
    def marks_nobody(self) -> bool:
        """Whether it does not say who is under test: outside Conformancelab that is the server."""
        return not any(party.sut for party in (*self.origins, *self.destinations))

    @property
    def format(self) -> str:
        """``json`` or ``xml`` when the script exists per format (file name), else ``""``."""
        for form in ("json", "xml"):
            if self.path.stem.lower().endswith(f"-{form}"):
                return form
        return ""

    def blocks(self) -> list[Block]:
        """Setup, tests and teardown, in the order of execution."""
        return [block for block in (self.setup, *self.tests, self.teardown) if block is not None]

    def operations(self) -> list[Operation]:
        """All operations in document order."""
        return [
            action for block in self.blocks() for action in block.actions if isinstance(action, Operation)
        ]

    @property
    def writes(self) -> bool:
        """Whether it changes what a server holds."""
        return any(operation.code in WRITES for operation in self.operations())

    @property
    def follows_pages(self) -> bool:
        """Whether it takes the address of a next page out of an answer."""
        return any(_NEXT_PAGE.search(variable.expression or "") for variable in self.variables.values())

    def by_client(self, operation: Operation) -> bool:
        """Whether the client under test performs an operation (and not the harness)."""
        return any(party.sut and party.index == operation.origin for party in self.origins)

    def by_harness(self, operation: Operation) -> bool:
        """Whether the harness performs an operation against its own server (no origin, no destination)."""
        return (
            operation.origin is None
            and operation.destination is None
            and (self.side == "load" or not self.marks_nobody)
        )
