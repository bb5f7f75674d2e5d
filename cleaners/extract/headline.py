"""The headline of a page, out of what its headings show and what its head says.

Theory.  The head of a page names the article up to four times, for search engines and networks: often by another title than the
reader sees, and with the name of the site.  The page itself has many headings, of which one is the headline, sometimes with
a kicker, a date or an author in the same element.  So the heading goes first that says what the head says, whole or in part;
the head alone is believed only where no heading does.  Figures, and what is left, are in `benchmarks/README.md`.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from lxml.etree import XPath
from lxml.html import HtmlElement

from cleaners.extract.blocks import Block

_JOINT = re.compile(r"\s+(?:[|–—\-»«·•›~/]|::)\s+|\s*[|»«›]\s*|:\s+")
_SURE_JOINT = re.compile(r"\s+(?:[|–—\-»«·•›~]|::)\s+|\s*[|»«›]\s*")
# Also without a space, as in "…-新华网": where a block shows what is in front of it.
_ANY_JOINT = re.compile(r"\s*[|–—\-_»«·•›~:(]")
_NOT_WORD = re.compile(r"[\W_]+")
_TEXTS = XPath(".//text()[not(parent::style or parent::script or parent::rt or parent::rp)]")
_MARKED = XPath(".//*[@itemprop='headline']//text()")
_LONGEST = 400  # characters; no title of the development data has more than half of that
_HEADS = 100  # headings looked at; the headline is among the first of them
_BLOCKS = 300  # and blocks
_LEVELS = frozenset(("h1", "h2", "h3"))
_PARTS = 10  # parts of a heading; what has more is no headline with a kicker
_CERTAIN = 15  # letters and digits that are not alike by chance
_TAIL_WORDS = 6  # words in the name of a site

# Class names of what is for screen readers alone, and of what stands in a heading before the headline.
_HIDDEN = re.compile(r"hidden|sr-only|screen-reader|invisible", re.IGNORECASE)
_KICKER = re.compile(
    r"kicker|overline|roofline|top-?line|top-?title|eyebrow|strapline|sub-?(?:head|title|line)"
    rf"|(?:^|[\s_-])(?:label|tag|category|date|time)(?:$|[\s_-])|{_HIDDEN.pattern}",
    re.IGNORECASE,
)
# In an archive, too: "/web/2014/http://site/".
_FRONT_PAGE = re.compile(r"(?:(?:.*https?:)?/+[^/?#]+)?/?(?:index\.\w+)?", re.IGNORECASE)


class _Heading(NamedTuple):
    """A heading.

    Attributes:
        tag: "h1", "h2" or "h3".
        texts: what it shows, without a kicker; then the beginnings and ends of that, where an element within it ends or begins.
        is_hidden: whether it is for screen readers alone.
        leads_home: whether it is a link to the front page: then it is the name of the site.
    """

    tag: str
    texts: list[str]
    is_hidden: bool
    leads_home: bool


def find(heads: list[HtmlElement], claims: list[str], site: Iterable[str], blocks: Sequence[Block], begin: int) -> str | None:
    """The headline, without the name of the site.

    Args:
        heads: the headings of the page, h1 to h3, in reading order.
        claims: what the head of the page says, the most credible first.
        site: names of the site.
        blocks: the page's blocks in reading order.
        begin: where among them the article begins.
    """
    claims = [claim for claim in claims if claim and len(claim) <= _LONGEST]
    whole = {key(claim) for claim in claims}
    pieces = {key(piece) for claim in claims for joint in (_JOINT, _SURE_JOINT) for piece in _pieces(claim, joint)}
    headings = [_read(element) for element in heads[:_HEADS]]
    names = {"", *map(key, site)}
    home = {key(heading.texts[0]) for heading in headings if heading.leads_home}
    if any(key(heading.texts[0]) not in names | home for heading in headings):
        names |= home
    headings = [heading._replace(texts=[_without_tail(text, names) for text in heading.texts]) for heading in headings]
    headings = [heading for heading in headings if len(heading.texts[0]) <= _LONGEST and key(heading.texts[0]) not in names]
    bare = [text for claim in claims if (text := _without_site(claim, names, whole))]
    if confirmed := _confirmed(headings, whole, pieces, bare):
        return confirmed
    firsts = [heading.texts[0] for heading in headings if heading.tag == "h1"]
    if len(set(firsts)) == 1:
        return firsts[0]
    nearest = [*blocks[begin : begin + 1], *blocks[max(begin - 1, 0) : begin]]
    near = _texts([block for block in nearest if block.box.tag in _LEVELS], names)
    return next(iter([*_displayed(_texts(blocks[:_BLOCKS], names), claims, bare), *near, *bare, *firsts, *claims]), None)


def _texts(blocks: Iterable[Block], names: Collection[str]) -> list[str]:
    return [block.text for block in blocks if len(block.text) <= _LONGEST and key(block.text) not in names]


def _confirmed(headings: list[_Heading], whole: set[str], pieces: set[str], bare: list[str]) -> str | None:
    """The first heading of those that say what the head says, an h1 before others, and what is hidden last.

    Args:
        headings: without the names of the site.
        whole, pieces: what the head says, all of it or what stands between joints.
        bare: what it says, without the names of the site.
    """
    sure = {key(claim) for claim in bare if len(key(claim)) >= _CERTAIN}
    for is_hidden in (False, True):
        for tags in (("h1",), ("h2", "h3")):
            among = [heading.texts for heading in headings if heading.tag in tags and heading.is_hidden == is_hidden]
            if found := _saying(among, whole, sure):
                return found[0]
            if found := _saying(among, pieces, sure):
                return max(found, key=len)
            if tags == ("h1",):  # the head may have it shortened
                for text, *_ in among:
                    if any(key(text).startswith(claim) or key(text).endswith(claim) for claim in sure):
                        return text
    return None


def _read(element: HtmlElement) -> _Heading:
    """A heading as it is shown."""
    if not len(element):
        texts = [clean(element.text)]
    else:
        parts = [text for text in _MARKED(element) or _TEXTS(element) if text.strip()]
        start = next((n for n, part in enumerate(parts) if key(part) and not _is_kicker(part, element)), 0)
        parts = [f" {part}" if part.is_tail and part.getparent().tag == "br" else part for part in parts[start:]]
        cuts = range(1, len(parts) if len(parts) <= _PARTS else 0)
        texts = [clean("".join(some)) for some in (parts, *(parts[:n] for n in cuts), *(parts[n:] for n in cuts))]
    return _Heading(element.tag, texts, bool(_HIDDEN.search(element.get("class") or "")), _leads_home(element))


def _is_kicker(text: Any, heading: HtmlElement) -> bool:
    """Whether a text stands in an element of a heading that is there for something else than the headline."""
    element = text.getparent().getparent() if text.is_tail else text.getparent()
    while element is not heading:
        if element.tag in ("small", "time") or _KICKER.search(element.get("class") or ""):
            return True
        element = element.getparent()
    return False


def _leads_home(heading: HtmlElement) -> bool:
    link = next(heading.iter("a"), None)
    if link is None:
        link = heading.getparent()
    address = link.get("href") if link is not None and link.tag == "a" else None
    return bool(address and _FRONT_PAGE.fullmatch(address.strip()))


def _saying(headings: list[list[str]], known: Collection[str], sure: Collection[str]) -> list[str]:
    """The headings that say what is known, and the parts of headings that say all that the head does."""
    return [text for texts in headings for n, text in enumerate(texts) if key(text) in (sure if n else known)]


def _displayed(texts: list[str], claims: list[str], bare: list[str]) -> Iterator[str]:
    """What the head says and a block shows: all of it; or more than half, from its beginning to a joint."""
    known = {key(claim) for claim in bare}
    yield from (text for text in texts if key(text) in known)
    for text in texts:
        if any(claim.startswith(text) and len(text) > len(claim) / 2 and _ANY_JOINT.match(claim, len(text)) for claim in claims):
            yield text


def _pieces(claim: str, joint: re.Pattern[str]) -> Iterator[str]:
    """What stands before, between and behind the joints of a title."""
    start = 0
    cuts = [match.span() for match in joint.finditer(claim)][:20]
    for left, right in cuts:
        yield claim[:left]
        yield claim[right:]
        yield claim[start:left]
        start = right


def _without_tail(text: str, names: Collection[str]) -> str:
    """A heading without the name of the site behind it."""
    return next((text[: cut.start()] for cut in _SURE_JOINT.finditer(text) if key(text[cut.end() :]) in names), text)


def _without_site(claim: str, names: set[str], whole: set[str]) -> str:
    """A title without the name of the site before or behind it; nothing if it is that name."""
    if key(claim) in names:
        return ""
    cuts = [match.span() for match in _SURE_JOINT.finditer(claim)]
    for left, right in cuts:
        if key(claim[:left]) in whole or key(claim[right:]) in names:
            return claim[:left]
        if key(claim[right:]) in whole or key(claim[:left]) in names:
            return claim[right:]
    if cuts and len(claim[cuts[-1][1] :].split()) <= _TAIL_WORDS and cuts[-1][0] > len(claim) - cuts[-1][1]:
        return claim[: cuts[-1][0]]
    return claim


def clean(text: str | None) -> str:
    """A text with single spaces."""
    return " ".join(text.split()) if text else ""


def key(text: str) -> str:
    """Letters and digits, by which titles are compared."""
    return _NOT_WORD.sub("", text).casefold()
