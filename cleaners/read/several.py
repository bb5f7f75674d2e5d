"""Text files that hold several documents, each below a line that only programs write.

WikiExtractor puts `<doc id="12" url="…" title="…">` above each article and `</doc>` below it; a news database has "3 of 200 DOCUMENTS" above
each.  What stands between two such lines is one document, so that nothing is lost where a file is not as it should be.
"""

import html
import re
from collections.abc import Iterator

from cleaners.decode import Binary, decode
from cleaners.read.formats import SEVERAL_START
from cleaners.read.recode import utf_8
from cleaners.read.record import metadata_of
from cleaners.read.source import Source
from cleaners.read.values import DOCUMENT_BYTES, Failed, Raw

_TAGGED, _NUMBERED = (re.compile(rb"\s*(?:%s)" % kind) for kind in SEVERAL_START.split(b"|"))
_FIELD = re.compile(rb'(\w+)="([^"]*)"')
_HEADER = 3000  # characters in which the fields above an article begin
_DATABASE_FIELD = re.compile(r"(?m)^[ \t]*(BYLINE|SECTION|LENGTH): (.+)$")
_DATE = re.compile(r"[^\W\d]+ \d{1,2}, \d{4}\b")  # "January 12, 2024 Friday"
_END = re.compile(rb"</doc>\s*\Z")


def read(source: Source, media_type: str) -> Iterator[Raw | Failed]:
    """The documents, numbered from 1."""
    source, _ = utf_8(source)
    is_tagged = source.head().lstrip(b"\xef\xbb\xbf \t\r\n\f\v").startswith(b"<")
    for number, lines in enumerate(_pieces(source, _TAGGED if is_tagged else _NUMBERED), start=1):
        if lines is None:
            yield source.too_large(number, media_type=media_type)
        elif is_tagged:
            said = {name.decode(): html.unescape(value.decode("utf-8", "replace")) for name, value in _FIELD.findall(lines[0])}
            raw = _END.sub(b"", b"".join(lines[1:]))
            yield source.raw(number, raw, media_type, metadata=metadata_of(said, "", raw))
        else:
            raw = b"".join(lines)
            yield source.raw(number, raw, media_type, metadata=_above(raw))


def _above(raw: bytes) -> dict[str, str]:
    """What a news database says above an article: the paper, the date, the title, each between blank lines, then its fields."""
    decoded = decode(raw)
    text = "" if isinstance(decoded, Binary) else decoded.text.replace("\r", "")
    fields = {field[1]: field for field in _DATABASE_FIELD.finditer(text[:_HEADER])}
    if not fields:
        return {}
    first = min(field.start() for field in fields.values())
    _, *blocks = [" ".join(block.split()) for block in re.split(r"\n[ \t]*(?=\n)", text[:first]) if block.strip()]
    blocks = [block for block in blocks if not block.startswith("Copyright ")]
    dated = next((n for n, block in enumerate(blocks) if _DATE.match(block)), 0)
    if not 0 < dated == len(blocks) - 2:  # paper, date, title
        return {}
    said = {"site": blocks[0], "published": blocks[1], "title": blocks[2]} if dated == 1 else {"title": blocks[-1]}
    return said | ({"author": fields["BYLINE"][2].strip().removeprefix("By ")} if "BYLINE" in fields else {})


def _pieces(source: Source, begins: re.Pattern[bytes]) -> Iterator[list[bytes] | None]:
    """The lines from each that begins a document to the next; None where they are too large."""
    lines: list[bytes] = []
    size = 0
    for _, line in source.lines():
        if size and line and begins.fullmatch(line):
            yield lines if size <= DOCUMENT_BYTES else None
            lines, size = [], 0
        if line is None:
            size = DOCUMENT_BYTES + 1
        elif size or line.strip():  # blank lines above the first are nobody's
            size += len(line)
            lines.append(line)
        if size > DOCUMENT_BYTES:
            lines = []
    if size:
        yield lines if size <= DOCUMENT_BYTES else None
