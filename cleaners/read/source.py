"""A stream of bytes that is being read, and what is known about it: what every reader gets."""

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, BinaryIO

from cleaners.read.values import DOCUMENT_BYTES, Failed, Fields, Raw, ReadError

BUFFER = 256 << 10
"""Bytes that are read at a time."""

HEAD = 64 << 10
"""Bytes at the start by which a format is recognised."""

# Parquet and ZIP are read from their ends.  Inside another container they are copied first: into memory up to this size,
# beyond it into a temporary file without a name, and up to _MAX_ASIDE at most.
_ASIDE_IN_MEMORY = 32 << 20
_MAX_ASIDE = 1 << 30


class Filled(io.RawIOBase):
    """A stream that cannot seek, and gives as much as is asked for, as far as there is any.

    What came before an error is given first.  Any error becomes a `ReadError`.
    """

    def __init__(self) -> None:
        super().__init__()
        self._at = 0
        self._error: ReadError | None = None

    def piece(self, most: int) -> bytes:
        """Some bytes, `most` at the most; none at the end."""
        raise NotImplementedError

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        if self._error is not None:
            raise self._error
        view, filled = memoryview(buffer), 0
        while filled < len(view):
            try:
                piece = self.piece(len(view) - filled)
            except Exception as error:
                self._error = error if isinstance(error, ReadError) else ReadError(type(error).__name__, str(error))
                if not filled:
                    raise self._error from error
                break
            if not piece:
                break
            view[filled : filled + len(piece)] = piece
            filled += len(piece)
        self._at += filled
        return filled


class Piped(Filled):
    """Something that can be read from and no more, such as a pipe."""

    def __init__(self, source: Any) -> None:
        super().__init__()
        self._source = source

    def piece(self, most: int) -> bytes:
        data: bytes = self._source.read(most)
        return data


def buffered(raw: Any) -> io.BufferedReader:
    """Make a stream of anything that reads."""
    return io.BufferedReader(raw, BUFFER)


@dataclass(frozen=True)
class Source:
    """A file, or something in a container, that documents are read from.

    Attributes:
        path: the id of the file.
        record: where in the file it is; None where it is the file.
        name: its file name, by which its format may be recognised.
        stream: its bytes.
        fields: see `Fields`.
        depth: how deep in containers it is.
        is_file: whether the stream can seek at no cost.
        origin: what the containers around it say, for `Raw.origin`.
    """

    path: str
    record: str | None
    name: str
    stream: io.BufferedReader
    fields: Fields
    depth: int = 0
    is_file: bool = False
    origin: Mapping[str, Any] = field(default_factory=dict)

    def inside(self, part: str | int | None, name: str, stream: io.BufferedReader, depth: int) -> "Source":
        """Something in this container; without a part, all of it in another form."""
        return replace(self, record=self._place(part)[2], name=name, stream=stream, depth=self.depth + depth, is_file=False)

    def _place(self, part: str | int | None) -> tuple[str, str, str | None]:
        """Id, path and record of something in this container."""
        parts = [str(one) for one in (self.record, part) if one is not None]
        return "#".join((self.path, *parts)), self.path, "#".join(parts) if parts else None

    def raw(
        self, part: str | int | None, raw: bytes, media_type: str, *, origin: Mapping[str, Any] | None = None, **more: Any
    ) -> Raw:
        """A document of this source."""
        return Raw(*self._place(part), raw, media_type, origin={**self.origin, **(origin or {})}, **more)

    def failed(
        self, part: str | int | None, type_: str, message: str, raw: bytes | None = None, media_type: str | None = None
    ) -> Failed:
        """A document of this source that cannot be had."""
        return Failed(*self._place(part), type_, message, raw, media_type)

    def head(self) -> bytes:
        """The first bytes, which stay in the stream."""
        return self.stream.peek(HEAD)[:HEAD]

    def pieces(self) -> Iterator[bytes]:
        """The rest of the stream, piece by piece."""
        while piece := self.stream.read1(BUFFER):
            yield piece

    def next_document(self) -> None:
        """Say that a new document begins: the limits of decompression count from here."""
        if mark := getattr(self.stream.raw, "mark", None):
            mark()

    def lines(self) -> Iterator[tuple[int, bytes | None]]:
        """The lines with their numbers, from 1; None for a line that is too long, of which nothing is kept."""
        stream, number = self.stream, 0
        while line := stream.readline(DOCUMENT_BYTES + 1):
            number += 1
            self.next_document()
            if len(line) > DOCUMENT_BYTES and not line.endswith(b"\n"):
                del line
                while (rest := stream.readline(BUFFER)) and not rest.endswith(b"\n"):
                    pass
                yield number, None
            else:
                yield number, line

    def too_large(self, part: str | int | None, what: str = "document", media_type: str | None = None) -> Failed:
        """The failure of a document beyond the limit."""
        return self.failed(part, "TooLarge", f"the {what} has more than {DOCUMENT_BYTES:,} bytes", None, media_type)

    @contextmanager
    def file(self) -> Iterator[BinaryIO]:
        """The stream as a file that can seek.

        Raises:
            ReadError: it is too large to be copied.
        """
        if self.is_file:
            yield self.stream
            return
        import tempfile

        with tempfile.SpooledTemporaryFile(_ASIDE_IN_MEMORY) as aside:
            size = 0
            for piece in self.pieces():
                size += len(piece)
                if size > _MAX_ASIDE:
                    raise ReadError("TooLarge", f"this has more than {_MAX_ASIDE:,} bytes: take it out of its container first")
                aside.write(piece)
            aside.seek(0)
            yield aside  # type: ignore[misc]  # it has all the methods, if not the type
