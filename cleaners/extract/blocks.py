"""A page as a list of blocks: its paragraphs, headings, list items and cells, each with the elements around it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile

from lxml import html as lxml_html
from lxml.etree import ParserError, SubElement, XPath
from lxml.html import HtmlElement

from cleaners.extract import drawn

# What holds no text that a reader sees.  Not <noscript>: on some pages only that holds the article.
_SKIPPED_TAGS = (
    "script style template svg math head iframe object embed applet canvas audio video select datalist input textarea "
    "map area link meta base param source track img picture progress meter dialog frameset noframes"
)
# What stands inside a line of text.
_INLINE_TAGS = (
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark nobr output q rb rp rt rtc ruby s samp small "
    "span strike strong sub sup time tt u var wbr"
)
# What is a block in itself.  Elements on neither list (of Word, of a framework) are blocks, too, except in the midst of a text.
_BLOCK_TAGS = (
    "address article aside blockquote body caption center col colgroup dd details dialog dir div dl dt fieldset figcaption figure footer "
    "form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav noscript ol optgroup option p pre search section summary table "
    "tbody td tfoot th thead tr ul"
)
# What is shown apart from the text around it, though nothing in it is text.
_PARTING = frozenset(("iframe", "object", "audio", "video", "select"))
_MOST_WITHIN = 20  # elements in an unknown one that is to count as inline
_MOST_AROUND = 5  # inline elements around it that are looked at
_SKIPPED, _INLINE = frozenset(_SKIPPED_TAGS.split()), frozenset(_INLINE_TAGS.split())
_BLOCK = frozenset(_BLOCK_TAGS.split())
_STRONG = frozenset(("b", "strong"))
_BREAK = "\x01"  # a line break within a block, until white space is collapsed; the parser is given none of these
# What XML cannot hold, and halves of surrogate pairs, which UTF-8 cannot.
_IMPOSSIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")

# An element with this many attributes is an attack: the parser compares each with all others.  30,000 take it a second, 300,000 two
# minutes.  The element is kept without them.
_LONG_TAG = re.compile("<[A-Za-z][^<>]{20000,}")
_QUOTED = re.compile("\"[^\"]*\"|'[^']*'")
_ATTRIBUTES = 2000
# If a template closes the page too early, browsers keep the open elements open, but this parser closes them.
_END = re.compile(r"</(?:body|html)\s*>", re.IGNORECASE)
# At </br> browsers break the line, and they leave a paragraph within a heading where it is; this parser ends the heading.
_BREAK_END = re.compile(r"</br(?=[\s/>])", re.IGNORECASE)
_HEADING_P = re.compile(
    r"(<h([1-6])\b[^<>]*>)\s*<p\b[^<>]*>((?:(?!</?(?:p|h[1-6])\b).){0,200})</p>\s*(?=</h\2\b)", re.IGNORECASE | re.DOTALL
)

# Words in class names, ids and roles, by what they say about their part of the page.
# The order is that of the model's features.
KINDS = {
    "article": "article articles articlebody entry post story blog blogpost hentry news",
    "body": "body content contents text main prose rich copy richtext editor maincontent bodytext paragraph",
    "comment": "comment comments commentlist disqus reply respond discussion discussions replies livefyre",
    "related": "related relatedposts recommend recommended recommendation recommendations more further suggested similar popular "
    "trending latest recent next prev previous other teaser teasers also yarpp mostread most linklist read upnext discover explore",
    "share": "share sharing shared sharedaddy social socials follow facebook twitter whatsapp addtoany sharebar",
    "letter": "newsletter newsletters subscribe subscription subscribers subscriber signup optin mailing form email mailchimp",
    "advert": "ad ads adv advert advertisement advertising sponsor sponsored sponsors promo promos promotion promotions banner "
    "affiliate taboola outbrain commercial cta disclosure disclaimer disclaimers callout partner offer offers deal deals shop buy",
    "nav": "nav navigation navbar navi menu menus breadcrumb breadcrumbs crumb crumbs pagination pager paging toc jump skip "
    "tablist toolbar sitemap tabs navlinks subnav",
    "foot": "foot footer footers copyright legal colophon imprint bottom",
    "side": "sidebar aside side rail widget widgets secondary complementary sidebars",
    "author": "author authors byline bio profile contributor contributors writer credit credits avatar about reviewer team",
    "meta": "meta date time timestamp posted published category categories cat cats tag tags tagged label labels kicker eyebrow "
    "metadata dateline updated badge topic topics pill chip",
    "caption": "caption captions figure figcaption image images img photo photos gallery media video videos slide slides slider "
    "carousel swiper thumbnail thumb thumbnails player lightbox",
    "consent": "cookie cookies consent gdpr privacy modal popup overlay paywall login signin toast notice alert message dialog",
    "card": "card cards grid tile tiles archive loop feed collection product products price pricing rating ratings review reviews",
    "fold": "accordion collapse collapsible faq faqs toggle panel expand question answer",
    "hidden": "hidden hide sr screenreader invisible noprint none offscreen visually",
    "quote": "quote quotes blockquote pullquote testimonial highlight",
    # These are said by tags and attributes alone.
    "unseen": "",
    "main_tag": "",
    "article_tag": "",
}
_BIT = {kind: 1 << n for n, kind in enumerate(KINDS)}
UNSEEN = _BIT["unseen"]
KIND_OF: dict[str, int] = {word: 1 << n for n, words in enumerate(KINDS.values()) for word in words.split()}
_WORD = re.compile("[A-Z]?[a-z]+|[A-Z]+")
_DIGITS = 6  # of a number of an item
_NAMES_CHARS = 400  # characters of class names read; more are made by machines for machines
_KIND_OF_TAG = {
    "nav": KIND_OF["nav"],
    "footer": KIND_OF["footer"],
    "aside": KIND_OF["aside"],
    "figure": KIND_OF["figure"],
    "figcaption": KIND_OF["figcaption"],
    "form": KIND_OF["form"],
    "main": _BIT["main_tag"],
    "article": _BIT["article_tag"],
}
_NONE = -20  # the depth of an element that is not there
_STYLE_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
# In Wikipedia and its like, the "[edit]" within every heading.
_EDIT_LINKS = XPath("//span[contains(concat(' ', @class, ' '), ' mw-editsection ')]")
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_LETTER = re.compile(r"\w")
_GUTTER = re.compile(r"\b(?:gutter|lineno|linenos|line-numbers?|hljs-ln-numbers)\b")
_NUMBERS = re.compile(r"[\d\s]+")
FOR_READERS = frozenset(("sr-only", "visually-hidden", "screen-reader-text"))  # screen readers
_NOT_DISPLAYED = re.compile(r"display\s*:\s*none", re.IGNORECASE)
MOST_HIDDEN = 80  # characters hidden in a line; what is longer may be the rest of the text, that a click unfolds
# An element within a line that is shown as one of its own; class names of Tailwind and Bootstrap.
_LINE_STYLE = re.compile(r"display\s*:\s*block", re.IGNORECASE)
LINE_CLASS = re.compile(r"(?:^|\s)(?:d-)?block(?:$|\s)")
# Where the source breaks a line between two Chinese or Japanese characters: browsers that follow CSS show no blank there.
_WRAPPED = re.compile(r"(?<=[\u2e80-\u9fff\uff00-\uff60])[ \t]*[\r\n][ \t\r\n]*(?=[\u2e80-\u9fff\uff00-\uff60])")
_NO_SPACES = "\u2e80"  # from here on, the scripts of East Asia, which put no blanks between words


class UnreadableError(ValueError):
    """The page cannot be parsed."""


@dataclass(slots=True, eq=False)
class Box:
    """A block-level element, as far as the text in it is concerned.

    Attributes:
        kinds: what its own names say, one bit for each of `KINDS`.
        bearers: the depth of the nearest element, this one or one around it, that is of each kind, or `_NONE`.
        signature: tag and class names; elements that a template repeats share it.
        chars, linked, kept, prose, copied: characters in it, those within links, and those of blocks that the other extractor
            keeps, that are paragraphs, and that repeat earlier ones on the page; filled in by `features`.
        main_text: the sum of each block's characters times the probability that the line model gives it; filled in there, too.
        blocks: how many blocks are in it.
        number: of an item in a numbered list, or of a cell in its row; 0 for others.
        items: the number of the last item of a numbered list, or the last cell of a row.
        level: of a heading; 0 for others.
    """

    parent: "Box"
    tag: str
    depth: int
    kinds: int
    bearers: Sequence[int]
    signature: str
    chars: int = 0
    linked: int = 0
    kept: int = 0
    prose: int = 0
    copied: int = 0
    main_text: float = 0
    blocks: int = 0
    number: int = 0
    items: int = 0
    level: int = 0

    def distances(self) -> list[int]:
        """How many levels up the nearest element of each of `KINDS` is: 0 if it is one itself; more than there are levels, if there is none."""
        depth = self.depth
        return [depth - at for at in self.bearers]

    def around(self) -> "Iterator[Box]":
        """It and the elements around it, from the inside out; without the page itself."""
        box = self
        while box.parent is not box:
            yield box
            box = box.parent

    def classes(self) -> list[str]:
        """Its class names."""
        return self.signature.partition(".")[2].split()


@dataclass(slots=True, eq=False)
class Block:
    """A run of text within one block-level element.

    Attributes:
        text: with single spaces, and a line break where the page breaks the line; as it stands within `<pre>`.
        box: the element.
        linked, strong: how many characters of it are links, and in bold type.
    """

    text: str
    box: Box
    linked: int
    strong: int


def parse(html: str) -> HtmlElement:
    """The tree of a page.

    Raises:
        UnreadableError: there is no element in it, or they are nested too deep for the parser.
    """
    # Bytes, since the parser refuses a str with an XML declaration of another encoding.  The encoding given here
    # overrides any that the page declares.  An HTML parser does not expand the entities of a DTD.
    parser = lxml_html.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False, default_doctype=False, huge_tree=True
    )
    html = _BREAK_END.sub("<br", _END.sub("", _IMPOSSIBLE.sub("\ufffd", html)))
    html = _LONG_TAG.sub(_without_soup, _HEADING_P.sub(r"\1\3", html))
    try:
        root: HtmlElement = lxml_html.document_fromstring(html.encode(), parser=parser)
    except ParserError as error:
        raise UnreadableError("the page holds no element and no text") from error
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        # The parser stops there, and what follows is not in the tree.
        raise UnreadableError("the elements of the page are nested more than 2,048 deep, which the parser refuses")
    _open_body(root)
    for embed in list(root.iter("embed")):  # it has no end tag, and what follows is not part of it
        embed.drop_tag()
    for template in list(root.iter("template")):
        if template.get("shadowrootmode"):  # it is shown where it stands
            template.tag = "div"
    for unread in (*_EDIT_LINKS(root), *filter(_is_anchor, root.iter("a")), *filter(_is_gutter, root.iter("td", "span"))):
        unread.drop_tree()
    drawn.write(root)
    for reading in list(root.iter("rt", "rp")):
        if not any(one.tag in _BLOCK for one in reading.iter()):  # else its end tag is missing
            reading.drop_tree()
    for element in reversed(list(root.iter(*_INLINE))):
        if not _is_hidden(element):
            continue
        if _is_second_initial(element):
            element.drop_tree()
        else:  # like a picture, it is not part of the text, and separates the words beside it
            element.clear(keep_tail=True)
            element.tag = "img"
    for pre in root.iter("pre"):
        _write_lines(pre)
    return root


def _is_anchor(link: HtmlElement) -> bool:
    """Whether it is a sign in a heading, such as "¶", that links to the heading."""
    if "#" not in (link.get("href") or "#") or not any(one.tag in _HEADINGS for one in link.iterancestors()):
        return False
    text = link.text_content()
    return bool(text) and not _LETTER.search(text)


def _is_gutter(element: HtmlElement) -> bool:
    """Whether it holds the line numbers of a piece of code."""
    return (
        bool(_GUTTER.search(element.get("class") or ""))
        and bool(_NUMBERS.fullmatch(element.text_content()))
        and (element.tag == "td" or any(one.tag == "pre" for one in element.iterancestors()))
    )


def _is_hidden(element: HtmlElement) -> bool:
    """Whether it is a few words in the midst of a text that are not shown, and do not say who wrote the page."""
    get = element.get
    if not (
        get("hidden") is not None
        or not FOR_READERS.isdisjoint((get("class") or "").split())
        or _NOT_DISPLAYED.search(get("style") or "")
    ):
        return False
    text = element.text_content()
    if not 0 < len(text.strip()) <= MOST_HIDDEN:
        return False
    if any(one.tag in _BLOCK or one.tag == "time" or one.get("itemprop") or one.get("rel") for one in element.iter()):
        return False
    return _has_text_beside(element) or any(
        one is not None and one.tag in _INLINE and one.text_content().strip()
        for one in (element.getprevious(), element.getnext())
    )


def _is_second_initial(element: HtmlElement) -> bool:
    """Whether a hidden element stands between the first letter of a word, in large type, and its others, to be read aloud."""
    before = element.getprevious()
    is_letter = before is not None and not before.tail and len(before.text_content()) == 1
    return is_letter and (element.tail or "")[:1].islower()


def _has_text_beside(element: HtmlElement) -> bool:
    before = element.getprevious()
    beside = element.getparent().text if before is None else before.tail
    return any(text and not text.isspace() for text in (beside, element.tail))


def _write_lines(pre: HtmlElement) -> None:
    """If each line of code is a <div>, make it a line: as blocks, they would become paragraphs."""
    lines = []
    for line in islice(pre.iter(*_BLOCK), 1, None):
        if line.tag != "div" or (line.tail or "").strip() or (line.getparent().text or "").strip():
            return
        lines.append(line)
    for line in reversed(lines):
        if not (line.text_content().endswith("\n") or (line.tail or "").startswith("\n")):
            line.tail = "\n" + (line.tail or "")
        line.tag = "span"


def _open_body(root: HtmlElement) -> None:
    """Put the body where it belongs if the page does not say where its head ends, as it need not.

    The parser is of the time before HTML 5: it takes <main>, <article> and the like for parts of the head.
    """
    head = root.find("head")
    children = [] if head is None else list(head)
    begin = next((n for n, child in enumerate(children) if _shows_text(child)), None)
    if begin is None:
        return
    body = root.find("body")
    if body is None:
        body = SubElement(root, "body")
    elif body.text:
        children[-1].tail = (children[-1].tail or "") + body.text
        body.text = None
    body[:0] = children[begin:]


def _shows_text(child: HtmlElement) -> bool:
    """Whether a child of the head does not belong there, and has text."""
    return child.tag not in _SKIPPED and child.tag not in ("title", "noscript") and bool(child.text_content().strip())


def _without_soup(tag: re.Match[str]) -> str:
    """A long tag as it is, or without its attributes if they are too many."""
    words = _QUOTED.sub("", tag[0]).split(None, _ATTRIBUTES)
    return tag[0] if len(words) <= _ATTRIBUTES else words[0]


def _kinds(names: str, known: dict[str, int]) -> int:
    kinds = known.get(names)
    if kinds is None:
        kinds = 0
        for word in _WORD.findall(names[:_NAMES_CHARS]):
            kinds |= KIND_OF.get(word.lower(), 0)
        known[names] = kinds
    return kinds


def _open(element: HtmlElement, parent: Box, known: dict[str, int]) -> Box:
    get = element.get
    names = get("class") or ""
    kinds = _kinds(f"{names} {get('id') or ''} {get('role') or ''}", known) | _KIND_OF_TAG.get(element.tag, 0)
    if get("role") == "main":
        kinds |= _BIT["main_tag"]
    if get("hidden") is not None or get("aria-hidden") == "true" or _STYLE_HIDDEN.search(get("style") or ""):
        kinds |= KIND_OF["hidden"] | UNSEEN
    depth = parent.depth + 1
    box = Box(parent, element.tag, depth, kinds, _bearers(parent.bearers, kinds, depth), f"{element.tag}.{names}")
    if element.tag in _HEADINGS:
        box.level = int(element.tag[1])
    elif get("role") == "heading":
        level = _whole(get("aria-level"), 2)
        box.level = level if 1 <= level <= 6 else 2
    if element.tag == "ol":
        box.items = _whole(get("start"), 1) - 1
    elif element.tag == "li" and parent.tag == "ol":
        parent.items = box.number = _whole(get("value"), parent.items + 1)
    elif element.tag in ("td", "th"):
        parent.items = box.number = parent.items + 1
    return box


def _bearers(above: Sequence[int], kinds: int, depth: int) -> Sequence[int]:
    """The `Box.bearers` of an element, from those of its parent."""
    if not kinds:
        return above
    bearers = list(above)
    while kinds:
        last = kinds & -kinds
        bearers[last.bit_length() - 1] = depth
        kinds ^= last
    return bearers


def _whole(text: str | None, default: int) -> int:
    """A number as an attribute has it."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < _DIGITS else default


class _Collector:
    """The block that is being read, and those before it."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.parts: list[str] = []
        self.linked = self.strong = 0
        self.breaks = 0  # line breaks since the last text
        self.pre = 0  # how many <pre> are open
        self.gap = False  # whether a picture or the like follows the last text

    def add(self, text: str | None, in_link: int, in_strong: int) -> None:
        if not text:
            return
        if self.gap:
            self.gap = False
            left, right = self.parts[-1][-1] if self.parts else "", text[0]
            if left.isalnum() and right.isalnum() and max(left, right) < _NO_SPACES:
                self.parts.append(" ")
        if not (self.pre or text.isascii()):
            text = _WRAPPED.sub("", text)
        self.parts.append(text)
        if not text.isspace():
            self.breaks = 0
            if in_link:
                self.linked += len(text.strip())
            if in_strong:
                self.strong += len(text.strip())

    def line_break(self, box: Box) -> None:
        self.breaks += 1
        if self.breaks > 1:  # old pages separate paragraphs by two in a row
            self.close(box)
        else:
            self.parts.append("\n" if self.pre else _BREAK)

    def own_line(self) -> None:
        """What comes next stands on a new line."""
        if not self.pre:  # there, the source has its own line breaks
            self.parts.append(_BREAK)

    def close(self, box: Box) -> None:
        if self.parts:
            raw = "".join(self.parts)
            self.parts.clear()
            if self.pre:
                text = raw.replace(_BREAK, "\n").strip("\n").rstrip()
            elif _BREAK in raw:
                text = "\n".join(filter(None, (" ".join(line.split()) for line in raw.split(_BREAK))))
            else:
                text = " ".join(raw.split())
            if text:
                self.blocks.append(Block(text, box, min(self.linked, len(text)), min(self.strong, len(text))))
        self.linked = self.strong = 0
        self.gap = False


def _is_line(element: HtmlElement) -> bool:
    """Whether an inline element is shown as a line of its own."""
    names, style = element.get("class"), element.get("style")
    return bool((names and "block" in names and LINE_CLASS.search(names)) or (style and _LINE_STYLE.search(style)))


def _is_in_text(element: HtmlElement, parent: HtmlElement, is_block: bool) -> bool:
    """Whether an unknown element is inline: text stands beside it or the inline elements around it, or it is in another such; and it holds no block."""
    if not is_block and parent.tag not in _INLINE:
        return True
    lines = takewhile(lambda one: one.tag in _INLINE, islice(element.iterancestors(), _MOST_AROUND))
    if not any(map(_has_text_beside, (element, *lines))):
        return False
    within = list(islice(element.iter(), 1, _MOST_WITHIN + 1))
    return len(within) < _MOST_WITHIN and not any(one.tag in _BLOCK for one in within)


def find(root: HtmlElement) -> list[Block]:
    """The blocks of a page in reading order."""
    known: dict[str, int] = {}
    nowhere = [_NONE] * len(KINDS)
    top = Box(None, "html", 0, 0, nowhere, "")  # type: ignore[arg-type]  # closed into a ring below, so that nobody asks for None
    top.parent = top
    found = _Collector()
    add = found.add
    # A stack instead of recursion, since pages nest deeper than Python calls: the children still to read, their parent, its box,
    # how many links and bold elements are open, and whether the parent is a block.
    stack: list[tuple[Iterator[HtmlElement], HtmlElement, Box, int, int, bool]] = [(iter(root), root, top, 0, 0, True)]
    while stack:
        children, parent, box, in_link, in_strong, is_block = stack[-1]
        element = next(children, None)
        if element is None:
            if is_block:
                found.close(box)
                found.pre -= parent.tag == "pre"
            elif _is_line(parent):
                found.own_line()
            stack.pop()
            if stack:
                add(parent.tail, stack[-1][3], stack[-1][4])
            continue
        tag = element.tag
        if not isinstance(tag, str) or tag in _SKIPPED:
            if tag in _PARTING and is_block and parent.tag != "p":
                found.close(box)
                found.breaks = 0
            elif tag in _PARTING or tag in ("img", "input"):
                found.gap = True
            add(element.tail, in_link, in_strong)
        elif tag == "br":
            found.line_break(box)
            add(element.tail, in_link, in_strong)
        elif tag in _INLINE or (tag not in _BLOCK and _is_in_text(element, parent, is_block)):
            in_link += tag == "a"
            in_strong += tag in _STRONG
            if _is_line(element):
                found.own_line()
            add(element.text, in_link, in_strong)
            stack.append((iter(element), element, box, in_link, in_strong, False))
        else:
            found.close(box)
            found.breaks = 0
            found.pre += tag == "pre"
            inner = _open(element, box, known)
            add(element.text, in_link, in_strong)
            stack.append((iter(element), element, inner, in_link, in_strong, True))
    return found.blocks
