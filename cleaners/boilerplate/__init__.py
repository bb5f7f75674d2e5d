"""Boilerplate: what a page carries around its article.

Which lines match a rule by themselves, `matching` says.  Here it is decided which of them go where they
stand, and what goes with them: a comment form goes up to its button, promoted titles go with their heading,
and next to lines that go even words as weak as "Name" or "Reply" are boilerplate.
"""

from collections.abc import Iterable
from itertools import islice

import regex

from cleaners.boilerplate import forms, promoted, spare
from cleaners.boilerplate.page import Page
from cleaners.document import Document, is_prose, key
from cleaners.edits import Edit
from cleaners.matching import matcher
from cleaners.rules import Rule, RuleBook

_OF_POLICIES = frozenset(("account", "ads", "cookies", "copyright", "newsletter", "support"))  # what policies speak of
_COUNT = regex.compile(r"\d[\d.,]{0,6}\s?[KkMm]?")  # "0", "1.2K"


def clean(doc: Document, book: RuleBook) -> Iterable[Edit]:
    """Cut the lines that the rules of `book` call boilerplate, and what belongs to them.

    Raises:
        RuleTimeoutError: a pattern of the book takes longer than `MATCH_SECONDS` for one line.
    """
    page = Page(doc, matcher(book))
    found = _found(page, book)
    for i in [i for i, line in enumerate(page.lines) if line in found] if found else ():
        for rule in found[page.lines[i]]:
            _decide(page, i, rule)
    _take_zones(page)
    spare.between_sentences(page)
    spare.lone(page)
    spare.steps(page)
    if page.cut:
        _take_blocks(page)
        _take_neighbours(page)
        _take_counts(page)
    _take_ends(page)
    forms.take_bare(page)
    spare.headings(page)
    return doc.cut_all({i: rule.id for i, rule in page.cut.items()})


def is_phrase(line: str, book: RuleBook) -> bool:
    """Whether a line is, word for word, what a rule takes wherever it stands."""
    rule = matcher(book).phrases.get(key(line))
    return rule is not None and rule.where == "anywhere"


def _found(page: Page, book: RuleBook) -> dict[str, list[Rule]]:
    """The lines that match a rule.  They are asked once for all rounds, since lines only ever go."""
    found: dict[str, list[Rule]] | None = page.doc.memo.get(book)
    if found is None:
        found = page.matcher.find(page.doc)
        page.doc.memo[book] = found
    return found


def _decide(page: Page, i: int, rule: Rule) -> None:
    """Cut line `i`, or remember it if it depends on what else is cut whether the rule acts there."""
    if (rule.takes != "form" and page.is_fragment(i)) or page.is_code(i) or page.is_row(i) or (rule.takes and page.is_item(i)):
        return
    if page.is_policy and (i == page.top or _is_of_policy(page, i, rule)):
        return
    if rule.where == "anywhere":
        page.cut.setdefault(i, rule)
    else:
        (page.at_end if rule.where == "end" else page.in_zones).setdefault(i, []).append(rule)


def _is_of_policy(page: Page, i: int, rule: Rule) -> bool:
    """Whether line `i` may be a sentence of a policy, or one of its headings: "Cookies"."""
    return rule.family in _OF_POLICIES and (page.is_sentence(i) or page.matcher.families[rule.family].is_weak(page.lines[i]))


def _take_zones(page: Page) -> None:
    """Cut the remembered lines that stand before the first line of prose, or behind the last one, that stays.

    In an article too short for prose its sentences say where it begins and ends.  There headings stay: "Categories" may be those
    of a prize, and "Contact" may stand above an address.
    """
    if not page.in_zones:
        return
    is_short = page.zones[0] < 0
    first, last = page.short if is_short else page.zones
    for i, rule in ((i, rule) for i, rules in page.in_zones.items() for rule in rules):
        if is_short and (rule.takes or rule.family == "site"):
            continue
        if (rule.where != "tail" and i < first) or (rule.where != "top" and i > last):
            page.cut.setdefault(i, rule)


def _take_blocks(page: Page) -> None:
    """Cut what stands under the headings of forms and of promoted titles."""
    for i, rule in sorted(page.cut.items()):
        if rule.takes == "form":
            _take(page, rule, forms.lines_of(page, i, rule))
        elif rule.takes == "titles":
            block = promoted.block_of(page, i)
            if promoted.is_authors(page, i, block):
                del page.cut[i]
            else:
                _take(page, rule, block)


def _take(page: Page, rule: Rule, lines: Iterable[int]) -> None:
    """Cut the lines of a block; what another rule decided already becomes part of the block."""
    for j in lines:
        if not page.cut.get(j, rule).takes or page.cut.get(j, rule) is rule:
            page.cut[j] = rule


def _take_neighbours(page: Page) -> None:
    """Cut weak phrases above and below lines that go, as far as they reach without a gap.

    Lines that another family cuts are no gap: a share bar may stand within a form.  A whole sentence goes with them above or below
    the article alone: within it, it may be about the buttons around it.
    """
    sure = {*page.cut}
    for i, rule in sorted(page.cut.items()):
        if not page.matcher.families[rule.family].has_weak:
            continue
        for direction in (page.above(i), page.below(i)):
            for j in direction:
                if j in page.cut:
                    if page.cut[j].family == rule.family:
                        break
                elif page.is_weak(j, rule):
                    page.cut[j] = rule
                else:
                    break
    if sentences := [j for j in page.cut.keys() - sure if is_prose(page.lines[j])]:
        first, last = page.staying
        for j in sentences:
            if 0 <= first < j < last:
                del page.cut[j]
    forms.spare_lone(page)


def _take_counts(page: Page) -> None:
    """Cut the numbers between two lines of a share bar: "Facebook" / "12" / "Twitter"."""
    bar = {i for i, rule in page.cut.items() if rule.family == "share"}
    for i in sorted(bar):
        below = [*islice(page.below(i), 2)]
        if len(below) == 2 and below[0] not in page.cut and below[1] in bar and _COUNT.fullmatch(page.lines[below[0]].strip()):
            page.cut[below[0]] = page.cut[i]


def _take_ends(page: Page) -> None:
    """Cut the lines that are boilerplate only where nothing comes behind them but a weak line: "Source" / "https://…"."""
    if not page.at_end:
        return
    for i in range(len(page.lines) - 1, -1, -1):
        if i in page.cut or not page.lines[i].strip():
            continue
        label = i if i in page.at_end else next(page.above(i), -1)
        if label not in page.at_end or label in page.cut or (label < i and not page.is_weak(i, page.at_end[label][0])):
            break
        page.cut[i] = page.at_end[label][0]
