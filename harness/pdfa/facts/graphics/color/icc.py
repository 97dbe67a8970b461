"""ICC profile headers (ICC.1): version, class, colour space. The profile itself is not interpreted."""

from __future__ import annotations

from dataclasses import dataclass

from harness.core.text import Text
from harness.pdfa.facts.context import Context
from harness.pdfa.file.objects import Stream
from harness.pdfa.phrases import PROFILE

COMPONENTS = {"GRAY": 1, "RGB ": 3, "CMYK": 4, "Lab ": 3}


@dataclass(slots=True)
class ProfileFact:
    """Header fields of a profile; empty texts when the data is too short."""

    version: float
    device_class: str
    space: str
    size: int
    data: bytes

    def describe(self) -> Text:
        """Class, space and version, for messages."""
        device, space = repr(self.device_class), repr(self.space)
        return PROFILE.format(device=device, space=space, version=self.version)


@dataclass(slots=True)
class CountFact:
    """Number of components: N of the stream dictionary and the profile's colour space."""

    declared: int | None
    space: str


def read(stream: Stream) -> ProfileFact:
    """The header of the profile in ``stream``."""
    data = stream.data() or b""
    if len(data) < 20:
        return ProfileFact(0.0, "", "", len(data), data)
    version = data[8] + (data[9] >> 4) / 10
    return ProfileFact(version, data[12:16].decode("latin-1"), data[16:20].decode("latin-1"), len(data), data)


def emit_count(ctx: Context, stream: Stream, fact: ProfileFact, where: str) -> None:
    """The fact of the number of components, once per profile."""
    if ctx.first("profile", stream.key.num):
        ctx.emit("ICCProfile", CountFact(ctx.doc.integer(stream.dict.get("N")), fact.space), where)
