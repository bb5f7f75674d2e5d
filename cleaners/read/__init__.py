"""Finding the documents of an input folder, and reading their bytes.

Nothing that lies in the folder disappears: what cannot be read, or is of a kind that is not supported,
comes back as a value that says so, for the caller to put into quarantine.  Only hidden files and folders
(their names begin with a dot) are left out.
"""

import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple


class Found(NamedTuple):
    """A document that was found.

    Attributes:
        id: its path relative to the input folder, with "/" on every system and valid Unicode always: a byte
            of a name that is no UTF-8 is written as U+FFFD and two hex digits.  A U+FFFD that stands in the
            name is written as its own three bytes, so that no two names share an id.
        path: where it is.
        size: bytes; 0 where it is not known.
    """

    id: str
    path: Path
    size: int


@dataclass(frozen=True, slots=True)
class Raw:
    """A document as it came in.

    Attributes:
        id: that of its file; for a document in a container "#" and `record` behind it.
        path: the id of its file.
        record: which document of its container it is; None where the file is the document.
        raw: its bytes as they stand in the file or container.
        media_type: what they are, "text/plain" for example.
        text: its text, where the container holds text and not bytes (JSON, Parquet); None: decode `raw`.
        encoding: of the container, where `text` is given.
        charset: the encoding that the container declares for `raw` (an HTTP header), if it does.
        metadata: what the container says about the document: url, title, author, published, …
        origin: more about the place it came from, for provenance: WARC record id, date and offset, …
    """

    id: str
    path: str
    record: str | None
    raw: bytes
    media_type: str
    text: str | None = None
    encoding: str | None = None
    charset: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    origin: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failed:
    """A document that cannot be had: `type` is the name of the error, `message` a sentence, `raw` its bytes where they are known."""

    id: str
    path: str
    record: str | None
    type: str
    message: str
    raw: bytes | None = None
    media_type: str | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """The bytes of a document cannot be had: the name of the error, and a sentence."""

    type: str
    message: str


@dataclass(frozen=True, slots=True)
class Unsupported:
    """The document is of a kind that must not be cleaned as if it were plain text; `reason` is a sentence."""

    media_type: str
    reason: str


class Format(NamedTuple):
    """A kind of document: how to know it, and whether it can be cleaned.

    Attributes:
        name: what to call it, in a sentence.
        media_type: as registered with IANA, where it is.
        suffixes: ends of file names, lower case.
        start: what its content begins with (behind a byte order mark and white space), if that tells it surely.
        is_supported: whether there is a reader for it.
    """

    name: str
    media_type: str
    suffixes: frozenset[str]
    start: re.Pattern[bytes] | None = None
    is_supported: bool = False


PLAIN_TEXT = Format("plain text", "text/plain", frozenset({".txt", ".text"}), is_supported=True)

# The comments are matched possessively: a head full of them must not be tried in every combination.
_HTML_START = re.compile(rb"(?is)(?:<\?xml[^>]*>\s*)?(?:(?><!--.*?-->)\s*)*+<(?:!doctype\s+html|html|head|body)\b")

# JSON has no sure start: dumps of whole pages may begin with a piece of it that stood in the page.
FORMATS = (
    PLAIN_TEXT,
    Format("Markdown", "text/markdown", frozenset({".md", ".markdown"}), is_supported=True),
    Format("HTML", "text/html", frozenset({".html", ".htm", ".xhtml", ".shtml"}), _HTML_START),
    Format("a web archive (WARC)", "application/warc", frozenset({".warc", ".arc"}), re.compile(rb"WARC/[01]\.\d")),
    Format("JSON", "application/json", frozenset({".json", ".jsonl", ".ndjson"})),
    Format("XML", "application/xml", frozenset({".xml", ".rss", ".atom"}), re.compile(rb"<\?xml\s")),
    Format("a table (CSV)", "text/csv", frozenset({".csv", ".tsv"})),
    Format("Parquet", "application/vnd.apache.parquet", frozenset({".parquet"})),
    Format("a ZIP archive", "application/zip", frozenset({".zip"})),
    Format("a tar archive", "application/x-tar", frozenset({".tar", ".tgz"})),
    Format("gzip data", "application/gzip", frozenset({".gz"})),
    Format("bzip2 data", "application/x-bzip2", frozenset({".bz2"})),
    Format("xz data", "application/x-xz", frozenset({".xz"})),
    Format("Zstandard data", "application/zstd", frozenset({".zst"})),
)
"""Every kind of document that is known.  What begins like none of them and has another name is plain text."""

_BY_SUFFIX = {suffix: format_ for format_ in FORMATS for suffix in format_.suffixes}
_HEAD = 1024  # bytes that are looked at; an HTML page has its doctype in them, if it has one
# A byte order mark and white space.  NULs are taken out before, for UTF-16.
_BLANK = b"\xef\xbb\xbf\xff\xfe \t\r\n\f\v"

_NOT_UNICODE = re.compile("[\ud800-\udfff\ufffd]")


def find(root: Path) -> list[Found]:
    """List the documents of a folder and the folders in it, or the one document that `root` is.

    Links to files are documents.  Links to folders are not entered, since they may lead round in a circle.
    These links, folders that cannot be listed, and all that is neither file nor folder are listed like a
    document: `read` says what is wrong with them.

    Returns:
        The documents sorted by id (by code points, whatever the order on disk).

    Raises:
        OSError: `root` does not exist or cannot be listed.
    """
    if not root.is_dir():
        return [Found(_valid(root.name), root, root.stat().st_size)]
    found: list[Found] = []
    folders = [("", os.fspath(root))]
    while folders:
        prefix, folder = folders.pop()
        try:
            with os.scandir(folder) as listing:
                entries = list(listing)
        except OSError:
            if not prefix:
                raise
            found.append(Found(_valid(prefix.rstrip("/")), Path(folder), 0))
            continue
        for entry in entries:
            if entry.name.startswith("."):
                continue
            name = prefix + entry.name
            if _is_folder(entry):
                folders.append((name + "/", entry.path))
            else:
                found.append(Found(_valid(name), Path(entry.path), _size(entry)))
    found.sort()
    return found


def is_container(found: Found) -> bool:
    """Whether a file may hold many documents.  None of the kinds that are read so far does."""
    del found
    return False


def documents(found: Found) -> Iterator[Raw | Failed]:
    """The documents of a file, at least one: a file without any is a failure."""
    raw = read(found)
    if isinstance(raw, Unreadable):
        yield Failed(found.id, found.id, None, raw.type, raw.message)
        return
    kind = media_type(found, raw)
    if isinstance(kind, Unsupported):
        yield Failed(found.id, found.id, None, "Unsupported", kind.reason, raw, kind.media_type)
        return
    yield Raw(found.id, found.id, None, raw, kind)


def read(found: Found) -> bytes | Unreadable:
    """Read the bytes of a document, or say why that is not possible."""
    try:
        mode = found.path.stat().st_mode
        if stat.S_ISREG(mode):
            return found.path.read_bytes()
        if stat.S_ISDIR(mode) and not found.path.is_symlink():
            os.scandir(found.path).close()  # raises again what it raised before
            return Unreadable("OSError", "the folder could not be listed before, and can be now")
    except OSError as error:
        return Unreadable(type(error).__name__, error.strerror or str(error))
    return Unreadable("NotAFile", f"{_special(mode)}, not a regular file")


def media_type(found: Found, raw: bytes) -> str | Unsupported:
    """Tell the media type of a document by its content and its name.

    Returns:
        "text/plain" or "text/markdown"; or why the document must not be cleaned as plain text.  Whether
        its bytes are text at all is for `cleaners.decode` to say.
    """
    format_ = _BY_SUFFIX.get(found.path.suffix.lower(), PLAIN_TEXT)
    if format_.is_supported:
        head = raw[:_HEAD].replace(b"\0", b"").lstrip(_BLANK)
        if head.startswith((b"<", b"WARC/")):  # the cheapest look first: this is asked for every document
            format_ = next((other for other in FORMATS if other.start and other.start.match(head)), format_)
    if format_.is_supported:
        return format_.media_type
    return Unsupported(format_.media_type, f"this is {format_.name}, which is not supported yet; only plain text is")


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:  # `read` meets the same error and reports it
        return False


def _size(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat().st_size if entry.is_file() else 0
    except OSError:  # gone meanwhile
        return 0


def _valid(name: str) -> str:
    """Make an id of a path: valid Unicode, and different for different paths."""
    if name.isascii():
        return name
    return _NOT_UNICODE.sub(lambda match: "".join(f"\ufffd{byte:02X}" for byte in os.fsencode(match[0])), name)


def _special(mode: int) -> str:
    """Name the kind of a thing that is no file."""
    kinds = (
        (stat.S_ISDIR, "a link to a folder"),
        (stat.S_ISFIFO, "a named pipe"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
    )
    return next((name for is_kind, name in kinds if is_kind(mode)), "something unknown")
