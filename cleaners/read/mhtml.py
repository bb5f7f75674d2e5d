"""Web pages that a browser saved together with their parts: MHTML, an e-mail message by form (RFC 2557)."""

import email
from collections.abc import Iterator
from email.header import decode_header, make_header
from email.message import Message

from cleaners.read.source import Source
from cleaners.read.text import whole
from cleaners.read.values import Failed, Raw


def read(source: Source, media_type: str) -> Iterator[Raw | Failed]:
    """The page without its parts."""
    raw = whole(source, media_type)
    if isinstance(raw, Failed):
        yield raw
        return
    message = email.message_from_bytes(raw.lstrip())
    pages = [part for part in message.walk() if part.get_content_type() in {"text/html", "application/xhtml+xml"}]
    root = next((part for part in pages if (name := _header(part, "Content-ID")) and name == message.get_param("start")), None)
    page = root or next(iter(pages), None)
    html = page.get_payload(decode=True) if page else None
    if page is None or not isinstance(html, bytes):
        yield source.failed(None, "Empty", "this web page with its parts (MHTML) holds no HTML", raw, media_type)
        return
    metadata = {
        "url": _header(page, "Content-Location") or _header(message, "Snapshot-Content-Location"),
        "title": _header(message, "Subject"),
    }
    origin = {"saved": _header(message, "Date")}
    yield source.raw(
        None,
        html,
        "text/html",
        charset=page.get_content_charset(),
        metadata={key: value for key, value in metadata.items() if value},
        origin={key: value for key, value in origin.items() if value},
    )


def _header(message: Message, name: str) -> str | None:
    """A header as text, however it is coded."""
    value = message[name]
    if value is None:
        return None
    try:
        text = str(make_header(decode_header(value)))
    except (ValueError, LookupError):
        text = str(value)
    return text.encode("utf-8", "replace").decode().strip() or None
