"""What a page says about its article: headline, author, date, site, address, language.

Nothing is guessed.  The page's JSON-LD is asked first, then OpenGraph and other <meta>, then the elements that HTML has for
it.  trafilatura's metadata is not used: it costs as much as its extraction, it searches the text for dates, so that
they depend on the day of the run, and its titles keep the site's name (right on 54 % and 59 % of the two
kinds of development pages; those found here on 92 and 93 %).
"""

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from html import unescape
from itertools import chain, islice
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

from lxml.etree import XPath
from lxml.html import HtmlElement

from cleaners.extract import headline
from cleaners.extract.blocks import Block
from cleaners.extract.headline import clean, key

_ARTICLE = re.compile(r"Article|Posting$|^Report$|^Review$|^Recipe$")
_LONGEST_AUTHOR = 240  # characters
_MANY = 10_000  # objects of JSON-LD looked at, and characters of a value; more is an attack
# The classes are those of microformats (hCard, h-entry) and of WordPress.
_AUTHOR = XPath(
    "(.//a | .//span)[@rel='author' or @itemprop='author'"
    " or contains(@class, 'fn') and contains(concat(' ', @class, ' '), ' fn ')"
    " and contains(concat(' ', @class, ' ', ../@class, ' ', ../../@class, ' '), ' vcard ')"
    " or contains(@class, 'p-author') and contains(concat(' ', @class, ' '), ' p-author ')"
    " or contains(@class, 'wp-block-post-author-name')]"
    " | .//p[contains(@class, 'wp-block-post-author__name')]"
    " | .//*[@itemprop='author'][@itemscope]"
)
_NAME = XPath("(.//*[@itemprop='name'])[1]")
_DATED = XPath(".//time | .//abbr[contains(@class, 'published')] | .//*[@itemprop='datePublished'][not(self::meta)]")
_MARKS = 300  # elements looked at that may name author or date; those of the article are among the first
_BEGINNING = 3  # blocks
_WORD = re.compile("[A-Z]?[a-z]+|[A-Z]+")
_OTHERS = frozenset(("comment", "comments", "sidebar", "related"))  # in the names of what is not part of the article
_LISTS = frozenset(("itemlistelement", "review", "reviews", "comment"))  # of JSON-LD
_MARKUP = re.compile(
    r"</?(?:(br|div|p)|a|abbr|b|cite|code|em|font|i|mark|q|s|small|span|strong|sub|sup|u)(?:\s[^<>]*)?/?>", re.IGNORECASE
)
_BY = re.compile(
    r"(?i:(?:(?:written|posted|published|reported|view all posts)\s+)?by(?:\s*:\s*|\s+))"
    # "Von Miller" and "von der Aue" are names
    r"|(?:[Vv]on|[Pp]ar|[Pp]or|[Dd]oor|[Pp]rzez|[Aa]v|[Aa]f)\s+(?=[A-ZÀ-ÖØ-Þ]\S*\s+[A-ZÀ-ÖØ-Þ][^,;]*$)"
)
# Addresses, account numbers, what a template did not fill in, and examples from a guide.
_NO_NAME = re.compile(
    r"://|^//|\{[{$%]|\$\{|^(?:www\.)?facebook\.com/"
    r"|^(?:admin|administrator|undefined|null|none|@(?:author_)?handle|@username|\d{5,})$",
    re.IGNORECASE,
)
_PUBLISHED = re.compile(r"publish|(?:entry|post|article)[-_]*(?:date|time|on)|posted|created|dateline", re.IGNORECASE)
_UPDATED = re.compile(r"updat|modif|event|expire", re.IGNORECASE)
_BRACKET = re.compile(r"(?<!<!)(?<!CDATA)[\[{]")
_DECODER = json.JSONDecoder(strict=False)
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH = rf"(?P<m>{'|'.join(_MONTHS)})"
_REST = "(?:uary|ruary|ch|il|e|y|ust|t|tember|ober|ember)?"
_WRITTEN = [
    # "May 6, 2024"
    re.compile(rf"(?:[a-z]+,\s+)?{_MONTH}[a-z]*\.?\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y>\d{{4}})\b", re.IGNORECASE),
    # "6 May 2024"; months of other languages begin as an English one does, too: "marraskuu" is November
    re.compile(rf"(?:[a-z]+,\s+)?(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\.?\s+{_MONTH}{_REST}[.,]?\s+(?P<y>\d{{4}})\b", re.IGNORECASE),
    # "2024/05/06", "2024. 5. 6.", "2024年5月6日"
    re.compile(r"(?P<y>\d{4})\s?[-/.年]\s?(?P<m>\d{1,2})\s?[-/.月]\s?(?P<d>\d{1,2})(?!\d)"),
    # "Mo., 06.05.2024": with dots the day stands first; with strokes it may be the month, unless it is greater than 12
    re.compile(r"(?:[^\W\d]+\.?,?\s+)?(?P<d>\d{1,2})\.\s?(?P<m>\d{1,2})\.\s?(?P<y>\d{4})(?!\d)"),
    re.compile(r"(?:[^\W\d]+\.?,?\s+)?(?P<d>1[3-9]|2\d|3[01])[-/](?P<m>\d{1,2})[-/](?P<y>\d{4})(?!\d)"),
    re.compile(r"(?:[^\W\d]+\.?,?\s+)?(?P<m>\d{1,2})[-/](?P<d>1[3-9]|2\d|3[01])[-/](?P<y>\d{4})(?!\d)"),
]
_NO_DATES = ("0000-00-00", "0001-01-01", "1970-01-01", "1969-12-31", "9999-12-31")  # what programs write if they know none
_LANGUAGE = re.compile(r"(?!(?i:und|mul|zxx|xx)\b)[A-Za-z]{2,3}(?=$|[-_,;])")  # not the codes for an unknown one
_TITLES = ("og:title", "twitter:title", "dc.title", "dcterms.title", "parsely-title", "sailthru.title")
_DATES = (
    "article:published_time", "og:published_time", "datepublished", "parsely-pub-date", "sailthru.date", "dc.date.issued",
    "dcterms.created", "dc.date", "dc.date.created", "date", "pubdate", "publish-date", "publication_date", "cxenseparse:recs:publishtime",
    "og:article:published_time", "article:published", "citation_publication_date", "citation_online_date", "citation_date",
    "dcterms.date", "publishdate", "pub_date",
)  # fmt: skip
_AUTHORS = (
    "author",
    "article:author",
    "parsely-author",
    "sailthru.author",
    "byl",
    "dc.creator",
    "dcterms.creator",
    "citation_author",
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
    marked: list[HtmlElement] = []
    objects: list[_Object] = []
    heads: list[HtmlElement] = []
    title = base = canonical = ""
    for element in root.iter("title", "meta", "base", "link", "script", "h1", "h2", "h3"):
        tag = element.tag
        if tag == "meta":
            name = element.get("property") or element.get("name")
            if not name and element.get("itemprop"):
                marked.append(element)
            elif name := name or element.get("http-equiv"):
                _note(meta, name, element)
        elif tag in ("h1", "h2", "h3"):
            heads.append(element)
        elif tag == "title":
            if not title and next(element.iterancestors("svg"), None) is None:  # that of a drawing is none of the page
                title = clean(unescape(element.text_content()))
        elif tag == "script":
            objects += _objects(_json_ld(element))
        elif tag == "base":
            base = base or (element.get("href") or "").strip()
        elif not canonical and "canonical" in (element.get("rel") or "").lower().split():
            canonical = (element.get("href") or "").strip()
    if meta.get("twitter:creator", "").casefold() == meta.get("twitter:site", "").casefold():
        meta.pop("twitter:creator", None)  # the account of the site, which is no author
    known = {o["@id"]: o for o, _ in reversed(objects) if isinstance(o.get("@id"), str) and "name" in o}
    articles = [o for o in objects if _is_article(*o)]
    links = (link for link in (canonical, meta.get("og:url")) if link)
    address = url or next(filter(None, (_address(link, base, meta.get("og:url")) for link in links)), None)
    host = _host(address)
    sites = [meta.get("og:site_name", ""), *(name for o, _ in articles for name in _names(o.get("publisher"), known))]
    sites += [name for o, _ in objects if "WebSite" in _strings(o.get("@type")) for name in _names(o.get("name"), known)]
    site = next(filter(_is_name, sites), None)
    declared = [text for o, _ in articles for text in _headlines(o)]
    claims = [*declared, *(meta[name] for name in _TITLES if name in meta), title]
    found = headline.find(heads, claims, [site or "", host, host.split(".", maxsplit=1)[0]], blocks, begin)
    told = key(found or "")  # the headline, maybe without a kicker
    main = next((o for o, _ in articles if told and any(told in key(text) for text in _headlines(o))), None)
    own = [o for o, is_listed in articles if not is_listed]
    main = main or (own[0] if len(own) == 1 else {})
    # The address that the article's JSON-LD gives
    pages = main.get("mainEntityOfPage")
    links = (
        link
        for value in (main.get("url"), pages, pages.get("@id") if isinstance(pages, dict) else None)
        for link in _strings(value)
    )
    address = address or next(filter(None, (_address(link.strip()) for link in links)), None)
    heading = min((h for h in heads[:_MARKS] if told and told in key(h.text_content())), key=lambda h: str(h.tag), default=None)
    home = _home(root, heading, blocks[begin : begin + _BEGINNING])
    for element in _own(marked, heading, home):
        if (name := element.get("itemprop").lower()) not in meta:  # other articles on the page may have theirs, too
            _note(meta, name, element)
    authors = (
        _authors(_names(main.get("author"), known))
        or next(filter(None, (_authors(meta[name].split("; ")) for name in _AUTHORS if name in meta)), None)
        or next(
            filter(
                None, (_authors([name]) for name in map(_marked_name, _own(_AUTHOR(root), heading, home)) if key(name) != told)
            ),
            None,
        )
        or _authors([meta.get("twitter:creator", "")])
    )
    page = [o for o, is_listed in objects if not is_listed and any(kind.endswith("Page") for kind in _strings(o.get("@type")))]
    dates = chain(
        _strings(main.get("datePublished")),
        (meta[name] for name in _DATES if name in meta),
        (text for o in page for text in _strings(o.get("datePublished"))),
        map(_marked_date, _own(_DATED(root), heading, home)),
    )
    attributes = (root.get(name) for name in ("lang", "xml:lang", "{http://www.w3.org/XML/1998/namespace}lang"))
    languages = (
        *attributes,
        *(meta.get(name) for name in ("content-language", "og:locale", "language", "dc.language")),
        *_strings(main.get("inLanguage")),
        root.xpath("string(body/@lang)"),
    )
    language = next(filter(None, (_LANGUAGE.match(code.strip()) for code in languages if code)), None)
    return found, {
        "url": address,
        "site": site or _host(address) or None,
        "author": authors or None,
        "published": next(filter(None, map(_date, dates)), None),
        "language": language[0].lower() if language else None,
        "description": meta.get("og:description") or meta.get("description"),
    }


def bodies(root: HtmlElement) -> list[str]:
    """The texts of articles that the page's JSON-LD gives, each once."""
    scripts = [text for script in root.iter("script") if "articleBody" in (text := _json_ld(script))]
    objects = [o for text in scripts for o, _ in _objects(text)]
    return list(dict.fromkeys(body for o in objects if isinstance(body := o.get("articleBody"), str) and body))


class _Object(NamedTuple):
    """An object of JSON-LD.

    Attributes:
        values: what it says.
        is_listed: whether it stands in a list or a review within another object: then it may be another article than the page's.
    """

    values: Mapping[str, Any]
    is_listed: bool


def _json_ld(script: HtmlElement) -> str:
    return script.text or "" if "ld+json" in (script.get("type") or "").lower() else ""


def _objects(text: str) -> list[_Object]:
    """All objects of a piece of JSON-LD, the outer ones first; none if it is broken.

    Some stand in a comment or a section of CDATA, or have a ";" behind them, or another object.
    """
    todo: list[tuple[Any, bool]] = []
    end = 0
    while (begin := _BRACKET.search(text, end)) and len(todo) <= _MANY:
        try:
            value, end = _DECODER.raw_decode(text, begin.start())
        except (ValueError, RecursionError):
            break
        todo.append((value, False))
    found: list[_Object] = []
    for item, is_listed in todo:  # grows while it is read
        if isinstance(item, dict):
            found.append(_Object(item, is_listed))
            is_review = "Review" in _strings(item.get("@type"))
            for name, value in item.items():
                if isinstance(value, dict | list):
                    is_list = name.lower() in _LISTS or (isinstance(value, list) and name != "@graph")
                    todo.append((value, is_listed or is_review or is_list))
        elif isinstance(item, list):
            todo += [(value, is_listed) for value in item[:_MANY]]
        if len(todo) > _MANY:
            break
    return found


def _is_article(values: Mapping[str, Any], is_listed: bool) -> bool:
    """Whether it is an article; a review of a product is none."""
    return any(_ARTICLE.search(kind) and not (is_listed and kind == "Review") for kind in _strings(values.get("@type")))


def _headlines(article: Mapping[str, Any]) -> list[str]:
    return [_plain(text) for text in _strings(article.get("headline") or article.get("name"))]


def _plain(text: str) -> str:
    """A text of JSON-LD without markup."""
    return clean(_MARKUP.sub(lambda tag: " " if tag[1] else "", unescape(text)))


def _note(meta: dict[str, str], name: str, element: HtmlElement) -> None:
    """Note what a <meta> says, unless an earlier one of that name did; for authors there may be one each."""
    name = name.strip().lower()
    if content := clean(unescape(element.get("content") or "")):
        if name in _AUTHORS and len(meta.get(name, "")) < _MANY:
            content = "; ".join(filter(None, (meta.pop(name, ""), content)))
        meta.setdefault(name, content)


def _own(elements: Iterable[HtmlElement], heading: HtmlElement | None, home: Collection[HtmlElement]) -> list[HtmlElement]:
    """The elements that do not belong to comments or other articles; first those within the article with the headline."""
    article = None if heading is None else next(heading.iterancestors("article", "main"), None)
    own = [element for element in list(elements)[:_MARKS] if not _is_elsewhere(element, home)]
    return sorted(own, key=lambda element: article is None or article not in element.iterancestors())


def _home(root: HtmlElement, heading: HtmlElement | None, blocks: Iterable[Block]) -> set[HtmlElement]:
    """All elements around the headline or one of the first blocks of the article: there, "with-sidebar" is no sidebar."""
    texts = {clean(block.text) for block in blocks}
    paragraphs = (p for p in root.iter("p") if clean(p.text_content()) in texts) if texts else ()
    inner = [*islice(paragraphs, _BEGINNING), *([] if heading is None else [heading])]
    return {box for element in inner for box in element.iterancestors()}


def _is_elsewhere(element: HtmlElement, home: Collection[HtmlElement]) -> bool:
    """Whether an element belongs to a comment, to the source of a quotation, or to something beside the article."""
    is_in_article = False
    for box in (element, *element.iterancestors()):
        if box in home or box.tag in ("body", "html"):
            return False
        names = f"{box.get('class') or ''} {box.get('id') or ''}"
        if box.get("itemprop") in ("comment", "citation") or any(word.lower() in _OTHERS for word in _WORD.findall(names)):
            return True
        # Within an article it is about author and date, unless it holds other articles.
        if box.tag in ("aside", "footer") and (is_in_article or next(box.iterancestors("article"), None) is None):
            return True
        is_in_article = is_in_article or box.tag == "article"
    return False


def _marked_name(element: HtmlElement) -> str:
    """The name in an element that is marked as author, which may also hold a picture, a profession, a link."""
    name = next(iter(_NAME(element)), element)
    return clean(name.get("content") or name.text_content())


def _marked_date(element: HtmlElement) -> str:
    """The date in an attribute of an element, if it or its parent is marked as the date of publication."""
    own = f"{element.get('itemprop') or element.get('class') or ''}".lower()
    names = f"{own} {element.get('class') or ''} {element.getparent().get('class') or ''}"
    is_published = "published" in own or (_PUBLISHED.search(names) and not _UPDATED.search(names))
    if element.get("pubdate") is None and not is_published:
        return ""
    return element.get("datetime") or element.get("content") or element.get("title") or ""


def _strings(value: Any) -> list[str]:
    """A value of JSON-LD, or those of a list, as far as they are strings."""
    return [v for v in (value if isinstance(value, list) else [value]) if isinstance(v, str) and len(v) <= _MANY]


def _names(value: Any, known: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The names of persons or organisations, however JSON-LD gives them; `known` are the objects that it may refer to."""
    values = value if isinstance(value, list) else [value]
    values = [
        known.get(v["@id"], v) if isinstance(v, dict) and "name" not in v and isinstance(v.get("@id"), str) else v for v in values
    ]
    names = [name for v in values for name in _strings(v.get("name") if isinstance(v, dict) else v)]
    return [name for name in map(_plain, names) if name]


def _without_by(author: str) -> str:
    begin = _BY.match(author)  # only at the start: "Toby Young", "Ada Brandt, Derby Telegraph"
    return author[begin.end() :] if begin else author


def _authors(names: Iterable[str]) -> str:
    """The names of authors in one line."""
    authors = dict.fromkeys(map(_without_by, names))
    return "; ".join(author for author in authors if len(author) <= _LONGEST_AUTHOR and _is_name(author))


def _is_name(text: str) -> bool:
    """Whether it is a name, and not the address of a profile or a placeholder."""
    return bool(key(text)) and not _NO_NAME.search(text)


def _split(address: str) -> Any:
    try:
        return urlsplit(address)
    except ValueError:  # "http://[": no address
        return urlsplit("")


def _host(address: str | None) -> str:
    return (_split(address).hostname or "").removeprefix("www.") if address else ""


def _address(link: str, *bases: str | None) -> str | None:
    """The address that the page gives as its own; one without a scheme is read as https."""
    try:
        for base in (*bases, "https:"):
            link = urljoin(base or "", link)
    except ValueError:
        return None
    return link if _split(link).scheme in ("http", "https") and _split(link).hostname else None


def _date(text: str) -> str | None:
    """A date in ISO 8601, without the time if that is not understood; None if day and month cannot be told apart."""
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
    written = next(filter(None, (form.match(text) for form in _WRITTEN)), None)
    if not written:
        return None
    month = int(written["m"]) if written["m"].isdigit() else _MONTHS.index(written["m"].lower()) + 1
    try:
        return date(int(written["y"]), month, int(written["d"])).isoformat()
    except ValueError:
        return None


def _of_digits(text: str) -> str | None:
    """A date that is one number: from year to second, or seconds or milliseconds since 1970, which begin with 1 until 2033."""
    if text.startswith("1") and len(text) in (10, 13):
        return datetime.fromtimestamp(int(text[:10]), UTC).isoformat()
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%S").isoformat() if len(text) == 14 else None  # noqa: DTZ007
    except ValueError:
        return None
