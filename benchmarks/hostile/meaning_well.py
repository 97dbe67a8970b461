"""A DVZA that means well, as far as a run asks: what a hostile server is at the steps that are not attacked.

What it does wrong would be told too, and hide what the attack does. Standard library only.
"""

from __future__ import annotations

import json
import secrets
from http.cookies import SimpleCookie
from urllib.parse import parse_qs, urlencode, urlsplit

from modes import Request, answer, bundle, page, plain

CLIENT = "pgo.example"
BACK = f"https://{CLIENT}/redirect"
COOKIE = "__Host-dva"
PAGES = {
    "landing": "<p>U bent nu bij de huisarts</p>",
    "login": '<label>Wie <input name="person"></label>',
    "consent": "<p>Mag pgo de gegevens van de huisarts ophalen?</p>"
    '<label><input type="checkbox" name="long_term"> Ook later, zonder einddatum</label>',
}
FOLLOWING = {("landing", "continue"): "login", ("login", "login"): "consent", ("consent", "yes"): "code"}
"""What comes of what is pressed on a page."""
sessions: dict[str, tuple[str, str]] = {}
"""The page that each browser is on, and the state of its request."""
codes: set[str] = set()
tokens: set[str] = set()


def shown(step: str, *more: str) -> bytes:
    """A page of the login."""
    pressed = [action for before, action in FOLLOWING if before == step] + [
        "no" if step == "consent" else "cancel"
    ]
    buttons = "".join(f'<button name="action" value="{action}">{action}</button>' for action in pressed)
    form = f'<form method="post">{PAGES[step]}{buttons}</form>'
    return page(f'<main data-step="{step}"><h1>{step}</h1>{form}</main>', *more)


def refused() -> bytes:
    """A page that leads nowhere."""
    return plain(b"<!DOCTYPE html><html><body>Dit kan niet</body></html>", "text/html", "400 Bad Request")


def back(state: str, **fields: str) -> bytes:
    """The redirect to the PGO."""
    location = f"Location: {BACK}?{urlencode({**fields, **({'state': state} if state else {})})}"
    return plain(b"", "text/plain", "302 Found", location, "Cache-Control: no-store")


def authorize(request: Request) -> bytes:
    """Who asks wrongly is refused; else landing page, login and consent."""
    if request.method == "POST":
        return pressed(request)
    asked = parse_qs(urlsplit(request.target).query, keep_blank_values=True)
    if request.method != "GET" or asked.get("client_id") != [CLIENT] or asked.get("redirect_uri") != [BACK]:
        return refused()
    kinds, states, scopes = (asked.get(name, []) for name in ("response_type", "state", "scope"))
    state = states[0] if len(states) == 1 else ""
    if len(kinds) != 1 or not kinds[0] or not state or len(scopes) != 1:
        return back(state, error="invalid_request")
    if kinds != ["code"] or scopes != ["his"]:
        return back(state, error="invalid_scope" if kinds == ["code"] else "unsupported_response_type")
    sessions[browser := secrets.token_urlsafe(24)] = ("landing", state)
    return shown("landing", f"Set-Cookie: {COOKIE}={browser}; Path=/; Secure; HttpOnly; SameSite=Lax")


def pressed(request: Request) -> bytes:
    """What a person does on a page; each page is answered once."""
    found = SimpleCookie(request.headers.get("cookie", "")).get(COOKIE)
    browser = found.value if found is not None else ""
    step, state = sessions.pop(browser, ("", ""))
    action = parse_qs(request.body.decode("latin-1")).get("action", [""])[0]
    following = FOLLOWING.get((step, action), "")
    if not following:
        return back(state, error="access_denied") if step else refused()
    if following == "code":
        codes.add(code := secrets.token_urlsafe(32))
        return back(state, code=code)
    sessions[browser] = (following, state)
    return shown(following)


def token(request: Request) -> bytes:
    """A code for a token, once."""
    given = {name: values[0] for name, values in parse_qs(request.body.decode("latin-1")).items()}
    told: dict[str, object] = {"error": "invalid_grant"}
    good = given.get("code") in codes and (given.get("client_id"), given.get("redirect_uri")) == (
        CLIENT,
        BACK,
    )
    if good:
        codes.discard(given["code"])
        tokens.add(made := secrets.token_urlsafe(32))
        told = {"access_token": made, "token_type": "Bearer", "expires_in": 900, "scope": "49"}
    status = "200 OK" if good else "400 Bad Request"
    kind = "application/json;charset=UTF-8"
    return plain(json.dumps(told).encode(), kind, status, "Cache-Control: no-store", "Pragma: no-cache")


def right(request: Request) -> bytes:
    """What a server that means well answers."""
    if request.path.startswith("/authorize"):
        return authorize(request)
    if request.path.startswith("/token"):
        return token(request)
    if request.headers.get("authorization", "").removeprefix("Bearer ") not in tokens:
        return plain(b"", "text/plain", "401 Unauthorized", "WWW-Authenticate: Bearer")
    return answer(request, bundle(request))
