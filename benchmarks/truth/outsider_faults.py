"""What vendors' developers get wrong, and what they do oddly but rightly: written from the domain and from FHIR alone.

Nothing here knows the judges, the table of content or the operators of the other bench. A fault is a function on a
searchset (or a Binary) or on the request; it says what a reviewer would call it. ``fired`` is false when the data of
the person has nothing that it could spoil.
"""

from __future__ import annotations

import base64
import copy
import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

Json = dict[str, Any]
HG, EA, ZM, PD = "huisartsgegevens-2.0", "eafspraak-2.0", "zelfmetingen-2.0", "pdfa-3.0"


@dataclass(frozen=True)
class Case:
    """One thing that a HIS does otherwise.

    :ivar topic: what a reviewer would call it; ``odd`` is right.
    :ivar change: on the resource that is answered, given the format (``json``, ``xml``) and what others hold.
    :ivar ask: on the URL that the server sees, and on whose record it takes.
    """

    name: str
    standard: str
    topic: str
    change: Callable[[Json, str, Others], None] | None = None
    ask: Callable[[str, str], tuple[str, str]] | None = None
    raw: Callable[[bytes, dict[str, str], str], bytes] | None = None


@dataclass(frozen=True)
class Others:
    """What else the HIS holds: of the patient, what it keeps in, and of another patient."""

    kept: list[Json]
    other: list[Json]


def matches(bundle: Json, kind: str = "") -> list[Json]:
    return [
        item["resource"]
        for item in bundle.get("entry", ())
        if not kind or item["resource"].get("resourceType") == kind
    ]


def strings(node: Any, name: str = "") -> Iterator[tuple[Any, Any, str, str]]:
    """``(parent, key, name of the element, text)``"""
    if isinstance(node, dict):
        for key, value in node.items():
            if isinstance(value, str):
                yield node, key, key, value
            else:
                yield from strings(value, key)
    elif isinstance(node, list):
        for index, value in enumerate(node):
            if isinstance(value, str):
                yield node, index, name, value
            else:
                yield from strings(value, name)


def objects(node: Any) -> Iterator[Json]:
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from objects(value)
    elif isinstance(node, list):
        for value in node:
            yield from objects(value)


SAID = {"text", "display", "description", "comment", "title", "valueString", "div", "family", "line", "city"}
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
DAY = re.compile(r"\d{4}-\d\d-\d\d")


def every_text(change: Callable[[str], str]) -> Callable[[Json, str, Others], None]:
    def apply(bundle: Json, kind: str, others: Others) -> None:
        for resource in matches(bundle):
            for parent, key, name, value in list(strings(resource)):
                if name in SAID and not value.startswith("<div"):
                    parent[key] = change(value)

    return apply


def every_moment(change: Callable[[str], str], *names: str) -> Callable[[Json, str, Others], None]:
    def apply(bundle: Json, kind: str, others: Others) -> None:
        for resource in matches(bundle):
            for parent, key, name, value in list(strings(resource)):
                if MOMENT.fullmatch(value) and name != "lastUpdated" and (not names or name in names):
                    parent[key] = change(value)

    return apply


def every_day(change: Callable[[date], date], *names: str) -> Callable[[Json, str, Others], None]:
    def apply(bundle: Json, kind: str, others: Others) -> None:
        for resource in matches(bundle):
            for parent, key, name, value in list(strings(resource)):
                if DAY.fullmatch(value) and (not names or name in names):
                    parent[key] = change(date.fromisoformat(value)).isoformat()

    return apply


def each(kind: str, change: Callable[[Json], None]) -> Callable[[Json, str, Others], None]:
    def apply(bundle: Json, _: str, others: Others) -> None:
        for resource in matches(bundle, kind):
            change(resource)

    return apply


def mapped(kind: str, element: str, words: dict[str, str]) -> Callable[[Json, str, Others], None]:
    def change(resource: Json) -> None:
        if resource.get(element) in words:
            resource[element] = words[resource[element]]

    return each(kind, change)


def rotated(kind: str, *path: str) -> Callable[[Json, str, Others], None]:
    """Every resource has the value of the one before it (a list that is one row off)."""

    def apply(bundle: Json, _: str, others: Others) -> None:
        holders = []
        for resource in matches(bundle, kind):
            node: Any = resource
            for step in path[:-1]:
                node = (node or {}).get(step) if isinstance(node, dict) else None
                node = node[0] if isinstance(node, list) and node else node
            if isinstance(node, dict) and path[-1] in node:
                holders.append(node)
        values = [copy.deepcopy(node[path[-1]]) for node in holders]
        for node, value in zip(holders, values[-1:] + values[:-1], strict=True):
            node[path[-1]] = value

    return apply


def local_as_utc(value: str) -> str:
    """UTC read from the database, written with the local offset."""
    moment = datetime.fromisoformat(value)
    return (moment - (moment.utcoffset() or timedelta())).isoformat()


def quantities(change: Callable[[Json], None]) -> Callable[[Json, str, Others], None]:
    def apply(bundle: Json, kind: str, others: Others) -> None:
        for resource in matches(bundle, "Observation"):
            for node in objects(resource):
                if "valueQuantity" in node and "value" in node["valueQuantity"]:
                    change(node["valueQuantity"])

    return apply


def to_pounds(quantity: Json) -> None:
    if quantity.get("code") == "kg":
        quantity["value"] = (Decimal(str(quantity["value"])) * Decimal("2.2046")).quantize(Decimal("0.1"))


def to_mg(quantity: Json) -> None:
    if quantity.get("code") == "mmol/L":
        quantity |= {
            "value": (Decimal(str(quantity["value"])) * 18).quantize(Decimal(1)),
            "unit": "mg/dL",
            "code": "mg/dL",
        }


def whole(quantity: Json) -> None:
    quantity["value"] = int(Decimal(str(quantity["value"])))


def tenfold(quantity: Json) -> None:
    quantity["value"] = Decimal(str(quantity["value"])) * 10


def unit_only(quantity: Json) -> None:
    if quantity.get("code") == "mmol/L":
        quantity |= {"unit": "mg/dL", "code": "mg/dL"}


def pressures(resource: Json) -> None:
    parts = resource.get("component", [])
    values = [part.get("valueQuantity") for part in parts]
    if len(parts) >= 2:
        parts[0]["valueQuantity"], parts[1]["valueQuantity"] = values[1], values[0]


def first_page(bundle: Json, kind: str, others: Others) -> None:
    bundle["entry"] = bundle.get("entry", [])[:2]
    if "total" in bundle:
        bundle["total"] = min(bundle["total"], 2)


def joined(bundle: Json, kind: str, others: Others) -> None:
    entries = bundle.get("entry", [])
    again = copy.deepcopy(entries)
    for item in again:
        item["resource"]["id"] = f"{item['resource'].get('id', 'x')}-2"
        item["fullUrl"] = f"{item.get('fullUrl', 'https://his.example/x')}-2"
    bundle["entry"] = entries + again
    if "total" in bundle:
        bundle["total"] *= 2


def merged(kind: str) -> Callable[[Json, str, Others], None]:
    """A row of a patient who was merged into this one by mistake."""

    def apply(bundle: Json, _: str, others: Others) -> None:
        own = matches(bundle, kind)
        strange = [copy.deepcopy(item) for item in others.other if item.get("resourceType") == kind][:1]
        if not own or not strange:
            return
        for name in ("patient", "subject"):
            if name in own[0]:
                strange[0][name] = copy.deepcopy(own[0][name])
        entry = {"fullUrl": f"https://his.example/fhir/{kind}/{strange[0]['id']}", "resource": strange[0],
                 "search": {"mode": "match"}}  # fmt: skip
        bundle["entry"].append(entry)
        if "total" in bundle:
            bundle["total"] += 1

    return apply


def kept_line(others: Others) -> str:
    return next((item["valueString"] for item in others.kept if "valueString" in item), "")


def note_in_comment(bundle: Json, kind: str, others: Others) -> None:
    for resource in matches(bundle, "Observation")[:1]:
        resource["comment"] = f"{resource.get('comment', '')} [intern] {kept_line(others)}".strip()


def note_in_title(bundle: Json, kind: str, others: Others) -> None:
    for resource in matches(bundle, "Composition")[:1]:
        for section in resource.get("section", [])[:1]:
            section["title"] = kept_line(others)


def subjective_section(bundle: Json, kind: str, others: Others) -> None:
    for resource in matches(bundle, "Composition")[:1]:
        section = copy.deepcopy(resource["section"][0])
        section["text"]["div"] = (
            f'<div xmlns="http://www.w3.org/1999/xhtml">{html.escape(kept_line(others))}</div>'
        )
        resource["section"].append(section)


def swapped_names(resource: Json) -> None:
    for name in resource.get("name", []):
        if name.get("given") and name.get("family"):
            name["family"], name["given"] = name["given"][0], [name["family"]]


def only_latest(bundle: Json, kind: str, others: Others) -> None:
    latest: dict[str, Json] = {}
    for entry in bundle.get("entry", []):
        resource = entry["resource"]
        if resource["resourceType"] == "Observation":
            code = str(resource.get("code"))
            if code not in latest or resource.get("effectiveDateTime", "") > latest[code].get(
                "effectiveDateTime", ""
            ):
                latest[code] = resource
    keep = [id(item) for item in latest.values()]
    bundle["entry"] = [
        entry for entry in bundle.get("entry", [])
        if entry["resource"]["resourceType"] != "Observation" or id(entry["resource"]) in keep
    ]  # fmt: skip
    if "total" in bundle:
        bundle["total"] = sum(
            1 for entry in bundle["entry"] if entry.get("search", {}).get("mode") == "match"
        )


def shorter_codes(bundle: Json, kind: str, others: Others) -> None:
    for resource in matches(bundle):
        for node in objects(resource):
            if re.fullmatch(r"[A-Z]\d\d\.\d\d", str(node.get("code", ""))):
                node["code"] = node["code"][:3]


def open_ends(resource: Json) -> None:
    for node in objects(resource):
        period = node.get("period") or node.get("valuePeriod")
        if isinstance(period, dict) and "end" not in period:
            period["end"] = "9999-12-31"


def no_comparator(quantity: Json) -> None:
    quantity.pop("comparator", None)


def without(*names: str) -> Callable[[str, str], tuple[str, str]]:
    """Search parameters that the server does not look at."""

    def ask(url: str, patient: str) -> tuple[str, str]:
        parts = urlsplit(url)
        kept = [(key, value) for key, value in parse_qsl(parts.query) if key.split(":")[0] not in names]
        return urlunsplit(parts._replace(query=urlencode(kept))), patient

    return ask


def later(days: int, *names: str) -> Callable[[str, str], tuple[str, str]]:
    """Bounds of dates that are some days off."""

    def ask(url: str, patient: str) -> tuple[str, str]:
        parts = urlsplit(url)
        moved = []
        for key, value in parse_qsl(parts.query):
            found = DAY.search(value)
            if key in names and found:
                day = date.fromisoformat(found.group()) + timedelta(days=days)
                value = value.replace(found.group(), day.isoformat())
            moved.append((key, value))
        return urlunsplit(parts._replace(query=urlencode(moved))), patient

    return ask


def previous_patient(kind: str) -> Callable[[str, str], tuple[str, str]]:
    """A cache whose key forgets the patient."""
    return lambda url, patient: (url, "bram-lisdodde" if f"/{kind}" in url else patient)


def in_xml(change: Callable[[Json, str, Others], None]) -> Callable[[Json, str, Others], None]:
    """Two code paths: only one of them has the mistake."""
    return lambda bundle, kind, others: change(bundle, kind, others) if kind == "xml" else None


def other_pdf(resource: Json, kind: str, others: Others) -> None:
    strange = next((item for item in others.other if item.get("resourceType") == "Binary"), None)
    if resource.get("resourceType") == "Binary" and strange is not None:
        resource["content"] = strange["content"]


def cut_pdf(resource: Json, kind: str, others: Others) -> None:
    if resource.get("resourceType") == "Binary":
        data = base64.b64decode(resource["content"])
        resource["content"] = base64.b64encode(data[: len(data) * 3 // 4]).decode()


def sample_text(text: str) -> str:
    return text[:20]


FAULTS = [
    Case("utc-with-local-offset", HG, "value", every_moment(local_as_utc)),
    Case("utc-with-local-offset-appointments", EA, "value", every_moment(local_as_utc)),
    Case("varchar-20", HG, "value", every_text(sample_text)),
    Case("mojibake", HG, "value", every_text(lambda text: text.encode().decode("cp1252", "replace"))),
    Case("ascii-only", HG, "value", every_text(lambda text: text.encode("ascii", "replace").decode())),
    Case("double-escaped", HG, "value", every_text(lambda text: html.escape(text).replace("'", "&#39;"))),
    Case("line-breaks-lost", HG, "value", every_text(lambda text: text.replace(" ", "", 1))),
    Case("filter-a-day-late", HG, "selection", ask=later(1, "date")),
    Case("fourteen-months-are-twelve", HG, "selection", ask=later(61, "date")),
    Case("fourteen-months-forgotten", HG, "selection", ask=without("date")),
    Case("period-of-use-forgotten", HG, "selection", ask=without("periodofuse", "category")),
    Case("categories-forgotten", HG, "selection", ask=without("category")),
    Case("appointments-a-day-late", EA, "selection", ask=later(1, "date")),
    Case("appointments-without-filter", EA, "selection", ask=without("date")),
    Case(
        "cached-medication-of-the-previous-patient", HG, "identity", ask=previous_patient("MedicationRequest")
    ),
    Case("cached-episodes-of-the-previous-patient", HG, "identity", ask=previous_patient("EpisodeOfCare")),
    Case("cached-results-of-the-previous-patient", HG, "identity", ask=previous_patient("Observation")),
    Case("cached-appointments-of-the-previous-patient", EA, "identity", ask=previous_patient("Appointment")),
    Case("merged-episode", HG, "identity", merged("EpisodeOfCare")),
    Case("merged-prescription", HG, "identity", merged("MedicationRequest")),
    Case("merged-weight", ZM, "identity", merged("Observation")),
    Case(
        "episodes-all-active",
        HG,
        "status",
        mapped("EpisodeOfCare", "status", {"finished": "active", "onhold": "active"}),
    ),
    Case("results-all-preliminary", HG, "status", mapped("Observation", "status", {"final": "preliminary"})),
    Case(
        "allergies-all-resolved",
        HG,
        "status",
        mapped("AllergyIntolerance", "clinicalStatus", {"active": "resolved"}),
    ),
    Case(
        "allergies-unconfirmed",
        HG,
        "status",
        mapped("AllergyIntolerance", "verificationStatus", {"confirmed": "unconfirmed"}),
    ),
    Case(
        "cancelled-appointments-booked",
        EA,
        "status",
        mapped("Appointment", "status", {"cancelled": "booked", "booked": "pending"}),
    ),
    Case(
        "gender-mapped-wrongly",
        HG,
        "value",
        mapped("Patient", "gender", {"female": "male", "male": "female"}),
    ),
    Case("birth-date-a-day-early", HG, "value", every_day(lambda day: day - timedelta(days=1), "birthDate")),
    Case(
        "date-of-registration",
        HG,
        "value",
        every_day(lambda day: day + timedelta(days=3), "start", "date", "effectiveDateTime"),
    ),
    Case("names-swapped", HG, "value", each("Patient", swapped_names)),
    Case("dosage-of-the-prescription-before", HG, "value", rotated("MedicationRequest", "dosageInstruction")),
    Case(
        "medicine-of-the-prescription-before",
        HG,
        "value",
        rotated("MedicationRequest", "medicationReference"),
    ),
    Case("author-of-the-prescription-before", HG, "value", rotated("MedicationRequest", "authoredOn")),
    Case("values-one-row-off", HG, "value", rotated("Observation", "valueQuantity")),
    Case("display-of-the-next-code", HG, "value", rotated("EpisodeOfCare", "diagnosis")),
    Case("reports-of-the-contact-before", HG, "value", rotated("Composition", "section")),
    Case("descriptions-one-row-off", EA, "value", rotated("Appointment", "description")),
    Case("decimals-lost", HG, "value", quantities(whole)),
    Case("decimal-point-lost", ZM, "value", quantities(tenfold)),
    Case("weight-in-pounds", ZM, "value", quantities(to_pounds)),
    Case("glucose-in-mg", ZM, "value", quantities(to_mg)),
    Case("glucose-with-the-unit-of-mg", ZM, "value", quantities(unit_only)),
    Case("results-with-another-unit", HG, "value", quantities(unit_only)),
    Case("comparator-lost", HG, "value", quantities(no_comparator)),
    Case("systolic-and-diastolic-swapped", ZM, "value", each("Observation", pressures)),
    Case("first-page-only", HG, "selection", first_page),
    Case("joined-twice", HG, "selection", joined),
    Case("joined-twice-measurements", ZM, "selection", joined),
    Case("only-the-latest-of-each-code", ZM, "selection", only_latest),
    Case("sub-codes-cut", HG, "value", shorter_codes),
    Case("open-until-9999", HG, "value", each("MedicationRequest", open_ends)),
    Case("episodes-until-9999", HG, "value", each("EpisodeOfCare", open_ends)),
    Case("internal-note-in-a-comment", HG, "leak", note_in_comment),
    Case("internal-note-as-a-title", HG, "leak", note_in_title),
    Case("subjective-line-in-a-section", HG, "leak", subjective_section),
    Case("xml-values-one-row-off", HG, "value", in_xml(rotated("Observation", "valueQuantity"))),
    Case("xml-without-second-page", ZM, "selection", in_xml(first_page)),
    Case(
        "documents-dated-today",
        PD,
        "value",
        each("DocumentReference", lambda item: item.update(indexed="2026-11-27T09:00:00+01:00")),
    ),
    Case("titles-one-row-off", PD, "value", rotated("DocumentReference", "description")),
    Case("pdf-of-another-patient", PD, "identity", other_pdf),
    Case("pdf-cut-short", PD, "document", cut_pdf),
]


# -- odd, and right ----------------------------------------------------------------------------------------


def utc(value: str) -> str:
    return datetime.fromisoformat(value).astimezone(__import__("datetime").UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def absolute(bundle: Json, kind: str, others: Others) -> None:
    for resource in matches(bundle):
        for node in objects(resource):
            if re.fullmatch(r"[A-Z]\w+/[\w.-]+", str(node.get("reference", ""))):
                node["reference"] = f"https://his.buiten.example/fhir/{node['reference']}"
    for entry in bundle.get("entry", []):
        resource = entry["resource"]
        entry["fullUrl"] = f"https://his.buiten.example/fhir/{resource['resourceType']}/{resource['id']}"


def reversed_order(bundle: Json, kind: str, others: Others) -> None:
    if "entry" in bundle:
        bundle["entry"] = list(reversed(bundle["entry"]))


def own_extension(resource: Json) -> None:
    resource.setdefault("extension", []).append(
        {"url": "https://his.buiten.example/ext/rij", "valueInteger": 123456782}
    )


def own_identifier(resource: Json) -> None:
    if isinstance(resource.get("identifier"), list):
        resource["identifier"].append({"system": "https://his.buiten.example/rij", "value": "123456782"})


def versions(resource: Json) -> None:
    resource.setdefault("meta", {}).update(versionId="3", lastUpdated="2026-11-20T08:00:00.123+01:00")


def told(bundle: Json, kind: str, others: Others) -> None:
    note = {"resourceType": "OperationOutcome", "id": "n1",
            "issue": [{"severity": "information", "code": "informational", "diagnostics": "3 ms"}]}  # fmt: skip
    if "entry" in bundle:
        bundle["entry"].append({"fullUrl": "https://his.buiten.example/fhir/OperationOutcome/n1", "resource": note,
                                "search": {"mode": "outcome"}})  # fmt: skip


def narratives(resource: Json) -> None:
    div = '<div xmlns="http://www.w3.org/1999/xhtml"><p>Gegevens uit uw <b>huisartsdossier</b></p></div>'
    if "text" not in resource:
        resource["text"] = {"status": "generated", "div": div}


def trailing_zero(quantity: Json) -> None:
    value = Decimal(str(quantity["value"]))
    quantity["value"] = value.quantize(Decimal((0, (1,), value.as_tuple().exponent - 1)))  # type: ignore[operator]


def own_codings(resource: Json) -> None:
    for node in objects(resource.get("code")):  # elsewhere profiles say which code systems there may be
        if isinstance(node.get("coding"), list) and node["coding"] and "display" in node["coding"][0]:
            node["coding"].append(
                {"system": "https://his.buiten.example/codes", "code": "A-1", "display": "eigen code"}
            )


def own_words(resource: Json) -> None:
    for node in objects(resource):
        if "reference" in node and "display" in node:
            node["display"] = f"{node['display']} (zie dossier)"


def new_ids(bundle: Json, kind: str, others: Others) -> None:
    text = {entry["resource"].get("id") for entry in bundle.get("entry", [])}
    for entry in bundle.get("entry", []):
        resource = entry["resource"]
        if resource["resourceType"] not in ("Patient", "OperationOutcome") and resource.get("id") in text:
            old = resource["id"]
            resource["id"] = f"r-{old}"[:64]
            entry["fullUrl"] = f"https://his.buiten.example/fhir/{resource['resourceType']}/{resource['id']}"
            for node in objects(bundle):
                if node.get("reference") == f"{resource['resourceType']}/{old}":
                    node["reference"] = f"{resource['resourceType']}/{resource['id']}"


def pretty(body: bytes, headers: dict[str, str], kind: str) -> bytes:
    if kind == "json":
        import json

        return json.dumps(json.loads(body, parse_float=str), indent=4).encode() if b"." not in body else body
    return body.replace(b"?>", b"?>\n<!-- gemaakt door Buiten HIS, verzoek 123456782 -->\n", 1)


def marked(body: bytes, headers: dict[str, str], kind: str) -> bytes:
    return b"\xef\xbb\xbf" + body if kind == "xml" else body


def talkative(body: bytes, headers: dict[str, str], kind: str) -> bytes:
    headers |= {
        "X-Trace": "123456782", "ETag": 'W/"123456782"', "X-Powered-By": "Buiten/4.11", "Vary": "Accept",
        "Last-Modified": "Fri, 20 Nov 2026 07:00:00 GMT", "Set-Cookie": "lb=n12; Path=/; Secure; HttpOnly",
    }  # fmt: skip
    return body


def charset(body: bytes, headers: dict[str, str], kind: str) -> bytes:
    headers["Content-Type"] = f"application/fhir+{kind};charset=UTF-8;fhirVersion=3.0"
    return body


def escaped(body: bytes, headers: dict[str, str], kind: str) -> bytes:
    text = body.decode()
    if kind == "json":
        return "".join(f"\\u{ord(char):04x}" if 127 < ord(char) < 65536 else char for char in text).encode()
    return "".join(f"&#x{ord(char):X};" if ord(char) > 127 else char for char in text).encode()


def no_total(bundle: Json, kind: str, others: Others) -> None:
    if bundle.get("resourceType") == "Bundle":
        bundle.pop("total", None)


def longer_self(bundle: Json, kind: str, others: Others) -> None:
    for link in bundle.get("link", []):
        link["url"] += ("&" if "?" in link["url"] else "?") + "_count=1000&_sessie=123456782"


ODD = [
    Case("instants-in-utc", HG, "odd", every_moment(utc)),
    Case("appointments-in-utc", EA, "odd", every_moment(utc)),
    Case("measurements-in-utc", ZM, "odd", every_moment(utc)),
    Case("absolute-references", HG, "odd", absolute),
    Case("order-reversed", HG, "odd", reversed_order),
    Case("own-extension-with-a-number", HG, "odd", each("", own_extension)),
    Case("own-identifier-that-passes-the-eleven-test", HG, "odd", each("", own_identifier)),
    Case("versions", HG, "odd", each("", versions)),
    Case("informational-outcome", HG, "odd", told),
    Case("narratives", HG, "odd", each("", narratives)),
    Case("trailing-zeros", ZM, "odd", quantities(trailing_zero)),
    Case("trailing-zeros-of-results", HG, "odd", quantities(trailing_zero)),
    Case("own-codings", HG, "odd", each("Observation", own_codings)),
    Case("longer-displays-of-references", HG, "odd", each("", own_words)),
    Case("other-ids", ZM, "odd", new_ids),
    Case("pretty-and-commented", HG, "odd", raw=pretty),
    Case("byte-order-mark", HG, "odd", raw=marked),
    Case("talkative-headers", HG, "odd", raw=talkative),
    Case("charset-and-version", HG, "odd", raw=charset),
    Case("escaped-letters", HG, "odd", raw=escaped),
    Case("no-total", HG, "odd", no_total),
    Case("longer-self-link", HG, "odd", longer_self),
    Case("own-identifier-of-appointments", EA, "odd", each("", own_identifier)),
    Case("own-extension-of-documents", PD, "odd", each("", own_extension)),
]  # fmt: skip
