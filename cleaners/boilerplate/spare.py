"""What the rules cut and the author wrote all the same: headings, steps and sub-headings, spared for what stands beside them."""

from collections import defaultdict
from itertools import dropwhile, islice, takewhile

import regex

from cleaners.boilerplate.page import BRIEF_CHARS, BULLETS, SENTENCE, Page
from cleaners.document import weight

_INTRODUCTION = 25  # characters; a shorter line that ends with a colon is a label
_TERSE = regex.compile(r"\p{Lu}[\p{L}'’]+(?: \p{L}+)?\.")  # "Read more.", "Lesen."
_PRESSED = frozenset(("account", "app", "cookies", "newsletter", "print"))  # families with buttons that a manual tells to press
_PRESSED_IN_LISTS = _PRESSED | {"comments", "pagination", "share"}  # the same where bullets say that it is a list
_STEP = regex.compile(r"\P{L}{0,3}\p{Lu}[\p{L}'’-]*\p{Ll} \p{Ll}.*[^:!]")  # "Open the app": no name, and no title in capitals
_STEP_CHARS = 80
_STEPS = 3  # so many are looked at above and below
_SUB_HEADINGS = 2  # phrases of a family; no boilerplate of the development data stands alone above sentences in so many


def between_sentences(page: Page) -> None:
    """Give back what stands alone between two sentences and is the author's there.

    A guide to cookie banners goes through their buttons one by one, as sub-headings: two or more lines of a family, one of them a
    phrase, which credits of pictures are not, or three phrases of any family.  On a banner they stand side by side; and a link
    in mid-article is one phrase, perhaps repeated.  What a rule takes in company alone stays, too, and so does a phrase among
    the sub-headings of a list of advice.
    """
    lone = [i for i, rule in page.cut.items() if (rule.company or page.is_heading(i)) and page.is_between_sentences(i)]
    free = {i for i in lone if not any(page.is_weak(j, page.cut[i]) for j in page.beside(i))}
    phrases: dict[str, set[str]] = defaultdict(set)
    for i in free:
        phrases[page.cut[i].family].add(page.key(i))
    known = {page.cut[i].family for i in free if page.is_brief(i)}
    many = len({page.key(i) for i in free if page.is_brief(i) and not page.cut[i].takes}) > _SUB_HEADINGS
    for i in lone:
        rule = page.cut[i]
        of_guide = rule.family in known and len(phrases[rule.family]) >= _SUB_HEADINGS
        of_list = i in free and page.is_brief(i) and ((many and not rule.takes) or _takes_turns(page, i))
        if (rule.company and i in free) or (page.is_heading(i) and (of_guide or of_list)):
            del page.cut[i]
    for i in [i for i in page.cut if _is_quoted(page, i) or _is_terse(page, i)]:
        del page.cut[i]


def lone(page: Page) -> None:
    """Give back what goes only where another line of its family does, below a short line that stays: "Reject all" is a step of a manual."""
    lines: dict[str, set[str]] = defaultdict(set)
    for i, rule in page.cut.items():
        lines[rule.family].add(page.key(i))
    for i in [i for i, rule in page.cut.items() if rule.pair and len(lines[rule.family]) == 1]:
        above = next(page.above(i), None)
        if above is not None and above not in page.cut and not page.is_sentence(above):
            del page.cut[i]


def steps(page: Page) -> None:
    """Give back buttons that are steps of a list: "Open the app" / "Enter your email address" / "Choose the day of your visit".

    Above and below the article stand menus and forms: there the list must have more steps than within it.
    """
    buttons = {i for i, rule in page.cut.items() if (rule.where == "anywhere" or page.is_item(i)) and _is_button(page, i)}
    if not buttons:
        return
    first, last = page.staying
    for i in [i for i in sorted(buttons) if _steps_beside(page, i, buttons) >= (2 if first < i < last else 4)]:
        del page.cut[i]


def _is_button(page: Page, i: int) -> bool:
    """Whether line `i` is as short as a button, of a family that has some, and looks like a step."""
    line, rule = page.lines[i].strip(), page.cut[i]
    families = _PRESSED_IN_LISTS if line[0] in BULLETS else _PRESSED
    return rule.family in families and not rule.takes and len(line) <= BRIEF_CHARS and _is_step(page, i, i)


def _steps_beside(page: Page, i: int, buttons: set[int]) -> int:
    """How many steps that stay are next to button `i`, perhaps behind other buttons: none where it is no list."""
    steps = 0
    for side in (page.above(i), page.below(i)):
        lines = [*islice(dropwhile(buttons.__contains__, side), _STEPS)]
        if not lines or lines[0] in page.cut or page.is_weak(lines[0], page.cut[i]):
            return 0
        run = [*takewhile(lambda j: j not in page.cut and _is_step(page, j, i), lines)]
        is_heading = lines[0] < i and page.lines[i].rstrip().endswith(".")  # of the list
        if not run and not is_heading and not page.is_sentence(lines[0]):
            return 0
        steps += len(run)
    return steps


def _is_step(page: Page, j: int, i: int) -> bool:
    """Whether line `j` may be a step as line `i` is: the same bullet, or words in small letters and the same end."""
    line, other = page.lines[j].strip(), page.lines[i].strip()
    if len(line) > _STEP_CHARS:
        return False
    if line[0] == other[0] and line[0] in BULLETS:
        return True
    return _STEP.fullmatch(line) is not None and line.endswith(".") == other.endswith(".") and line.count(" ") > (j != i)


def _takes_turns(page: Page, i: int) -> bool:
    """Whether paragraphs and sub-headings take turns above line `i`, or below it: three of these and two of those."""
    return any(
        len(run) == 5
        and not any(j in page.cut for j in run)
        and all(map(page.is_short_prose, run[::2]))
        and all(len(page.lines[j]) <= BRIEF_CHARS and not SENTENCE.fullmatch(page.lines[j]) for j in run[1::2])
        for run in ([*islice(side, 5)] for side in (page.above(i), page.below(i)))
    )


def _is_terse(page: Page, i: int) -> bool:
    """Whether line `i` is a word or two with a full stop below a sentence, "And then?" / "Read more.", and above one or the article's end."""
    rule = page.cut[i]
    family = rule.family
    is_notice = family in ("comments", "cookies") and not (rule.takes or rule.pair or rule.company)  # "Comments closed."
    if is_notice or not _TERSE.fullmatch(page.lines[i].strip()):
        return False
    below = all(page.is_sentence(j) or (j in page.cut and page.cut[j].family != family) for j in islice(page.below(i), 1))
    return below and all(map(page.is_sentence, islice(page.above(i), 1)))


def _is_quoted(page: Page, i: int) -> bool:
    """Whether line `i` is more than a label below a line that says that something follows, which stays, as the sentence behind it does."""
    above = next(page.above(i), None)
    if above is None or above in page.cut or not page.lines[above].rstrip().endswith((":", "：")):
        return False
    if weight(page.lines[above].rstrip()) < _INTRODUCTION or page.is_brief(i):
        return False
    below = next(page.below(i), None)
    return below is None or (below not in page.cut and SENTENCE.fullmatch(page.lines[below]) is not None)


def headings(page: Page) -> None:
    """Give back the headings of Markdown whose section stays: "## About the author" above what the author says.

    So do those that are underlined, and the label of a name: "Author:".
    """
    for i in [i for i in page.cut if page.level(i) or page.is_underlined(i) or _is_label(page, i)]:
        below = next(page.below(i + page.is_underlined(i)), None)
        if below is not None and below not in page.cut and not page.closes(i, below):
            del page.cut[i]


def _is_label(page: Page, i: int) -> bool:
    """Whether line `i` is the label of a writer's name, with a colon."""
    return page.cut[i].family == "author" and page.lines[i].rstrip()[-1] in ":：" and page.is_brief(i)
