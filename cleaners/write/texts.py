"""The clean texts as files, each at the place of its document in the input tree."""

import errno
import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from cleaners import records
from cleaners.write import Format

_NAME_BYTES = 255  # of a file, on the usual file systems
_PATH_CHARS = 800  # Linux takes 4,096 bytes and macOS 1,024, the output folder included

TEXT_SUFFIXES: Mapping[Format, str] = {"files": "", "markdown": ".md"}
"""The formats with the clean texts as files, and what is appended to their names."""


def write_text(folder: Path, source: Mapping[str, Any], content: bytes, suffix: str = "") -> None:
    """Write a clean text as a file.

    Args:
        folder: for all of them.
        source: where the document came from: path and record.
        content: of the file.
        suffix: see `TEXT_SUFFIXES`.
    """
    places = text_places(folder, source, suffix)
    place = next(places)
    try:
        try:
            _write(place, content)
        except FileNotFoundError:  # the first document of its folder
            if not folder.parent.is_dir():  # the run was killed, and the next one has taken over what was there
                raise
            place.parent.mkdir(parents=True, exist_ok=True)
            _write(place, content)
    except OSError as error:
        # On disk, a file and a folder cannot have the same name; in the input they may.
        if error.errno not in (errno.EISDIR, errno.ENOTDIR, errno.EEXIST, errno.ENAMETOOLONG):
            raise
        _write(next(places), content)


def _write(place: Path, content: bytes) -> None:
    with open(place, "wb") as file:  # noqa: PTH123  cheaper than `Path.write_bytes`
        file.write(content)


def read_texts(folder: Path, source: Mapping[str, Any], suffix: str = "") -> list[bytes]:
    """The files that may be the clean text of a document; if all is well, its own is among them."""
    return [place.read_bytes() for place in text_places(folder, source, suffix) if os.path.isfile(place)]  # noqa: PTH113  it never raises


def remove_text(folder: Path, source: Mapping[str, Any], suffix: str = "") -> None:
    """Remove a clean text, if it was written."""
    for place in text_places(folder, source, suffix):
        with suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
            place.unlink()


def text_places(folder: Path, source: Mapping[str, Any], suffix: str = "") -> Iterator[Path]:
    """Where the clean text of a document goes: to its place in the input tree or, if that is taken, aside.

    The text of record R of a container C/D is the file "C/D#R", with "/" in R written "%2F": so no record's text
    collides with another's, and none is outside the folder, whatever the container calls it.
    """
    path, record = source["path"], source["record"]
    if record is not None:
        path += "#" + str(record).replace("%", "%25").replace("/", "%2F")
    path += suffix  # always: "a" and "a.md" may both be there
    if len(path) <= _PATH_CHARS:
        yield folder.joinpath(*map(_safe, path.split("/")))
    yield aside(folder, path)


def aside(folder: Path, path: str) -> Path:
    """Where a clean text goes whose place is taken."""
    return folder / ("~" + _marked(path.replace("/", "%2F")))


def _safe(name: str) -> str:
    """The name of a file or folder: as it is, if file systems accept it."""
    if name in ("", ".", "..") or "\0" in name or not records.is_unicode(name) or len(name.encode()) > _NAME_BYTES:
        return _marked(name)
    return name


def _marked(name: str) -> str:
    """A name that is always accepted: the start of this one, and a hash that makes it unique."""
    raw = name.encode("utf-8", "backslashreplace")
    digest = hashlib.sha256(raw).hexdigest()[:16]
    return raw[:200].decode("utf-8", "ignore").replace("\0", "") + "~" + digest
