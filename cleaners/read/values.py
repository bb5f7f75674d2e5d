"""What reading gives, and the limits that it keeps."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

DOCUMENT_BYTES = 32 << 20
"""The size limit of a document, in bytes, decompressed.  The largest of the 4,578 pages of the development data has 5 MB."""


class Found(NamedTuple):
    """A file that was found.

    Attributes:
        id: its path relative to the input folder, with "/" on every system and valid Unicode always: a byte
            of a name that is no UTF-8 is written as U+FFFD and two hex digits.  A U+FFFD that stands in the
            name is written as its own three bytes, so that no two names share an id.
        path: where it is.
        size: bytes; 0 if not known.
        url: its address, if it is not on this machine's disk; "-" is standard input.
        stamp: what differs once the file has changed: the time of its last change in nanoseconds, or what a remote system
            says; None if that is not known.
    """

    id: str
    path: Path
    size: int
    url: str | None = None
    stamp: int | str | None = None


@dataclass(frozen=True, slots=True)
class Fields:
    """Which fields of a record (JSON, CSV, Parquet) hold the document; None: find out.

    Attributes:
        text: the field that holds plain text.
        html: the field that holds HTML.
        In both, "a.b" is the field "b" of the object "a".
    """

    text: str | None = None
    html: str | None = None


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
    """A document that cannot be read.

    Attributes:
        id, path, record: as in `Raw`.  A fault of a whole container has the id of the container.
        type: the name of the error: "Unsupported", "Empty", "TooLarge", "Truncated", "Damaged", … or of an exception.
        message: a sentence.
        raw: its bytes, where they are known.
        media_type: what it is, where that is known.
    """

    id: str
    path: str
    record: str | None
    type: str
    message: str
    raw: bytes | None = None
    media_type: str | None = None


class ReadError(Exception):
    """Reading cannot go on here; `type` and the message are for `Failed`."""

    def __init__(self, type_: str, message: str) -> None:
        super().__init__(message)
        self.type = type_


_NOT_SAFE = re.compile("[\0#\ud800-\udfff\ufffd]")


def escape(text: str) -> str:
    """Write the UTF-8 bytes of a text as U+FFFD and two hex digits each; also those that "surrogateescape" hides."""
    try:
        raw = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raw = text.encode("utf-8", "surrogatepass")
    return "".join(f"\ufffd{byte:02X}" for byte in raw)


def safe_name(name: str) -> str:
    """Make part of an id from a name that somebody else chose: of a member of an archive, or a key in a remote store.

    The result is a relative path in valid Unicode that leads nowhere but down, whatever the name was:
    "..", a "/" in front, the ":" of a drive, NUL, and "#" (which parts ids) are written as their bytes in hex.
    """
    name = name.replace("\\", "/")
    lead = len(name) - len(name.lstrip("/"))
    parts = [part for part in name.split("/") if part not in {"", "."}]
    safe = [escape(part) if part == ".." else _NOT_SAFE.sub(lambda match: escape(match[0]), part) for part in parts]
    if safe and re.match("[A-Za-z]:", safe[0]):
        safe[0] = safe[0].replace(":", escape(":"), 1)
    return escape("/" * lead) + "/".join(safe) or escape(".")


def is_hidden(name: str) -> bool:
    """Whether a file is left out because its name, or that of a folder above it, begins with a dot."""
    parts = _HALF.sub("", name).replace("\\", "/").split("/")
    return any(part.startswith(".") and part not in {".", ".."} for part in parts)


# Half a character of Shift_JIS, read in another encoding, and no separator: "表.txt" is not ".txt" in a folder.
_HALF = re.compile(r"(?<=[^\0-\x7f])\\(?=\.)")


class Names:
    """The names of the members of one archive as parts of ids: no two are the same."""

    def __init__(self) -> None:
        self._taken: set[bytes] = set()  # hashes, for archives of millions

    def unique(self, name: str) -> str:
        """A name as part of an id; the second of the same name has "~2" behind it."""
        safe = unique = safe_name(name)
        count = 1
        while (key := blake2b(unique.encode(), digest_size=10).digest()) in self._taken:
            count += 1
            unique = f"{safe}~{count}"
        self._taken.add(key)
        return unique
