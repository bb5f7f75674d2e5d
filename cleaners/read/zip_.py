"""ZIP archives.  Nothing is unpacked to disk."""

import re
import stat
import struct
import zipfile
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from cleaners.read import containers
from cleaners.read.compression import Deflate
from cleaners.read.recode import guessed
from cleaners.read.source import BUFFER, HEAD, Filled, Piped, Source, buffered
from cleaners.read.values import Failed, Names, Raw, ReadError, is_hidden

# In ZIP, Python's own module reads bzip2 and LZMA without a limit on what a block may grow to.
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED, _SIZE_BEHIND, _UTF_8 = 0x1, 0x8, 0x800  # flags
_LOCAL_HEADER = struct.Struct("<4s5H3L2H")
_IN_EXTRA = 0xFFFFFFFF  # a size that does not fit


def read(source: Source, _media_type: str) -> Iterator[Raw | Failed]:
    """The documents in the members, in the order of the archive's directory."""
    with source.file() as file:
        try:
            archive = zipfile.ZipFile(file)
        except zipfile.BadZipFile:
            yield from _without_directory(source, file)
            return
        names = Names()
        with archive:
            members = archive.infolist()
            charset = _charset(_raw(member) for member in members if not member.flag_bits & _UTF_8)
            for member in members:
                name = member.orig_filename if member.flag_bits & _UTF_8 else _name(_raw(member), charset)
                if member.is_dir() or is_hidden(name):
                    continue
                part = names.unique(name)
                if stat.S_ISLNK(member.external_attr >> 16):
                    yield source.failed(part, "NotAFile", "this is a link, which is not followed")
                elif refused := _refused(source, part, member.flag_bits, member.compress_type):
                    yield refused
                else:
                    yield from _member(source, archive, member, part)


def _raw(member: zipfile.ZipInfo) -> bytes:
    """A name that no flag calls UTF-8."""
    return member.orig_filename.encode("cp437", "replace")


def _charset(names: Iterable[bytes]) -> str | None:
    """The character set of the names that are not UTF-8, if together they show it."""
    return guessed(b"\n".join(name for name in names if _as(name, "utf-8") is None)[:HEAD])


def _as(raw: bytes, charset: str) -> str | None:
    try:
        return raw.decode(charset)
    except UnicodeDecodeError:
        return None


def _name(raw: bytes, charset: str | None) -> str:
    """The name of a member: UTF-8, even where no flag says so, and else in that character set, or that of DOS."""
    return _as(raw, "utf-8") or (charset and _as(raw, charset)) or raw.decode("cp437")


def _refused(source: Source, part: str, flags: int, method: int) -> Failed | None:
    """Why a member cannot be read, if so."""
    if flags & _ENCRYPTED:
        return source.failed(part, "Encrypted", "this member of the archive is encrypted")
    if method not in _METHODS:
        message = f"this member of the archive is compressed in a way (method {method}) that cannot be read"
        return source.failed(part, "Unsupported", message)
    return None


def _member(source: Source, archive: zipfile.ZipFile, member: zipfile.ZipInfo, part: str) -> Iterator[Raw | Failed]:
    try:
        content = archive.open(member)
    except Exception as error:  # noqa: BLE001  a damaged header; the other members may be whole
        yield source.failed(part, type(error).__name__, str(error))
        return
    with content:
        yield from containers.documents(source.inside(part, member.filename, buffered(Piped(content)), 2))


class _Content(Filled):
    """The content of a member that no directory lists.

    Attributes:
        at: how far the file was read.
    """

    def __init__(self, file: BinaryIO, at: int, size: int | None, method: int) -> None:
        super().__init__()
        self._file, self.at, self._left = file, at, size
        self._decoder = Deflate(-15) if method == zipfile.ZIP_DEFLATED else None

    def _read(self, most: int) -> bytes:
        most = most if self._left is None else min(most, self._left)
        self._file.seek(self.at)
        data = self._file.read(most)
        if most and not data:
            raise ReadError("Truncated", f"the archive breaks off at byte {self.at:,}, in this member")
        self.at += len(data)
        self._left = None if self._left is None else self._left - len(data)
        return data

    def piece(self, most: int) -> bytes:
        if self._decoder is None:
            return self._read(most)
        piece = b""
        while not piece and not self._decoder.eof:
            needs_input = self._decoder.needs_input
            data = self._read(BUFFER) if needs_input else b""
            if needs_input and not data:
                raise ReadError("Damaged", f"the member ends at byte {self.at:,} by its header, and its compressed data does not")
            piece = self._decoder.decompress(data, most)
            if self._decoder.eof:
                self.at -= len(self._decoder.unused_data)
        return piece


def _without_directory(source: Source, file: BinaryIO) -> Iterator[Raw | Failed]:
    """The members of an archive that breaks off before its directory, which comes last; each has a header of its own."""
    names = Names()
    at = 0
    while True:
        file.seek(at)
        header = file.read(_LOCAL_HEADER.size)
        if len(header) < _LOCAL_HEADER.size or not header.startswith(b"PK\x03\x04"):
            break
        _, _, flags, method, _, _, _, packed, size, name_length, extra_length = _LOCAL_HEADER.unpack(header)
        raw = file.read(name_length)
        name = _name(raw, guessed(raw))
        packed = _packed(file.read(extra_length), packed, size)
        at += _LOCAL_HEADER.size + name_length + extra_length
        behind = at  # of what was read
        if not (name.endswith("/") or is_hidden(name)):
            part = names.unique(name)
            if refused := _refused(source, part, flags, method):
                yield refused
            else:
                content = _Content(file, at, None if flags & _SIZE_BEHIND else packed, method)
                yield from containers.documents(source.inside(part, name, buffered(content), 2))
                behind = content.at
        at = _next_header(file, behind) if flags & _SIZE_BEHIND else at + packed
    raise ReadError(
        "Truncated", f"the archive has no directory, so it breaks off or is damaged; no member was found behind byte {at:,}"
    )


def _packed(extra: bytes, packed: int, size: int) -> int:
    """The compressed size of a member, which stands in an extra field of its header if it has more than 32 bits."""
    at = 0
    while packed == _IN_EXTRA and at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        begin = at + 4 + 8 * (size == _IN_EXTRA)  # the size of the content comes first
        if kind == 1 and begin + 8 <= len(extra):
            return int.from_bytes(extra[begin : begin + 8], "little")
        at += 4 + length
    return packed


def _next_header(file: BinaryIO, at: int) -> int:
    """Where the next member begins."""
    file.seek(at)
    data = b""
    while more := file.read(BUFFER):
        at, data = at + len(data[:-3]), data[-3:] + more
        if found := re.search(rb"PK\x03\x04", data):
            return at + found.start()
    return at + len(data)
