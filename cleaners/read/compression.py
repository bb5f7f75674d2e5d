"""Compressed data: gzip, bzip2, xz and Zstandard, read a little at a time.

No more is decompressed than is asked for, so a compression bomb costs time but no memory; `mark`
limits the time.  Data that breaks off, or is damaged, gives what came before that and then an error.
"""

import bz2
import io
import lzma
import re
import sys
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, NamedTuple, Protocol

from cleaners.read import containers
from cleaners.read.source import BUFFER, Filled, Source, buffered
from cleaners.read.values import Failed, Raw, ReadError

# Text that repeats itself reaches some 100 to 1, a document of one letter 1000 to 1 in gzip.  What exceeds both limits is
# not read to its end.
_BOMB_BYTES = 1 << 30
_BOMB_RATIO = 1000

# A decompressor holds its window in memory.  128 MiB is what the zstd command accepts by default, too; `xz -9` needs 65.
_WINDOW_LOG = 27
_XZ_MEMORY = 160 << 20


class _Decompressor(Protocol):
    """The interface of `bz2`, `lzma` and `compression.zstd`."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class Deflate:
    """zlib's decompressor with the interface of the others."""

    def __init__(self, window: int = 31) -> None:
        self._object = zlib.decompressobj(window)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._object.eof

    @property
    def unused_data(self) -> bytes:
        return self._object.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        piece = self._object.decompress(self._object.unconsumed_tail + data, max_length)
        # A full answer may have more behind it, though all input was taken.
        self.needs_input = not self._object.unconsumed_tail and len(piece) < max_length
        return piece


def zstd_module() -> Any:
    """The module of Python 3.14, or its backport."""
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd


def _zstd(dictionary: Any = None) -> _Decompressor:
    zstd = zstd_module()
    return zstd.ZstdDecompressor(  # type: ignore[no-any-return]
        dictionary, options={zstd.DecompressionParameter.window_log_max: _WINDOW_LOG}
    )


class Codec(NamedTuple):
    """A kind of compression: what to call it, what each of its members begins with, and its decompressor."""

    name: str
    start: re.Pattern[bytes]
    new: Callable[[], _Decompressor]


CODECS = {
    "application/gzip": Codec("gzip", re.compile(rb"\x1f\x8b"), Deflate),
    "application/x-bzip2": Codec("bzip2", re.compile(rb"BZh"), bz2.BZ2Decompressor),
    "application/x-xz": Codec("xz", re.compile(rb"\xfd7zXZ\0|\x5d\0\0"), lambda: lzma.LZMADecompressor(memlimit=_XZ_MEMORY)),
    "application/zstd": Codec("Zstandard", re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18"), _zstd),
}
_LONGEST_START = 6
_GZIP = b"\x1f\x8b\x08"
_PROBE = 4096  # bytes that surely hold the header of a member and the start of its content

_ZSTD_FRAME = b"\x28\xb5\x2f\xfd"
_DICTIONARY_FRAME = b"\x5d\x2a\x4d\x18"
_DICTIONARY = b"\x37\xa4\x30\xec"
_MAX_DICTIONARY = 32 << 20  # most have 1 MB at most


class Decompressed(Filled):
    """The content of compressed data, of one member or many.

    Args:
        source: what is compressed.
        codec: how.
        begin: offset in the compressed data that the source has reached.

    Attributes:
        members: where the latest members begin: offset in the content, offset in the compressed data.
    """

    def __init__(self, source: io.BufferedReader, codec: Codec, begin: int = 0) -> None:
        super().__init__()
        self._source, self._codec = source, codec
        self._decoder: _Decompressor | None = None
        self._pending = b""
        self._data = b""  # what was read last, without what belongs to earlier members
        self._in = self._mark_in = begin
        self._out = self._mark_out = 0
        self.members: deque[tuple[int, int]] = deque(maxlen=10_000)

    def mark(self) -> None:
        """Apply the limits from here on."""
        self._mark_in, self._mark_out = self._in, self._out

    def member_at(self, offset: int) -> int | None:
        """Where in the compressed data the member begins that begins at an offset of the content; None if there is none."""
        while self.members and self.members[0][0] < offset:
            self.members.popleft()
        return self.members[0][1] if self.members and self.members[0][0] == offset else None

    def piece(self, most: int) -> bytes:
        try:
            return self._next(most)
        except ReadError:
            raise
        except Exception as error:
            if "memory" in str(error).lower():  # so both libraries complain of a window that is too large
                message = (
                    f"this {self._codec.name} data takes more memory than it may have: compress it again with a smaller window"
                )
                raise ReadError("TooLarge", message) from error
            message = f"the {self._codec.name} data is damaged behind byte {self._out:,} of its content: {error}"
            raise ReadError("Damaged", message) from error

    def go_on(self, begin: bytes) -> bool:
        """Skip damage, up to the next member of gzip data whose content begins with this; False if there is none."""
        if self.members and self.members[-1][0] == self._out:
            self.members.pop()  # nothing came of it
        data, at = self._data[1:], 0
        while self._codec.name == "gzip":
            at = data.find(_GZIP, at)
            if (at < 0 or len(data) - at < _PROBE) and (more := self._read()):
                data, at = data[at if at >= 0 else -len(_GZIP) :] + more, 0
                continue
            if at < 0:
                return False
            with suppress(zlib.error):
                if Deflate().decompress(data[at : at + _PROBE], len(begin)) == begin:
                    self._pending, self._decoder, self._error = data[at:], None, None
                    return True
            at += 1
        return False

    def _read(self) -> bytes:
        data = self._source.read1(BUFFER // 2)
        self._in += len(data)
        return data

    def _next(self, most: int) -> bytes:
        """The next piece, empty at the end."""
        while True:
            if self._decoder is None:
                data = self._start()
                if not data:
                    return b""
            elif self._decoder.needs_input:
                data = self._read()
                if not data:
                    raise ReadError(
                        "Truncated", f"the {self._codec.name} data breaks off behind byte {self._out:,} of its content"
                    )
            else:
                data = b""
            assert self._decoder is not None
            self._data = data or self._data
            piece = self._decoder.decompress(data, most)
            self._out += len(piece)
            if self._decoder.eof:
                self._pending, self._decoder = self._decoder.unused_data, None
            out = self._out - self._mark_out
            if out > _BOMB_BYTES and out > _BOMB_RATIO * (self._in - self._mark_in):
                raise ReadError(
                    "Bomb", f"a few bytes of {self._codec.name} data become more than {_BOMB_BYTES:,}: a compression bomb"
                )
            if piece:
                return piece

    def _start(self) -> bytes:
        """Begin a member, and return the first data of it; nothing at the end."""
        data, first = self._pending, not self.members
        while len(data) < _LONGEST_START and (more := self._read()):
            data += more if first else more.lstrip(b"\0")  # members may be padded
        if not first:
            data = data.lstrip(b"\0")
        if not data:
            return b""
        if not first and not self._codec.start.match(data):
            self._data = data
            raise ReadError(
                "Damaged", f"behind the {self._codec.name} data there is something else, at byte {self._in - len(data):,}"
            )
        self._decoder = self._codec.new()
        self.members.append((self._out, self._in - len(data)))
        return data


def _with_dictionary(source: Source, codec: Codec) -> tuple[Codec, int]:
    """The codec with the dictionary that Zstandard data begins with, and how many bytes that took.

    Web archives have it in a frame that decompressors skip, maybe compressed itself (IIPC, "Use of Zstandard compression in WARC files").

    Raises:
        ReadError: it is too large, damaged or cut off.
    """
    head = source.head()[:12]
    if not head.startswith(_DICTIONARY_FRAME) or not head.endswith((_DICTIONARY, _ZSTD_FRAME)):
        return codec, 0
    size = int.from_bytes(head[4:8], "little")
    if size > _MAX_DICTIONARY:
        raise ReadError("TooLarge", f"the dictionary of this Zstandard data has more than {_MAX_DICTIONARY:,} bytes")
    raw = source.stream.read(8 + size)[8:]
    if len(raw) < size:
        raise ReadError("Truncated", "the Zstandard data breaks off within its dictionary")
    try:
        if raw.startswith(_ZSTD_FRAME):
            raw = _zstd().decompress(raw, _MAX_DICTIONARY)
        dictionary = zstd_module().ZstdDict(raw)
    except Exception as error:
        raise ReadError("Damaged", f"the dictionary of this Zstandard data is damaged: {error}") from error
    return codec._replace(new=lambda: _zstd(dictionary)), 8 + size


def read(source: Source, media_type: str) -> Iterator[Raw | Failed]:
    """The documents in a compressed file."""
    stem, dot, suffix = source.name.rpartition(".")
    name = stem + (".tar" if suffix.lower() in {"tgz", "tbz2", "txz", "tzst"} else "") if dot else source.name
    codec = CODECS[media_type]
    if codec.start.match(source.head()):
        codec, begin = _with_dictionary(source, codec)
        with Decompressed(source.stream, codec, begin) as content:
            yield from containers.documents(source.inside(None, name, buffered(content), 1))
    else:  # programs that fetch such files may decompress them, and keep the name
        yield from containers.documents(source.inside(None, name, source.stream, 1))
