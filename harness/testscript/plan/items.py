"""Which scripts are run: the files of folders after the filters, each with what was wrong with it."""

from __future__ import annotations

import fnmatch
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.core.errors import HarnessError, UsageError, UserError
from harness.core.issues import shortened
from harness.core.text import Text, dutch, joined, said
from harness.core.verdicts import Blame, Verdict
from harness.testscript.outcome.results import Place, ScriptFinding, ScriptResult, counts
from harness.testscript.phrases import A_SCRIPT
from harness.testscript.plan.plan import Plan
from harness.testscript.read.model import TestScript
from harness.testscript.read.script import load_script
from harness.testscript.read.sets import find_scripts


@dataclass(frozen=True)
class Item:
    """One script file to run; ``problem`` when it cannot be loaded."""

    path: Path
    file: str
    script: TestScript | None = None
    problem: HarnessError | None = None

    def loaded(self) -> TestScript:
        """The script.

        :raises HarnessError: when it could not be loaded.
        """
        if self.script is None:
            raise self.problem or UserError(
                Text(nl="het script is niet geladen", en="the script is not loaded"), where=self.file
            )
        return self.script

    def of_variant(self, variant: str) -> bool:
        """Whether the script belongs to a variant of its set; ``default`` or ``none`` is the set without."""
        if self.script is None:
            return True
        wanted = "" if variant.lower() in ("default", "none") else variant.lower()
        return self.script.info.variant.lower() == wanted or (
            bool(wanted) and wanted in str(self.path.parent).lower()
        )

    def not_for_a_server(self) -> str:
        """Why the script does not apply to a server under test, ``""`` when it does."""
        script = self.script
        if script is None:
            return ""
        if script.side == "client":
            return "tests a client; use `harness testscript serve`"
        if script.side == "mixed":
            return "tests a client and a server at once"
        return "only for the simulator's own server" if script.info.admin_only else ""


def collect(paths: Sequence[Path], plan: Plan) -> list[Item]:
    """The scripts of folders and files after the filters; a file that cannot be loaded is kept with its
    problem.

    :raises UsageError: when nothing is left.
    """
    root = paths[0] if len(paths) == 1 and paths[0].is_dir() else None
    items: list[Item] = []
    for path in find_scripts(paths):
        name = str(path.relative_to(root)) if root else str(path)
        try:
            script = load_script(path)
        except UserError as error:
            if root and _is_other_resource(path):
                continue  # beside the scripts of the folder
            if selected(name, "", plan.only):
                items.append(Item(path, name, problem=error))
            continue
        if script.side == "load" or (script.format and script.format not in plan.formats):
            continue
        if selected(name, script.id, plan.only):
            items.append(Item(path, name, script))
    if not items:
        raise UsageError(
            Text(nl="geen TestScripts over na de filters", en="no TestScripts left after the filters"),
            where=", ".join(map(str, paths)),
            received=", ".join(plan.only) or ", ".join(sorted(plan.formats)),
        )
    return items


def _is_other_resource(path: Path) -> bool:
    """Whether a file begins as some other FHIR resource than a TestScript."""
    try:
        with path.open("rb") as file:
            head = file.read(600)
    except OSError:
        return False
    return re.search(rb"<(\w+:)?(?!TestScript)[A-Z]\w+[^>]*xmlns", head) is not None


def selected(name: str, identity: str, only: Sequence[str]) -> bool:
    """Whether a script is chosen by ``--only``: a part of its path, its id, or a pattern with ``*``."""
    if not only:
        return True
    text = name.replace("\\", "/").lower()
    for word in (word.lower() for word in only):
        if word in text or word == identity.lower() or fnmatch.fnmatch(text, word):
            return True
    return False


def problem_result(item: Item, error: HarnessError, blame: Blame = Blame.CONFIGURATION) -> ScriptResult:
    """Result of a script that cannot be loaded, prepared or executed: an error with its reason."""
    expected = error.wanted or A_SCRIPT
    received = shortened(joined(error.where, error.message, error.seen), 300)
    finding = ScriptFinding(
        verdict=Verdict.ERROR,
        criterion="script",
        where=Place(),
        blame=blame,
        expected=said(expected, "en"),
        received=said(received, "en"),
        nl=dutch(expected, received),
        next_step=error.next_step if error.next_step.en else error.message,
        mode="engine",
    )
    script = item.script
    return ScriptResult(
        id=script.id if script else item.path.stem,
        file=item.file,
        role=script.info.role if script else "",
        side=script.side if script else "",
        title=script.title if script else "",
        verdict=Verdict.ERROR,
        asserts=counts(()),
        findings=(finding,),
        standard=script.info.standard if script else "",
        goal=script.info.goal if script else "",
        variant=script.info.variant if script else "",
    )


def fingerprint(item: Item, plan: Plan, target: str) -> str:
    """Identity of a result for resuming: script text, T, target and tokens."""
    digest = hashlib.sha256(item.path.read_bytes() if item.path.is_file() else b"")
    digest.update(
        f"{plan.t}|{target}|{sorted(plan.tokens.items())}|{sorted(plan.overrides.items())}".encode()
    )
    return digest.hexdigest()[:16]
