"""Objects of a document: streams, and getters that follow references and never raise (ISO 32000-1, 7.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.pdfa.file import filters
from harness.pdfa.file.lex import Ref
from harness.pdfa.file.limits import Budget

if TYPE_CHECKING:
    from harness.pdfa.file.crypt import Decryptor


class Objects:
    """What can look up an indirect object; :class:`~harness.pdfa.file.cos.Document` does it for a whole file.

    :ivar data: the whole file.
    :ivar crypt: decryption, ``None`` when the document is not encrypted.
    """

    def __init__(self, data: bytes, budget: Budget) -> None:
        self.data = data
        self.budget = budget
        self.crypt: Decryptor | None = None

    def get(self, num: int, gen: int) -> Any:
        """Object ``num`` of generation ``gen``, ``None`` when there is none."""
        raise NotImplementedError

    def resolve(self, value: Any) -> Any:
        """Follow references to the object itself; a loop or a missing object gives ``None``."""
        hops = 0
        while type(value) is Ref:
            value = self.get(value.num, value.gen)
            hops += 1
            if hops > 30:
                return None
        return value

    def dict_of(self, value: Any) -> dict[str, Any]:
        """The dictionary (also of a stream) behind ``value``; empty when it is none."""
        value = self.resolve(value)
        if type(value) is dict:
            return value
        return value.dict if isinstance(value, Stream) else {}

    def sub(self, parent: dict[str, Any], key: str) -> dict[str, Any]:
        """``parent[key]`` as a dictionary; empty when it is none."""
        return self.dict_of(parent.get(key))

    def array(self, value: Any) -> list[Any]:
        """The array behind ``value``; empty when it is none."""
        value = self.resolve(value)
        return value if type(value) is list else []

    def name(self, value: Any) -> str | None:
        """The name behind ``value``."""
        value = self.resolve(value)
        return value if type(value) is str else None

    def string(self, value: Any) -> bytes | None:
        """The string behind ``value``."""
        value = self.resolve(value)
        return value if type(value) is bytes else None

    def number(self, value: Any) -> float | None:
        """The number behind ``value`` (booleans are none)."""
        value = self.resolve(value)
        return value if type(value) is int or type(value) is float else None

    def integer(self, value: Any) -> int | None:
        """The integer behind ``value``; reals are cut."""
        value = self.number(value)
        return int(value) if value is not None and abs(value) < 1e18 else None

    def stream(self, value: Any) -> Stream | None:
        """The stream behind ``value``."""
        value = self.resolve(value)
        return value if isinstance(value, Stream) else None

    def key(self, value: Any) -> object:
        """Identity of the object behind ``value``, usable in sets: its number, or ``id`` when direct."""
        if type(value) is Ref:
            return value.num
        if isinstance(value, Stream):
            return value.key.num
        return ("direct", id(value))


class Stream:
    """A stream object; equality is identity. ``key`` is ``(num, gen)``."""

    __slots__ = ("_decoded", "dict", "doc", "key", "length", "start")

    def __init__(self, doc: Objects, dict_: dict[str, Any], start: int, length: int, key: Ref) -> None:
        self.doc = doc
        self.dict = dict_
        self.start = start
        self.length = length
        self.key = key
        self._decoded: bytes | bool | None = False

    def raw(self) -> bytes:
        """The encoded bytes, decrypted when the document is encrypted."""
        data = self.doc.data[self.start : self.start + self.length]
        crypt = self.doc.crypt
        if crypt is not None and self.dict.get("Type") != "XRef":
            names = self.filters()
            if "Crypt" in names or (self.dict.get("Type") == "Metadata" and not crypt.metadata):
                return data
            return crypt.decrypt(data, self.key.num, self.key.gen, "stm")
        return data

    def filters(self) -> list[str]:
        """Names of the filters in order of application."""
        value = self.doc.resolve(self.dict.get("Filter"))
        if type(value) is str:
            return [value]
        if type(value) is list:
            return [f for f in (self.doc.resolve(v) for v in value) if type(f) is str]
        return []

    def parms(self) -> list[dict[str, Any]]:
        """Decode parameters per filter (empty dictionaries where absent), values resolved."""
        doc = self.doc
        value = doc.resolve(self.dict.get("DecodeParms"))
        items = value if type(value) is list else [value]
        out = []
        for item in items:
            item = doc.resolve(item)
            out.append({k: doc.resolve(v) for k, v in item.items()} if type(item) is dict else {})
        return out

    def data(self) -> bytes | None:
        """Decoded bytes, or ``None`` when an image filter or an unknown one stands in the way."""
        if self._decoded is not False:
            return self._decoded  # type: ignore[return-value]
        budget = self.doc.budget
        data = filters.decode(self.raw(), self.filters(), self.parms(), budget)
        if data is None or budget.keep(len(data)):
            self._decoded = data
        return data

    def forget(self) -> None:
        """Drop the decoded bytes (content streams are read once)."""
        if type(self._decoded) is bytes:
            self.doc.budget.kept_left += len(self._decoded)
        self._decoded = False


def text_string(value: bytes) -> str:
    """A PDF text string as text: UTF-16 with mark, UTF-8 with mark, else PDFDocEncoding (7.9.2)."""
    if value[:2] == b"\xfe\xff":
        return value[2:].decode("utf-16-be", "replace")
    if value[:3] == b"\xef\xbb\xbf":
        return value[3:].decode("utf-8", "replace")
    return value.decode("latin-1").translate(_PDFDOC)


_PDFDOC = {
    **dict(zip(range(0x18, 0x20), "˘ˇˆ˙˝˛˚˜", strict=True)),
    **dict(zip(range(0x80, 0xA1), "•†‡…—–ƒ⁄‹›−‰„“”‘’‚™ﬁﬂŁŒŠŸŽıłœšž\ufffd€", strict=True)),
}  # fmt: skip
