"""Finding the documents of an input, and reading their bytes.

Nothing in the input disappears: what cannot be read, or is of an unsupported kind,
comes back as a value that says so, for the caller to put into quarantine.  Only hidden files and folders
(their names begin with a dot) are left out.

A format is a row of the table in `formats` and a module with a `read`.  Formats are recognised by content and
by name, and may be nested in each other in any way.  Every reader streams: it holds no more of a container than one
document, which may have `values.DOCUMENT_BYTES` at most.
"""

import errno
import fnmatch
import glob
import io
import os
import re
import stat
from collections.abc import Iterator
from itertools import accumulate, dropwhile
from pathlib import Path

from cleaners.read import containers, remote
from cleaners.read.formats import MARKDOWN, PLAIN_TEXT, recognise
from cleaners.read.source import HEAD, Piped, Source, buffered
from cleaners.read.values import DOCUMENT_BYTES, Failed, Fields, Found, Raw, escape

__all__ = [
    "STDIN",
    "Failed",
    "Fields",
    "Found",
    "Raw",
    "documents",
    "find",
    "is_container",
    "is_path",
    "is_read_alike",
    "path_of",
    "valid",
]

STDIN = "-"
"""The input that is standard input."""

_NOT_UNICODE = re.compile("[\ud800-\udfff\ufffd]")


def find(root: Path | str) -> list[Found]:
    """List the files of an input.

    Links to files are documents.  Links to folders are not entered, since they may lead in a circle.
    These links, folders that cannot be listed, and whatever is neither file nor folder are listed like
    documents: `documents` says what is wrong with them.

    Args:
        root: a folder, with the folders in it; a file; a pattern with "*", "?", "[…]" or "**"; an address such as
            s3://bucket/folder; or "-", standard input.

    Returns:
        The files sorted by id (by code points, whatever the order on disk).

    Raises:
        OSError: `root` does not exist or cannot be listed.
    """
    if str(root) == STDIN:
        return [Found("stdin", Path(STDIN), 0, STDIN)]
    address = remote.url(root)
    if address is not None:
        return remote.find(address)
    root = path_of(root)
    if not root.exists() and glob.has_magic(str(root)):
        return _pattern(root)
    if not root.is_dir():
        status = root.stat()
        return [Found(valid(root.name), root, status.st_size, None, status.st_mtime_ns)]
    return _ordered(list(_folder("", os.fspath(root))))


def is_path(root: Path | str) -> bool:
    """Whether an input is a path on this machine, and no pattern, address or standard input."""
    is_elsewhere = str(root) == STDIN or remote.url(root) is not None
    return not is_elsewhere and (path_of(root).exists() or not glob.has_magic(str(root)))


def path_of(root: Path | str) -> Path:
    """The path that an input is, which may be written as an address: file:///dumps."""
    return Path(re.sub("^file:/*(?=/)", "", str(root)))


def _pattern(pattern: Path) -> list[Found]:
    """The files that a pattern matches, and those in the folders that it matches; links to folders are not entered here, either."""
    fixed = next(n for n, part in enumerate(pattern.parts) if glob.has_magic(part))
    found = {one.id: one for one in _matching("", os.fspath(Path(*pattern.parts[:fixed])), list(pattern.parts[fixed:]))}
    if not found:
        raise FileNotFoundError(errno.ENOENT, f"nothing matches {pattern}")
    return _ordered(list(found.values()))


def _matching(prefix: str, folder: str, segments: list[str]) -> Iterator[Found]:
    """The files in a folder that a pattern matches, some more than once."""
    is_deep = segments[0] == "**"
    wanted, *rest = list(dropwhile(lambda part: part == "**", segments)) or ["*"]
    for entry in _entries(prefix, folder):
        if isinstance(entry, Found):
            yield entry
            continue
        name, is_folder = prefix + entry.name, _is_folder(entry)
        if is_deep and is_folder:
            yield from _matching(name + "/", entry.path, segments)
        if fnmatch.fnmatchcase(entry.name, wanted):
            if rest:
                yield from _matching(name + "/", entry.path, rest) if is_folder else ()
            elif is_folder:
                yield from _folder(name + "/", entry.path)
            else:
                yield _found(name, entry)


def _folder(prefix: str, root: str) -> Iterator[Found]:
    """The files in a folder and the folders in it."""
    folders = [(prefix, root)]
    while folders:
        prefix, folder = folders.pop()
        for entry in _entries(prefix, folder):
            if isinstance(entry, Found):
                yield entry
            elif _is_folder(entry):
                folders.append((f"{prefix}{entry.name}/", entry.path))
            else:
                yield _found(prefix + entry.name, entry)


def _entries(prefix: str, folder: str) -> Iterator[os.DirEntry[str] | Found]:
    """What is in a folder and not hidden.  A folder that cannot be listed yields itself; the topmost one raises."""
    try:
        with os.scandir(folder) as listing:
            entries = list(listing)
    except OSError:
        if not prefix:
            raise
        yield Found(valid(prefix.rstrip("/")), Path(folder), 0)
        return
    yield from (entry for entry in entries if not entry.name.startswith("."))


def _ordered(found: list[Found]) -> list[Found]:
    """Sorted by id, and without a file that could share its id with a document in another: "a.zip#b" beside "a.zip"."""
    files = {one.id for one in found if "#" in one.id}
    if files:
        files = {one.id for one in found}
        found = [one._replace(id=_apart(one.id, files)) if "#" in one.id else one for one in found]
    found.sort()
    return found


def _apart(name: str, files: set[str]) -> str:
    """A name, with each "#" that follows the name of a file escaped."""
    pieces = name.split("#")
    fronts = accumulate(pieces, lambda front, piece: f"{front}#{piece}")
    return pieces[0] + "".join(
        (escape("#") if front in files else "#") + piece for front, piece in zip(fronts, pieces[1:], strict=False)
    )


def is_container(found: Found, head: bytes = b"") -> bool:
    """Whether a file may hold many documents, going by its name, and by its first bytes if they are given."""
    return recognise(found.path.name, head).reader not in {"text", "mhtml", None}


def is_read_alike(found: Found, name: str) -> bool:
    """Whether a file would be read in the same way under another name: formats are known by the end of the name, too.

    Raises:
        OSError: the file cannot be read.
    """
    here, there = (one.rpartition("/")[2].lower().split(".")[1:] for one in (found.id, name))
    if here == there:
        return True
    with found.path.open("rb") as file:  # the name of a compressed file also says what is in it
        head = file.read(HEAD)
    format_ = recognise(found.path.name, head)
    return here[-1:] == there[-1:] and format_.reader != "compression" and format_ == recognise(name.rpartition("/")[2], head)


def documents(found: Found, fields: Fields = Fields()) -> Iterator[Raw | Failed]:  # noqa: B008  it is immutable
    """The documents of a file, at least one: a file without any is a failure.

    Args:
        found: the file.
        fields: which fields of records hold the document, where that is not to be found out.
    """
    stream: io.BufferedReader | Failed
    if found.url is None and 0 < found.size <= DOCUMENT_BYTES and found.path.suffix.lower() in _TEXT_SUFFIXES:
        raw = read(found)
        if isinstance(raw, Failed):
            yield raw
            return
        format_ = recognise(found.path.name, raw[:HEAD])
        if format_ in _TEXTS and len(raw) <= DOCUMENT_BYTES:
            yield Raw(found.id, found.id, None, raw, format_.media_type)
            return
        stream = _open(found) if len(raw) > DOCUMENT_BYTES else buffered(io.BytesIO(raw))
    else:
        stream = _open(found)
    if isinstance(stream, Failed):
        yield stream
        return
    with stream:
        yield from containers.documents(Source(found.id, None, found.path.name, stream, fields, is_file=found.url != STDIN))


_TEXTS = (PLAIN_TEXT, MARKDOWN)
_TEXT_SUFFIXES = PLAIN_TEXT.suffixes | MARKDOWN.suffixes | {""}


def read(found: Found) -> bytes | Failed:
    """Read the bytes of a file that is one document, up to one byte more than it may have, or say why that is not possible."""
    problem = _problem(found)
    if problem is not None:
        return problem
    try:
        with found.path.open("rb", buffering=0) as file:
            # Asking for more would allocate that much for each file, which takes longer than reading it.
            raw = file.read(found.size + 1)
            return raw if len(raw) <= found.size else raw + (file.read(DOCUMENT_BYTES + 1 - len(raw)) or b"")
    except OSError as error:
        return _failed(found, error)


def _open(found: Found) -> io.BufferedReader | Failed:
    try:
        if found.url == STDIN:
            return buffered(Piped(open(0, "rb", buffering=0, closefd=False)))
        if found.url is not None:
            return remote.open_(found.url)
        problem = _problem(found)
        return problem or buffered(found.path.open("rb", buffering=0))
    except OSError as error:
        return _failed(found, error)
    except Exception as error:  # noqa: BLE001  each remote system has errors of its own
        return Failed(found.id, found.id, None, type(error).__name__, str(error))


def _problem(found: Found) -> Failed | None:
    """Why a file on disk must not be opened, if so."""
    try:
        mode = found.path.stat().st_mode
        if stat.S_ISREG(mode):
            return None
        if stat.S_ISDIR(mode) and not found.path.is_symlink():
            os.scandir(found.path).close()  # raises again what it raised before
            return Failed(found.id, found.id, None, "OSError", "the folder could not be listed before, and can be now")
    except OSError as error:
        return _failed(found, error)
    return Failed(found.id, found.id, None, "NotAFile", f"this is {_special(mode)}, not a regular file")


def _failed(found: Found, error: OSError) -> Failed:
    return Failed(found.id, found.id, None, type(error).__name__, error.strerror or str(error))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:  # `read` meets the same error and reports it
        return False


def _found(name: str, entry: os.DirEntry[str]) -> Found:
    try:
        status = entry.stat()
    except OSError:  # gone meanwhile
        return Found(valid(name), Path(entry.path), 0)
    size = status.st_size if stat.S_ISREG(status.st_mode) else 0
    return Found(valid(name), Path(entry.path), size, None, status.st_mtime_ns)


def valid(name: str) -> str:
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
