"""The table of formats: how each is recognised, and which module reads it."""

import csv
import io
import json
import re
from typing import NamedTuple

from cleaners.read.source import HEAD


class Format(NamedTuple):
    """A kind of file.

    Attributes:
        name: what to call it, in a sentence.
        media_type: as registered with IANA, where it is.
        suffixes: ends of file names, lower case.
        start: what its content begins with, if that is proof.
        reader: the module of `cleaners.read` with its `read(source, media_type)`; None: there is none.
    """

    name: str
    media_type: str
    suffixes: frozenset[str]
    start: re.Pattern[bytes] | None = None
    reader: str | None = None


def _row(name: str, media_type: str, suffixes: str, reader: str | None = None, start: bytes | None = None) -> Format:
    pattern = re.compile(start) if start else None
    return Format(name, media_type, frozenset("." + suffix for suffix in suffixes.split()), pattern, reader)


# The comments are matched possessively: a head full of them must not be tried in every combination.
_HTML_START = rb"(?is)(?:<\?xml[^>]*>\s*)?(?:(?><!--.*?-->)\s*)*+<(?:!doctype\s+html|html|head|body)\b"
_MHTML_START = rb"(?i)(?:[!-9;-~]++:[^\n]*+\n(?:[ \t][^\n]*+\n)*+)*?content-type:\s*multipart/related"
_FEED_START = rb"(?is)(?:(?><\?.*?\?>|<!--.*?-->|<!doctype[^>\[]*+(?:\[.*?\]\s*)?>)\s*)*+<(?:[\w.-]+:)?(?:rss|feed|rdf)[\s>]"

SEVERAL_START = rb'<doc(?:[ \t]+\w+="[^"\r\n]*")+[ \t]*>[ \t]*\r?\n|\d{1,5} of \d{1,5} DOCUMENTS[ \t]*\r?\n'
"""The first line of a text that holds several documents, and of each of these: WikiExtractor's, and that of a news database."""

PLAIN_TEXT = _row("plain text", "text/plain", "txt text", "text")
MARKDOWN = _row("Markdown", "text/markdown", "md markdown", "text")
HTML = _row("HTML", "text/html", "html htm xhtml xht shtml", "text", _HTML_START)
CSV = _row("a table (CSV)", "text/csv", "csv tsv tab", "csv_")
TAR = _row("a tar archive", "application/x-tar", "tar", "tar", rb"(?s).{257}ustar")
OFFICE = _row("an Office document", "application/vnd.openxmlformats-officedocument", "docx xlsx pptx odt ods odp")
JSON = _row("JSON", "application/json", "json jsonl ndjson jl geojson", "json_")

FORMATS = (
    # Recognised by their beginning, whatever the name.
    _row("gzip data", "application/gzip", "gz gzip tgz", "compression", rb"\x1f\x8b\x08"),
    _row("Zstandard data", "application/zstd", "zst zstd tzst", "compression", rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18"),
    _row("bzip2 data", "application/x-bzip2", "bz2 tbz2", "compression", rb"BZh[1-9](?:1AY&SY|\x17\x72\x45\x38\x50\x90)"),
    _row("xz data", "application/x-xz", "xz txz lzma", "compression", rb"\xfd7zXZ\0"),
    OFFICE,
    _row("a ZIP archive", "application/zip", "zip wacz", "zip_", rb"PK(?:\x03\x04|\x05\x06)"),
    TAR,
    _row("Parquet", "application/vnd.apache.parquet", "parquet pq", "parquet", rb"PAR1\x15"),
    _row("a 7-Zip archive", "application/x-7z-compressed", "7z", None, rb"7z\xbc\xaf\x27\x1c"),
    _row("a RAR archive", "application/vnd.rar", "rar", None, rb"Rar!\x1a\x07"),
    _row("LZ4 data", "application/x-lz4", "lz4", None, rb"\x04\x22\x4d\x18"),
    _row("a web archive (WARC)", "application/warc", "warc wet wat", "warc", rb"WARC/[01]\.\d"),
    _row("an old web archive (ARC)", "application/x-internet-archive", "arc", None, rb"filedesc://"),
    HTML,
    _row("a web page with its parts (MHTML)", "multipart/related", "mhtml mht", "mhtml", _MHTML_START),
    _row("a feed (RSS, Atom)", "application/rss+xml", "rss atom", "feed", _FEED_START),
    _row("texts in one file", "text/plain", "", "several", SEVERAL_START),
    _row("XML", "application/xml", "xml rdf", None, rb"<\?xml\s"),
    # Recognised by name alone; JSON is looked at more closely below.  The first of these come along with pages and archives.
    _row("a style sheet", "text/css", "css"),
    _row("a script", "text/javascript", "js mjs"),
    _row("a drawing (SVG)", "image/svg+xml", "svg"),
    _row("an index of web archives", "application/x-cdx", "cdx cdxj"),
    _row("Arrow data", "application/vnd.apache.arrow.file", "arrow feather"),
    JSON,
    CSV,
    PLAIN_TEXT,
    MARKDOWN,
)
"""Every known kind of file.  What begins like none of them, and has another name, is plain text."""

_BY_SUFFIX = {suffix: format_ for format_ in FORMATS for suffix in format_.suffixes}
_SURE = tuple((format_, format_.start) for format_ in FORMATS if format_.start)

# Bytes of the head in which the starts are looked for.  A page has its doctype there, if any.
_START = 4096
# A byte order mark and white space.  NULs are taken out before, for UTF-16.
_BLANK = b"\xef\xbb\xbf\xff\xfe \t\r\n\f\v"
# The first bytes of all starts above, except tar and MHTML: most text begins with another byte, and costs only this look.
_FIRST = frozenset(b"\x1f\x28BPRW7f<\x04\xfd" + bytes(range(0x50, 0x60)))

_JSON_START = re.compile(rb'(?:\[\s*)?\{\s*(?:"(?:[^"\\]|\\.)*"\s*:|\})')


def recognise(name: str, head: bytes) -> Format:
    """Tell the format of a file.

    Args:
        name: its file name.
        head: its first bytes, some 64 KB if it has them.
    """
    by_name = _by_suffix(name) or _by_suffix(_QUERY.sub("", name))
    if by_name is OFFICE:
        return by_name  # it is a ZIP archive, too
    start = head[:_START]
    if start[:1] and (start[0] in _FIRST or start[257:262] == b"ustar"):
        for format_, pattern in _SURE:
            if pattern.match(start):
                return format_
    text = start.replace(b"\0", b"").lstrip(_BLANK)
    if text[:1] == b"<" or text[:5] == b"WARC/" or b" DOCUMENTS" in text[:40] or b"multipart/related" in text.lower():
        for format_, pattern in _SURE:
            if pattern.match(text):
                return format_
    if by_name is HTML and head and b"<" not in head:
        return PLAIN_TEXT  # the parser would join its lines to one
    if by_name is TAR and head and b"\0" not in head[:512]:
        return recognise(name.rpartition(".")[0], head)  # pandas gives the member of x.csv.tar.gz the name of the archive
    if by_name is not None and by_name not in {PLAIN_TEXT, MARKDOWN, CSV}:
        return by_name
    if text[:1] in {b"{", b"["} and _JSON_START.match(text) and (_is_json(head) if by_name else not _has_text_behind(head)):
        return JSON
    if by_name is MARKDOWN or by_name is CSV:
        return by_name
    delimiter = _delimiter(text)
    return CSV if delimiter and (by_name is None or _has_rows(head, delimiter)) else PLAIN_TEXT


_TEXT_COLUMNS = frozenset(b"text content body article maintext raw_content html".split())
_OTHER_COLUMNS = frozenset(b"id url link title headline author date published".split())


def _delimiter(text: bytes) -> str | None:
    """What separates the cells of the header that a text begins with, if it is that of a table."""
    first = text.partition(b"\n")[0].partition(b"\r")[0].lower()
    for delimiter in (b"\t", b";", b","):
        if delimiter in first:
            cells = {cell.strip(b'"') for cell in first.split(delimiter)}
            if not cells.isdisjoint(_TEXT_COLUMNS) and not cells.isdisjoint(_OTHER_COLUMNS):
                return delimiter.decode()
    return None


def _has_rows(head: bytes, delimiter: str) -> bool:
    """Whether rows follow, all with as many cells as the header; no text looks like this, whatever its first line is."""
    text = head.decode("utf-16" if head.startswith(_UTF_16) else "utf-8", "replace")
    try:
        header, *rows = (len(row) for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row)
    except csv.Error:
        return False
    return len(rows) > 1 and set(rows[:-1] if len(head) >= HEAD else rows) == {header}  # the last may be cut off


_UTF_16 = (b"\xff\xfe", b"\xfe\xff")  # as Excel writes it

_QUERY = re.compile(r"[?@].*", re.DOTALL)  # as wget writes names: style.css?ver=6.1, on Windows style.css@ver=6.1


def _by_suffix(name: str) -> Format | None:
    dot = name.rfind(".")
    return _BY_SUFFIX.get(name[dot:].lower()) if dot >= 0 else None


def _has_text_behind(head: bytes) -> bool:
    """Whether the first line is an object and the next is not JSON: a text with a piece of JSON in front."""
    first, *behind = [line for line in head.split(b"\n") if line.strip()]
    if not behind or behind[0].lstrip()[:1] in {b"{", b"["}:
        return False
    try:
        if not isinstance(json.loads(first), dict):
            return False
    except (ValueError, RecursionError):
        return False
    try:
        json.loads(behind[0])
    except (ValueError, RecursionError):
        return True
    return False


def _is_json(head: bytes) -> bool:
    """Whether a file named as text is JSON throughout, as far as can be seen.

    Dumps of whole pages may begin with a piece of JSON from the page: so all lines must be objects,
    or the whole file, if it is in sight, one value.
    """
    *lines, last = head.split(b"\n")
    try:
        if lines and all(isinstance(json.loads(line), dict) for line in lines if line.strip()):
            return not last.strip() or last.lstrip().startswith(b"{")
    except (ValueError, RecursionError):
        pass
    try:
        return isinstance(json.loads(head), (dict, list))
    except (ValueError, RecursionError):
        return False
