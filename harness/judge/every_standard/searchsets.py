"""Judges of the checks that every standard shares: searchsets, formats, one person, and the PGO's requests.

Each function decides one requirement number for all four standards (``HG-``, ``PD-``, ``EA-``,
``ZM-GEN-nnn``); the cell's standard says which id it speaks about.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qsl, unquote, urlsplit

from harness.core.issues import shorten
from harness.core.run.exchanges import header, media_type
from harness.core.run.findings import Finding
from harness.core.text import Text
from harness.judge.every_standard.answers import (
    OFFENDERS,
    Answer,
    Json,
    dates,
    objects,
    queries,
    reference_of,
    requests,
    searches,
    searchsets,
    text,
    true,
)
from harness.judge.every_standard.bundles import RULES, check_bundle
from harness.judge.registry import judge
from harness.judge.view import FHIR_JSON, FHIR_XML, CellView, body_format

PREFIXES: dict[str, str] = {
    "huisartsgegevens-2.0": "HG",
    "pdfa-3.0": "PD",
    "eafspraak-2.0": "EA",
    "zelfmetingen-2.0": "ZM",
}
IDENTIFYING = ("patient", "subject", "owner")
"""Search parameters that would point at the person."""


def ids(topic: str, *numbers: str) -> list[str]:
    """Requirement ids of all standards for a topic and numbers."""
    return [f"{prefix}-{topic}-{number}" for prefix in PREFIXES.values() for number in numbers]


def own(view: CellView, topic: str, number: str) -> str:
    """The requirement id of the cell's standard."""
    return f"{PREFIXES[view.cell.standard]}-{topic}-{number}"


@judge(*ids("GEN", "001"))
def status(view: CellView) -> Iterator[Finding]:
    """A search is answered with 200 or 201."""
    requirement = own(view, "GEN", "001")
    for answer in searches(view):
        if answer.answered:
            yield view.ok(requirement, answer.exchange, received=str(answer.status))
        else:
            yield view.fail(
                requirement,
                exchange=answer.exchange,
                path="status",
                expected="200",
                received=str(answer.status) if answer.status else answer.exchange.error or "no response",
            )


@judge(*ids("GEN", "002"))
def searchset(view: CellView) -> Iterator[Finding]:
    """The answer to a search is a Bundle of type searchset."""
    requirement = own(view, "GEN", "002")
    for answer in searches(view):
        if not answer.answered:
            continue
        if answer.bundle and true("Bundle.type = 'searchset'", answer.context):
            yield view.ok(requirement, answer.exchange, mode="fhirpath:hapi")
            continue
        kind = text(answer.resource.get("resourceType")) or media_type(answer.exchange.response.headers)  # type: ignore[union-attr]
        line, column = answer.line("Bundle.type")
        yield view.fail(
            requirement,
            exchange=answer.exchange,
            path="Bundle.type" if answer.bundle else "",
            line=line,
            column=column,
            expected="Bundle, type searchset",
            received=shorten(f"{kind} {text(answer.resource.get('type'))}".strip() or "empty body"),
            mode="fhirpath:hapi",
        )


@judge(*ids("GEN", *(rule.number for rule in RULES)))
def bundle_checks(view: CellView) -> Iterator[Finding]:
    """The official checks of every Bundle that has entries: an empty one shows nothing."""
    for answer in searchsets(view):
        if not answer.entries:
            continue
        for rule in RULES:
            yield from check_bundle(view, answer, rule, own(view, "GEN", rule.number))


@judge(*ids("GEN", "013"))
def total(view: CellView) -> Iterator[Finding]:
    """``total`` is absent or at most the number of matches on this page."""
    requirement = own(view, "GEN", "013")
    holds = (
        "Bundle.total.exists() implies (Bundle.total.toInteger() <= "
        "Bundle.entry.where(search.empty() or search.mode = 'match').count())"
    )
    for answer in searchsets(view):
        if true(holds, answer.context):
            yield view.ok(requirement, answer.exchange, mode="fhirpath:hapi")
            continue
        matches = sum(
            1
            for entry in answer.entries
            if not isinstance(entry.get("search"), dict) or entry["search"].get("mode") == "match"
        )
        line, column = answer.line("Bundle.total")
        yield view.fail(
            requirement,
            exchange=answer.exchange,
            path="Bundle.total",
            line=line,
            column=column,
            expected=f"<= {matches}",
            received=shorten(answer.resource.get("total")),
            next_step=Text(
                nl="Tel alleen treffers die in deze Bundle staan; meegeleverde resources tellen niet mee.",
                en="Count only matches that are in this Bundle; included resources do not count.",
            ),
            mode="fhirpath:hapi",
        )


def _links(answer: Answer) -> list[tuple[str, str]]:
    return [
        (text(link.get("relation")), text(link.get("url"))) for link in objects(answer.resource.get("link"))
    ]


@judge(*ids("GEN", "014"))
def self_link(view: CellView) -> Iterator[Finding]:
    """There is a self link with a URL."""
    requirement = own(view, "GEN", "014")
    for answer in searchsets(view):
        if true("Bundle.link.where(relation = 'self' and url.exists()).exists()", answer.context):
            yield view.ok(requirement, answer.exchange, mode="fhirpath:hapi")
        else:
            yield view.fail(
                requirement,
                exchange=answer.exchange,
                path="Bundle.link",
                expected="link with relation self",
                received=", ".join(relation for relation, _ in _links(answer)) or "no link",
                mode="fhirpath:hapi",
            )


@judge(*ids("GEN", "015"))
def no_bsn_in_links(view: CellView) -> Iterator[Finding]:
    """No link mentions the BSN naming system or a BSN."""
    requirement = own(view, "GEN", "015")
    for answer in searchsets(view):
        bad = [
            (index, relation)
            for index, (relation, url) in enumerate(_links(answer))
            if "NamingSystem/bsn" in unquote(url) or "[bsn:" in url
        ]
        if not bad:
            yield view.ok(requirement, answer.exchange)
        for index, relation in bad:
            path = f"Bundle.link[{index}].url"
            line, column = answer.line(path)
            yield view.fail(
                requirement,
                exchange=answer.exchange,
                path=path,
                line=line,
                column=column,
                expected="no http://fhir.nl/fhir/NamingSystem/bsn",
                received=f"link {relation} mentions the BSN",
                next_step=Text(
                    nl="Het HIS zoekt met het BSN, maar de self-link mag die zoekparameter niet tonen: "
                    "herhaal alleen de parameters die de PGO stuurde.",
                    en="The HIS searches with the BSN, but the self link may not show that parameter: "
                    "repeat only the parameters that the PGO sent.",
                ),
            )


@judge(*ids("GEN", "016"))
def self_link_echo(view: CellView) -> Iterator[Finding]:
    """The self link repeats every parameter of the request (values may gain or lose a ``Type/`` prefix)."""
    requirement = own(view, "GEN", "016")
    for answer in searchsets(view):
        found = next((url for relation, url in _links(answer) if relation == "self"), None)
        if found is None:
            continue
        echoed = parse_qsl(urlsplit(found).query, keep_blank_values=True)
        asked = parse_qsl(urlsplit(answer.exchange.request.url).query, keep_blank_values=True)
        lost = [
            f"{name}={value}"
            for name, value in asked
            if name != "_format" and not any(name == key and _same_value(value, got) for key, got in echoed)
        ]
        if lost:
            yield view.fail(
                requirement,
                exchange=answer.exchange,
                path="Bundle.link",
                expected=shorten("&".join(lost)),
                received=shorten(unquote(urlsplit(found).query) or "no parameters"),
            )
        else:
            yield view.ok(requirement, answer.exchange)


def _same_value(asked: str, echoed: str) -> bool:
    if asked == echoed or asked.strip("|") == echoed.strip("|"):
        return True
    return (
        asked.split("/")[-1] == echoed.split("/")[-1] and "/" in asked + echoed and "|" not in asked + echoed
    )


@judge(*ids("GEN", "017"))
def one_page(view: CellView) -> Iterator[Finding]:
    """There is only a self link: everything is on one page."""
    requirement = own(view, "GEN", "017")
    for answer in searchsets(view):
        others = [relation for relation, _ in _links(answer) if relation != "self"]
        if others:
            yield view.fail(
                requirement,
                exchange=answer.exchange,
                path="Bundle.link",
                expected="self",
                received=", ".join(others),
            )
        else:
            yield view.ok(requirement, answer.exchange)


@judge(*ids("GEN", "019"))
def asked_format(view: CellView) -> Iterator[Finding]:
    """JSON when JSON was asked for, XML when XML was."""
    requirement = own(view, "GEN", "019")
    for answer in searches(view):
        if not answer.answered or answer.format == "native" or answer.exchange.response is None:
            continue
        kind = media_type(answer.exchange.response.headers)
        if body_format(kind) == answer.format:
            yield view.ok(requirement, answer.exchange, received=kind)
        else:
            yield view.fail(
                requirement,
                exchange=answer.exchange,
                path="Content-Type",
                expected=FHIR_JSON[0] if answer.format == "json" else FHIR_XML[0],
                received=kind or "no Content-Type",
            )


@judge(*ids("GEN", "020"))
def readable(view: CellView) -> Iterator[Finding]:
    """The body can be read as FHIR without defects of syntax or unknown elements."""
    requirement = own(view, "GEN", "020")
    for answer in searches(view):
        if not answer.answered or answer.document is None:
            continue
        defects = [issue for issue in answer.document.issues if issue.severity == "error"]
        if not defects:
            yield view.ok(requirement, answer.exchange, mode="codec")
        for issue in defects[:OFFENDERS]:
            yield view.fail(
                requirement,
                exchange=answer.exchange,
                path=issue.path,
                line=issue.line,
                column=issue.column,
                expected=issue.expected,
                received=issue.received or issue.message.en,
                next_step=issue.message,
                rule=issue.rule,
                mode="codec",
            )


@judge(*ids("GEN", "021"))
def same_in_both_formats(view: CellView) -> Iterator[Finding]:
    """The JSON and the XML answer of one search hold the same resources."""
    requirement = own(view, "GEN", "021")
    by_operation: dict[str, dict[str, Answer]] = {}
    for answer in searchsets(view):
        by_operation.setdefault(answer.query.operation, {})[answer.format] = answer
    pairs = [both for both in by_operation.values() if {"json", "xml"} <= both.keys()]
    if by_operation and not pairs:
        yield view.not_tested(
            requirement,
            Text(nl="de PGO vroeg maar één formaat", en="the PGO asked for one format only"),
        )
    for both in pairs:
        in_json, in_xml = (_identities(both[name]) for name in ("json", "xml"))
        if in_json == in_xml:
            yield view.ok(requirement, both["xml"].exchange)
        else:
            missing = sorted(in_json - in_xml) or sorted(in_xml - in_json)
            side = "XML" if in_json - in_xml else "JSON"
            yield view.fail(
                requirement,
                exchange=both["xml"].exchange,
                expected=shorten(", ".join(missing)),
                received=f"not in {side}",
            )


def _identities(answer: Answer) -> set[str]:
    return {f"{item.get('resourceType')}/{item.get('id')}" for _, item in answer.resources}


def patient_references(resource: Json) -> list[tuple[str, str]]:
    """``(path, Patient/id)`` of everything in a resource that says whose record it is."""
    found = []
    if resource.get("resourceType") == "Patient" and text(resource.get("id")):
        found.append(("id", f"Patient/{resource['id']}"))
    for key in ("subject", "patient"):
        found.append((f"{key}.reference", reference_of(resource.get(key))))
    for index, participant in enumerate(objects(resource.get("participant"))):
        found.append((f"participant[{index}].actor.reference", reference_of(participant.get("actor"))))
    kept = []
    for path, reference in found:
        parts = reference.split("/_history/")[0].split("/")
        if len(parts) >= 2 and parts[-2] == "Patient":
            kept.append((path, f"Patient/{parts[-1]}"))
    return kept


@judge(*ids("GEN", "022"))
def one_person(view: CellView) -> Iterator[Finding]:
    """Every resource of the cell is about the same patient."""
    requirement = own(view, "GEN", "022")
    seen: list[tuple[Answer, str, str]] = [
        (answer, f"{path}.{step}", patient)
        for answer in searchsets(view)
        for path, resource in answer.resources
        for step, patient in patient_references(resource)
    ]
    if not seen:
        return
    tally: dict[str, int] = {}
    for _, _, patient in seen:
        tally[patient] = tally.get(patient, 0) + 1
    usual = max(sorted(tally), key=lambda patient: tally[patient])
    strangers = [item for item in seen if item[2] != usual]
    if not strangers:
        yield view.ok(requirement, seen[0][0].exchange, received=usual)
    for answer, path, patient in strangers[:OFFENDERS]:
        line, column = answer.line(path)
        yield view.fail(
            requirement,
            exchange=answer.exchange,
            path=path,
            line=line,
            column=column,
            expected=usual,
            received=patient,
            next_step=Text(
                nl="Gegevens van een andere persoon in het antwoord: filter elke zoekvraag op de persoon "
                "van het token. Dit is een blokkerende bevinding.",
                en="Data of another person in the answer: filter every search on the person of the token. "
                "This is a blocking finding.",
            ),
        )


def _points_at_person(parameter: str) -> bool:
    """Whether a search parameter (modifier and chain aside) selects by person."""
    return parameter.split(":")[0].split(".")[0] in IDENTIFYING


# -- the PGO's side ---------------------------------------------------------------------------------


@judge(*ids("REQ", "001"))
def no_identifying_parameter(view: CellView) -> Iterator[Finding]:
    """The PGO's requests do not point at the person."""
    requirement = own(view, "REQ", "001")
    for answer in requests(view):
        url = answer.exchange.request.url
        bad = [
            name
            for name, value in parse_qsl(urlsplit(url).query, keep_blank_values=True)
            if name.split(":")[0].split(".")[0] in IDENTIFYING
            or "NamingSystem/bsn" in value
            or "[bsn:" in value
        ]
        if bad:
            yield view.fail(
                requirement,
                exchange=answer.exchange,
                path="url",
                expected="no patient, subject, owner or BSN",
                received=", ".join(bad),
            )
        else:
            yield view.ok(requirement, answer.exchange)


@judge(*ids("REQ", "002"))
def prescribed_queries(view: CellView) -> Iterator[Finding]:
    """Every query that the official client scripts ask was sent with exactly its parameters."""
    requirement = own(view, "REQ", "002")
    sent = requests(view)
    if not sent:
        return
    resolver = dates(view)
    for query in queries(view):
        if query.each is not None or query.body or not query.search or not _client_case(query.official):
            continue
        tried = [item for item in sent if item.query.operation == query.operation]
        wrong = [item for item in tried if not _asked(item, resolver)]
        expected = "&".join(f"{name}={value}" for name, value in query.resolved(resolver))
        if not tried:
            yield view.fail(
                requirement,
                expected=shorten(f"{query.method} {query.path}?{expected}"),
                received="not sent in this run",
            )
        for item in wrong[:OFFENDERS]:
            yield view.fail(
                requirement,
                exchange=item.exchange,
                path="url",
                expected=shorten(f"{query.path}?{expected}"),
                received=shorten(unquote(item.exchange.request.url)),
            )
        if tried and not wrong:
            yield view.ok(requirement, tried[0].exchange)


def _client_case(official: tuple[str, ...]) -> bool:
    return any("-phr-" in name for name in official)


def _asked(item: Answer, resolver: object) -> bool:
    """Whether the request is the query, parameters that point at the person aside (REQ-001 reports those)."""
    if item.as_prescribed:
        return True
    sent = [
        pair
        for pair in parse_qsl(urlsplit(item.exchange.request.url).query, keep_blank_values=True)
        if not _points_at_person(pair[0]) and pair[0] != "_format"
    ]
    return sorted(sent) == sorted(item.query.resolved(resolver))  # type: ignore[arg-type]


@judge(*ids("REQ", "003"))
def bearer(view: CellView) -> Iterator[Finding]:
    """Every request carries a Bearer token, except the one that must be refused."""
    requirement = own(view, "REQ", "003")
    for answer in requests(view):
        if answer.query.authorization == "none":
            continue
        if answer.authorized:
            yield view.ok(requirement, answer.exchange)
        else:
            scheme = (header(answer.exchange.request.headers, "authorization") or "none").split(" ")[0]
            yield view.fail(
                requirement,
                exchange=answer.exchange,
                path="Authorization",
                expected="Bearer …",
                received=scheme,
            )
