"""One script against a FHIR server under test."""

from __future__ import annotations

from harness.core.errors import HarnessError
from harness.fhir.model.types import load_model
from harness.testscript.execute.execution import Execution, drive
from harness.testscript.execute.transport import Transport, in_process
from harness.testscript.outcome.results import ScriptResult
from harness.testscript.own.server import OwnServers, lenient
from harness.testscript.plan.items import Item, problem_result
from harness.testscript.plan.plan import Plan


def run_server(item: Item, plan: Plan, base: str, transport: Transport, servers: OwnServers) -> ScriptResult:
    """One script against a server under test.

    :param servers: our own servers, for the operations that are the harness's own.
    """
    try:
        script = item.loaded()
        settings = plan.settings(script, base, servers.base, load_model(script.info.fhir_version))
        transports: dict[str, Transport] = {"server": transport}
        if any(script.by_harness(operation) for operation in script.operations()):
            loaded = servers.for_script(script)
            server = loaded.for_script(script, plan.tokens)
            transports["own"] = in_process(server.fork(authorize=lenient(server.authorize)).handle)
    except HarnessError as error:
        return problem_result(item, error)
    execution = Execution(script, settings)
    drive(execution, transports)
    return execution.result(file=item.file, requirements=plan.requirements(script))
