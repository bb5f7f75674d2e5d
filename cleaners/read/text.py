"""Files that are one document: plain text, Markdown, HTML."""

from collections.abc import Iterator

from cleaners.read.source import Source
from cleaners.read.values import DOCUMENT_BYTES, Failed, Raw, ReadError


def whole(source: Source, media_type: str) -> bytes | Failed:
    """All bytes of a source, or why they cannot be read, with those that could be."""
    pieces, size = [], 0
    try:
        for piece in source.pieces():
            size += len(piece)
            if size > DOCUMENT_BYTES:
                return source.too_large(None, media_type=media_type)
            pieces.append(piece)
    except ReadError as error:
        return source.failed(None, error.type, str(error), b"".join(pieces) or None, media_type)
    return b"".join(pieces)


def read(source: Source, media_type: str) -> Iterator[Raw | Failed]:
    """The one document."""
    raw = whole(source, media_type)
    yield raw if isinstance(raw, Failed) else source.raw(None, raw, media_type)
