"""What live PGOs put into their requests does not reach the run folder, and hiding it accuses nobody."""

from __future__ import annotations

import base64
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
from live_pgo.pgo import Pgo
from plants import readings_of
from served import Served, said

PLANTS = {
    "number": "111222333",
    "mail": "j.plantaalworm@zurvidgol.example",
    "phone": "06-48213795",
    "name": "Plantaalworm",
    "secret": "Kd8f7Gh2jK9sLq3mWx5v",
}
WRITTEN = {
    "plain": str,
    "percent": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    "percent twice": lambda text: "".join(f"%25{byte:02X}" for byte in text.encode()),
    "entity": lambda text: "".join(f"&#{ord(char)};" for char in text),
    "base64": lambda text: base64.b64encode(f"van {text} is".encode()).decode(),
    "hexadecimal": lambda text: text.encode().hex(),
}


class Planting(Pgo):
    """A correct PGO that tells of persons and its own secrets wherever that is nobody's business."""

    def __init__(self, served: dict[str, Any]) -> None:
        super().__init__(served)
        self._ways = cycle(WRITTEN.values())

    @property
    def text(self) -> str:
        """All plants, each time written in another way."""
        way = next(self._ways)
        return ", ".join(way(PLANTS[kind]) for kind in ("number", "mail", "phone", "name"))

    def client(self, *, back: bool, timeout: float = 15.0) -> httpx.Client:
        made = super().client(back=back, timeout=timeout)
        made.event_hooks = {"request": [self._plant]}
        return made

    def _plant(self, request: httpx.Request) -> None:
        request.headers["x-patient"] = self.text
        request.headers["x-api-key"] = PLANTS["secret"]
        request.headers["user-agent"] = f"zonnewijzer/3 ({self.text})"
        given = request.headers.get("cookie", "")
        request.headers["cookie"] = f"{given}; " * bool(given) + f"wie={quote(self.text, safe='%')}"
        url = str(request.url)
        if "response_type=" in url:
            path = f"{request.url.raw_path.decode()}&wie={quote(self.text, safe='%')}"
            request.url = request.url.copy_with(raw_path=path.encode())

    def ask_tokens(self, url: str, form: dict[str, str]) -> Any:
        return super().ask_tokens(url, {**form, "wie": self.text})

    def wander(self, name: str) -> None:
        """What belongs to no visit."""
        place = self.provider(name)
        assert place is not None
        host = urlsplit(place.token).hostname
        with self.client(back=True) as http:
            for _ in WRITTEN:
                said = quote(self.text, safe="")
                for path in (f"/{said}", f"/?{said}=1"):
                    http.get(f"https://{host}{path}")
                http.get(f"{place.resource}/Patient/{said}")
                http.get(f"{place.resource}/Observation?code={said}")
                http.post(place.token, json={"wie": self.text})
                http.post(place.token, content=f"van {self.text}".encode())
                page = f"<p>{self.text}</p>".encode()
                http.post(place.token, content=page, headers={"Content-Type": "text/html"})


def found_in(folder: Path, *texts: str) -> list[str]:
    """The files of a run folder in which one of these can be read, in whatever code."""
    wanted = [text.casefold() for text in texts]
    return [
        f"{path.relative_to(folder)}: {text[:200]}"
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "handout" not in path.parts
        for line in path.read_bytes().split(b"\n")
        for text in readings_of([line])
        if any(one in text.casefold() for one in wanted)
    ]


def test_what_a_pgo_tells_of_somebody_stays_with_it(served: Served) -> None:
    session = served.begin("ordinary")
    pgo = Planting(served.document)
    pgo.hosts.update(session["reach"]["hosts"])
    served.visit(session, pgo)
    served.visit(session, pgo)
    ended = served.end(session)
    assert set(said(ended).values()) == {"pass"}, said(ended)
    pgo.wander(session["reach"]["provider"])
    served.watch.finish()
    assert found_in(served.folder, *PLANTS.values()) == []
