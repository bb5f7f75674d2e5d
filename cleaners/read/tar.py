"""Tar archives, read from front to back.  Nothing is unpacked to disk."""

import io
import tarfile
from collections.abc import Iterator
from typing import Any

from cleaners.read import containers
from cleaners.read.source import BUFFER, Filled, Source, buffered
from cleaners.read.values import DOCUMENT_BYTES, Failed, Names, Raw, ReadError, is_hidden

_BLOCK = 512


class _Forward:
    """A stream as `tarfile` wants it, which only ever seeks forward."""

    def __init__(self, stream: io.BufferedReader) -> None:
        self._stream = stream
        self._at = 0
        self._again = b""
        self.last = b""  # what was read last

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int) -> None:
        if offset < self._at:
            raise ReadError("Damaged", "the archive points back to a place that was read before")
        while self._at < offset and self.read(min(BUFFER, offset - self._at)):
            pass

    def read(self, size: int) -> bytes:
        if size > DOCUMENT_BYTES:  # members are read in small pieces: this is a name, or what else stands in a header
            raise ReadError("TooLarge", "a header of the archive is larger than any document may be")
        again, self._again = self._again[:size], self._again[size:]
        self.last = again + self._stream.read(size - len(again))
        self._at += len(self.last)
        return self.last

    def read1(self, size: int) -> bytes:
        piece = self._stream.read1(size)
        self._at += len(piece)
        return piece

    def has_more(self) -> bool:
        """Whether anything but zeros follows the end of an archive: another archive."""
        while block := self.read(_BLOCK):
            if block.strip(b"\0"):
                self._again = block
                self._at -= len(block)
                return True
        return False


class _Member(Filled):
    """The content of a member."""

    def __init__(self, forward: _Forward, size: int) -> None:
        super().__init__()
        self._forward, self._left = forward, size

    def piece(self, most: int) -> bytes:
        piece = self._forward.read1(min(most, self._left)) if self._left else b""
        if self._left and not piece:
            raise ReadError("Truncated", f"the archive breaks off at byte {self._forward.tell():,}, in this member")
        self._left -= len(piece)
        return piece


def read(source: Source, _media_type: str) -> Iterator[Raw | Failed]:
    """The documents in the members."""
    names = Names()
    forward = _Forward(source.stream)
    while True:
        yield from _archive(source, forward, names)
        if not forward.has_more():
            return


def _archive(source: Source, forward: _Forward, names: Names) -> Iterator[Raw | Failed]:
    file: Any = forward
    archive = tarfile.TarFile(fileobj=file, encoding="utf-8", errors="surrogateescape")
    while (member := archive.next()) is not None:
        archive.members = []  # type: ignore[attr-defined]  # it would keep them all
        source.next_document()
        if member.isdir() or is_hidden(member.name):
            continue
        part = names.unique(member.name)
        if member.issparse() or not member.isfile():
            yield source.failed(part, "NotAFile", f"this is {_kind(member)}, not a regular file")
        else:
            yield from containers.documents(source.inside(part, member.name, buffered(_Member(forward, member.size)), 2))
    if len(forward.last) < _BLOCK or forward.last.strip(b"\0"):
        raise ReadError("Truncated", f"the archive breaks off, or is damaged, at byte {forward.tell():,}")


def _kind(member: tarfile.TarInfo) -> str:
    if member.issparse():
        return "a file with holes"
    if member.issym() or member.islnk():
        return "a link"
    return "a named pipe" if member.isfifo() else "a device"
