"""Feeds (RSS, Atom), and the exports of WordPress and Blogger, which are feeds: each item is a document, except what Blogger has beside posts.

The items are found by their tags and parsed one by one, so that no more than one is held, a faulty one costs only
itself, and each has its own bytes.  The parser never sees the DTD: it knows the five entities of XML, and those of HTML
are replaced afterwards, in the text.
"""

import datetime as dt
import html
import re
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any

from lxml import etree

from cleaners.decode import Binary, decode
from cleaners.read.recode import utf_8
from cleaners.read.source import Source
from cleaners.read.values import DOCUMENT_BYTES, Failed, Raw, ReadError

_ROOT = re.compile(rb"""(?i)<((?:[\w.-]+:)?(?:rss|feed|rdf))(?=[\s>])(?:[^>"']|"[^"]*"|'[^']*')*+>""")
_DECLARED = re.compile(rb"""(?i)<\?xml[^>]*\bencoding\s*=\s*["']([\w.:-]+)""")
_MARK = re.compile(rb"<!--|<!\[CDATA\[|<((?:[\w.-]+:)?(?:item|entry))(?:[\s/][^<>]*)?>|</((?:[\w.-]+:)?(?:item|entry))\s*>")
_ENDS = {b"<!--": b"-->", b"<![CDATA[": b"]]>"}
_LONGEST_TAG = 4096
_PIECE = 4 << 20  # bytes read at a time; each time, the item at hand is copied

# What XML cannot hold; and, outside of CDATA, a "&" that begins no entity.
_IMPOSSIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_BARE = re.compile(r"(?s)(<!\[CDATA\[.*?\]\]>)|&(?!#?\w+;)")
# Faults that lose nothing.
_HARMLESS = re.compile(r"(?:ERR|WAR)_UNDECLARED_ENTITY|NS_(?:ERR|WAR)_\w+|WAR_NS_\w+")

_NAMESPACES = {
    "",  # RSS 2.0
    "http://purl.org/rss/1.0/",
    "http://my.netscape.com/rdf/simple/0.9/",
    "http://backend.userland.com/rss2",
    "http://purl.org/rss/1.0/modules/content/",
    "http://purl.org/dc/elements/1.1/",
    "http://www.w3.org/1999/xhtml",
    "http://www.w3.org/2005/Atom",
    "http://purl.org/atom/ns#",
    "http://schemas.google.com/blogger/2018",
    "http://news.yandex.ru",
    "http://turbo.yandex.ru",
}
_WORDPRESS = re.compile(r"https?://wordpress\.org/export/[\d.]+/")
# The whole text first, then what may be a part of it.
_TEXTS = ("encoded", "full-text", "content", "body", "description", "summary")
_BESIDE_POSTS = {"comment", "template", "settings"}
_DATES = ("pubDate", "published", "issued", "date", "created", "updated", "modified")

_TAG = re.compile(r"</?[A-Za-z!][^<>]*>")
_MARKUP = re.compile(rf"{_TAG.pattern}|&(?:#\w+|\w+);")
_BLOCK = re.compile(r"(?i)<(?:p|br|div)\b")
_BLANK_LINES = re.compile(r"\n[ \t\r]*\n\s*")
_MAIL = re.compile(r"\S+@\S+\s*\((.+)\)")  # how RSS names an author


def read(source: Source, media_type: str) -> Iterator[Raw | Failed]:
    """The documents in the items, which are numbered from 1."""
    source, _ = utf_8(source)
    head = source.head()
    root = _ROOT.search(head)
    if root is None:
        raise ReadError("Damaged", "the root of this feed has no end within its first 64 KB")
    if b"<!ENTITY" in head[: root.start()]:
        raise ReadError("Entities", "this feed declares entities of its own, which copydesk does not expand")
    declared = _DECLARED.match(head.lstrip())
    charset = declared[1].decode() if declared else None
    tag, name = (decode(piece, charset, media_type) for piece in (root[0], root[1]))
    assert not isinstance(tag, Binary)
    assert not isinstance(name, Binary)
    channel = _channel(head, charset, media_type)
    number = 0
    for number, item in enumerate(_items(source), start=1):
        source.next_document()
        document = _document(source, number, item, (tag.text, f"</{name.text}>"), charset, channel)
        if document is not None:
            yield document


def _items(source: Source) -> Iterator[bytes | None]:
    """The items with their tags; None for one that is too long.  The last may break off."""
    buffer, at, begin, name = b"", 0, -1, b""  # at: how far it was looked at; begin, name: of the item
    waiting, too_long = b"", False  # waiting: the end of a comment or of CDATA that is looked for
    while more := source.stream.read1(_PIECE):
        if begin >= 0 and at - begin > DOCUMENT_BYTES:
            too_long, begin = True, at
        start = at if begin < 0 else begin
        buffer, at, begin = buffer[start:] + more, at - start, min(begin, 0)
        while True:
            if waiting:
                end = buffer.find(waiting, at)
                at = end + len(waiting) if end >= 0 else max(at, len(buffer) - len(waiting) + 1)
                if end < 0:
                    break
                waiting = b""
            mark = _MARK.search(buffer, at)
            if mark is None:
                at = max(at, len(buffer) - _LONGEST_TAG)
                break
            at = mark.end()
            waiting = _ENDS.get(mark[0], b"")
            if mark[1] and begin < 0:
                begin, name = mark.start(), mark[1]
            is_empty = mark[1] and begin == mark.start() and mark[0].endswith(b"/>")
            if begin >= 0 and (mark[2] == name or is_empty):
                yield None if too_long or at - begin > DOCUMENT_BYTES else buffer[begin:at]
                begin, too_long = -1, False
    if begin >= 0:
        yield None if too_long else buffer[begin:]


def _document(
    source: Source, number: int, item: bytes | None, around: tuple[str, str], charset: str | None, channel: dict[str, str]
) -> Raw | Failed | None:
    if item is None:
        return source.too_large(number, "item")
    decoded = decode(item, charset, "application/xml")
    if isinstance(decoded, Binary):
        return source.failed(number, "Damaged", f"this item is no text: {decoded.reason}", item)
    root, faults = _parsed(decoded.text.join(around))
    if faults or root is None or not len(root):
        return source.failed(number, "Damaged", f"this item is no XML: {faults or 'no element'}", item)
    fields = _fields(root[0])
    if _kind(fields) in _BESIDE_POSTS:
        return None
    texts = [one for name in _TEXTS for one in fields.get(name, [])]
    found = next((one for one in texts if _text(one).strip()), texts[0] if texts else None)
    if found is None:
        return source.failed(number, "NoText", f"this item has no text (its fields: {', '.join(sorted(fields)) or 'none'})", item)
    text = _text(found)
    kind = found.get("type", "")
    is_html = "html" in kind or (kind != "text" and bool(_MARKUP.search(text)))
    if is_html and not _BLOCK.search(text):  # WordPress makes paragraphs of blank lines when it shows a text
        text = "".join(f"<p>{part}</p>\n" for part in _BLANK_LINES.split(text))
    return source.raw(
        number,
        item,
        "text/html" if is_html else "text/plain",
        text=text,
        encoding=decoded.encoding,
        metadata=_metadata(fields) | channel,
    )


def _parsed(text: str) -> tuple[Any, str]:
    """The root element, and the first fault of the text, if it has one."""
    parser = etree.XMLParser(
        encoding="utf-8",  # whatever the declaration says: this is text already
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        recover=True,
        remove_comments=True,
        remove_pis=True,
    )
    text = _BARE.sub(lambda match: match[1] or "&amp;", _IMPOSSIBLE.sub("\ufffd", text))
    try:
        root = etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError as error:
        return None, str(error)
    faults = [entry.message for entry in parser.error_log if not _HARMLESS.fullmatch(entry.type_name)]
    return root, next(iter(faults), "")


def _fields(element: Any) -> dict[str, list[Any]]:
    """The elements in an element by their names, but only those of namespaces that describe a text."""
    fields: dict[str, list[Any]] = {}
    for child in element:
        if isinstance(child.tag, str):
            namespace, _, name = child.tag.rpartition("}")
            namespace = namespace.removeprefix("{")
            if namespace in _NAMESPACES or _WORDPRESS.fullmatch(namespace):
                fields.setdefault(name.rpartition(":")[2], []).append(child)  # a prefix that is not declared stays in the name
    return fields


def _text(element: Any) -> str:
    """The text of an element; with tags, if there are elements in it."""
    has_tags = any(isinstance(child.tag, str) for child in element)
    parts = [element.text or ""] if not has_tags else [html.escape(element.text or "", quote=False)]
    for child in element:
        if isinstance(child.tag, str):
            parts.append(etree.tostring(child, encoding="unicode", method="html"))
        else:
            parts += [child.text if has_tags else html.unescape(child.text), child.tail or ""]
    return "".join(parts)


def _said(fields: dict[str, list[Any]], *names: str) -> str | None:
    """The first of some fields that is not empty, as plain text on one line."""
    texts = (
        " ".join(html.unescape(_TAG.sub("", html.unescape(_text(one)))).split()) for name in names for one in fields.get(name, [])
    )
    return next(filter(None, texts), None)


def _channel(head: bytes, charset: str | None, media_type: str) -> dict[str, str]:
    """What the feed says about all of its items."""
    first = _MARK.search(head)
    while first and not first[1]:
        first = _MARK.search(head, first.end())
    decoded = decode(head[: first.start()] if first else head, charset, media_type)
    root, _ = _parsed("" if isinstance(decoded, Binary) else decoded.text)
    if root is None:
        return {}
    fields = _fields(root)
    fields = {**fields, **_fields(fields["channel"][0])} if "channel" in fields else fields
    said = {
        "site": _said(fields, "title"),
        "language": _said(fields, "language") or root.get("{http://www.w3.org/XML/1998/namespace}lang"),
    }
    return {name: value for name, value in said.items() if value}


def _metadata(fields: dict[str, list[Any]]) -> dict[str, Any]:
    """What an item says about its text."""
    author = (
        _said(fields, "creator")
        or next((_said(_fields(one), "name") for one in fields.get("author", [])), None)
        or _said(fields, "author")
    )
    mail = _MAIL.fullmatch(author or "")
    tags = [one.get("term") or _said({"": [one]}, "") for one in fields.get("category", []) if not _is_kind(one)]
    said = {
        "url": _link(fields),
        "title": _said(fields, "title"),
        "author": mail[1] if mail else author,
        "published": _published(fields),
        "guid": _said(fields, "guid", "id"),
        "tags": [tag for tag in dict.fromkeys(tags) if tag],
        "post_type": _said(fields, "post_type"),
        "status": _said(fields, "status"),
    }
    return {name: value for name, value in said.items() if value}


def _is_kind(category: Any) -> bool:
    return bool(category.get("scheme", "").endswith("/g/2005#kind"))


def _kind(fields: dict[str, list[Any]]) -> str:
    """What an entry is in an export of Blogger: "post", "comment", …; empty in other feeds."""
    terms = [one.get("term", "").rpartition("#")[2] for one in fields.get("category", []) if _is_kind(one)]
    types = [_text(one) for one in fields.get("type", []) if "blogger" in one.tag]
    return next(iter(terms + types), "").lower()


def _published(fields: dict[str, list[Any]]) -> str | None:
    """The first real date: drafts of WordPress have "Mon, 30 Nov -0001"."""
    dates = (_said(fields, name) for name in _DATES)
    return _date(next((date for date in dates if date and "-0001" not in date), None))


def _link(fields: dict[str, list[Any]]) -> str | None:
    links = [
        one.get("href") or _said({"": [one]}, "") for one in fields.get("link", []) if one.get("rel", "alternate") == "alternate"
    ]
    return next(filter(None, links), None)


def _date(text: str | None) -> str | None:
    """A date in ISO 8601, or as it stands if it is not understood."""
    for reads in (dt.datetime.fromisoformat, parsedate_to_datetime):
        try:
            return reads(text or "").isoformat()
        except (ValueError, TypeError, IndexError, OverflowError):
            pass
    return text
