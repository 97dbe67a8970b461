"""Sensitivity of the TestScript engine: can every official assert be made to fail?

::

    python benchmarks/testscript_sensitivity.py FOLDER [--package PATH]... [--json] [--survivors]

Every script runs once against our own server; its exchanges are then replayed with one of them mutated (element
dropped, renamed, recoded, repeated, reordered; wrong status, header, type, body; request changed for the asserts on
requests). A distinct assert is killed when some mutant makes it fail. Bar: >= 95 % of the distinct asserts that are
not warnings. Survivors are listed with the reason.
"""

from __future__ import annotations

import argparse
import copy
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from harness.core.run.exchanges import Request, Response
from harness.core.verdicts import Verdict
from harness.fhir.codec import documents as codec
from harness.testscript.execute.execution import Execution
from harness.testscript.execute.need import Performed
from harness.testscript.execute.transport import in_process
from harness.testscript.judge.bodies import body_of
from harness.testscript.judge.case import NOTHING, ProfileAnswer
from harness.testscript.own.server import OwnServers, lenient
from harness.testscript.plan.items import Item, collect
from harness.testscript.plan.plan import Plan
from harness.testscript.plan.validators import ProfileChecks
from harness.testscript.read.model import Assert
from harness.testscript.run.own import as_pgo, offline

BAR = 95.0
LIMIT = 600
"""Mutants per exchange at most."""
Key = tuple[str, ...]
BSN = "http://fhir.nl/fhir/NamingSystem/bsn"


def key_of(check: Assert) -> Key:
    """What makes an assert distinct: its criterion as written."""
    extra = f"{check.rule.rule_id}{check.rule.parameters}" if check.rule else ""
    return (check.criterion, check.subject, check.operator, check.value or "", check.direction, extra)


# -- mutants of a resource -----


def paths(node: Any, prefix: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every path in a JSON document, parents first."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, value in items:
        yield (*prefix, name)
        yield from paths(value, (*prefix, name))


def shape(path: tuple[Any, ...]) -> tuple[Any, ...]:
    """A path without indexes."""
    return tuple(part for part in path if not isinstance(part, int))


def at(node: Any, path: tuple[Any, ...]) -> Any:
    """The value at a path."""
    for part in path:
        node = node[part]
    return node


def recoded(value: Any) -> Any:
    """Another value of the same JSON kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, Decimal)):
        return value + 1000
    return f"mutated-{value[:20]}" if isinstance(value, str) else value


def mutants(resource: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Mutants of a resource with a name, most general first."""
    everywhere: dict[tuple[Any, ...], list[tuple[Any, ...]]] = {}
    for path in paths(resource):
        everywhere.setdefault(shape(path), []).append(path)

    def changed(name: str, chosen: list[tuple[Any, ...]], how: str) -> Iterator[tuple[str, dict[str, Any]]]:
        twin = copy.deepcopy(resource)
        for path in sorted(chosen, key=len, reverse=True):
            parent, last = at(twin, path[:-1]), path[-1]
            if how == "drop" and isinstance(parent, dict):
                parent.pop(last, None)
            elif how == "rename" and isinstance(parent, dict):
                parent[f"{last}X"] = parent.pop(last)
            elif how == "recode":
                parent[last] = recoded(parent[last])
        yield f"{how} {name}", twin

    entries = resource.get("entry", [])
    yield "type Basic", {**resource, "resourceType": "Basic"}
    if isinstance(entries, list) and entries:
        yield "no entries", {k: v for k, v in resource.items() if k != "entry"}
        yield "twice", {**resource, "entry": entries + copy.deepcopy(entries)}
        yield "reversed", {**resource, "entry": entries[::-1]}
        for number in range(min(len(entries), 40)):
            yield f"drop entry {number}", {**resource, "entry": entries[:number] + entries[number + 1 :]}
            yield f"repeat entry {number}", {**resource, "entry": [*entries, copy.deepcopy(entries[number])]}
        twin = copy.deepcopy(resource)
        for entry in twin["entry"]:
            entry["fullUrl"] = "relative/url"
        yield "relative fullUrl", twin
        twin = copy.deepcopy(resource)
        inner = twin["entry"][0].get("resource", {})
        inner["identifier"] = [{"system": BSN, "value": "999990019"}]
        yield "BSN", twin
        for name in ("OperationOutcome", "Patient", "DocumentManifest"):
            extra = {
                "resource": {"resourceType": name},
                "search": {"mode": "match"},
                "request": {"method": "PUT", "url": "x"},
            }
            yield f"add {name}", {**resource, "entry": [*entries, extra]}
        for method in ("PUT", "POST"):
            twin = copy.deepcopy(resource)
            for entry in twin["entry"]:
                entry["request"] = {"method": method, "url": "x"}
                entry.pop("fullUrl", None)
            yield f"method {method} without fullUrl", twin
    if "link" in resource or resource.get("resourceType") == "Bundle":
        yield (
            "BSN in link",
            {**resource, "link": [{"relation": "self", "url": f"https://x?identifier={BSN}|1"}]},
        )
        yield "total", {**resource, "total": 9999}
    zib = copy.deepcopy(resource)
    for path in everywhere.get(("entry", "resource", "code", "coding", "system"), []) or [
        p for s, ps in everywhere.items() if s[-2:] == ("coding", "system") for p in ps
    ]:
        at(zib, path[:-1])["system"] = "urn:oid:2.16.840.1.113883.2.4.3.11.60.40.2.1"
    yield "zib OID as system", zib
    # an element everywhere, then at its first and last place; elements of one object together
    for how in ("drop", "recode", "rename"):
        for name, found in everywhere.items():
            yield from changed(".".join(name), found, how)
    for name, found in everywhere.items():
        if len(found) > 1:
            yield from changed(".".join(name) + " (first)", found[:1], "drop")
            yield from changed(".".join(name) + " (last)", found[-1:], "recode")
    for left, right in (("display", "text"), ("system", "type"), ("fullUrl", "id"), ("code", "display")):
        both = [p for s, ps in everywhere.items() if s[-1] in (left, right) for p in ps]
        if both:
            yield from changed(f"{left} and {right}", both, "drop")


def message_mutants(
    performed: Performed, plan_model: Any, sides: set[str]
) -> Iterator[tuple[str, Performed]]:
    """Mutants of one exchange, on the sides that open asserts look at."""
    request, response = performed.request, performed.response
    assert response is not None
    for status in (200, 201, 204, 302, 400, 401, 404, 410, 500):
        if status != response.status:
            yield f"status {status}", replace(performed, response=with_(response, status=status))
    yield (
        "text/plain",
        replace(performed, response=with_(response, headers=(("Content-Type", "text/plain"),))),
    )
    yield "no headers", replace(performed, response=with_(response, headers=()))
    yield "no body", replace(performed, response=with_(response, body=b""))
    yield (
        "html",
        replace(
            performed, response=with_(response, body=b"<html/>", headers=(("Content-Type", "text/html"),))
        ),
    )
    outcome = b'{"resourceType":"OperationOutcome","issue":[{"severity":"warning","code":"invalid"}]}'
    yield (
        "outcome",
        replace(
            performed,
            response=with_(response, body=outcome, headers=(("Content-Type", "application/fhir+json"),)),
        ),
    )
    yield "no request headers", replace(performed, request=with_(request, headers=()))
    for name in ("patient", "subject", "owner"):
        joiner = "&" if "?" in request.url else "?"
        yield (
            f"{name} in URL",
            replace(performed, request=with_(request, url=f"{request.url}{joiner}{name}=1")),
        )
    yield "no query", replace(performed, request=with_(request, url=request.url.split("?")[0]))
    for side, message in (("request", request), ("response", response)):
        if side not in sides:
            continue
        kind = next((v for k, v in message.headers if k.lower() == "content-type"), "")
        body = body_of(message.body, kind, plan_model)
        if body.resource is None:
            continue
        for name, mutant in mutants(body.resource):
            data = codec.to_json(mutant)
            headers = tuple(h for h in message.headers if h[0].lower() != "content-type")
            changed = with_(message, body=data, headers=(*headers, ("Content-Type", "application/fhir+json")))
            yield f"{side}: {name}", replace(performed, **{side: changed})


def with_(message: Any, **more: Any) -> Any:
    """A request or response with some fields changed."""
    fields = {name: getattr(message, name) for name in message.__struct_fields__}
    return (Request if isinstance(message, Request) else Response)(**{**fields, **more})


# -- replay -----


class Bench:
    """State of the whole measurement."""

    def __init__(self, folder: Path, packages: list[str], t: date) -> None:
        self.plan = Plan(t, profiles=ProfileChecks(tuple(packages)))
        self.servers = OwnServers(self.plan.t)
        self.items = collect([folder], self.plan)
        self.asserts: dict[Key, list[str]] = {}
        self.killed: dict[Key, str] = {}
        self.warned: set[Key] = set()
        self.mutants = 0

    def run(self) -> None:
        """All scripts."""
        for item in self.items:
            assert item.script is not None
            for block in (item.script.setup, *item.script.tests, item.script.teardown):
                for action in block.actions if block else ():
                    if isinstance(action, Assert) and not action.warning_only:
                        self.asserts.setdefault(key_of(action), []).append(item.file)
        for item in self.items:
            self.script(item)

    def todo(self, item: Item) -> dict[str, Key]:
        """Asserts of a script that are not killed yet, by their place."""
        script = item.script
        assert script is not None
        return {
            action.key: key_of(action)
            for block in (script.setup, *script.tests, script.teardown)
            for action in (block.actions if block else ())
            if isinstance(action, Assert) and not action.warning_only and key_of(action) not in self.killed
        }

    def script(self, item: Item) -> None:
        """Replay one script with mutants until all its asserts are killed."""
        open_asserts = self.todo(item)
        if not open_asserts:
            return
        script = item.script
        assert script is not None
        loaded = self.servers.for_script(script)
        settings = self.plan.settings(script, self.servers.base, self.servers.base, loaded.server.model)
        real = settings.profiles
        wanted = {key[1] for key in open_asserts.values() if key[0] == "validateProfileId"}

        def profiles(body: Any, canonical: str) -> ProfileAnswer:
            return real(body, canonical) if wanted else ProfileAnswer(False, (), NOTHING)

        settings.profiles = profiles
        original = self.record(item, settings, loaded)
        for index, performed in enumerate(original):
            if performed.response is None:
                continue
            for number, (name, mutant) in enumerate(
                message_mutants(performed, settings.model, {key[4] for key in open_asserts.values()})
            ):
                if number >= LIMIT:
                    break
                self.mutants += 1
                replayed = [*original[:index], mutant, *original[index + 1 :]]
                for step in self.replay(item, settings, replayed):
                    key = open_asserts.get(step.action)
                    if key is not None and step.verdict is Verdict.FAIL:
                        self.killed.setdefault(key, f"{item.file}: {name}")
                open_asserts = self.todo(item)
                wanted = {key[1] for key in open_asserts.values() if key[0] == "validateProfileId"}
                if not open_asserts:
                    return

    def record(self, item: Item, settings: Any, loaded: Any) -> list[Performed]:
        """The exchanges of one honest run."""
        script = item.script
        assert script is not None
        server = loaded.server.fork()
        own = loaded.server.fork(authorize=lenient(loaded.server.authorize))
        send = offline(server.handle, self.servers.base, [d.url for d in loaded.server.options.documents])
        execution = Execution(script, settings)
        performed: list[Performed] = []
        need = execution.start()
        while need is not None:
            request = as_pgo(need.request, "json") if need.actor == "client" else need.request
            done = in_process(own.handle)(request) if need.actor == "own" else send(request)
            performed.append(done)
            need = execution.feed(done)
        return performed

    def replay(self, item: Item, settings: Any, exchanges: list[Performed]) -> list[Any]:
        """Asserts of a script over given exchanges."""
        assert item.script is not None
        execution = Execution(item.script, settings)
        need = execution.start()
        for performed in exchanges:
            if need is None:
                break
            need = execution.feed(performed)
        return [step for step in execution.progress.steps if step.kind == "assert"]


def reason(key: Key) -> str:
    """Why an assert cannot be killed, as far as its text says."""
    subject = key[1]
    if "Bundle.response" in subject or (".response.status.all" in subject and "entry" not in subject):
        return "vacuous: the path does not exist, so all() looks at nothing"
    if key[0] == "responseCode" and key[2] in ("notIn", "notEquals"):
        return "only one status would break it"
    if "implies" in subject:
        return "holds for every value by its text"
    return "no mutant breaks it"


def main() -> int:
    """Run the benchmark; exit 1 when the bar is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--package", action="append", default=[])
    parser.add_argument("--at", default="2026-03-01")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--survivors", action="store_true", help="list survivors with their reason")
    options = parser.parse_args()
    started = time.perf_counter()
    bench = Bench(options.folder, options.package, date.fromisoformat(options.at))
    bench.run()
    seconds = time.perf_counter() - started
    survivors = [key for key in bench.asserts if key not in bench.killed]
    share = 100 * len(bench.killed) / max(1, len(bench.asserts))
    listed = [
        {"assert": " ".join(part for part in key if part)[:300], "script": bench.asserts[key][0], "uses": len(bench.asserts[key]),
         "reason": reason(key)}
        for key in survivors
    ]  # fmt: skip
    if options.json:
        print(json.dumps({
            "scripts": len(bench.items), "distinct": len(bench.asserts), "killed": len(bench.killed), "share": round(share, 2),
            "mutants": bench.mutants, "seconds": round(seconds, 1), "survivors": listed, "pass": share >= BAR,
        }, indent=1))  # fmt: skip
    else:
        print(
            f"{len(bench.items)} scripts, {len(bench.asserts)} distinct non-warning asserts, {bench.mutants} mutants"
        )
        print(f"killed {len(bench.killed)} = {share:.1f} % (bar {BAR} %) in {seconds:.0f} s")
        for item in listed if options.survivors else listed[:10]:
            print(
                f"  survivor ({item['uses']}x) {item['reason']}: {item['assert'][:160]}\n    {item['script']}"
            )
    return 0 if share >= BAR else 1


if __name__ == "__main__":
    sys.exit(main())
