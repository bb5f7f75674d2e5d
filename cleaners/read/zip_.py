"""ZIP archives.  Nothing is unpacked to disk."""

import stat
import zipfile
from collections.abc import Iterator

from cleaners.read import containers
from cleaners.read.source import Source, Whole, buffered
from cleaners.read.values import Failed, Names, Raw, is_hidden

# Python's own module reads bzip2 and LZMA in ZIP without a limit on what comes out of a block.
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED = 0x1


def read(source: Source, _media_type: str) -> Iterator[Raw | Failed]:
    """The documents in the members, in the order of the archive's directory."""
    names = Names()
    with zipfile.ZipFile(source.file()) as archive:
        for member in archive.infolist():
            if member.is_dir() or is_hidden(member.filename):
                continue
            part = names.unique(member.orig_filename)
            if stat.S_ISLNK(member.external_attr >> 16):
                yield source.failed(part, "NotAFile", "this is a link, which is not followed")
            elif member.flag_bits & _ENCRYPTED:
                yield source.failed(part, "Encrypted", "this member of the archive is encrypted")
            elif member.compress_type not in _METHODS:
                message = f"this member of the archive is compressed in a way (method {member.compress_type}) that cannot be read"
                yield source.failed(part, "Unsupported", message)
            else:
                yield from _member(source, archive, member, part)


def _member(source: Source, archive: zipfile.ZipFile, member: zipfile.ZipInfo, part: str) -> Iterator[Raw | Failed]:
    try:
        content = archive.open(member)
    except Exception as error:  # noqa: BLE001  a damaged header; the other members may be whole
        yield source.failed(part, type(error).__name__, str(error))
        return
    with content:
        yield from containers.documents(source.inside(part, member.filename, buffered(Whole(content)), 2))
