"""What a page says about its article: headline, author, date, site, address, language.

Nothing is guessed.  The page's JSON-LD is asked first, then OpenGraph and other <meta>, then the elements that HTML has for
it.  trafilatura's metadata is not used: it costs as much again as its extraction, its dates are searched for in
the text and depend on the day of the run, and its titles keep the site's name (right on 54 % and 59 % of the two
kinds of development pages; those found here on 89 % and 87 %).
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from html import unescape
from typing import Any
from urllib.parse import urljoin, urlsplit

from lxml.etree import XPath
from lxml.html import HtmlElement

_ARTICLE = re.compile(r"Article|Posting$|^Report$|^Review$|^Recipe$")
_JOINT = re.compile(r"\s+(?:[|–—\-»«·•›~/]|::)\s+|\s*[|»«›]\s*|:\s+")
_SURE_JOINT = re.compile(r"\s+(?:[|–—\-»«·•›~]|::)\s+|\s*[|»«›]\s*")
_NOT_WORD = re.compile(r"[\W_]+")
_TEXTS = XPath(".//text()[not(parent::style or parent::script)]")
_LONGEST = 400  # characters; no title of the development data has more than half of that
_HEADS = 200  # headings looked at; the headline is among the first of them
_CERTAIN = 15  # letters and digits that are not alike by chance
_TAIL_WORDS = 6  # words in the name of a site
_MANY = 10_000  # objects of JSON-LD looked at, and characters of a value; more is an attack
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


def read(root: HtmlElement, url: str | None) -> tuple[str | None, dict[str, Any]]:
    """Headline and metadata of a page.

    Args:
        root: the tree of the page.
        url: the address that the page came from, if known.

    Returns:
        The headline, without the name of the site, and url, site, author, published (ISO 8601), language (the first part of
        its code) and description, each null if the page does not say.
    """
    meta: dict[str, str] = {}
    objects: list[Mapping[str, Any]] = []
    heads: list[HtmlElement] = []
    title = canonical = marked_date = marked_author = ""
    for element in root.iter("title", "meta", "link", "script", "h1", "h2", "h3", "time", "a", "span"):
        tag = element.tag
        if tag == "meta":
            name = element.get("property") or element.get("name") or element.get("itemprop") or element.get("http-equiv")
            if name and (content := _clean(unescape(element.get("content") or ""))):
                meta.setdefault(name.lower(), content)
        elif tag in ("h1", "h2", "h3"):
            heads.append(element)
        elif tag == "title":
            title = title or _clean(unescape(element.text_content()))
        elif tag == "script":
            if "ld+json" in (element.get("type") or "") and element.text:
                objects += _objects(element.text)
        elif tag == "link":
            if not canonical and element.get("rel") == "canonical":
                canonical = element.get("href") or ""
        elif tag == "time" and not marked_date:
            if (
                element.get("pubdate") is not None
                or "published" in f"{element.get('itemprop') or element.get('class') or ''}".lower()
            ):
                marked_date = element.get("datetime") or ""
        elif not marked_author and (element.get("rel") == "author" or element.get("itemprop") == "author"):
            marked_author = _clean(element.text_content())
    articles = [o for o in objects if any(_ARTICLE.search(kind) for kind in _strings(o.get("@type")))]
    address = url or _address(canonical or meta.get("og:url", ""), meta.get("og:url"))
    host = (_split(address).hostname or "").removeprefix("www.") if address else ""
    site = meta.get("og:site_name") or _first(_names(o.get("publisher")) for o in articles) or None
    declared = [_clean(unescape(s)) for o in articles for s in _strings(o.get("headline") or o.get("name"))]
    headline = _headline(heads, declared, [meta[name] for name in _TITLES if name in meta], title, site, host)
    main = next(
        (o for o in articles if any(_key(s) == _key(headline or "") for s in _strings(o.get("headline") or o.get("name")))), None
    )
    main = main or (articles[0] if len(articles) == 1 else {})
    authors = (
        "; ".join(dict.fromkeys(_names(main.get("author")))) or _first([meta[n]] for n in _AUTHORS if n in meta) or marked_author
    )
    dates = [*_strings(main.get("datePublished")), *(meta[name] for name in _DATES if name in meta), marked_date]
    language = _LANGUAGE.match(
        root.get("lang")
        or root.get("{http://www.w3.org/XML/1998/namespace}lang")
        or meta.get("content-language")
        or meta.get("og:locale")
        or ""
    )
    return headline, {
        "url": address,
        "site": site or host or None,
        "author": authors if authors and "//" not in authors and len(authors) <= _TAIL_WORDS * 40 else None,
        "published": next(filter(None, map(_date, dates)), None),
        "language": language[0].lower() if language else None,
        "description": meta.get("og:description") or meta.get("description"),
    }


def _headline(
    heads: list[HtmlElement], declared: list[str], titles: list[str], title: str, site: str | None, host: str
) -> str | None:
    """The headline: the heading that the page's head confirms; or else its only <h1>; or else what the head says.

    What search engines and networks are told is often another title than the reader sees, so that the heading goes first.
    """
    claims = [claim for claim in (*declared, *titles, title) if claim and len(claim) <= _LONGEST]
    whole = {_key(claim) for claim in claims}
    pieces = {_key(piece) for claim in claims for pattern in (_JOINT, _SURE_JOINT) for piece in _pieces(claim, pattern)}
    names = {_key(name) for name in (site, host, host.split(".", maxsplit=1)[0]) if name}
    texts = [(element.tag, _clean("".join(_TEXTS(element)))) for element in heads[:_HEADS]]
    shown = [(tag, text) for tag, text in texts if text and len(text) <= _LONGEST and _key(text) and _key(text) not in names]
    for known in (whole, pieces):
        for tags in (("h1",), ("h2", "h3")):
            sure = [text for tag, text in shown if tag in tags and _key(text) in known]
            if sure:
                return max(sure, key=len)
    firsts = [text for tag, text in shown if tag == "h1"]
    for claim in claims:  # a kicker, a date or a subtitle stands in the heading too
        stripped = _without_site(claim, names, whole)
        if len(_key(stripped)) >= _CERTAIN and any(
            _key(text).endswith(_key(stripped)) or _key(text).startswith(_key(stripped)) for text in firsts
        ):
            return stripped
    if len(set(firsts)) == 1:
        return firsts[0]
    for claim in claims:
        if stripped := _without_site(claim, names, whole):
            return stripped
    return firsts[0] if firsts else None


def _pieces(claim: str, pattern: re.Pattern[str]) -> Iterator[str]:
    """What stands before, between and behind the joints of a title."""
    start = 0
    cuts = [match.span() for match in pattern.finditer(claim)][:20]
    for left, right in cuts:
        yield claim[:left]
        yield claim[right:]
        yield claim[start:left]
        start = right


def _without_site(claim: str, names: set[str], whole: set[str]) -> str:
    """A title without the name of the site before or behind it."""
    cuts = [match.span() for match in _SURE_JOINT.finditer(claim)]
    for left, right in cuts:
        if _key(claim[:left]) in whole or _key(claim[right:]) in names:
            return claim[:left]
        if _key(claim[right:]) in whole or _key(claim[:left]) in names:
            return claim[right:]
    if cuts and len(claim[cuts[-1][1] :].split()) <= _TAIL_WORDS and cuts[-1][0] > len(claim) - cuts[-1][1]:
        return claim[: cuts[-1][0]]
    return "" if _key(claim) in names else claim


def _objects(text: str) -> list[Mapping[str, Any]]:
    """All objects of a piece of JSON-LD, the outer ones first; none if it is broken."""
    try:
        value = json.loads(text, strict=False)
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


def _names(value: Any) -> list[str]:
    """The names of persons or organisations, however JSON-LD gives them."""
    values = value if isinstance(value, list) else [value]
    names = [name for v in values for name in _strings(v.get("name") if isinstance(v, dict) else v)]
    return [name for name in map(_clean, map(unescape, names)) if name]


def _first(lists: Iterator[list[str]]) -> str:
    return next((values[0] for values in lists if values), "")


def _clean(text: str | None) -> str:
    return " ".join(text.split()) if text else ""


def _key(text: str) -> str:
    return _NOT_WORD.sub("", text).casefold()


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
    """A date as ISO 8601: as it is written there, or without the time if that is not understood."""
    text = text.strip()
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
        return None
