"""What is known about each block of a page, as numbers for the model."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import accumulate
from math import log
from typing import Any

from cleaners.document import SENTENCE_END
from cleaners.extract.blocks import KINDS, Block

LEVELS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_TAGS = {
    "p": 1,
    "li": 2,
    "td": 3,
    "th": 4,
    "blockquote": 5,
    "pre": 6,
    "dt": 7,
    "dd": 8,
    "button": 9,
    "div": 10,
    "section": 11,
    "summary": 12,
}
_LONG = 25  # characters; a block of as many is looked for anywhere in the other extractor's text, a shorter one must be a line
_COPIED = 20  # characters; a block of as many that the page repeats is a copy: some pages hold a second text for phones
PROSE = 80  # characters of a paragraph of running text

_NAMES = (
    "chars words linked strong ends_sentence commas sentences digits capitals word_length lines tag level prose "
    "kept kept_before kept_behind kept_3_before kept_3_behind kept_8_around prose_3_before prose_3_behind prose_8_around "
    "linked_3_around linked_8_around chars_behind in_span place_in_span kept_above prose_above chars_above place places_left "
    "blocks all_kept all_prose kept_share prose_share from_headline "
    "box_kept parent_kept grandparent_kept greatgrandparent_kept parent_of_kept grandparent_of_kept greatgrandparent_of_kept "
    "parent_linked grandparent_linked parent_of_prose grandparent_of_prose greatgrandparent_of_prose parent_prose grandparent_prose "
    "parent_blocks grandparent_blocks parent_chars alike alike_chars alike_linked alike_kept alike_prose alike_of_kept "
    "copies copy depth since_heading level_behind "
    "parent_main_text grandparent_main_text greatgrandparent_main_text alike_main_text "
    "main_text main_text_3_before main_text_3_behind main_text_8_around main_text_above rule "
    "parent_copied grandparent_copied greatgrandparent_copied copied_8_around all_copied "
    "path path_chars path_linked path_kept path_prose path_of_kept path_main_text "
    "greatgrandparent_linked greatgrandparent_prose greatgrandparent_blocks greatgrandparent_chars "
    "fifth_kept fifth_of_kept fifth_of_prose fifth_main_text fifth_blocks"
)
NAMES = (*_NAMES.split(), *(f"to_{kind}" for kind in KINDS))


def squeeze(text: str) -> str:
    """The text without white space, since two extractors seldom agree about that."""
    return "".join(text.split())


def kept_by(text: str, keys: Sequence[str]) -> list[int]:
    """Which blocks, given by their keys, another extractor's text holds: 1 or 0 for each.  It writes each row of a table on one line."""
    lines = {
        squeeze(part)
        for line in text.split("\n")
        for part in (line.removeprefix("- "), *(line.split("|") if "|" in line else ()))
    }
    whole = squeeze(text)
    return [int(key in lines or (len(key) >= _LONG and key in whole)) for key in keys]


def table(blocks: Sequence[Block], other: str, main_text: Sequence[float], ruled: Sequence[int]) -> Iterator[list[float]]:
    """One row of numbers, in the order of `NAMES`, for each block; one at a time, since a page may have a million blocks.

    Args:
        blocks: of one page; what their boxes count is filled in.
        other: the text that another extractor takes from the page.
        main_text: how probable the line model holds each block, read as a line of a dump, to be main text.
        ruled: whether a rule of `boilerplate` would take that line, and where: 0 if none would, else 1 and the number of its `where`.
    """
    n = len(blocks)
    keys = [squeeze(block.text) for block in blocks]
    kept = kept_by(other, keys)
    sizes = [len(block.text) for block in blocks]
    prose = [
        int(size >= PROSE and block.linked * 3 < size and block.text.endswith(SENTENCE_END))
        for size, block in zip(sizes, blocks, strict=True)
    ]
    levels = [LEVELS.get(block.box.tag, 0) for block in blocks]
    copies = Counter(keys)
    first_of: dict[str, int] = {}
    is_copy = [first_of.setdefault(key, i) < i for i, key in enumerate(keys)]
    copied = [int(copy and size >= _COPIED) for copy, size in zip(is_copy, sizes, strict=True)]
    # Blocks that one template makes, and those with the same tags around them: how many, their characters, linked, kept, how many
    # are prose, and their probable main text.
    groups: dict[tuple[Any, ...], list[float]] = defaultdict(lambda: [0, 0, 0, 0, 0, 0])
    groups_of: list[tuple[list[float], list[float]]] = []
    for block, k, size, p, m, c in zip(blocks, kept, sizes, prose, main_text, copied, strict=True):
        box = block.box
        parent = box.parent
        grand = parent.parent
        alike = groups[box.signature, parent.signature]
        path = groups[box.tag, parent.tag, grand.tag, grand.parent.tag, box.depth]
        groups_of.append((alike, path))
        for group in alike, path:
            group[0] += 1
            group[1] += size
            group[2] += block.linked
            group[3] += k * size
            group[4] += p
            group[5] += m * size
        k, p, m, c = k * size, p * size, m * size, c * size
        while True:
            box.chars += size
            box.linked += block.linked
            box.kept += k
            box.prose += p
            box.copied += c
            box.main_text += m
            box.blocks += 1
            if box.parent is box:
                break
            box = box.parent
    upto = [0, *accumulate(sizes)]
    kept_upto = [0, *accumulate(k * size for k, size in zip(kept, sizes, strict=True))]
    prose_upto = [0, *accumulate(p * size for p, size in zip(prose, sizes, strict=True))]
    linked_upto = [0, *accumulate(block.linked for block in blocks)]
    main_text_upto = [0, *accumulate(probable * size for probable, size in zip(main_text, sizes, strict=True))]
    copied_upto = [0, *accumulate(c * size for c, size in zip(copied, sizes, strict=True))]
    all_main_text = main_text_upto[-1] or 1
    all_chars, all_kept, all_prose = upto[-1], kept_upto[-1] or 1, prose_upto[-1] or 1

    def share(sums: Sequence[float], start: int, end: int) -> float:
        """Of the characters of the blocks from `start` up to `end`, the share that `sums` counts."""
        start, end = max(start, 0), min(end, n)
        chars = upto[end] - upto[start] if start < end else 0
        return (sums[end] - sums[start]) / chars if chars else 0.5

    inside = [i for i in range(n) if kept[i]]
    first, last = (inside[0], inside[-1]) if inside else (0, n - 1)
    headline = next((i for i in range(n) if levels[i] == 1), -1)
    page = [log(1 + n), log(1 + all_kept), log(1 + all_prose), all_kept / all_chars, all_prose / all_chars] if n else []
    since_heading = 99
    for i, block in enumerate(blocks):
        text, size, box = block.text, sizes[i], block.box
        parent = box.parent
        grand = parent.parent
        great = grand.parent
        fifth = great.parent
        alike, path = groups_of[i]
        since_heading = 0 if levels[i] else since_heading + 1
        words = text.count(" ") + 1
        row = [
            log(1 + size),
            log(1 + words),
            block.linked / size,
            block.strong / size,
            text.endswith(SENTENCE_END),
            text.count(",") / words,
            text.count(". ") + text.count("? ") + text.count("! "),
            sum(map(str.isdigit, text)) / size,
            sum(map(str.isupper, text)) / size,
            size / words,
            text.count("\n"),
            _TAGS.get(box.tag, 0),
            levels[i],
            prose[i],
            kept[i],
            share(kept_upto, i - 1, i),
            share(kept_upto, i + 1, i + 2),
            share(kept_upto, i - 3, i),
            share(kept_upto, i + 1, i + 4),
            share(kept_upto, i - 8, i + 9),
            share(prose_upto, i - 3, i),
            share(prose_upto, i + 1, i + 4),
            share(prose_upto, i - 8, i + 9),
            share(linked_upto, i - 3, i + 4),
            share(linked_upto, i - 8, i + 9),
            log(1 + sizes[i + 1]) if i + 1 < n else 0,
            first <= i <= last,
            (i - first) / (last - first + 1),
            kept_upto[i] / all_kept,
            prose_upto[i] / all_prose,
            upto[i] / all_chars,
            log(1 + i),
            log(1 + n - i),
            *page,
            (i - headline) / n if headline >= 0 else -2,
            box.kept / box.chars,
            parent.kept / parent.chars,
            grand.kept / grand.chars,
            great.kept / great.chars,
            parent.kept / all_kept,
            grand.kept / all_kept,
            great.kept / all_kept,
            parent.linked / parent.chars,
            grand.linked / grand.chars,
            parent.prose / all_prose,
            grand.prose / all_prose,
            great.prose / all_prose,
            parent.prose / parent.chars,
            grand.prose / grand.chars,
            log(1 + parent.blocks),
            log(1 + grand.blocks),
            log(1 + parent.chars),
            log(alike[0]),
            alike[1] / alike[0],
            alike[2] / alike[1],
            alike[3] / alike[1],
            alike[4] / alike[0],
            alike[3] / all_kept,
            copies[keys[i]] > 1,
            is_copy[i],
            box.depth,
            since_heading,
            levels[i + 1] if i + 1 < n else -1,
            parent.main_text / parent.chars,
            grand.main_text / grand.chars,
            great.main_text / great.chars,
            alike[5] / alike[1],
            main_text[i],
            share(main_text_upto, i - 3, i),
            share(main_text_upto, i + 1, i + 4),
            share(main_text_upto, i - 8, i + 9),
            main_text_upto[i] / all_main_text,
            ruled[i],
            parent.copied / parent.chars,
            grand.copied / grand.chars,
            great.copied / great.chars,
            share(copied_upto, i - 8, i + 9),
            copied_upto[-1] / all_chars,
            log(path[0]),
            path[1] / path[0],
            path[2] / path[1],
            path[3] / path[1],
            path[4] / path[0],
            path[3] / all_kept,
            path[5] / path[1],
            great.linked / great.chars,
            great.prose / great.chars,
            log(great.blocks),
            log(great.chars),
            fifth.kept / fifth.chars,
            fifth.kept / all_kept,
            fifth.prose / all_prose,
            fifth.main_text / fifth.chars,
            log(fifth.blocks),
            *box.distances(),
        ]
        yield row
