"""Words of errors that servers give, ours too, in both languages: they name nobody and say what is wrong."""

from __future__ import annotations

from typing import Final

ERROR_WORDS: Final = frozenset(
    {
        "a", "aan", "accept", "accepted", "access", "after", "al", "all", "alleen", "allowed", "already",
        "an", "and", "answer", "answers", "any", "are", "argument", "as", "ascii", "at", "available", "bad",
        "be", "because", "been", "before", "behind", "being", "bestaan", "bestaat", "between", "blanks",
        "body", "both", "bundle", "but", "by", "call", "can", "cannot", "characters", "client", "closed",
        "code", "column", "connection", "contact", "contains", "content", "could", "count", "create",
        "current", "dan", "dat", "data", "database", "date", "day", "de", "deadlock", "default", "deleted",
        "denied", "der", "deze", "did", "die", "different", "dit", "do", "does", "done", "door",
        "duplicate", "duur", "dvza", "een", "eerst", "eigen", "either", "empty", "en", "encoding", "end",
        "endpoint", "entry", "er", "error", "errors", "exception", "exist", "exists", "expected", "expired",
        "expression", "externe", "failed", "failure", "fault", "fhir", "field", "file", "first",
        "following", "for", "forbidden", "format", "found", "fout", "from", "function", "gaf", "gateway",
        "gave", "geen", "gegeven", "gegevens", "geldig", "geldige", "get", "gevonden", "given", "goed",
        "had", "handler", "has", "have", "header", "heeft", "het", "hij", "his", "host", "hour", "http",
        "https", "id", "identifier", "if", "ignored", "illegal", "in", "include", "incorrect", "index",
        "information", "input", "instead", "intern", "internal", "invalid", "is", "it", "its", "json",
        "kan", "karakter", "key", "kon", "large", "larger", "last", "later", "left", "length", "less",
        "limit", "line", "list", "log", "long", "maar", "mag", "main", "malformed", "max", "maximum", "may",
        "media", "medmij", "meer", "message", "met", "method", "min", "minimum", "missing", "mist", "moet",
        "more", "most", "multiple", "must", "na", "naar", "name", "network", "niet", "no", "node", "non",
        "none", "not", "null", "nullreferenceexception", "number", "object", "of", "off", "om", "on",
        "onbekend", "onbekende", "once", "one", "ongeldig", "ongeldige", "only", "onverwacht",
        "onverwachte", "op", "open", "operation", "optional", "or", "order", "other", "out", "over", "page",
        "parameter", "parameters", "parse", "parser", "parsing", "part", "path", "patient", "per",
        "permission", "please", "poging", "position", "possible", "post", "present", "probeer",
        "processing", "profile", "property", "protocol", "provided", "query", "read", "reason", "received",
        "record", "reference", "refused", "rejected", "request", "requested", "required", "requires",
        "resource", "resources", "response", "result", "retry", "returned", "same", "schema", "scope",
        "search", "see", "select", "send", "sent", "server", "service", "session", "set", "should", "size",
        "so", "some", "source", "specified", "stack", "start", "state", "status", "still", "stored",
        "string", "structure", "such", "support", "supported", "syntax", "system", "table", "te", "than",
        "that", "the", "their", "then", "there", "these", "they", "this", "time", "timeout", "to",
        "toegang", "toegestaan", "toestemming", "token", "too", "try", "type", "uit", "unable",
        "unauthorized", "unavailable", "unexpected", "unit", "unknown", "unprocessable", "unreachable",
        "unsupported", "until", "update", "uri", "url", "use", "used", "user", "uw", "valid", "validation",
        "value", "values", "van", "verbinding", "verlopen", "verplicht", "verplichte", "version",
        "verwacht", "verwachte", "verzoek", "via", "volgende", "voor", "waarde", "waarden", "wait", "was",
        "we", "wel", "welke", "were", "when", "where", "which", "while", "whitelist", "will", "with",
        "within", "without", "word", "worden", "wordt", "write", "wrong", "xhtml", "xml", "year", "you",
        "your", "ziet", "zijn", "zoek", "zoekparameter", "zoekvraag", "zonder",
    }
)  # fmt: skip
