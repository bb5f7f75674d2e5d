"""The name of the site, where it stands on a line of its own.

A scraper that takes the heading of a page often gets the site's name with it, between two copies of the
title, and again at the foot.  A name alone proves nothing: "Jane Doe" between two titles is an author,
"Politics" a section, and either may stand at the foot again.  So the line must also be known as the site's,
in one of these ways:

    - it is an address (example.com), or an address of that name stands at an edge of the text;
    - a copyright line bears it, or it is the tail of the title elsewhere ("Title | The Daily Harbour");
    - it stands at the foot again, above "Reference" or "Source" or another copy of the title;
    - the metadata name the site.

What looks like a person's name needs an address or the metadata.  Sections, dates and standfirsts stay.  All
proofs are collected, and all lines cut, in one round, because the titles are gone in the next; so
cleaning the result again finds no more than this.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import regex

from cleaners.document import Document, is_prose
from cleaners.edits import Edit
from cleaners.titles import key

_NEAR_TOP = 15  # lines, blank ones not counted, as in `titles`
_CLOSE = 4  # lines from one copy of the title to the next
_LONGEST = 40  # characters of a name; "The Sydney Morning Herald Online Edition" has 40
_MOST_WORDS = 6

_DOMAIN = regex.compile(
    r"""(?:https?://)?(?:www\.)?((?:[\p{L}\d](?:[\p{L}\p{M}\d-]*[\p{L}\p{M}\d])?\.)+
        (?:[a-z]{2,}|xn--[a-z\d-]+|рф|рус|укр|бел|срб|бг|ελ|中国|中國|香港|台湾|台灣|한국|भारत|ไทย|امارات|السعودية|مصر|ایران))/?""",
    regex.VERBOSE | regex.IGNORECASE,
)
_SECOND_LEVEL = {"co", "com", "org", "net", "ac", "gov", "edu", "or", "ne"}
# What may follow a site's name at the foot, though not at the top: "thedailyharbour news".
_SUFFIX = ("news", "online", "blog", "website", "media", "newspaper", "magazine", "com", "team", "admin")
_SOURCE = {"source", "sources", "reference", "references", "via", "sourcelink", "originalsource", "originalarticle"}
_COPYRIGHT = regex.compile(r"©|\(c\)|copyright", regex.IGNORECASE)
_SENTENCE_END = (".", "!", "?", "…", ":", ";", ",")
_TAIL = regex.compile(r"\s+(?:[|–—\-»«·•]|::)\s+|\s*[|｜_]\s*")
_PERSON = regex.compile(r"\p{Lu}[\p{L}'’.-]*(?:\s(?:\p{Lu}[\p{L}'’.-]*|de|da|van|von|der|den|al|bin|el)){1,4}")
_PAPER = regex.compile(
    r"""\b(?:the|daily|weekly|news|times|post|herald|guardian|tribune|gazette|journal|courier|chronicle|observer|express|star|sun|mirror|mail
        |telegraph|standard|independent|press|media|magazine|review|blog|online|today|report|tv|radio|fm|network|digest|insider|wire|hub|info)\b""",
    regex.VERBOSE | regex.IGNORECASE,
)
_SECTION = regex.compile(
    r"""(?:(?:the|latest|breaking|top|all|more|local|national|international|regional|world|uk|us|and|&|/)\s*)*
        (?:(?:news|politics|business|sports?|football|cricket|world|opinions?|entertainment|lifestyle|health|tech(?:nology)?|science|culture|arts?|travel|education|economy|finance
          |money|markets?|features?|editorials?|analysis|interviews?|reviews?|videos?|photos?|gallery|blogs?|home|homepage|africa|asia|europe|americas?|middle\s+east|uk|us|crime|metro
          |environment|climate|energy|food|fashion|music|movies?|film|books|gaming|games|auto|cars|property|jobs|society|religion|weather|press\s+releases?|uncategori[sz]ed|general|updates?
          |headlines?|stories|trending|international|national|local|latest|breaking|exclusive|advertisement|share|comments?|and|&|,|/)\s*)+""",
    regex.VERBOSE | regex.IGNORECASE,
)


def clean(doc: Document) -> Iterator[Edit]:
    """Cut the lines that are the site's name or address, if something proves that they are."""
    site = _site(doc)
    if not (site or _stands_twice(doc)):
        return
    lines = doc.lines
    wanted = key(doc.title or "")
    # A long title may end like a sentence.
    paragraphs = (i for i, line in enumerate(lines) if is_prose(line) and key(line) != wanted)
    first = next(paragraphs, None)
    if first is None:
        return  # a list, a poem: it has no clear edges
    last = next(i for i in range(len(lines) - 1, first - 1, -1) if is_prose(lines[i]) and key(lines[i]) != wanted)
    top = [i for i in range(first) if lines[i].strip()][:_NEAR_TOP]
    foot = [i for i in range(last + 1, len(lines)) if lines[i].strip()]
    edges = {i: _name(lines[i]) for i in (*top, *foot) if len(lines[i]) <= 300}
    copies = {i for i in edges if wanted and (edges[i] == wanted or wanted in map(key, _TAIL.split(lines[i])))}
    names = {edges[i] for i in _between(top, copies) if _is_site(doc, i, copies, foot, edges)}
    if site and site != key(str(doc.metadata.get("author") or "")):
        names.add(site)
    names.discard("")
    for i, name in edges.items():
        if i in copies:
            continue
        if name in names or (i in foot and any(name == known + suffix for known in names for suffix in _SUFFIX)):
            yield doc.cut(i, i, "site.domain" if _address(lines[i]) else "site.name")


def _site(doc: Document) -> str:
    """The site's name in the metadata, without "www." and ".com", as a key; "" if there is none."""
    site = doc.metadata.get("site")
    # Of an address with a path ("https://example.com/news/") the host.
    return _name(regex.sub(r"^(https?://[^/]+)/.*", r"\1", str(site))) if site else ""


def _name(line: str) -> str:
    """The form in which names are compared: the name in an address, or the letters and digits of the line."""
    return _address(line) or key(line)


def _address(line: str) -> str:
    """The part of an address that is a name, as a key: "dailyharbour" of www.daily-harbour.co.uk; "" for other lines."""
    found = _DOMAIN.fullmatch(line.strip()) if "." in line and len(line) < 80 else None
    if not found:
        return ""
    labels = found[1].split(".")
    at = -3 if len(labels) > 2 and labels[-2].lower() in _SECOND_LEVEL else -2
    return key(labels[at])


def _stands_twice(doc: Document) -> bool:
    """Whether the title occurs twice in the text, letter for letter: a cheap test."""
    if not doc.title:
        return False
    at = doc.text.find(doc.title)
    return at >= 0 and doc.text.find(doc.title, at + len(doc.title)) >= 0


def _between(top: Sequence[int], copies: set[int]) -> Iterator[int]:
    """The lines between one copy of the title and the next at the top, if they are few."""
    for one, two in pairwise(n for n, i in enumerate(top) if i in copies):
        if two - one <= _CLOSE:
            yield from top[one + 1 : two]


def _is_site(doc: Document, i: int, copies: set[int], foot: Sequence[int], edges: Mapping[int, str]) -> bool:
    """Whether something proves that line `i`, which stands between two copies of the title, is the site's name."""
    lines, line, name = doc.lines, doc.lines[i].strip(), edges.get(i, "")
    if not name or name in _SOURCE or len(line) > _LONGEST or len(line.split()) > _MOST_WORDS:
        return False
    if any(_address(lines[j]) == name for j in edges):
        return True
    if line.endswith(_SENTENCE_END) or _SECTION.fullmatch(line) or (_PERSON.fullmatch(line) and not _PAPER.search(line)):
        return False
    if any(name in edges.get(j, "") and len(lines[j]) < 160 and _COPYRIGHT.search(lines[j]) for j in foot):
        return True
    if any(name == key(part) for j in copies if edges[j] != name for part in _TAIL.split(lines[j])):
        return True
    alike = {name, *(name + suffix for suffix in _SUFFIX)}
    return any(edges.get(j) in alike and (below in copies or edges.get(below) in _SOURCE) for j, below in pairwise(foot))
