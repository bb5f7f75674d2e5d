"""Records with fields (JSON, CSV, Parquet) to documents: which field is the text, and what the others say about it."""

import datetime as dt
import decimal
import html
import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

from cleaners.read.source import Source
from cleaners.read.values import Failed, Fields, Raw


def _names(names: str) -> tuple[str, ...]:
    return tuple(names.split())


TEXT_FIELDS = _names(
    "text content body article raw_content maintext main_text article_text article_body articlebody body_text full_text fulltext"
    " plain_text page_content document_text story markdown markdown_content post_content text_content content_text"
)
HTML_FIELDS = _names("html raw_html html_content content_html body_html page_html article_html source_html page_source")
"""Names of the field with the document, the better first (lower case, "_" for "-" and " ")."""

PARTS_FIELDS = _names("paragraphs blocks sections parts pages chunks")
"""Names of fields that hold the document in pieces; those of `TEXT_FIELDS` may, too."""
_HEADINGS = _names("heading header title headline subtitle")

METADATA_FIELDS = {
    "url": _names(
        "url link uri canonical_url source_url url_source page_url article_url web_url post_url requested_url permalink href target_uri"
        " warc_target_uri enlace lien ссылка 链接 网址 網址"
    ),
    "title": _names(
        "title headline page_title article_title post_title web_title titel título titulo titre titolo tytuł başlık judul заголовок"
        " 标题 標題 タイトル 제목 heading"
    ),
    "author": _names("author authors byline creator dc:creator autor auteur autore yazar penulis автор 作者 著者"),
    "published": _names(
        "published date published_at publishedat date_published datepublished publish_date date_publish published_date"
        " publication_date pub_date pubdate published_time article:published_time publish_time post_date web_publication_date"
    ),
    "site": _names("site site_name sitename og:site_name source_hostname publisher domain source_domain hostname host"),
    "language": _names(
        "language lang language_code lang_code inlanguage in_language meta_lang warc_identified_content_language"
        " idioma langue sprache язык 语言 語言 言語"
    ),
}
"""The names in `metadata`, and those that dumps use for them, the better first."""

_ADDRESSES = _names("source guid")
"""Names of fields that hold an address in some dumps, and something else in others."""

_METADATA = {name for names in METADATA_FIELDS.values() for name in names}

# How many records are looked at to find the field with the longest strings, and how many of their bytes.
_SURVEY = 100
_SURVEY_BYTES = 4 << 20
# Strings shorter than this, on average, are names and labels; no article is.
_MIN_AVERAGE = 40

# A text shorter than this may be a teaser: it is one if another version beside it is so many times as long.
_TEASER = 300
_TIMES_A_TEASER = 3
_CUT_OFF = re.compile(r"\[\+\d+ chars\]\Z")  # how NewsAPI ends a teaser
# A paragraph, or a piece of one, in HTML; not a link, a menu or a program.
_RUN = re.compile(r"<(?!(?:a|script|style|title|option|button)\b|!--)[^<>]*>([^<>]{40,})", re.IGNORECASE)

_MAX_NESTED = 3  # objects in objects whose fields may hold the document
_MAX_DEPTH = 50  # of values that are carried into metadata

_HTML_PAGE = re.compile(r"(?is)\s*(?:<\?xml[^>]*>\s*)?(?:(?><!--.*?-->)\s*)*+<(?:!doctype\s+html|html|head|body)\b")
_HTML_PIECE = re.compile(
    r"(?is)\s*(?:(?><!--.*?-->)\s*)*+<(?:(?P<tag>p|div|article|section|main|h[1-6]|figure|table|ul|ol|dl|blockquote|span|strong|header"
    r"|a|b|i|em|u|font|center|pre|aside|iframe|picture|video|style|script)|img|br|hr)\b[^<>]*>"
)
# The end of a sentence with the end of an HTML paragraph behind it, or the beginning of the next; and one where no text has it.
_HTML_END = re.compile(r"(?i)[.!?…。！？:»”’\"')\]]\s*(?:</\w+>\s*)*(?:<br\s*/?>|</(?:p|div|li)>|<p>(?=[^\s<]))")
_BREAK = re.compile(r"(?i)[.!?…。！？][»”’\"')\]]?<p>(?=[^\s<])")
# Text with some tags in it, as authors write it for WordPress and others, which make paragraphs of its blank lines.
_MARK = re.compile(
    r"(?i)<(?P<tag>a(?=\s[^<>]*href\s*=)|b|i|em|strong|u|span|cite|h[2-6]|blockquote)\b[^<>]*>(?=[^<>]*</(?P=tag)>)"
    r"|<img\s[^<>]*src\s*="
)
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)(?:[\s/][^<>]*)?>")
_PAIR = re.compile(r"(?i)<(i|em|b|strong|span|sup|sub|u|small|mark|cite|q)(?:\s[^<>]*)?>([^<>]*)</\1>")  # in a title
_COMMENT = re.compile(r"<!--[^<>]*-->")
_IN_LINES = "a|b|i|em|strong|u|span|cite|small|sub|sup|img"
_MARKS = {*_IN_LINES.split("|"), *_names("h2 h3 h4 h5 h6 blockquote ul ol li figure figcaption br hr")}
_EMPTY = {"img", "br", "hr"}
_ABOUT_MARKS = re.compile(r"(?i)`|(?<![./\w])html|\bmark(?:up|down)\b|\bbbcode\b")
_OWN_PARAGRAPHS = re.compile(r"(?i)</p\b|<(?:div|section|article|main|dl|pre|table|script|style|textarea|html|head|body)\b")
_OWN_LINES = re.compile(r"(?i)<br\b")
# Line ends, except before a tag that is not part of a line.
_BLANK_LINES = re.compile(rf"(?i)(?<=\S)[^\S\n]*+\n[^\S\n]*+\n\s*+(?=\S)(?!<(?!(?:{_IN_LINES})\b))")
_LINE_END = re.compile(rf"(?i)(?<=\S)[^\S\n]*+\n[^\S\n]*+(?=\S)(?!<(?!(?:{_IN_LINES})\b))")
# Possessive, so that long runs of blanks are not tried in every combination.
_TEXT_LINES = re.compile(r"(?<=[^>\s])[ \t\r]*+\n[ \t]*+(?=[^<\s])")
_TEXT_PARAGRAPHS = re.compile(r"[^>\s][^\S\n]*+\n[^\S\n]*+\n\s*+[^<\s]")
_PARAGRAPHS = re.compile(r"\n\s*\n")
_MIN_ENDS = 2  # of paragraphs in a text that begins with none
_MIN_MARKS = 3

# Beyond 64 bits, readers of JSON lose digits of a number, or give up the whole file, as pandas does.
_SMALLEST, _LARGEST = -(2**63), 2**64 - 1

_SURROGATES = re.compile("[\ud800-\udfff]")
_BYTES = re.compile("[\udc80-\udcff]")


class Record(NamedTuple):
    """A record.

    Attributes:
        part: its number, for its id; for one in a wrapper what leads to it.
        raw: its bytes as they came in; None: those of its text (CSV, Parquet).
        value: its fields; a string is a record of nothing but text.  A `Failed` stands for a record that cannot be had.
        encoding: of the container.
        is_escaped: whether its strings may hold bytes that are not UTF-8, as "surrogateescape" has them.
    """

    part: int | str
    raw: bytes | None
    value: Any
    encoding: str = "utf-8"
    is_escaped: bool = False


def documents(source: Source, records: Iterable[Record | Failed], legacy: str | None = None) -> Iterator[Raw | Failed]:
    """Make documents of records.

    Args:
        source: their container.
        records: the records.
        legacy: the encoding of what is not UTF-8 in the container, if known.  It is used for names and metadata: the
            document itself is decoded on its own, since a container may hold pages in several encodings.
    """
    records = iter(records)
    first: list[Record | Failed] = []
    size = 0
    broken: Exception | None = None
    try:
        for record in records:
            first.append(record)
            size += len(record.raw or b"") if isinstance(record, Record) else 0
            if len(first) == _SURVEY or size > _SURVEY_BYTES:
                break
    except Exception as error:  # noqa: BLE001  whatever it is, the records before it are given first
        broken = error
    longest_ = longest(record.value for record in first if isinstance(record, Record))
    for record in chain(_emptying(first), records):
        yield record if isinstance(record, Failed) else _document(source, record, longest_, legacy)
    if broken:
        raise broken


def _emptying(items: list[Record | Failed]) -> Iterator[Record | Failed]:
    """The items of a list, which is emptied on the way, so that it does not keep them."""
    items.reverse()
    while items:
        yield items.pop()


def _document(source: Source, record: Record, longest: str | None, legacy: str | None) -> Raw | Failed:
    value = record.value
    if isinstance(value, str):
        value = {"text": value}
    if not isinstance(value, Mapping):
        kind = "null" if value is None else type(value).__name__
        return source.failed(record.part, "NotARecord", f"this record is no object with fields, but {kind}", record.raw)
    chosen = _choose(value, source.fields, longest)
    is_named = chosen is not None and bool(chosen[1].strip()) and _label(chosen[0]) in _VERSIONS
    if not (is_named or source.fields.text or source.fields.html):
        chosen = _in_parts(value) or chosen
    if chosen is None:
        wanted = source.fields.text or source.fields.html
        what = f"no field {wanted!r} with text" if wanted else "no field that looks like the text"
        names = ", ".join(map(str, list(value)[:20])) or "none"
        message = f"this record has {what} (its fields: {names}); name the field that holds the text, or the HTML"
        nulls = [name for name, item in value.items() if item is None]
        if named := [name for name in nulls if (name == wanted if wanted else _label(name) in _VERSIONS)]:
            message = f"the field {named[0]!r} of this record, which would hold the text, is null"
        return source.failed(record.part, "NoText", _valid(message), record.raw)
    name, text, is_html = chosen
    if legacy and record.is_escaped:
        metadata = metadata_of(read_as(value, legacy), read_as(name, legacy), text)
    else:
        metadata = metadata_of(value, name, text)
    media_type = "text/html" if is_html else "text/plain"
    if isinstance(text, bytes) or (record.is_escaped and _BYTES.search(text)):  # for `decode` to make sense of
        raw = text if isinstance(text, bytes) else _as_bytes(text)
        return source.raw(record.part, raw, media_type, metadata=metadata)
    text = _valid(text)
    if not is_html and text.lstrip().startswith("&lt;") and _is_html(unescaped := html.unescape(text)):
        text, media_type = unescaped, "text/html"
    raw = record.raw if record.raw is not None else text.encode()
    if media_type == "text/html":
        text = _with_paragraphs(text)
    encoding = legacy if legacy and record.is_escaped and record.raw is not None else record.encoding
    return source.raw(record.part, raw, media_type, text=text, encoding=encoding, metadata=metadata)


def read_as(item: Any, encoding: str | None, depth: int = 0) -> Any:
    """A value in whose strings the bytes that "surrogateescape" hides are read in an encoding; those that do not fit it stay."""
    if isinstance(item, str) and encoding and _BYTES.search(item):
        try:
            return item.encode("utf-8", "surrogateescape").decode(encoding)
        except UnicodeError:
            return item
    if isinstance(item, Mapping) and depth < _MAX_DEPTH:
        return {read_as(key, encoding): read_as(one, encoding, depth + 1) for key, one in item.items()}
    if isinstance(item, (list, tuple)) and depth < _MAX_DEPTH:
        return [read_as(one, encoding, depth + 1) for one in item]
    return item


def _choose(value: Mapping[str, Any], fields: Fields, longest: str | None) -> tuple[str, str | bytes, bool] | None:
    """The field with the document: its name, its value, and whether it is HTML.  A blank one only if there is no other."""
    blank = None
    flat = dict(_flat(value))
    if fields.text or fields.html:
        for name, is_html in ((fields.text, False), (fields.html, True)):
            text = value.get(name, flat.get(name)) if name else None
            text = _joined(text) if isinstance(text, (list, tuple)) else text
            if name and isinstance(text, (str, bytes)):
                if text.strip():
                    return name, text, is_html
                blank = blank or (name, text, is_html)
        return blank
    known: dict[str, str] = {}
    for name, item in flat.items():
        key = _label(name)
        if isinstance(item, (str, bytes)) and (key not in known or not flat[known[key]].strip()):
            known[key] = name
    names = [known[name] for name in (*TEXT_FIELDS, *HTML_FIELDS) if name in known]
    if full := _full([name for name in names if flat[name].strip()], flat):
        names = [full]
    for name in [*names, *([longest] if longest else [])]:
        if isinstance(text := flat.get(name), (str, bytes)):
            if text.strip():
                return name, text, _label(name) in HTML_FIELDS or _is_html(text)
            blank = blank or (name, text, False)
    return blank


def _full(names: list[str], flat: Mapping[str, Any]) -> str | None:
    """Which version of a document to take: the first, unless it is a label or teaser of another one in the same object.

    A longer text is preferred to an HTML page, even if that has more.
    """
    if not names or _label(names[0]) in HTML_FIELDS:
        return names[0] if names else None
    first, *others = names
    size = len(flat[first].strip())
    others = [name for name in others if _place(name) == _place(first)]
    if _is_word(flat[first]):
        for name in others:
            if len(flat[name].strip()) > max(size, _MIN_AVERAGE):
                return _full(others[others.index(name) :], flat)
    texts = [name for name in others if _label(name) in TEXT_FIELDS and not _is_page(flat[name])]
    whole = max(texts, key=lambda name: len(flat[name].strip()), default=first)
    if size < _TEASER and len(flat[whole].strip()) >= _TIMES_A_TEASER * size:
        return whole
    if size < _TEASER:
        wanted = size if isinstance(flat[first], str) and _CUT_OFF.search(flat[first].strip()) else _TIMES_A_TEASER * size
        pages = (name for name in others if _label(name) in HTML_FIELDS)
        return next((name for name in pages if _length_in_runs(flat[name]) >= wanted), first)
    return first


def _length_in_runs(page: str | bytes) -> int:
    """Roughly how much text the paragraphs of HTML hold."""
    text = page if isinstance(page, str) else page.decode("utf-8", "replace")
    return sum(len(run.strip()) for run in _RUN.findall(text))


def _in_parts(value: Mapping[str, Any], depth: int = 0) -> tuple[str, str, bool] | None:
    """The field that holds the document in pieces, as `_choose` gives it: a list of paragraphs, or of objects with text."""
    lists: dict[str, tuple[str, Iterable[Any]]] = {}
    for name, item in _flat(value):
        if isinstance(item, (list, tuple)):
            lists.setdefault(_label(name), (name, item))
    for key in (*TEXT_FIELDS, *HTML_FIELDS, *PARTS_FIELDS):
        if key in lists and (text := _joined(lists[key][1], depth)):
            return lists[key][0], text, key in HTML_FIELDS or _is_html(text)
    return None


def _joined(parts: Iterable[Any], depth: int = 0) -> str:
    """The paragraphs in a list; of each object in it, heading and text."""
    texts: list[str] = []
    for part in parts:
        if isinstance(part, str):
            texts.append(part)
        elif isinstance(part, Mapping) and depth < _MAX_NESTED:
            texts += [part[name] for name in _HEADINGS if isinstance(part.get(name), str)][:1]
            found = _choose(part, Fields(), None) or _in_parts(part, depth + 1)
            texts += [found[1]] if found and isinstance(found[1], str) else []
    return "\n\n".join(text.strip() for text in texts if text.strip())


def text_of(value: Mapping[str, Any], fields: Fields, longest: str | None) -> str | bytes:
    """The text that would be taken from a record, empty if it has none."""
    chosen = _choose(value, fields, longest)
    return chosen[1].strip() if chosen else ""


def whole_text_of(value: Mapping[str, Any], fields: Fields) -> str | bytes:
    """The same, also if it is in pieces."""
    text = text_of(value, fields, longest([value]))
    parts = None if text else _in_parts(value)
    return parts[1] if parts else text


def has_address(value: Mapping[str, Any]) -> bool:
    """Whether a field of a record is its address."""
    return any(_label(name) in METADATA_FIELDS["url"] and isinstance(item, str) for name, item in _flat(value))


def _is_html(text: str | bytes) -> bool:
    """Whether the value of a field that may hold text is HTML: a page, elements that begin and end, or text with breaks and ends.

    A text about HTML may begin with the name of an element ("<table>: The Table element") and name its end further on, but
    it has paragraphs between blank lines before it comes to the next tag, and no tag at its end.
    """
    if _is_page(text):
        return True
    if isinstance(text, bytes):
        text = text[:4096].decode("utf-8", "replace") + text[-100:].decode("utf-8", "replace")
    if "<" not in text:
        return False
    piece = _HTML_PIECE.match(text)
    if piece is None or (
        f"</{(piece['tag'] or '').lower()}" not in text.lower() and (piece["tag"] or "<" not in text[piece.end() :])
    ):
        return _is_parted(text) or _is_marked(text)
    return text.rstrip().endswith(">") or not _PARAGRAPHS.search(text[piece.end() :].partition("<")[0].strip())


def _is_parted(text: str) -> bool:
    """Whether only tags of HTML, behind sentences, separate the paragraphs and lines of a text."""
    ends = len(_HTML_END.findall(f".{text.lstrip()}"))  # it may begin with such a paragraph
    if ends < _MIN_ENDS and not _BREAK.search(text):
        return False
    return not _TEXT_PARAGRAPHS.search(text) and len(_TEXT_LINES.findall(text)) <= ends


def _is_marked(text: str) -> bool:
    """Whether a text has links, pictures and emphasis in tags of HTML, all of them closed, and does not speak about markup."""
    if len(_MARK.findall(text)) < _MIN_MARKS:
        return False
    text = _COMMENT.sub("", text)
    tags = Counter((end, name.lower()) for end, name in _TAG.findall(text))
    return (
        tags.total() == text.count("<")
        and all(name in _MARKS and (name in _EMPTY or tags["", name] == tags["/", name]) for _, name in tags)
        and not _ABOUT_MARKS.search(_TAG.sub("", text))
    )


def _with_paragraphs(text: str) -> str:
    """HTML with tags for the paragraphs and lines that only its source shows."""
    if _OWN_PARAGRAPHS.search(text):
        return text
    return _BLANK_LINES.sub("\n\n<p>", text if _OWN_LINES.search(text) else _LINE_END.sub("<br>\n", text))


def _is_page(text: str | bytes) -> bool:
    """Whether a text is a whole page of HTML."""
    return bool(_HTML_PAGE.match(text[:4096].decode("utf-8", "replace") if isinstance(text, bytes) else text))


def _flat(value: Mapping[str, Any], prefix: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """The fields, then those of the objects in them, their names joined with "."."""
    for name, item in value.items():
        if not isinstance(item, Mapping):
            yield f"{prefix}{name}", item
    if depth < _MAX_NESTED:
        for name, item in value.items():
            if isinstance(item, Mapping):
                yield from _flat(item, f"{prefix}{name}.", depth + 1)


def longest(values: Iterable[Any]) -> str | None:
    """The field whose strings are the longest in total; among equals, the first by name."""
    total: Counter[str] = Counter()
    times: Counter[str] = Counter()
    for value in values:
        if isinstance(value, Mapping):
            for name, item in _flat(value):
                if isinstance(item, (str, bytes)) and _key(name) not in _METADATA and _may_be_text(item):
                    total[name] += len(item)
                    times[name] += 1
    candidates = [name for name in total if total[name] >= _MIN_AVERAGE * times[name]]
    return min(candidates, key=lambda name: (-total[name], name), default=None)


def _may_be_text(item: str | bytes) -> bool:
    """Whether a value is no address and more than one word: a hash or a key is one.  Some scripts have no spaces."""
    return item[:4] not in {"http", b"http"} and not _is_word(item)


def _is_word(item: str | bytes) -> bool:
    return item.isascii() and len(item.split(None, 1)) <= 1


def _key(name: str) -> str:
    """A name as the tables have it: "publishDate" and "Publish-Date" become "publish_date"."""
    return _key_of(name) if len(name) <= _LONGEST_NAME else name


@lru_cache(4096)  # all records have the same names, mostly
def _key_of(name: str) -> str:
    key = name.lower().replace("-", "_").replace(" ", "_")
    return key if name.islower() or key in _KNOWN else _CAMEL.sub("_", name.replace("-", "_").replace(" ", "_")).lower()


_LONGEST_NAME = 100
_CAMEL = re.compile("(?<=[a-z])(?=[A-Z])")


def _label(name: str) -> str:
    """The name of a field as the tables have it, without the objects it is in; WordPress has {"content": {"rendered": …}}."""
    return _key(name.removesuffix(".rendered").rpartition(".")[2])


def _place(name: str) -> str:
    """The names of the objects that a field is in."""
    return name.removesuffix(".rendered").rpartition(".")[0]


def has_field(value: Mapping[str, Any]) -> bool:
    """Whether a record has a field for its text, even if it is empty."""
    return any(_label(name) in _VERSIONS for name, _ in _flat(value))


def is_name_of_one(name: str) -> bool:
    """Whether a field has a name of something that each document has one of: a title, or an address."""
    return _key(name) in METADATA_FIELDS["url"] or _key(name) in METADATA_FIELDS["title"]


def is_text(name: str) -> bool:
    """Whether a field bears a name of the one that holds the text."""
    return _key(name) in TEXT_FIELDS


def is_known(name: str) -> bool:
    """Whether a field has one of the names that are looked for."""
    return _key(name) in _KNOWN


def metadata_of(value: Mapping[str, Any], document: str, text: str | bytes) -> dict[str, Any]:
    """What the other fields of a record say, the known ones under the names of `METADATA_FIELDS`.

    Other versions of the document (fields with names as in `TEXT_FIELDS` and `HTML_FIELDS`) are left out, except for short texts
    that are not in it: labels and teasers.
    """
    metadata: dict[str, Any] = {}
    taken = {document}
    places = [
        (prefix, fields, {_key(str(name)): name for name in reversed(list(fields))})
        for prefix, fields in _around(value, document)
    ]
    for wanted, names in METADATA_FIELDS.items():
        names += _ADDRESSES if wanted == "url" else ()
        for path, item, key in (
            (f"{p}{keys[key]}", fields[keys[key]], key) for p, fields, keys in places for key in names if key in keys
        ):
            if path not in taken and (said := _as_text(item)) and (key not in _ADDRESSES or said.startswith("http")):
                metadata[wanted] = _PAIR.sub(r"\2", said) if wanted == "title" and "<" in said else said
                taken.add(path)
                break
    for name, item in value.items():
        if name in taken or (isinstance(item, (str, bytes)) and _key(str(name)) in _VERSIONS and not _is_apart(name, item, text)):
            continue
        item = _json(item, _below(taken, name))
        name = _valid(str(name))
        while name in metadata or name in METADATA_FIELDS:  # these names hold text, or nothing
            name += "_"
        if item is not None:
            metadata[name] = item
    return metadata


def _around(value: Mapping[str, Any], document: str, prefix: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The objects that the document is in, the outer first, each with those objects in it whose names say that they describe it."""
    yield prefix, value
    inner = [(f"{prefix}{name}.", item) for name, item in value.items() if isinstance(item, Mapping)]
    yield from ((path, item) for path, item in inner if _label(path[:-1]) in _ABOUT and not document.startswith(path))
    for path, item in inner:
        if document.startswith(path):
            yield from _around(item, document, path)


def _is_apart(name: str, item: str | bytes, text: str | bytes) -> bool:
    """Whether another version of the document is a short text that the document does not hold."""
    if not isinstance(item, str) or not item.strip() or len(item) > _TEASER or _key(str(name)) not in TEXT_FIELDS:
        return False
    return isinstance(text, bytes) or item.strip() not in text


def _below(paths: Collection[str], name: str) -> set[str]:
    """The paths that lead into an object, without the name of that object."""
    return {path.removeprefix(f"{name}.") for path in paths if path.startswith(f"{name}.")}


_VERSIONS = {*TEXT_FIELDS, *HTML_FIELDS}
_KNOWN = _VERSIONS | _METADATA
_ABOUT = {"meta", "metadata", "warc_headers"}


def _as_text(item: Any, depth: int = 0) -> str | None:
    """A field that should be text: a date in ISO 8601, the name of an object, a list of names joined by "; "; None if it is another."""
    if isinstance(item, str):  # most are
        return _valid(item).strip() or None
    if isinstance(item, (dt.date, dt.datetime)):
        return item.isoformat()
    if isinstance(item, Mapping):  # {"name": …} in JSON-LD, {"$date": …} in MongoDB, {"rendered": …}, which is HTML, in WordPress
        rendered = item.get("rendered")
        item = html.unescape(_TAG.sub("", rendered)) if isinstance(rendered, str) else item.get("name", item.get("$date"))
    if isinstance(item, (list, tuple)):
        names = [_as_text(one, depth + 1) for one in item] if depth < _MAX_NESTED else [None]
        item = "; ".join(filter(None, names)) if all(names) else None
    if isinstance(item, bytes):
        item = _decoded(item)
    return _valid(item).strip() or None if isinstance(item, str) else None


def _decoded(raw: bytes) -> str | None:
    """Bytes as text, if they are: Spark and Impala write strings as bytes."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return None


def _json(item: Any, without: Collection[str] = (), depth: int = 0) -> Any:
    """A value as JSON can hold it, or None if it cannot; `without` names the fields in it to leave out."""
    if item is None or isinstance(item, bool):
        return item
    if isinstance(item, int):
        return item if _SMALLEST <= item <= _LARGEST else str(item)
    if isinstance(item, str):
        return _valid(item)
    if isinstance(item, float):
        return item if math.isfinite(item) else None
    if isinstance(item, (dt.date, dt.time)):
        return item.isoformat()
    if isinstance(item, (decimal.Decimal, dt.timedelta)):
        return str(item)  # as a number a decimal would lose digits
    if isinstance(item, bytes):
        return _decoded(item)
    if depth < _MAX_DEPTH:
        if isinstance(item, Mapping):
            return {
                _valid(str(key)): _json(one, _below(without, key), depth + 1)
                for key, one in item.items()
                if str(key) not in without
            }
        if isinstance(item, (list, tuple)):
            return [_json(one, (), depth + 1) for one in item]
    return None


def _valid(text: str) -> str:
    """A text in which U+FFFD replaces half characters, which no file can hold."""
    try:
        text.encode()  # several times as fast as looking for them
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _as_bytes(text: str) -> bytes:
    """The bytes of a text that was decoded as UTF-8 with "surrogateescape"."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # there were half characters in it, too
        halves = _SURROGATES.sub(lambda match: match[0] if _BYTES.match(match[0]) else "\ufffd", text)
        return halves.encode("utf-8", "surrogateescape")
