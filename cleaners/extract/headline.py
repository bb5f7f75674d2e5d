"""The headline of a page, out of what its headings show and what its head says.

Theory.  The head of a page names the article up to four times, for search engines and networks: often with another title than the
reader sees, and with the name of the site.  The page itself has many headings, one of which is the headline, sometimes with
a kicker, a date or an author in the same element.  So first comes the heading that says what the head says, whole or in part;
then the only h1, the only one just above the article, or one that says the same in other words; the head alone is believed
only if there is no such heading.  A model over all candidates, fitted on 46 features, is no better on held-out sites.  Figures, and
what is left to gain, are in `benchmarks/README.md`.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, NamedTuple

from lxml.etree import XPath
from lxml.html import HtmlElement

from cleaners.extract.blocks import KIND_OF, LINE_CLASS, Block

_JOINT = re.compile(r"\s+(?:[|–—\-»«·•›~/]|::)\s+|\s*[|｜│]\s*|:\s+")
# "»" at a word may be a mark of quotation.  Chinese, Japanese and Korean write no blanks around "_".
_SURE_JOINT = re.compile(r"\s+(?:[|–—\-»«·•›~]|::)\s+|\s*[|｜│]\s*|(?<=[⺀-힣])_+(?=[⺀-힣])")
# Where the name of the site follows.
_NAME_JOINT = re.compile(rf"{_SURE_JOINT.pattern}|\s*—\s*|(?<=[⺀-힣])-+(?=[⺀-힣])")
# Also without a space, as in "…-新华网", if a block shows what comes before it.
_ANY_JOINT = re.compile(r"\s*[|｜│–—\-_»«·•›~:：(]")
_EDGES = " :;,|/•·–—-"  # what stands between a kicker and a headline
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u2060\ufeff"))  # they say where a line may or must not break
_NOT_WORD = re.compile(r"[\W_]+")
_TEXTS = XPath(".//text()[not(parent::style or parent::script or parent::rt or parent::rp)] | .//br")
_MARKED = XPath(".//*[@itemprop='headline']//text() | .//*[@itemprop='headline']//br")
_PARTING = frozenset(("div", "p", "section", "header", "blockquote", "ul", "ol", "li", "table", "tr", "td", "h4", "h5", "h6"))
_LONGEST = 400  # characters; no title of the development data has more than half of that
_HEADS = 100  # headings looked at; the headline is among the first
_BLOCKS = 300  # blocks looked at
_ABOVE = 8  # blocks above the article among which its headline stands: author, date, share buttons, a picture lie between
_LEVELS = frozenset(("h1", "h2", "h3"))
_PARTS = 10  # parts of a heading or title; one with more is no headline with a kicker
_CERTAIN = 15  # letters and digits; texts with as many are not alike by chance
_CERTAIN_SYLLABLES = 6  # the same in Chinese, Japanese and Korean
_ALIKE = 0.5  # share of a heading's trigrams that a title in other words has; from 0.4 to 0.7 no title of the data changes
_TAIL_WORDS = 6  # words in the name of a site

# Class names of what is for screen readers alone; of what stands in or above a heading before the headline; of windows that open
# over a page.  "label-hidden" is Drupal's, for what is shown without its label.
_HIDDEN = re.compile(r"(?<!label-)hidden|sr-only|screen-reader|invisible|aural|text-hide", re.IGNORECASE)
_LABEL = re.compile(
    r"kicker|overline|roofline|top-?line|top-?title|eyebrow|strapline"
    rf"|(?:^|[\s_-])(?:label(?!-hidden)|tag|category|date|time)(?:$|[\s_-])|{_HIDDEN.pattern}",
    re.IGNORECASE,
)
_KICKER = re.compile(rf"sub-?(?:head|title|line)|{_LABEL.pattern}", re.IGNORECASE)  # behind a headline, a subtitle is part of it
_ASIDE = re.compile(rf"modal|popup|cookie|newsletter|login|{_KICKER.pattern}", re.IGNORECASE)
# In an archive, too: "/web/2014/http://site/".
_FRONT_PAGE = re.compile(r"(?:(?:.*https?:)?//+[^/?#]+)?/?(?:index\.\w+)?", re.IGNORECASE)


class _Heading(NamedTuple):
    """A heading.

    Attributes:
        tag: "h1", "h2" or "h3".
        texts: what it shows, without a kicker; then the beginnings and ends of that, cut where an element within it ends or begins.
        is_aside: whether its class says that it is no headline, or it is in a footer.
        leads_home: whether it is a link to the front page: then it is the name of the site.
    """

    tag: str
    texts: list[str]
    is_aside: bool
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
    headings = [_read(element, claims) for element in heads[:_HEADS]]
    names = {"", *map(key, site)}
    home = {key(heading.texts[0]) for heading in headings if heading.leads_home}
    if any(key(heading.texts[0]) not in names | home for heading in headings):
        names |= home
    names |= _sites(headings, claims)
    headings = [heading._replace(texts=[_without_tail(text, names) for text in heading.texts]) for heading in headings]
    headings = [heading for heading in headings if len(heading.texts[0]) <= _LONGEST and key(heading.texts[0]) not in names]
    shown = [heading for heading in headings if not heading.is_aside]
    h1s = [heading.texts[0] for heading in shown if heading.tag == "h1"]
    whole = {key(claim) for claim in claims}
    bare = [text for claim in claims if (text := _without_site(claim, names, whole))]
    top = blocks[max(begin - _ABOVE, 0) : begin + 2]
    above = {key(block.text) for block in top if "h1" in (block.box.tag, block.box.parent.tag)}
    seen = [block for block in blocks[max(begin - _ABOVE, 0) : begin + 1] if not block.box.kinds & KIND_OF["hidden"]]
    near = [block for block in reversed(seen[-2:]) if block.box.tag in _LEVELS]
    keys = {key(claim) for claim in bare}
    found = chain(
        _confirmed(shown, claims, bare),
        h1s if len(set(h1s)) == 1 else (),
        (text for text in h1s if above == {key(text)}),
        (text for text in h1s if _is_alike(text, claims)),
        (text for text in _unlinked(top, names) if _is_certain(text) and _is_beginning(text, claims, 0)),
        (text for text in _unlinked(blocks[:_BLOCKS], names) if _is_beginning(text, claims, 0.5)),
        (text for text in _unlinked(blocks[:_BLOCKS], names) if key(text) in keys),
        _texts(near, names),
        bare,
        claims,
    )
    return next(found, None)


def _sites(headings: Iterable[_Heading], claims: Iterable[str]) -> set[str]:
    """The keys of an h1 that is only the end of a title whose longer beginning is a lower heading, as in forums."""
    h1s = {key(heading.texts[0]) for heading in headings if heading.tag == "h1"}
    others = {key(heading.texts[0]) for heading in headings if heading.tag != "h1" and not heading.is_aside}
    cuts = [(claim[: cut.start()], claim[cut.end() :]) for claim in claims for cut in _SURE_JOINT.finditer(claim)]
    return {key(end) for begin, end in cuts if len(begin) > len(end) and key(end) in h1s and key(begin) in others}


def _texts(blocks: Iterable[Block], names: Collection[str]) -> Iterator[str]:
    return (clean(block.text) for block in blocks if len(block.text) <= _LONGEST and key(block.text) not in names)


def _unlinked(blocks: Iterable[Block], names: Collection[str]) -> Iterator[str]:
    """Texts that are no links, as those of a menu are."""
    return _texts((block for block in blocks if block.linked * 2 < len(block.text)), names)


def _is_beginning(text: str, claims: Iterable[str], share: float) -> bool:
    """Whether a title begins with this text and continues after a joint, and the text is more than that share of the title."""
    return any(
        claim.startswith(text) and len(text) > share * len(claim) and _ANY_JOINT.match(claim, len(text)) for claim in claims
    )


def _is_certain(text: str) -> bool:
    """Whether a text is so long that no other says the same by chance."""
    letters = key(text)
    return len(letters) >= (_CERTAIN_SYLLABLES if letters >= "\u2e80" else _CERTAIN)


def _is_alike(heading: str, claims: Iterable[str]) -> bool:
    """Whether the head says much the same in other words."""
    own = _trigrams(heading)
    return _is_certain(heading) and any(len(own & _trigrams(claim)) >= _ALIKE * len(own) for claim in claims)


def _trigrams(text: str) -> set[str]:
    letters = key(text)
    return {letters[i : i + 3] for i in range(len(letters) - 2)}


def _confirmed(headings: list[_Heading], claims: list[str], bare: list[str]) -> Iterator[str]:
    """The headings that say what the head says, h1 first.

    Args:
        headings: without the names of the site.
        claims: what the head says.
        bare: the same, without the names of the site.
    """
    h1s = [heading.texts for heading in headings if heading.tag == "h1"]
    others = [heading.texts for heading in headings if heading.tag != "h1"]
    whole = {key(claim) for claim in claims}
    parts = _known_parts(claims, 0)
    sure = {key(claim) for claim in (*claims, *bare) if _is_certain(claim)}
    yield from _saying(h1s, whole, sure)
    yield from sorted(_saying(h1s, parts, sure), key=len, reverse=True)
    for text, *_ in h1s:  # the head may have it shortened
        if any(key(text).startswith(claim) for claim in sure):
            yield text
    yield from _saying(others, whole, sure)
    if len({text for text, *_ in h1s}) == 1:  # the name of a section or of the site does not take its place
        parts = _known_parts(claims, 1)
    yield from sorted(_saying(others, parts, sure), key=len, reverse=True)


def _known_parts(claims: Iterable[str], share: float) -> set[str]:
    """The keys of the parts of titles that are at least that share of the longest piece between two joints."""
    found = set()
    for claim in claims:
        for joint in (_JOINT, _SURE_JOINT):
            least = share * max(map(len, joint.split(claim)))
            found |= {key(part) for part in _parts(claim, joint) if len(part) >= least}
    return found


def _read(element: HtmlElement, claims: Collection[str]) -> _Heading:
    """A heading as it is shown."""
    if not len(element):
        texts = [clean(element.text)]
    else:
        parts = _shown(element, claims)
        cuts = range(1, len(parts) if len(parts) <= _PARTS else 0)
        texts = [clean("".join(parts))]
        texts += [clean("".join(parts[:n])).rstrip(_EDGES) for n in cuts]
        texts += [clean("".join(parts[n:])).lstrip(_EDGES) for n in cuts]
    is_aside = bool(_ASIDE.search(element.get("class") or "")) or next(element.iterancestors("footer"), None) is not None
    return _Heading(element.tag, texts, is_aside, _leads_home(element))


def _shown(heading: HtmlElement, claims: Collection[str]) -> list[str]:
    """The pieces of text in a heading, without the kicker before its headline and the label behind it.

    Two pieces are separated by a blank where a line or a block ends, or where the head has one: a style sheet may separate them, too.
    """
    found: list[Any] = []
    parts, gap = [], ""
    for part in _MARKED(heading) or _TEXTS(heading):
        if isinstance(part, str) and part.strip():
            if (
                found
                and not gap
                and (_block(part, heading) is not _block(found[-1], heading) or _is_parted(found[-1], part, claims))
            ):
                gap = " "
            found.append(part)
            parts.append(f"{gap}{part}")
            gap = ""
        else:  # a line break, or white space between elements
            gap = " "
    start, end = 0, len(found)
    while start < end and (_is_within(found[start], heading, _KICKER, ("small", "time")) or (start and not key(found[start]))):
        start += 1
    while start < end and _is_behind(found[end - 1], heading):
        end -= 1
    return parts[start:end] or parts


def _block(text: Any, heading: HtmlElement) -> HtmlElement:
    """The innermost element with a line of its own that holds a text of the heading."""
    element = _holder(text)
    while element is not heading and element.tag not in _PARTING and not LINE_CLASS.search(element.get("class") or ""):
        element = element.getparent()
    return element


def _is_parted(left: str, right: str, claims: Iterable[str]) -> bool:
    """Whether the head has a blank between the last word of one text and the first of the next, maybe behind a colon."""
    last, first = left.rsplit(maxsplit=1)[-1], right.split(maxsplit=1)[0]
    known = [claim for claim in claims if last in claim and first in claim]
    return any(re.search(rf"{re.escape(last)}\W*\s{re.escape(first)}", claim) for claim in known)


def _holder(text: Any) -> HtmlElement:
    return text.getparent().getparent() if text.is_tail else text.getparent()


def _is_behind(text: Any, heading: HtmlElement) -> bool:
    """Whether a text at the end of a heading is a label, or a sign that links to it, such as "¶"."""
    return _is_within(text, heading, _LABEL, ("time",)) or (not key(text) and _is_within(text, heading, None, ("a",)))


def _is_within(text: Any, heading: HtmlElement, names: re.Pattern[str] | None, tags: Collection[str]) -> bool:
    """Whether an element within the heading that holds the text has such a class name or tag."""
    element = _holder(text)
    while element is not heading:
        if element.tag in tags or (names and names.search(element.get("class") or "")):
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
    """The headings among what is known, and the parts of headings that say everything that the head says."""
    return [text for texts in headings for n, text in enumerate(texts) if key(text) in (sure if n else known)]


def _parts(claim: str, joint: re.Pattern[str]) -> Iterator[str]:
    """What comes before and after the joints of a title, and what between them is more than half of it.

    Headline and site stand at the ends; anything else between two joints is mostly the name of a section.
    """
    cuts = [match.span() for match in joint.finditer(claim)][:_PARTS]
    for n, (left, right) in enumerate(cuts):
        yield claim[:left]
        yield claim[right:]
        yield from (claim[start:left] for _, start in cuts[:n] if left - start > len(claim) / 2)


def _without_tail(text: str, names: Collection[str]) -> str:
    """A heading or title without the name of the site at its end."""
    return next((text[: cut.start()] for cut in _NAME_JOINT.finditer(text) if key(text[cut.end() :]) in names), text)


def _without_site(claim: str, names: set[str], whole: set[str]) -> str:
    """A title without the name of the site at its beginning or end; empty if it is that name."""
    if key(claim) in names:
        return ""
    if (bare := _without_tail(claim, names)) != claim:
        return bare
    cuts = [match.span() for match in _SURE_JOINT.finditer(claim)]
    for left, right in cuts:
        if key(claim[:left]) in whole:
            return claim[:left]
        if key(claim[right:]) in whole or key(claim[:left]) in names:
            return claim[right:]
    if cuts and len(claim[cuts[-1][1] :].split()) <= _TAIL_WORDS and cuts[-1][0] > len(claim) - cuts[-1][1]:
        return claim[: cuts[-1][0]]
    return claim


def clean(text: str | None) -> str:
    """A text with single spaces, and without direction marks around it."""
    return " ".join(text.translate(_INVISIBLE).split()).strip("\u200e\u200f") if text else ""


def key(text: str) -> str:
    """Letters and digits, by which titles are compared."""
    return _NOT_WORD.sub("", text).casefold()
