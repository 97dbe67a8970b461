"""Rules on the file as bytes and on basic objects: clause 6.1 of every part."""

from __future__ import annotations

import re

from harness.pdfa.facts.document.attachments import FileSpecFact
from harness.pdfa.facts.document.file_structure import DocumentFact, FilterFact
from harness.pdfa.file.indirect import SpacingFact, StreamFact
from harness.pdfa.file.lex import HexFact, SizeFact
from harness.pdfa.file.xref import XRefFact
from harness.pdfa.rules.rule import Dispute, rule_list

RULES, rule = rule_list()

STANDARD_FILTERS = {
    "ASCIIHexDecode", "ASCII85Decode", "FlateDecode", "RunLengthDecode", "CCITTFaxDecode", "JBIG2Decode",
    "DCTDecode", "JPXDecode",
}  # fmt: skip


def _hex(ids: object) -> str:
    """Both parts of a file identifier."""
    return " ".join(part.hex() for part in ids if type(part) is bytes) if isinstance(ids, list) else "-"


@rule(
    "CosDocument", "6.1.2-1",
    nl="Het bestand begint op byte 0 met %PDF-n.m.", en="The file begins with %PDF-n.m at byte 0.",
    values=lambda f: ("%PDF-1.4", f"{f.header[:20].decode('latin-1')} ({f.header_offset})"),
)  # fmt: skip
def header_part1(fact: DocumentFact) -> bool:
    return fact.header_offset == 0 and re.match(rb"%PDF-\d\.\d", fact.header) is not None


@rule(
    "CosDocument", None, "6.1.2-1",
    nl="Het bestand begint op byte 0 met %PDF-1.n (n van 0 tot en met 7) en één regeleinde.",
    en="The file begins with %PDF-1.n (n from 0 to 7) and one end of line at byte 0.",
    values=lambda f: ("%PDF-1.7", f"{f.header[:20].decode('latin-1')} ({f.header_offset})"),
)  # fmt: skip
def header_part2(fact: DocumentFact) -> bool:
    return fact.header_offset == 0 and re.fullmatch(rb"%PDF-1\.[0-7]", fact.header) is not None


@rule(
    "CosDocument", "6.1.2-2", "6.1.2-2",
    nl="Na de kopregel volgt meteen een commentaarregel met ten minste vier bytes boven 127.",
    en="The header line is followed at once by a comment of at least four bytes above 127.",
    values=lambda f: ("% + 4 x 80-FF", f.comment.hex(" ") or "-"),
)  # fmt: skip
def binary_comment(fact: DocumentFact) -> bool:
    return len(fact.comment) == 5 and fact.comment[0] == 0x25 and min(fact.comment[1:]) > 127


@rule(
    "CosDocument", "6.1.3-1",
    nl="De trailer bevat een ID.", en="The trailer contains an ID.",
)  # fmt: skip
def trailer_id_part1(fact: DocumentFact) -> bool:
    return bool(fact.first_id if fact.linearized else fact.last_id)


@rule(
    "CosDocument", None, "6.1.3-1",
    nl="De trailer bevat een ID.", en="The trailer contains an ID.",
)  # fmt: skip
def trailer_id_part2(fact: DocumentFact) -> bool:
    value = fact.first_id if fact.linearized else fact.last_id
    return bool(value) and any(type(part) is bytes and part for part in value)


@rule(
    "CosTrailer", "6.1.3-2", "6.1.3-2",
    nl="Het bestand is niet versleuteld (geen Encrypt in de trailer).",
    en="The file is not encrypted (no Encrypt in the trailer).",
)  # fmt: skip
def not_encrypted(fact: dict[str, object]) -> bool:
    return "Encrypt" not in fact


@rule(
    "CosDocument", "6.1.3-3", "6.1.3-3",
    nl="Na het laatste %%EOF staat niets meer, behalve één regeleinde.",
    en="Nothing follows the last %%EOF except one end of line.",
    values=lambda f: (0, f.after_eof),
)  # fmt: skip
def nothing_after_eof(fact: DocumentFact) -> bool:
    return fact.after_eof == 0


@rule(
    "CosDocument", "6.1.3-4",
    nl="In een gelineariseerd bestand is de ID in beide trailers gelijk.",
    en="In a linearised file the ID is the same in both trailers.",
    values=lambda f: (_hex(f.first_id), _hex(f.last_id)),
)  # fmt: skip
def same_ids(fact: DocumentFact) -> bool:
    return not fact.linearized or not fact.last_id or fact.first_id == fact.last_id


@rule(
    "CosXRef", "6.1.4-1",
    nl="In de kop van een xref-subsectie staat precies één spatie.",
    en="The head of an xref subsection has exactly one space.",
)  # fmt: skip
def xref_space(fact: XRefFact) -> bool:
    return fact.header_space


@rule(
    "CosXRef", "6.1.4-2", "6.1.4-2",
    nl="Tussen het woord xref en de subsectie staat precies één regeleinde.",
    en="Exactly one end of line stands between the word xref and the subsection.",
)  # fmt: skip
def xref_eol(fact: XRefFact) -> bool:
    return fact.keyword_eol


@rule(
    "XRefStreams", "6.1.4-3",
    nl="Het bestand gebruikt geen xref-stromen.", en="The file uses no cross-reference streams.",
)  # fmt: skip
def no_xref_streams(fact: bool) -> bool:
    return not fact


@rule(
    "CosString", "6.1.6-1", "6.1.6-1",
    nl="Een hexadecimale string heeft een even aantal tekens.",
    en="A hexadecimal string has an even number of characters.",
    values=lambda f: (f.digits + f.digits % 2, f.digits),
)  # fmt: skip
def hex_even(fact: HexFact | SizeFact) -> bool:
    return not isinstance(fact, HexFact) or fact.digits % 2 == 0


@rule(
    "CosString", "6.1.6-2", "6.1.6-2",
    nl="Een hexadecimale string bevat alleen hexadecimale cijfers.",
    en="A hexadecimal string contains only hexadecimal digits.",
)  # fmt: skip
def hex_only(fact: HexFact | SizeFact) -> bool:
    return not isinstance(fact, HexFact) or fact.only_hex


@rule(
    "CosStream", "6.1.7-1", "6.1.7.1-1",
    nl="Length is gelijk aan het werkelijke aantal bytes van de stroom.",
    en="Length equals the real number of bytes of the stream.",
    values=lambda f: (f.real_length, f.length),
)  # fmt: skip
def stream_length(fact: StreamFact) -> bool:
    return fact.length == fact.real_length


@rule(
    "CosStream", "6.1.7-2", "6.1.7.1-2",
    nl="Na stream volgt CR LF of LF, en voor endstream staat een regeleinde.",
    en="stream is followed by CR LF or LF, and endstream is preceded by an end of line.",
)  # fmt: skip
def stream_keywords(fact: StreamFact) -> bool:
    return fact.keyword_eol and fact.endstream_eol


@rule(
    "CosStream", "6.1.7-3", "6.1.7.1-3",
    nl="Een stroom verwijst niet naar een extern bestand (F, FFilter, FDecodeParms).",
    en="A stream does not refer to an external file (F, FFilter, FDecodeParms).",
)  # fmt: skip
def no_external_data(fact: StreamFact) -> bool:
    return not any(key in fact.dict for key in ("F", "FFilter", "FDecodeParms"))


_EMPTY = Dispute(
    lambda fact: fact.empty,
    "LED-PDF-003",
)


@rule(
    "CosIndirect", "6.1.8-1", "6.1.9-1",
    nl="Rond obj en endobj staan de voorgeschreven spaties en regeleinden.",
    en="The prescribed spaces and ends of line stand around obj and endobj.",
    dispute=_EMPTY,
)  # fmt: skip
def object_spacing(fact: SpacingFact) -> bool:
    return fact.complies


@rule(
    "CosFilter", "6.1.10-1",
    nl="Filter LZWDecode wordt niet gebruikt.", en="Filter LZWDecode is not used.",
)  # fmt: skip
def no_lzw(fact: FilterFact) -> bool:
    return fact.name != "LZWDecode"


@rule(
    "CosIIFilter", "6.1.10-2",
    nl="Een inline-afbeelding gebruikt geen LZW.", en="An inline image does not use LZW.",
)  # fmt: skip
def no_inline_lzw(fact: str) -> bool:
    return fact not in ("LZW", "LZWDecode")


@rule(
    "CosFilter", None, "6.1.7.2-1",
    nl="Alleen de standaardfilters worden gebruikt; geen LZWDecode, en Crypt alleen met naam Identity.",
    en="Only the standard filters are used; no LZWDecode, and Crypt only with name Identity.",
)  # fmt: skip
def standard_filter(fact: FilterFact) -> bool:
    return fact.name in STANDARD_FILTERS or (fact.name == "Crypt" and fact.crypt_name == "Identity")


@rule(
    "CosIIFilter", None, "6.1.10-1",
    nl="Een inline-afbeelding gebruikt alleen standaardfilters, geen LZW of Crypt.",
    en="An inline image uses only standard filters, no LZW or Crypt.",
)  # fmt: skip
def standard_inline_filter(fact: str) -> bool:
    return fact in STANDARD_FILTERS or fact in ("AHx", "A85", "Fl", "RL", "CCF", "DCT")


@rule(
    "CosUnicodeName", None, "6.1.8-1",
    nl="Namen van lettertypen, kleurstoffen en structuurtypen zijn geldige UTF-8.",
    en="Names of fonts, colorants and structure types are valid UTF-8.",
)  # fmt: skip
def utf8_name(fact: str) -> bool:
    try:
        fact.encode("latin-1").decode("utf-8")
    except ValueError:
        return False
    return True


# -- what the catalog may not contain --------------------------------------------------------------


@rule(
    "CosFileSpecification", "6.1.11-1",
    nl="Een bestandsspecificatie bevat geen ingesloten bestand (EF).",
    en="A file specification contains no embedded file (EF).",
)  # fmt: skip
def no_embedded_file(fact: FileSpecFact) -> bool:
    return "EF" not in fact.dict


@rule(
    "DocumentNames", "6.1.11-2",
    nl="De namenlijst van het document bevat geen EmbeddedFiles.",
    en="The document's name dictionary contains no EmbeddedFiles.",
)  # fmt: skip
def no_embedded_files(fact: tuple[str, ...]) -> bool:
    return "EmbeddedFiles" not in fact


@rule(
    "PDDocument", "6.1.13-1",
    nl="Het document gebruikt geen optionele inhoud (OCProperties).",
    en="The document uses no optional content (OCProperties).",
)  # fmt: skip
def no_optional_content(fact: dict[str, object]) -> bool:
    return "OCProperties" not in fact


@rule(
    "PDDocument", None, "6.4.2-2",
    nl="De catalogus bevat geen NeedsRendering.", en="The catalog contains no NeedsRendering.",
)  # fmt: skip
def no_needs_rendering(fact: dict[str, object]) -> bool:
    return fact.get("NeedsRendering") is not True


@rule(
    "PDDocument", None, "6.11-1",
    nl="De catalogus bevat geen Requirements.", en="The catalog contains no Requirements.",
)  # fmt: skip
def no_requirements(fact: dict[str, object]) -> bool:
    return "Requirements" not in fact


@rule(
    "Marked", "6.8.2.2-1", "6.7.2.2-1", levels="a",
    nl="De catalogus bevat MarkInfo met Marked = true.", en="The catalog has MarkInfo with Marked = true.",
)  # fmt: skip
def marked(fact: bool) -> bool:
    return fact
