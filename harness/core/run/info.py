"""``run-start.json`` and ``run.json`` as types: what the verdicts of a run depend on besides its exchanges.

The first is written before the first exchange and never changed; every recording names its hash. The second
repeats it when the run has ended, and adds what is only known then.
"""

from __future__ import annotations

from typing import Final, Literal, get_args

import msgspec

from harness.core.run.agreed.waivers import Waiver
from harness.core.run.challenge import Challenge
from harness.core.run.findings import Cell
from harness.core.run.limits import LimitName, Limits
from harness.core.text import Phrase, Text
from harness.core.verdicts import Blame

FORMAT: Final = "run-2"
"""Format of the run folders that this version writes and reads."""
SCRIPTS: Final = "testscript-1"
"""Format of a run of TestScripts: the same folder, but nothing that is judged again."""
Intensity = Literal["smoke", "normal", "full"]
"""How much is driven: sample sizes, real waiting for live parties, how many cells carry what others share."""
INTENSITIES: tuple[Intensity, ...] = get_args(Intensity)
Origin = Literal["bureau", "official", "own", "vendor", "draft"]
"""Who vouches for the record that a person's answers are compared with: the bureau, official material,
persons that ship with the harness, the vendor's export, or nobody yet."""
VOUCHED: tuple[Origin, ...] = ("bureau", "official")
"""Origins on which a verdict may stand."""


class FrozenRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The reference record of a person, as a run froze it in ``records/<person>.json``.

    :ivar sha256: of that file, hex.
    """

    origin: Origin
    sha256: str


class ParticipantVersion(msgspec.Struct, frozen=True, kw_only=True):
    """Who took part, in which version (from the network file).

    :ivar standards: the standards that it declares; ``releases`` the release families.
    """

    id: str
    role: str
    kind: str
    vendor: str = ""
    product: str = ""
    version: str = ""
    standards: tuple[str, ...] = ()
    releases: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What people call it: product and version, else the id."""
        return " ".join(part for part in (self.product or self.id, self.version) if part)


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """What the user restricted a run to; empty means everything.

    :ivar vendors: HIS ids or vendor names.
    :ivar releases: release families; empty: the newest one the parties of a cell share; ``all``: every one.
    :ivar only: requirement ids or scenario names.
    """

    vendors: tuple[str, ...] = ()
    standards: tuple[str, ...] = ()
    pgos: tuple[str, ...] = ()
    dvzas: tuple[str, ...] = ()
    releases: tuple[str, ...] = ()
    only: tuple[str, ...] = ()


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """Requirements that a cell was asked for other cells too, because what they depend on is the same there.

    :ivar cells: keys of the other cells.
    """

    requirements: tuple[str, ...]
    cells: tuple[str, ...]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What a run froze for its judges; a re-judge on another machine or day gets the same.

    :ivar mode: ``drive`` when we made the traffic, ``serve`` when live parties came to our mocks.
    :ivar sharing: whether what does not depend on the whole cell was asked of one cell for others.
    :ivar requirements: requirement ids that each cell was asked about, by cell key.
    :ivar shared: what each of these cells was asked for others, by cell key.
    :ivar network: name of the network file, for messages.
    :ivar persons: id of the test person by cell key, ``""`` when none is declared for the standard.
    :ivar titles: name that screens must show by participant id, ``""`` when it is not known.
    :ivar stated_endpoints: ids of live DVZAs whose endpoints stand in the network file itself.
    :ivar logins: how a person logs in, by DVZA id: ``tokens``, ``mock`` or the file of a recipe.
    :ivar faults: deliberate defects of twins that have any, by participant id.
    :ivar capabilities: what each participant declares to support or to lack, by participant id.
    :ivar records: the records of all known persons by person id; persons without a record are absent.
    :ivar situations: what the session with a live PGO plays (ids); empty: there is no session.
    """

    intensity: Intensity = "normal"
    mode: Literal["drive", "serve"] = "drive"
    sharing: bool = True
    requirements: dict[str, tuple[str, ...]] = {}
    shared: dict[str, tuple[Share, ...]] = {}
    network: str = ""
    persons: dict[str, str] = {}
    titles: dict[str, str] = {}
    stated_endpoints: tuple[str, ...] = ()
    logins: dict[str, str] = {}
    faults: dict[str, tuple[str, ...]] = {}
    capabilities: dict[str, tuple[str, ...]] = {}
    records: dict[str, FrozenRecord] = {}
    situations: tuple[str, ...] = ()


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """Why a flow of a cell could not be driven, or the cell not be judged.

    :ivar cell: cell key.
    :ivar requirements: the requirements that were asked and need what could not be done.
    :ivar blame: *configuration* (the network file names something wrong) or *harness*.
    :ivar flow: the flow that could not be driven, ``""``: none.
    :ivar limit: the limit that was reached, when that is why; ``None``: something is wrong.
    :ivar cause: participant id of whoever was waited for then, ``""``: nobody.
    """

    cell: str
    requirements: tuple[str, ...]
    blame: Blame
    what: Text
    where: str = ""
    received: Phrase = ""
    next_step: Text = Text(nl="", en="")
    flow: str = ""
    limit: LimitName | None = None
    cause: str = ""


WhyKept = Literal["", "refused", "no-answer", "unknown", "changed", "unanswered", "no-access", "no-time"]
"""Why something that was written was not deleted: the party refuses it, or did not answer; its address is not
told (or masked); it was there before; nobody knows whether it was written; no access was given; no time."""


class Cleaned(msgspec.Struct, frozen=True, kw_only=True):
    """What became of something that the run wrote to a live party.

    :ivar server: participant id of the party.
    :ivar where: its address, or that of the request that wrote it.
    :ivar why: why it is still there, ``""``: it was deleted.
    :ivar status: of the answer to the request to delete it, 0: there was none.
    """

    cell: str
    server: str
    where: str
    why: WhyKept = ""
    status: int = 0


class Binding(msgspec.Struct, frozen=True, kw_only=True):
    """What the request and correlation identifiers of a run are made of (:mod:`harness.core.run.challenge`).

    :ivar commitment: SHA-256 of the salt, hex.
    :ivar challenge: what the bureau gave; ``None``: the run is not bound to anything.
    :ivar minters: participants whose identifiers we make; all of theirs are checked.
    """

    commitment: str
    challenge: Challenge | None = None
    minters: tuple[str, ...] = ()


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """The end of a run.

    :ivar at: ISO 8601 instant.
    :ivar salt: hex; may be known from now on.
    """

    at: str
    salt: str


class RunInfo(msgspec.Struct, frozen=True, kw_only=True):
    """``run-start.json`` and ``run.json``.

    :ivar t: ``T`` as ``YYYY-MM-DD``; ``now`` is the frozen instant that judges get as clock value.
    :ivar hashes: sha256 of catalogue, profiles and network by name.
    :ivar plan: the cells in the order of the plan; in ``serve`` they are only known at the end.
    :ivar left_out: cells that the network file allows and the selection leaves out.
    :ivar subject: whose result decides the exit code; empty: the live parties, in a rehearsal all.
    :ivar verdict_required: whether anything but *voldoet* is undecided.
    :ivar limits: the budgets of the run.
    :ivar waivers: findings that do not stand in the way of a verdict, as agreed when the run began.
    :ivar binding: what request and correlation identifiers are made of; ``None`` when we make none.
    :ivar troubles: what went wrong outside the products while cells were driven or judged (in ``run.json``).
    :ivar cleaned: what became of what the run wrote to live parties (in ``run.json``).
    :ivar unjudged: keys of planned cells that the run did not reach (in ``run.json``).
    :ivar ended: in ``run.json`` only.
    """

    schema: Literal["run-2"] = FORMAT
    id: str
    harness: str
    python: str = ""
    t: str
    now: str
    participants: tuple[ParticipantVersion, ...] = ()
    hashes: dict[str, str] = {}
    plan: tuple[Cell, ...] = ()
    left_out: tuple[Cell, ...] = ()
    selection: Selection = Selection()
    settings: Settings = Settings()
    subject: tuple[str, ...] = ()
    verdict_required: bool = False
    limits: Limits = Limits()
    waivers: tuple[Waiver, ...] = ()
    binding: Binding | None = None
    troubles: tuple[Trouble, ...] = ()
    cleaned: tuple[Cleaned, ...] = ()
    unjudged: tuple[str, ...] = ()
    ended: Ended | None = None

    def asked(self, cell: Cell) -> tuple[str, ...]:
        """Requirement ids that a cell was asked about."""
        return self.settings.requirements.get(cell.key, ())

    def holds_for(self, cell: Cell) -> dict[str, tuple[str, ...]]:
        """Keys of the other cells that findings of a cell hold for, by requirement id."""
        shares = self.settings.shared.get(cell.key, ())
        return {identifier: item.cells for item in shares for identifier in item.requirements}

    def at_start(self) -> RunInfo:
        """What of this was known before the first exchange."""
        return msgspec.structs.replace(self, troubles=(), cleaned=(), unjudged=(), ended=None)


def encode(info: RunInfo) -> bytes:
    """The one form in which it is written."""
    return msgspec.json.format(msgspec.json.encode(info), indent=1) + b"\n"
