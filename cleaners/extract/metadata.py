"""What a page says about its article: headline, author, date, site, address, language.

Nothing is guessed.  The page's JSON-LD is asked first, then OpenGraph and other <meta>, then the elements that HTML has for
it.  trafilatura's metadata is not used: it costs as much again as its extraction, its dates are searched for in
the text and depend on the day of the run, and its titles keep the site's name (right on 54 % and 59 % of the two
kinds of development pages; those found here on 92 and 93 %).
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from html import unescape
from typing import Any
from urllib.parse import urljoin, urlsplit

from lxml.etree import XPath
from lxml.html import HtmlElement

from cleaners.extract import headline
from cleaners.extract.blocks import Block
from cleaners.extract.headline import clean, key

_ARTICLE = re.compile(r"Article|Posting$|^Report$|^Review$|^Recipe$")
_LONGEST_AUTHORS = 240  # characters
_MANY = 10_000  # objects of JSON-LD looked at, and characters of a value; more is an attack
_AUTHOR = XPath("(.//a | .//span)[@rel='author' or @itemprop='author']")
_BY = re.compile(r"(?:(?:written|posted|published|reported|view all posts)\s+)?by(?:\s*:\s*|\s+)", re.IGNORECASE)
_BRACKET = re.compile(r"(?<!<!)(?<!CDATA)[\[{]")
_DECODER = json.JSONDecoder(strict=False)
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_WRITTEN = re.compile(
    rf"(?:[a-z]+,\s+)?(?P<m>{'|'.join(_MONTHS)})[a-z]*\.?\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y>\d{{4}})\b",
    re.IGNORECASE,
)  # "May 6, 2024"
_NO_DATES = ("0000-00-00", "0001-01-01", "1970-01-01")  # what programs write that know of none
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?=$|[-_])")
_TITLES = ("og:title", "twitter:title", "dc.title", "dcterms.title", "parsely-title", "sailthru.title")
_DATES = (
    "article:published_time", "og:published_time", "datepublished", "parsely-pub-date", "sailthru.date", "dc.date.issued",
    "dcterms.created", "dc.date", "dc.date.created", "date", "pubdate", "publish-date", "publication_date", "cxenseparse:recs:publishtime",
)  # fmt: skip
_AUTHORS = (
    "author",
    "article:author",
    "parsely-author",
    "sailthru.author",
    "byl",
    "dc.creator",
    "dcterms.creator",
    "twitter:creator",
)


def read(root: HtmlElement, url: str | None, blocks: Sequence[Block] = (), begin: int = 0) -> tuple[str | None, dict[str, Any]]:
    """Headline and metadata of a page.

    Args:
        root: the tree of the page.
        url: the address that the page came from, if known.
        blocks: its blocks in reading order.
        begin: where among them its article begins.

    Returns:
        The headline, without the name of the site, and url, site, author, published (ISO 8601), language (the first part of
        its code) and description, each null if the page does not say.
    """
    meta: dict[str, str] = {}
    objects: list[Mapping[str, Any]] = []
    heads: list[HtmlElement] = []
    title = canonical = marked_date = ""
    for element in root.iter("title", "meta", "link", "script", "h1", "h2", "h3", "time"):
        tag = element.tag
        if tag == "meta":
            name = element.get("property") or element.get("name") or element.get("itemprop") or element.get("http-equiv")
            if name and (content := clean(unescape(element.get("content") or ""))):
                meta.setdefault(name.lower(), content)
        elif tag in ("h1", "h2", "h3"):
            heads.append(element)
        elif tag == "title":
            if not title and next(element.iterancestors("svg"), None) is None:  # that of a drawing is none of the page
                title = clean(unescape(element.text_content()))
        elif tag == "script":
            if "ld+json" in (element.get("type") or "") and element.text:
                objects += _objects(element.text)
        elif tag == "link":
            if not canonical and element.get("rel") == "canonical":
                canonical = element.get("href") or ""
        elif not marked_date and (
            element.get("pubdate") is not None
            or "published" in f"{element.get('itemprop') or element.get('class') or ''}".lower()
        ):
            marked_date = element.get("datetime") or ""
    if meta.get("twitter:creator", "").casefold() == meta.get("twitter:site", "").casefold():
        meta.pop("twitter:creator", None)  # the account of the site, which is no author
    known = {o["@id"]: o for o in reversed(objects) if isinstance(o.get("@id"), str) and "name" in o}
    articles = [o for o in objects if any(_ARTICLE.search(kind) for kind in _strings(o.get("@type")))]
    address = url or _address(canonical or meta.get("og:url", ""), meta.get("og:url"))
    host = (_split(address).hostname or "").removeprefix("www.") if address else ""
    site = meta.get("og:site_name") or _first(_names(o.get("publisher"), known) for o in articles) or None
    declared = [clean(unescape(s)) for o in articles for s in _strings(o.get("headline") or o.get("name"))]
    claims = [*declared, *(meta[name] for name in _TITLES if name in meta), title]
    found = headline.find(heads, claims, [site or "", host, host.split(".", maxsplit=1)[0]], blocks, begin)
    told = key(found or "")  # the headline, maybe without a kicker
    main = next((o for o in articles if any(told in key(s) for s in _strings(o.get("headline") or o.get("name")))), None)
    main = (main if told else None) or (articles[0] if len(articles) == 1 else {})
    authors = (
        "; ".join(filter(_is_author, dict.fromkeys(map(_without_by, _names(main.get("author"), known)))))
        or next(filter(_is_author, (_without_by(meta[n]) for n in _AUTHORS if n in meta)), None)
        or next(filter(_is_author, (_without_by(clean(e.text_content())) for e in _AUTHOR(root))), None)
    )
    dates = [*_strings(main.get("datePublished")), *(meta[name] for name in _DATES if name in meta), marked_date]
    language = _LANGUAGE.match(
        root.get("lang")
        or root.get("{http://www.w3.org/XML/1998/namespace}lang")
        or meta.get("content-language")
        or meta.get("og:locale")
        or ""
    )
    return found, {
        "url": address,
        "site": site or host or None,
        "author": authors if authors and len(authors) <= _LONGEST_AUTHORS else None,
        "published": next(filter(None, map(_date, dates)), None),
        "language": language[0].lower() if language else None,
        "description": meta.get("og:description") or meta.get("description"),
    }


def body(root: HtmlElement) -> str:
    """The text of the article as the page's JSON-LD gives it, empty if it does not; the longest, for it may speak of other articles."""
    scripts = [s.text for s in root.iter("script") if "ld+json" in (s.get("type") or "") and s.text]
    bodies = [o["articleBody"] for text in scripts for o in _objects(text) if isinstance(o.get("articleBody"), str)]
    return max(bodies, key=len, default="")


def _objects(text: str) -> list[Mapping[str, Any]]:
    """All objects of a piece of JSON-LD, the outer ones first; none if it is broken.

    Some stand in a comment or a section of CDATA, or have a ";" behind them.
    """
    begin = _BRACKET.search(text)
    try:
        value, _ = _DECODER.raw_decode(text, begin.start() if begin else 0)
    except (ValueError, RecursionError):
        return []
    found: list[Mapping[str, Any]] = []
    todo: list[Any] = [value]
    for item in todo:  # grows while it is read
        if isinstance(item, dict):
            found.append(item)
            todo += [v for v in item.values() if isinstance(v, dict | list)]
        elif isinstance(item, list):
            todo += item[:_MANY]
        if len(todo) > _MANY:
            break
    return found


def _strings(value: Any) -> list[str]:
    """A value of JSON-LD, or the values of a list, so far as they are strings."""
    return [v for v in (value if isinstance(value, list) else [value]) if isinstance(v, str) and len(v) <= _MANY]


def _names(value: Any, known: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The names of persons or organisations, however JSON-LD gives them; `known` are the objects that it may refer to."""
    values = value if isinstance(value, list) else [value]
    values = [
        known.get(v["@id"], v) if isinstance(v, dict) and "name" not in v and isinstance(v.get("@id"), str) else v for v in values
    ]
    names = [name for v in values for name in _strings(v.get("name") if isinstance(v, dict) else v)]
    return [name for name in map(clean, map(unescape, names)) if name]


def _without_by(author: str) -> str:
    begin = _BY.match(author)  # there alone: "Toby Young", "Ada Brandt, Derby Telegraph"
    return author[begin.end() :] if begin else author


def _is_author(author: str) -> bool:
    """Whether it is a name, and no address of a profile."""
    return bool(author) and "//" not in author


def _first(lists: Iterator[list[str]]) -> str:
    return next((values[0] for values in lists if values), "")


def _split(address: str) -> Any:
    try:
        return urlsplit(address)
    except ValueError:  # "http://[": no address
        return urlsplit("")


def _address(link: str, base: str | None) -> str | None:
    """The address that the page gives as its own."""
    try:
        link = urljoin(base or "", link)
    except ValueError:
        return None
    return link if _split(link).scheme in ("http", "https") and _split(link).hostname else None


def _date(text: str) -> str | None:
    """A date as ISO 8601: as it is written there, or without the time if that is not understood; none if the day may be the month."""
    text = text.strip(" \"'")
    if text.startswith(_NO_DATES):
        return None
    if text.isascii() and text.isdigit() and len(text) != 8:
        return _of_digits(text)
    try:
        return datetime.fromisoformat(text).isoformat() if len(text) > 10 else datetime.fromisoformat(text).date().isoformat()
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text[:10]).date().isoformat()
    except ValueError:
        pass
    try:
        return parsedate_to_datetime(text).isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        pass
    written = _WRITTEN.match(text)
    try:
        return (
            date(int(written["y"]), _MONTHS.index(written["m"].lower()) + 1, int(written["d"])).isoformat() if written else None
        )
    except ValueError:
        return None


def _of_digits(text: str) -> str | None:
    """A date that is one number: year to second, or seconds or milliseconds since 1970; these begin with 1 until 2033."""
    if text.startswith("1") and len(text) in (10, 13):
        return datetime.fromtimestamp(int(text[:10]), UTC).isoformat()
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%S").isoformat() if len(text) == 14 else None  # noqa: DTZ007
    except ValueError:
        return None
