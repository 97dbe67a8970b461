"""A small script set of our own making, written to a folder: same layout as the official ones."""

from __future__ import annotations

import json
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

NS = 'xmlns="http://hl7.org/fhir"'
SUT = "http://fhir.interoplab.eu/fhir/StructureDefinition/Interoplab-CL-ext-SUT"
TOKEN = "Bearer 11111111-2222-3333-4444-555555555555"
PATIENT = "kit-patient"

RULE = "http://touchstone.aegis.net/touchstone/fhir/testing/StructureDefinition/testscript-rule"
ASSERT_RULE = "http://touchstone.aegis.net/touchstone/fhir/testing/StructureDefinition/testscript-assert-rule"
QUERY_PARAMETER = (
    "http://fhir.interoplab.eu/fhir/StructureDefinition/Interoplab-CL-ext-assert-query-parameter"
)


def value(name, text):
    return f"<{name} value={quoteattr(str(text))}/>"


def party(kind, sut):
    return (
        f'<{kind}><extension url="{SUT}"><valueBoolean value="{str(sut).lower()}"/></extension>'
        f'<index value="1"/><profile><code value="FHIR-{"Client" if kind == "origin" else "Server"}"/></profile></{kind}>'
    )


def operation(
    code,
    resource="",
    params="",
    *,
    url="",
    own=False,
    source="",
    response="",
    accept="json",
    headers=None,
    **more,
):
    parts = [f"<type><code value={quoteattr(code)}/></type>"]
    if resource:
        parts.append(value("resource", resource))
    if accept:
        parts.append(value("accept", accept))
    if not own:
        parts += ['<destination value="1"/>', '<origin value="1"/>']
    if params:
        parts.append(value("params", params))
    for name, text in ({"Authorization": "${token}"} if headers is None else headers).items():
        parts.append(f"<requestHeader>{value('field', name)}{value('value', text)}</requestHeader>")
    if response:
        parts.append(value("responseId", response))
    if source:
        parts.append(value("sourceId", source))
    if url:
        parts.append(value("url", url))
    parts += [value(name, text) for name, text in more.items()]
    return f"<action><operation>{''.join(parts)}</operation></action>"


def check(*, warning=False, stop=None, extension="", **fields):
    parts = [extension] + [value(name, text) for name, text in fields.items()]
    if stop is not None:
        parts.append(value("stopTestOnFail", str(stop).lower()))
    parts.append(value("warningOnly", str(warning).lower()))
    return f"<action><assert>{''.join(parts)}</assert></action>"


def rule(identity, **parameters):
    inner = "".join(
        f'<extension url="param"><extension url="name"><valueString value="{name}"/></extension>'
        f'<extension url="value"><valueString value={quoteattr(text)}/></extension></extension>'
        for name, text in parameters.items()
    )
    return f'<extension url="{ASSERT_RULE}"><extension url="ruleId"><valueId value="{identity}"/></extension>{inner}</extension>'


def script(
    *actions,
    identity="kit",
    sut="server",
    variables="",
    fixtures="",
    profiles="",
    setup="",
    tests=None,
    teardown="",
):
    parties = {
        "server": party("origin", False) + party("destination", True),
        "client": party("origin", True) + party("destination", False),
        "load": "",
    }[sut]
    bodies = tests if tests is not None else [actions]
    blocks = "".join(f'<test id="t{n}">{"".join(body)}</test>' for n, body in enumerate(bodies))
    return (
        f'<?xml version="1.0"?>\n<TestScript {NS}><id value="{identity}"/><title value="{escape(identity)}"/>\n'
        f"{parties}{profiles}{fixtures}"
        f'<variable><name value="token"/><defaultValue value="{TOKEN}"/></variable>{variables}'
        f"{f'<setup>{setup}</setup>' if setup else ''}{blocks}{f'<teardown>{teardown}</teardown>' if teardown else ''}</TestScript>"
    )


def fixture(identity, reference):
    return (
        f'<fixture id="{identity}"><autocreate value="false"/><autodelete value="false"/>'
        f'<resource><reference value="{reference}"/></resource></fixture>'
    )


def variable(name, *, default=None, expression=None, source=""):
    parts = [value("name", name)]
    if default is not None:
        parts.append(value("defaultValue", default))
    if expression is not None:
        parts += [value("expression", expression), value("sourceId", source)]
    return f"<variable>{''.join(parts)}</variable>"


PATIENT_XML = f'<Patient {NS}><id value="{PATIENT}"/><name><family value="Kit"/></name><birthDate value="${{DATE, T, Y, -40}}"/></Patient>'


def observation_xml(number, days, code="8867-4"):
    return (
        f'<Observation {NS}><id value="kit-o{number}"/><status value="final"/>'
        f'<code><coding><system value="http://loinc.org"/><code value="{code}"/><display value="x"/></coding></code>'
        f'<subject><reference value="Patient/{PATIENT}"/><display value="Kit"/></subject>'
        f'<effectiveDateTime value="${{DATE, T, D, -{days}}}"/></Observation>'
    )


class Kit:
    """A set in a folder: ``Cert/{XIS-Server,PHR-Client,_LoadResources,_reference}``."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.goal = root / "Kit-1-0" / "MedMij" / "Cert"
        self.reference = self.goal / "_reference" / "resources"
        self.write("_reference/resources/patient.xml", PATIENT_XML)
        for number, days in ((1, 3), (2, 30), (3, 400)):
            self.write(f"_reference/resources/o{number}.xml", observation_xml(number, days))
        names = ("patient", "o1", "o2", "o3")
        load = script(
            sut="load",
            identity="load",
            fixtures="".join(fixture(name, f"../_reference/resources/{name}.xml") for name in names),
            variables=variable("T", default="${CURRENTDATE}")
            + "".join(variable(f"{n}-id", expression="Patient.id" if n == "patient" else "Observation.id", source=n) for n in names),
            setup=operation("purge", "Patient", f"{PATIENT}/$purge", own=True, accept="", headers={"Authorization": TOKEN})
            + check(responseCode="200,204", operator="in"),
            tests=[[
                operation("update", "Patient" if n == "patient" else "Observation", f"/${{{n}-id}}", own=True, source=n,
                          accept="xml", headers={"Authorization": TOKEN}, contentType="xml")
                + check(responseCode="200,201", operator="in")
                for n in names
            ]],
        )  # fmt: skip
        self.write("_LoadResources/load-resources-purgecreateupdate-xml.xml", load)
        for role in ("XIS-Server", "PHR-Client"):
            self.write(f"{role}/properties.json", "\n\n" + json.dumps(self.properties(role)))
        (root / "QualificationTokens.json").write_text(json.dumps([
            {"accessToken": TOKEN, "resourceId": PATIENT, "familyName": "Kit", "qualificationScript": "Kit"},
        ]))  # fmt: skip

    @staticmethod
    def properties(role):
        return {
            "goal": "Cert",
            "fhirVersion": "STU3",
            "informationStandard": "Kit 1.x",
            "usecase": "MedMij",
            "role": {"name": role},
        }

    def write(self, name, text):
        path = self.goal / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def server_script(self, *actions, name="script", **more):
        return self.write(f"XIS-Server/{name}.xml", script(*actions, identity=name, **more))

    def client_script(self, *actions, name="client", **more):
        return self.write(f"PHR-Client/{name}.xml", script(*actions, identity=name, sut="client", **more))
