"""Web pages that a browser saved together with their parts: MHTML, which has the form of an e-mail message (RFC 2557)."""

import email
import re
from collections.abc import Iterator
from email.header import decode_header, make_header
from email.message import Message
from html import unescape

from cleaners.read.source import Source
from cleaners.read.text import whole
from cleaners.read.values import Failed, Raw

_TITLE = re.compile(rb"<title\b[^>]*+>([^<]*+)</title", re.IGNORECASE)


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
        "title": _subject(message, html, page.get_content_charset()),
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


def _subject(message: Message, html: bytes, charset: str | None) -> str | None:
    """The subject, unless it is just the <title> of the page, which browsers put there with the name of the site."""
    subject = _header(message, "Subject")
    found = _TITLE.search(html)
    if not subject or not found:
        return subject
    try:
        title = unescape(found[1].decode(charset or "utf-8", "replace"))
    except (LookupError, ValueError):  # no such encoding
        return subject
    return None if title.split() == subject.split() else subject


def _header(message: Message, name: str) -> str | None:
    """A header as text, however it is encoded."""
    value = message[name]
    if value is None:
        return None
    try:
        text = str(make_header(decode_header(value)))
    except (ValueError, LookupError):
        text = str(value)
    return text.encode("utf-8", "replace").decode().strip() or None
