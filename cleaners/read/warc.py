"""Web archives (WARC and WET), through FastWARC.

Documents are the responses of servers, resources, and conversions (the texts of a WET file).  Requests, metadata and the
like are passed over, and so are resources in which a crawler describes itself or its pages.  Where FastWARC cannot go on,
at a damaged header for example, the records up to the next one that can be found are lost.
"""

import io
import re
import zlib
from collections.abc import Iterator
from itertools import count

from fastwarc.warc import ArchiveIterator, WarcRecord

from cleaners.read.compression import CODECS, Codec, Deflate
from cleaners.read.formats import HTML, recognise
from cleaners.read.source import BUFFER, Filled, Source, buffered
from cleaners.read.values import DOCUMENT_BYTES, Failed, Raw, ReadError

_DOCUMENTS = {"response", "resource", "conversion"}
_PASSED_OVER = {"warcinfo", "request", "metadata", "revisit"}
# The logs of wget (metadata://gnu.org/…) and wpull (urn:X-wpull:log); what browsertrix has of a page (urn:text:https://…); where
# Heritrix found a server (dns:ferry.example).
_OF_CRAWLER = re.compile(r"(?i)metadata:|dns:|urn:x-wpull:|urn:\w+:https?:")
_ROBOTS = re.compile(r"(?i)https?://[^/?#]+/robots\.txt\Z")
_NEXT = re.compile(rb"\n(?=WARC/[01]\.\d+\r?\n)")
_START = 4096  # bytes that hold the headers of a record
_TEXT_TYPES = {"text/plain": "text/plain", "text/markdown": "text/markdown"}
_HTML_TYPES = {"text/html", "application/xhtml+xml"}
_XML_TYPES = {"application/xml", "text/xml", "application/vnd.wap.xhtml+xml"}
_UNKNOWN_TYPES = {None, "", "application/octet-stream", "application/x-unknown", "unknown/unknown", "application/http"}


_NAMES = {name.lower(): name for name in (b"WARC-Type", b"WARC-Record-ID", b"Content-Type", b"Content-Length")}


class _Named(Filled):
    """A web archive whose header names are spelt as FastWARC expects them; the standard allows any case."""

    def __init__(self, stream: io.BufferedReader) -> None:
        super().__init__()
        self._stream = stream
        self._ready = b""
        self._length = self._left = 0  # of the block that follows the headers, and what is still to come of it

    def piece(self, most: int) -> bytes:
        if self._left:
            piece = self._stream.read1(min(most, self._left))
            self._left -= len(piece)
            return piece
        if not self._ready:
            name, colon, value = self._stream.readline(BUFFER).partition(b":")
            name = _NAMES.get(name.lower(), name)
            if name == b"Content-Length":
                self._length = int(value) if value.strip().isdigit() else 0
            elif not name.strip():
                self._left, self._length = self._length, 0
            self._ready = name + colon + value
        piece, self._ready = self._ready[:most], self._ready[most:]
        return piece


def _is_named_otherwise(head: bytes) -> bool:
    """Whether the first record has headers, and FastWARC does not know their names."""
    names = {line.partition(b":")[0] for line in head[:_START].replace(b"\r", b"").lstrip().partition(b"\n\n")[0].split(b"\n")}
    return any(name not in names and name.lower() in map(bytes.lower, names) for name in (b"WARC-Type", b"Content-Length"))


class _Window:
    """A stream that remembers what was read last, so that one can go back to it."""

    def __init__(self, stream: io.BufferedReader, at: int) -> None:
        self._stream = stream
        self._ready = b""  # to be read again
        self._last = b""
        self._at = at  # of the end of _last in the stream

    def tell(self) -> int:
        return self._at

    def read(self, size: int = -1) -> bytes:
        size = BUFFER if size < 0 else size
        piece = self._ready[:size] or self._stream.read1(size)
        self._ready = self._ready[len(piece) :]
        self._at += len(piece)
        self._last = (self._last + piece)[-2 * BUFFER :]
        return piece

    def go_to_next(self, after: int) -> bool:
        """Go to the next record that begins behind an offset, as far as that is remembered; False: there is none."""
        buffer = self._last + self._ready
        begin = self._at - len(self._last)  # of the buffer
        at = max(after - begin, 0)
        while not (found := _NEXT.search(buffer, at)):
            piece = self._stream.read1(BUFFER)
            if not piece:
                return False
            begin += max(len(buffer) - 32, 0)
            buffer, at = buffer[-32:] + piece, 0
        self._at = begin + found.end()
        self._ready, self._last = buffer[found.end() :], b""
        return True


def read(source: Source, _media_type: str) -> Iterator[Raw | Failed]:
    """The documents in the records; the id has the number of the record in the file, from 1."""
    is_named_otherwise = _is_named_otherwise(source.head())
    # The headers of ClueWeb09 end their lines with a bare line feed, which the standard has not.  Elsewhere FastWARC is
    # strict, for what it puts up with it does not tell.
    has_bare_ends = not source.head().lstrip().partition(b"\n")[0].endswith(b"\r")
    numbers, at = count(1), 0
    while True:
        window = _Window(buffered(_Named(source.stream)) if is_named_otherwise else source.stream, at)
        try:
            yield from _documents(source, window, numbers, has_bare_ends=has_bare_ends)
        except ReadError as error:  # each record may be a member of the compressed file: later ones may be intact
            go_on = getattr(source.stream.raw, "go_on", None)
            if error.type != "Damaged" or go_on is None or not go_on(b"WARC/"):
                raise
            yield source.failed(next(numbers), error.type, str(error))
            at = window.tell()
        else:
            return


def _documents(source: Source, window: _Window, numbers: Iterator[int], *, has_bare_ends: bool) -> Iterator[Raw | Failed]:
    begin = window.tell()
    was_told = False  # that something is no record
    while True:
        problem: str | None = None
        records = ArchiveIterator(window, parse_http=False, stream_detect=False, quirks_mode=has_bare_ends)  # type: ignore[arg-type]
        while True:
            try:
                record = next(records, None)
            except BaseException as error:
                if not _is_fault(error):
                    raise
                problem = str(error)
                break
            if record is None:
                break
            begin, was_told = record.stream_pos, False
            source.next_document()
            yield from _document(source, next(numbers), record)
        if problem is None:
            return
        if not was_told:
            was_told = True
            message = f"behind the record at byte {begin:,} there is something that is no record: {problem}"
            yield source.failed(next(numbers), "Damaged", message)
        if not window.go_to_next(begin + 1):
            return
        begin = window.tell()


def _is_fault(error: BaseException) -> bool:
    """Whether FastWARC could not go on; a panic of its Rust code is no `Exception`."""
    return isinstance(error, OSError) or type(error).__name__ == "PanicException"


def _document(source: Source, number: int, record: WarcRecord) -> Iterator[Raw | Failed]:
    kind = str(record.record_type)
    if kind in _PASSED_OVER:
        return
    headers = {name.lower(): value for name, value in record.headers.items()}
    if kind == "continuation":
        yield source.failed(number, "Unsupported", "this goes on with an earlier record, to which it cannot be joined")
        return
    if kind not in _DOCUMENTS:
        yield source.failed(number, "Damaged", f"the record at byte {record.stream_pos:,} has no type that is known")
        return
    uri = (headers.get("warc-target-uri") or "").strip("<>") or None
    if kind != "conversion" and uri and _OF_CRAWLER.match(uri):
        return
    origin = {
        "warc_record_id": record.record_id,
        "warc_type": kind,
        "warc_target_uri": uri,
        "warc_date": headers.get("warc-date"),
        **_offset(source, record.stream_pos),
    }
    length = _number(headers.get("content-length"))
    try:
        block = record.reader.read(DOCUMENT_BYTES + 1)
    except BaseException as error:
        if not _is_fault(error):
            raise
        yield source.failed(number, "Damaged", f"the record at byte {record.stream_pos:,} cannot be read: {error}")
        return
    if len(block) > DOCUMENT_BYTES:
        yield source.too_large(number, "record")
        return
    if length != len(block):
        message = f"the record at byte {record.stream_pos:,} breaks off: {len(block):,} of {headers.get('content-length')} bytes are there"
        yield source.failed(number, "Truncated", message, block)
        return
    content_type, status = headers.get("content-type"), 200
    body = block
    if block.startswith(b"HTTP/") and (content_type is None or content_type.strip().lower().startswith("application/http")):
        status, http, body = _http(block)
        content_type = http.get("content-type")
        try:
            body = _decoded(body, http)
        except ReadError as error:
            yield source.failed(number, error.type, str(error), block)
            return
    # The texts of a WET file are text, whatever they begin with.
    media_type, charset = _media_type(content_type, b"" if kind == "conversion" else body)
    if status == 0:
        yield source.failed(number, "Damaged", f"the answer of the server for {uri} has no status", block)
    elif status not in {200, 203}:
        yield source.failed(number, "HttpStatus", f"the server answered {status} for {uri}: this is no article", body, media_type)
    elif media_type == "text/plain" and uri and _ROBOTS.match(uri):
        yield source.failed(number, "Unsupported", "the record is robots.txt, which is no article", body, media_type)
    elif media_type not in {"text/html", *_TEXT_TYPES}:
        yield source.failed(number, "Unsupported", f"the record is {media_type}, which cannot be read", body, media_type)
    else:
        yield source.raw(
            number,
            body,
            media_type,
            charset="utf-8" if kind == "conversion" else charset,  # WET files are UTF-8 whatever the page was
            metadata={"url": uri} if uri else {},
            origin={key: value for key, value in origin.items() if value is not None},
        )


def _offset(source: Source, offset: int) -> dict[str, int]:
    """Where a record begins: in the compressed file, if that has a member for each record; else in its content."""
    member_at = getattr(source.stream.raw, "member_at", None)
    if member_at is None:
        return {"offset": offset}
    member = member_at(offset)
    return {"offset_decompressed": offset} if member is None else {"offset": member}


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 20 else None


# "100 Continue" and "103 Early Hints", which come before the answer.
_INTERIM = re.compile(rb"\A(?:HTTP/\d(?:\.\d)?\s+1\d\d\b[^\n]*+\n(?:[^\r\n][^\n]*+\n)*+\r?\n(?=HTTP/))+")


def _http(block: bytes) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of a response.  Where a header comes twice, the last counts, but for folded ones."""
    block = _INTERIM.sub(b"", block)
    end = re.search(rb"\r?\n\r?\n", block)
    head, body = (block[: end.start()], block[end.end() :]) if end else (block, b"")
    lines = re.sub(rb"\r?\n[ \t]+", b" ", head).decode("latin-1").splitlines()
    status = re.match(r"HTTP/\d(?:\.\d)?\s+(\d{3})\b", lines[0])
    headers = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if colon:
            headers[name.strip().lower()] = value.strip()
    return int(status[1]) if status else 0, headers, body


def _decoded(body: bytes, http: dict[str, str]) -> bytes:
    """The body without chunks and compression.

    Many archives hold bodies that were decoded already, under headers that say otherwise: what does
    not even begin as its header says is taken as it is.

    Raises:
        ReadError: it becomes too large, or is damaged within.
    """
    if "chunked" in http.get("transfer-encoding", "").lower():
        body = _dechunked(body)
    for coding in reversed([name.strip().lower() for name in http.get("content-encoding", "").split(",")]):
        body = _decompressed(body, coding)
    return body


_CHUNK = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\n]*)?\r?\n")


def _dechunked(body: bytes) -> bytes:
    pieces: list[bytes] = []
    at = 0
    while size := _CHUNK.match(body, at):
        length = int(size[1], 16)
        if not length:
            return b"".join(pieces)
        begin = size.end()
        pieces.append(body[begin : begin + length])
        at = begin + length
        if at >= len(body):
            break
        at += 2 if body.startswith(b"\r\n", at) else 1 if body.startswith(b"\n", at) else 0
    if not pieces:
        return body  # it is not chunked
    return b"".join(pieces) + body[at:]  # what breaks off, or goes on in another way, is kept


def _decompressed(body: bytes, coding: str) -> bytes:
    if coding in {"gzip", "x-gzip"} and body.startswith(b"\x1f\x8b"):
        codec = CODECS["application/gzip"]
    elif coding == "deflate" and body:
        window = zlib.MAX_WBITS if body[0] & 0x0F == 8 and int.from_bytes(body[:2]) % 31 == 0 else -zlib.MAX_WBITS
        codec = Codec(coding, _NEVER, lambda: Deflate(window))
    elif coding == "zstd" and body.startswith(b"\x28\xb5\x2f\xfd"):
        codec = CODECS["application/zstd"]
    elif coding == "br" and body:
        return _brotli(body)
    else:
        return body
    try:
        plain = _members(body, codec)
    except Exception as error:
        if coding == "deflate":  # it has no sure start
            return body
        raise ReadError("Damaged", f"the {coding} body is damaged: {error}") from error
    return _limited(plain, coding)


_NEVER = re.compile(rb"(?!)")
_STEP = 4096  # small, because each member copies what comes after it


def _members(body: bytes, codec: Codec) -> bytes:
    """The content of the members of a compressed body, as far as they go; what comes after them is left out.

    Raises:
        Exception: the first is damaged.
    """
    plain, at, decoder = bytearray(), 0, codec.new()
    is_first = True
    while len(plain) <= DOCUMENT_BYTES:
        if decoder.eof:
            at -= len(decoder.unused_data)
            if not codec.start.match(body, at):
                break
            decoder, is_first = codec.new(), False
        data = body[at : at + _STEP] if decoder.needs_input else b""
        at += len(data)
        try:
            piece = decoder.decompress(data, DOCUMENT_BYTES + 1 - len(plain))
        except Exception:  # each codec has its own; what looked like a later member may not be one
            if is_first:
                raise
            break
        plain += piece
        if not data and not piece and not decoder.eof:
            break  # it breaks off, as pages do that were not loaded to their end: what there is, is kept
    return bytes(plain)


def _brotli(body: bytes) -> bytes:
    import brotli

    decoder = brotli.Decompressor()
    try:
        plain = decoder.process(body, output_buffer_limit=DOCUMENT_BYTES + 1)
        while len(plain) <= DOCUMENT_BYTES and not decoder.can_accept_more_data():
            plain += decoder.process(b"", output_buffer_limit=DOCUMENT_BYTES + 1 - len(plain))
    except brotli.error:
        return body  # it has no sure start
    return _limited(plain, "br")


def _limited(plain: bytes, coding: str) -> bytes:
    if len(plain) > DOCUMENT_BYTES:
        raise ReadError("TooLarge", f"the {coding} body becomes more than {DOCUMENT_BYTES:,} bytes")
    return plain


def _media_type(content_type: str | None, body: bytes) -> tuple[str, str | None]:
    """The media type of a body, and the charset that is declared for it."""
    declared, _, parameters = (content_type or "").partition(";")
    declared = declared.partition(",")[0].strip().lower()  # some servers say it twice
    charset = re.search(r"""(?i)\bcharset\s*=\s*["']?([^\s"';,]+)""", parameters)
    if declared in _HTML_TYPES or (declared in _XML_TYPES and recognise("", body[:BUFFER]) is HTML):
        media_type = "text/html"
    elif declared in _UNKNOWN_TYPES or declared in _TEXT_TYPES:
        by_content = recognise("", body[:BUFFER]).media_type
        media_type = by_content if by_content != "text/plain" else _TEXT_TYPES.get(declared, "text/plain")
    else:
        media_type = declared
    return media_type, charset[1] if charset else None
