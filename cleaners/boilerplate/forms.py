"""Comment forms: from the heading to the button, whatever fields are between them."""

from itertools import chain, islice

from cleaners.boilerplate.page import SENTENCE, Page
from cleaners.document import is_prose
from cleaners.rules import Rule

_UNKNOWN_FIELDS = 3  # so many more fields that no rule knows than that one does: telephone, country, a sum against robots
_UNKNOWN_FIELDS_AT_MOST = 10  # bounds what a mistake can cost; with 3, 5 or 20 no development dump comes out otherwise
_FIELD_CHARS = 60  # a label or a question against robots is shorter
_BARE_FORM_LINES = 4  # name, e-mail, website and comment; fewer may be the end of a list
_FORM_LINES = 40  # a form with every field and notice that plug-ins add; ours in the tests has 19
_CERTAIN_LINES = 3  # so many lines of a form in a row are one


def lines_of(page: Page, heading: int, rule: Rule) -> list[int]:
    """The lines from a form's heading to its button, if the button comes before prose and before another heading.

    Fields that no rule knows are part of the form, but only so many more than the fields that one
    does: a poem below a link "Leave a comment" is none, nor is what readers wrote.  A sentence
    counts as three fields: a guide says something about each line of a form.
    """
    block: list[int] = []
    known: set[str] = set()
    unknown = 0
    from_button = page.key(heading) in page.matcher.ends[rule.id]  # between two buttons stands what readers wrote
    for j in islice(page.below(heading), _FORM_LINES):
        name = page.key(j)
        block.append(j)
        if name in page.matcher.ends[rule.id]:
            return block if unknown <= (0 if from_button else _UNKNOWN_FIELDS + len(known)) else []
        if j in page.cut or page.is_weak(j, rule):
            known.add(name)
        else:
            says = page.lines[j].strip().count(" ") > 2 and SENTENCE.fullmatch(page.lines[j]) is not None
            unknown += _UNKNOWN_FIELDS if says else 1
            if len(page.lines[j]) > _FIELD_CHARS or unknown > _UNKNOWN_FIELDS_AT_MOST or is_prose(page.lines[j]):
                break
        if page.cut.get(j) is rule and page.is_brief(j):
            break
    return []


def take_bare(page: Page) -> None:
    """Cut a form of weak words alone, at the very end: so many labels in a row are nothing else.

    "Σχολιάστε" / "Όνομα" / "Email" / "Υποβολή": in some languages heading and button are common words.
    """
    last = next((i for i in range(len(page.lines) - 1, -1, -1) if i not in page.cut and page.lines[i].strip()), None)
    if last is None or len(page.lines[last]) > _FIELD_CHARS:
        return
    for rule in page.matcher.forms:
        weak = page.matcher.families[rule.family].weak
        run: list[int] = []
        for i in chain([last], page.above(last)):
            if i in page.cut or page.key(i) not in weak:
                break
            run.append(i)
        if len(run) >= _BARE_FORM_LINES:
            page.cut |= dict.fromkeys(run, rule)
            return


def spare_lone(page: Page) -> None:
    """Give back the heading or button of a form that stands in the text alone, perhaps with one weak word.

    "Leave a reply" may be a line of a poem, "Post comment" a heading of a manual.  Three such lines
    together are a form, and so is one at the end of the text or beside a line cut for another reason.
    """
    run: list[int] = []
    for i in chain(sorted(page.cut), [len(page.lines)]):
        ended = i == len(page.lines) or (run and any(map(str.strip, page.lines[run[-1] + 1 : i])))
        if ended and _stands_alone(page, run):
            for j in run:
                del page.cut[j]
        if ended:
            run = []
        run.append(i)


def _stands_alone(page: Page, run: list[int]) -> bool:
    """Whether these lines are too few and too short to be a form, with text behind them."""
    return (
        0 < len(run) < _CERTAIN_LINES
        and all(page.cut[i].takes == "form" and page.is_brief(i) for i in run)
        and next(page.below(run[-1]), None) is not None
    )
