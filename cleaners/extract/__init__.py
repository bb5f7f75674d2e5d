"""The article of an HTML page: its text, its title and what the page says about it.

The page is parsed once and cut into blocks: paragraphs, headings, list items, cells.  A small model decides about each
block, going by its looks, by what is around it, by whether trafilatura would take it, and by what the line model and
the rules say about its words.  trafilatura finds the region of the article on most pages; if it errs, it takes the
wrong region or half of the right one, which shows in how like or unlike the blocks are that it took and left.  The
text is made from the blocks, not from trafilatura's output.

No other package knows trafilatura.
"""

import logging
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from html import unescape
from importlib.metadata import version
from itertools import takewhile
from typing import Any, get_args

from lxml.html import HtmlElement

from cleaners import matching, rules
from cleaners.document import Document
from cleaners.extract import blocks, features, metadata, model
from cleaners.extract.blocks import Block, Box

_POP_UP = blocks.KIND_OF["consent"] | blocks.KIND_OF["newsletter"] | blocks.KIND_OF["ad"]
_LARGEST_UNSEEN = 0.25  # of the text of an article
_LINKED = 0.8  # of the text of a list of links, below its heading
# Class names of what leads to other articles.
_OTHERS = re.compile(
    r"(?<![a-z])related|Related|read-?more|also-?(?:read|like)|more-?(?:stories|news|on|from)(?![a-z])|interstitial"
)
_ITEMS = frozenset(("li", "dt", "dd"))
_WHERE = get_args(rules.Where)
_CELLS = frozenset(("td", "th"))
_CELLS_OF_DATA = 4  # two rows of two
_LONGEST_CELL = 200  # characters; a table with a longer one lays out text
_ROWS = frozenset(("thead", "tbody", "tfoot"))
_PLACES = _ITEMS | _CELLS
_WRAPPERS = frozenset(("p", "div", "button"))  # around the text of a place; a button folds what stands below its heading
_FEW = 3  # blocks in a cell or an item; with more, it is made for the layout of the page
_LONG_HEADING = 200  # characters; a longer one is a text in large type, and its lines are lines
_LINKS = 0.9  # share of a text in links from which on it is a list of links
# If what the page tells search engines is this many times as long, it shows only the beginning of an article or waits for a script.
# Of 169 development pages that tell them the text, one is like that; on the others it is at most twice as long, and worse.
_TEASER = 3
_ESCAPED = re.compile(r"&lt;(?:p|div|br)\b")  # in JSON-LD: where all tags of a text are
_TAG = re.compile(r"<[A-Za-z/!][^<>]*>")
# No article has more.  With a million blocks trafilatura takes minutes, and without it the model cuts here and there for no reason.
_MOST_BLOCKS = 50_000


@dataclass(frozen=True)
class Extracted:
    """What a page holds.

    Attributes:
        text: the base text: the blocks of the article in reading order.  A blank line stands between paragraphs; the items
            of a list begin with "- ", or with their numbers, and follow line by line, as do the rows of a table, its cells
            joined by " | ".
        title: the headline, without the name of the site.
        metadata: url, site, author, published, language and description; null where the page does not say.
        headings: the lines of `text` that are sub-headings, counted from 0, and the level of each, from 1 to 6.
        settings: how the text was extracted, for the provenance.
    """

    text: str
    title: str | None
    metadata: Mapping[str, Any]
    headings: Sequence[tuple[int, int]]
    settings: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class NoText:
    """A page that no text could be taken from.

    Attributes:
        stage: "parse", "blocks" or "model".
        reason: a sentence.
    """

    stage: str
    reason: str


def extract(html: str, url: str | None = None) -> Extracted | NoText:
    """Take the article out of a page.

    Args:
        html: any string.
        url: the address that the page came from, if known.

    Returns:
        The article, or why there is none.  It depends on nothing but the arguments.
    """
    try:
        root = blocks.parse(html)
    except blocks.UnreadableError as error:
        return NoText("parse", f"{error}.")
    found = blocks.find(root)
    chosen, failure = _choose(found, root, url)
    told = metadata.bodies(root)
    if isinstance(chosen, NoText):
        text, headings = _from_json(told)
        if not text:
            return chosen
        settings = _settings(failure, "JSON-LD articleBody: the page shows no article")
        return Extracted(text, *metadata.read(root, url, found), headings, settings)
    text, headings = _write(chosen)
    title, known = metadata.read(root, url, found, found.index(chosen[0]))
    settings = _settings(failure)
    if len(told) == 1 and len(told[0]) > _TEASER * len(text):
        whole, its_headings = _from_json(told)
        if len(whole) > _TEASER * len(text):
            text, headings = whole, its_headings
            settings = _settings(failure, "JSON-LD articleBody: the page shows a small part of it")
    return Extracted(text, title, known, headings, settings)


def _choose(found: list[Block], root: HtmlElement, url: str | None) -> tuple[list[Block] | NoText, str | None]:
    """The blocks of the article, or why there are none; and the name of the error if trafilatura failed."""
    if not found:
        return NoText("blocks", "The page holds no text outside of scripts, forms and frames."), None
    failure: str | None = "too many blocks: all are kept"
    chosen = found
    if len(found) <= _MOST_BLOCKS:
        other, failure = second_opinion(root, url)
        rows = features.table(found, other, *as_lines(found))
        kept = _with_items(found, _with_tables(found, model.keeps(model.load(), rows)))
        chosen = _seen([block for block, keep in zip(found, kept, strict=True) if keep])
    if not chosen:
        return NoText("model", f"None of the {len(found)} blocks of text on the page looks like part of an article."), failure
    if sum(block.linked for block in chosen) > _LINKS * sum(len(block.text) for block in chosen):
        return NoText(
            "model", f"What looks like an article among the {len(found)} blocks of text on the page is links alone."
        ), failure
    return chosen, failure


def _with_tables(found: Sequence[Block], kept: list[bool]) -> list[bool]:
    """Keep a table of data whole if the model keeps most of it, or a paragraph next to it.

    The model had few of them to learn from: of 108 made up within articles it dropped 29, and rows of 13.
    """
    tables: dict[Box, list[int]] = {}
    for i, block in enumerate(found):
        if table := _table_around(block.box):
            tables.setdefault(table, []).append(i)
    homes = {block.box.parent for block, keep in zip(found, kept, strict=True) if keep and len(block.text) >= features.PROSE}
    for table, cells in tables.items():
        sizes = {i: len(found[i].text) for i in cells}
        size = sum(sizes.values())
        is_data = len(cells) >= _CELLS_OF_DATA and max(sizes.values()) <= _LONGEST_CELL
        is_menu = 2 * sum(found[i].linked for i in cells) > size
        if is_data and not is_menu and (table.parent in homes or 2 * sum(sizes[i] for i in cells if kept[i]) > size):
            for i in cells:
                kept[i] = True
    return kept


def _with_items(found: Sequence[Block], kept: list[bool]) -> list[bool]:
    """Keep the items of a numbered list, such as footnotes, that the model drops although it keeps most of the list.

    On development pages that brings back seven, one of which is marked as article.
    """
    lists: dict[Box, dict[Box, list[int]]] = {}
    for i, block in enumerate(found):
        item = _numbered(block.box)
        if item and not (item.kinds | item.parent.kinds) & blocks.KIND_OF["comment"]:
            lists.setdefault(item.parent, {}).setdefault(item, []).append(i)
    for items in lists.values():
        sizes = {item: sum(len(found[i].text) for i in held) for item, held in items.items()}
        stays = sum(sizes[item] for item, held in items.items() if any(kept[i] for i in held))
        if 2 * stays <= sum(sizes.values()):
            continue
        for item, held in items.items():
            if not any(kept[i] for i in held) and 2 * sum(found[i].linked for i in held) < sizes[item]:
                for i in held:
                    kept[i] = True
    return kept


def _numbered(box: Box) -> Box | None:
    """The item of a numbered list that a box is in."""
    return next((one for one in box.around() if one.tag == "li" and one.number), None)


def _seen(chosen: list[Block]) -> list[Block]:
    """The blocks without those of pop-ups that are not shown, short ones for screen readers, and links to other articles.

    A large element that is not shown stays: it may be the rest of the article, which a click unfolds.  Of 947 blocks of such pop-ups
    on development pages two are marked as article, and of 91 for listeners two: all four are buttons.
    """
    most = sum(len(block.text) for block in chosen) * _LARGEST_UNSEEN
    return [
        block
        for block in chosen
        if not (_is_in_pop_up(block.box, most) or _is_for_listeners(block) or _is_of_others(block.box, most))
    ]


def _is_in_pop_up(box: Box, most: float) -> bool:
    """Whether it is in an element that is not shown, of `most` characters at the most, and that or one inside it is named like "newsletter"."""
    kinds = 0
    for one in box.around():
        kinds |= one.kinds
        if kinds & blocks.UNSEEN:
            return bool(kinds & _POP_UP) and one.chars <= most
    return False


def _is_for_listeners(block: Block) -> bool:
    box = block.box
    return (
        len(block.text) <= blocks.MOST_HIDDEN
        and box.tag != "h1"
        and any(not blocks.FOR_READERS.isdisjoint(one.classes()) for one in (box, box.parent, box.parent.parent))
    )


def _is_of_others(box: Box, most: float) -> bool:
    """Whether it is in an element of links, of `most` characters at the most, with a name like "related".

    Of ten such blocks that the model keeps on development pages none is marked as article.
    """
    return any(
        one.linked >= _LINKED * one.chars and _OTHERS.search(one.signature)
        for one in takewhile(lambda one: one.chars <= most, box.around())
    )


def _table_around(box: Box) -> Box | None:
    """The table that a box is in."""
    return next((one for one in box.around() if one.tag == "table"), None)


def _from_json(bodies: Sequence[str]) -> tuple[str, list[tuple[int, int]]]:
    """The text that the page gives to search engines, and its headings; it is often cut short, and so comes last.

    The longest is taken, since the page may tell of other articles, too.
    """
    html = max(bodies, key=len, default="")
    if _ESCAPED.search(html):
        html = unescape(html)
    if not _TAG.search(html):
        html = "".join(f"<p>{line}</p>" for line in html.split("\n"))
    try:
        return _write(blocks.find(blocks.parse(html)))
    except blocks.UnreadableError:
        return "", []


def as_lines(found: Sequence[Block]) -> tuple[list[float], list[int]]:
    """What the line model and the rules would say of each block if it were a line of a plain text; see `features.table`."""
    from cleaners.model import scores  # NumPy takes a tenth of a second to import

    lines = [" ".join(block.text.split("\n")) for block in found]
    try:
        ruled = matching.matcher(rules.load()).find(Document("", "\n".join(lines)))
    except matching.RuleTimeoutError:  # a line made to be slow; if it stays in the text, cleaning that reports it
        ruled = {}
    where = [1 + _WHERE.index(ruled[line][0].where) if line in ruled else 0 for line in lines]
    return scores(lines).tolist(), where


def second_opinion(root: HtmlElement, url: str | None) -> tuple[str, str | None]:
    """The text that trafilatura takes from the page, and the name of the error if it fails."""
    try:
        document = _trafilatura().bare_extraction(
            root,
            url=url,
            # Its fastest settings: as good for the model as the others (F1 0.948 on held-out sites, against 0.949 with the
            # default ones), and a third cheaper.  Its deduplication remembers other documents, and must stay off.
            fast=True,
            favor_recall=True,
            include_comments=False,
            deduplicate=False,
            with_metadata=False,
        )
    except Exception as error:  # noqa: BLE001  # it is one witness of several; on pages made to hurt it recurses too deep
        return "", type(error).__name__
    finally:
        _forget()
    return (document.text or "" if document else ""), None


def _forget() -> None:
    """Empty trafilatura's caches, which hold 1,024 texts of any length each: they made a worker grow by 20 MB per 1 GB of dumps with a few pages."""
    from trafilatura import utils

    utils.trim.cache_clear()
    utils.line_processing.cache_clear()


@cache
def _trafilatura() -> Any:
    """The module, imported for the first page: that takes a second, and most dumps hold no HTML."""
    import trafilatura

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # our results say what it says about single pages
    return trafilatura


def _settings(failure: str | None, text_from: str | None = None) -> dict[str, Any]:
    settings = {"blocks": model.load().fitted_on, "trafilatura": "fast, favor_recall, no comments, no deduplication"}
    return {
        "extractor": "copydesk blocks, trafilatura",
        "version": version("trafilatura"),
        "settings": settings
        | ({"trafilatura_failed": failure} if failure else {})
        | ({"text_from": text_from} if text_from else {}),
    }


def _write(chosen: Sequence[Block]) -> tuple[str, list[tuple[int, int]]]:
    """The text of the blocks, and its headings."""
    parts: list[str] = []
    headings = []
    places = [_place(block.box) for block in chosen]
    held = Counter(places)
    beside = Counter(place.parent for place in held if not place.level)  # cells in a row, items in a list
    begun: set[Box] = set()  # items and rows
    line = 0
    above: Box | None = None
    for block, place in zip(chosen, places, strict=True):
        if place.tag in _CELLS and held[place] > _FEW:  # not a cell but a column of the page
            begun.add(place.parent)
            place = place.parent if place is block.box else block.box
        elif place is not block.box and (place in begun or _is_layout(place, held[place], beside[place.parent])):
            place = block.box
        joint = "" if above is None else _joint(above, place, block)
        text = block.text
        if place.tag in _ITEMS:
            is_numbered = place.number > 0 and place not in begun  # what follows on a list within the item is no other
            text = f"{place.number}. {text}" if is_numbered else f"- {text}"
            begun.add(place)
        elif place.tag in _CELLS and place.parent not in begun:
            text = "| " * (place.number - 1 if beside[place.parent] > 1 else 0) + text  # empty cells
            begun.add(place.parent)
        line += joint.count("\n")
        if place.level:
            headings.append((line, place.level))
            if len(text) <= _LONG_HEADING:
                text = text.replace("\n", " ")
            item = _place(place.parent)
            if item.tag in _ITEMS and item not in begun:
                text = f"{item.number}. {text}" if item.number else text
                begun.add(item)
        line += text.count("\n")
        parts += (joint, text)
        above = place
    return "".join(parts), headings


def _place(box: Box) -> Box:
    """The item, cell or heading whose text an element holds, or else the element itself."""
    place = box
    while place.tag in _WRAPPERS and not place.level:
        place = place.parent
    return place if place.level or place.tag in _PLACES else box


def _is_layout(place: Box, held: int, beside: int) -> bool:
    """Whether the place of some paragraphs is an item, cell or heading in name only.

    Args:
        place: of them.
        held: how many blocks it holds.
        beside: how many cells with text there are in its row, or items in its list.
    """
    if place.level:
        return held > 1
    return (held > _FEW or beside == 1) and not (place.tag in _ITEMS and place.number)


def _joint(above: Box, place: Box, block: Block) -> str:
    """What stands between a block in its place and the one above."""
    if above.tag in _CELLS and place.tag in _CELLS:
        if above is place:
            return "\n\n" if block.box is place else "\n"
        if above.parent is place.parent:
            return " |" * (place.number - above.number) + " "  # of an empty cell there is no block
        if _table_of(above) is _table_of(place):
            return "\n"
    if above.tag in _ITEMS and place.tag in _ITEMS and above is not place:
        return "\n"
    return "\n\n"


def _table_of(cell: Box) -> Box:
    rows = cell.parent.parent
    return rows.parent if rows.tag in _ROWS else rows
