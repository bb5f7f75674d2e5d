"""Folders and files that are not on this machine, through fsspec: s3://…, gs://…, https://…"""

import errno
import io
import re
from functools import partial
from pathlib import Path
from typing import Any

from cleaners.read.source import buffered
from cleaners.read.values import Found, Names, is_hidden

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/+(?=[^/])")


def url(root: Path | str) -> str | None:
    """The address, or None if this is a path.  (`Path` makes one "/" of the two in an address.)"""
    match = _URL.match(str(root))
    if match is None or match[1].lower() == "file" or Path(root).exists():
        return None
    return f"{match[1]}://{str(root)[match.end() :]}"


def find(address: str) -> list[Found]:
    """List the files of a remote folder; those that a pattern matches, and in folders that it matches; or the one file that this is.

    Raises:
        OSError: there is nothing, or it cannot be listed; or what fsspec needs for such addresses is not installed.
    """
    system, path = _system(address)
    path = path.rstrip("/")
    try:
        if re.search(r"[*?\[]", path):
            root = re.split(r"[*?\[]", path)[0].rpartition("/")[0]
            infos = _matching(system, path)
        else:
            root = path
            infos = _below(system, path)
    except Exception as error:  # each system has errors of its own
        kind = FileNotFoundError if isinstance(error, FileNotFoundError) else OSError
        raise kind(errno.EIO, f"{address} cannot be listed: {error}") from error
    if not infos:
        raise FileNotFoundError(errno.ENOENT, f"there is nothing at {address}")
    names = Names()
    found = []
    for name, info in sorted(infos.items()):
        relative = name[len(root) :].removeprefix("/") if name != root else name.rpartition("/")[2]
        if not is_hidden(relative) and not name.endswith("/"):  # some tools make empty keys for folders
            full = system.unstrip_protocol(name)
            stamp = info.get("ETag") or info.get("etag") or info.get("md5Hash")
            found.append(Found(names.unique(relative), Path(relative), info.get("size") or 0, full, stamp))
    return sorted(found)


def _matching(system: Any, pattern: str) -> dict[str, Any]:
    """The files that a pattern matches, and those in the folders that it matches."""
    infos: dict[str, Any] = {}
    listed = "\0"
    for name, info in sorted(system.glob(pattern, detail=True).items()):
        if info["type"] == "file":
            infos[name] = info
        elif not f"{name}/".startswith(listed):  # it lies in one that was listed
            listed = f"{name.rstrip('/')}/"
            infos |= _below(system, listed[:-1])
    return infos


def _below(system: Any, path: str) -> dict[str, Any]:
    """All that is in a remote folder, or the one file that this is."""
    faults: list[OSError] = []
    # By default these pass over folders that cannot be listed, and they do not hand `on_error` on to the next level.
    for name in ("walk", "_walk"):
        if walk := getattr(system, name, None):
            setattr(system, name, partial(walk, on_error=faults.append))
    infos: dict[str, Any] = system.find(path, detail=True)
    for fault in faults:
        if not isinstance(fault, FileNotFoundError) and path not in infos:  # a file has nothing to list
            raise fault
    return infos


def open_(address: str) -> io.BufferedReader:
    """Open a remote file.

    Raises:
        OSError: it is gone, or cannot be read.
    """
    system, path = _system(address)
    file: Any = system.open(path, "rb")
    return buffered(file)


def _system(address: str) -> tuple[Any, str]:
    import fsspec

    try:
        return fsspec.core.url_to_fs(address)  # type: ignore[no-any-return]
    except (ImportError, ValueError) as error:
        hint = " (for s3://: pip install -e '.[s3]' in the folder of the clone)" if isinstance(error, ImportError) else ""
        raise OSError(errno.EPROTONOSUPPORT, f"{address} cannot be opened: {error}{hint}") from error
