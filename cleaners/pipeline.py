"""The order of the steps: the table of contents of copydesk."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, NamedTuple

from cleaners import boilerplate, front, layout, repair, repeats, sites, titles
from cleaners.document import Cleaner, Document
from cleaners.edits import Change, Edit, apply, compose
from cleaners.rules import RuleBook

if TYPE_CHECKING:
    from cleaners.model import Cut, Verdict

REPAIR: tuple[Cleaner, ...] = (repair.newlines, repair.encoding, layout.line_ends)


def editing(book: RuleBook) -> tuple[Cleaner, ...]:
    """The steps that decide what is article, in order."""
    return (sites.clean, titles.clean, lambda doc: boilerplate.clean(doc, book), repeats.clean)


FINISH: tuple[Cleaner, ...] = (layout.clean,)

MAX_ROUNDS = 50
"""One cut can expose another: a foot line is only a foot line once the form below it is gone.  So
the editing steps run until nothing changes.  The deepest of the 4,578 development dumps takes a few rounds;
the bound only stops a text that was made to be slow."""


LITTLE = 0.2
"""If less than this share of the characters is left, without blanks, a person should look, whatever cut the rest.  Of held-out documents of
which the line model alone leaves less (`cautious`: 0.9 % of the columns, 6 % of the pages), half are hurt."""

_Looked = Literal["first", "never", "late"]  # when a title is looked for; late: after everything else that the rules cut


class UnstableError(RuntimeError):
    """The steps did not come to rest on a document."""


class Cleaned(NamedTuple):
    """What became of a document: its title and text, the base text, and the changes that led from there.

    `review` says that a person should look: little is left of it, or the line model finds hardly any main text.  `found` says that the title
    was found in the text, not given.
    """

    base: str
    title: str | None
    text: str
    changes: list[Change]
    review: bool = False
    found: bool = False


class Ruled(NamedTuple):
    """A document as the rules leave it: what the line model is asked about.

    Attributes:
        given: the document as it came, without its title if that cannot be one.
        doc: its text and title now.
        changes: those that led there from the base text.
    """

    given: Document
    doc: Document
    changes: list[Change]


def clean(doc: Document, book: RuleBook, cut: "Cut | None" = None) -> Cleaned:
    """Take a document through all steps.

    Args:
        doc: with the base text, and a title if one is known from elsewhere.
        book: the rules.
        cut: what the line model may take of what the rules leave; None: nothing.

    Returns:
        Title, clean text, and the ledger's changes in coordinates of the base text.

    Raises:
        UnstableError: the steps do not come to rest.
        RuleTimeoutError: a rule's pattern takes too long.
        EditError: a step contradicts itself.
    """
    ruled = begin(doc, book)
    return finish(ruled, book, _judge(ruled, cut), cut)


def begin(doc: Document, book: RuleBook) -> Ruled:
    """The first half of `clean`: what the rules do.  After it, the line model can be asked about many documents at once."""
    return _by_rules(doc, book)


def finish(ruled: Ruled, book: RuleBook, verdict: "Verdict | None", cut: "Cut | None") -> Cleaned:
    """The second half of `clean`.

    Args:
        ruled: what `begin` returned.
        book: the rules.
        verdict: what `model.judge_all` says about the document; None if the model is not asked.
        cut: what the model may take.
    """
    doc = ruled.given
    # What made a line the title may have been cut with other lines.  Cleaned again, the line would not be the title, so it is not.  If
    # then another line would become the title, the line model cut what spoke against it, and the rules do the work alone.  If they
    # upset it themselves, a title is looked for in what they leave.
    attempts: list[tuple[Cut | None, _Looked]] = [
        (cut, "first"),
        (cut, "never"),
        (None, "first"),
        (None, "never"),
        (None, "late"),
    ]
    for allowed, looked in dict.fromkeys(attempts):
        if (allowed, looked) != attempts[0]:
            ruled = _by_rules(doc, book, looked)
            verdict = _judge(ruled, allowed)
        cleaned = _finish(ruled, book, verdict, looked)
        if doc.title or _is_stable(cleaned, looked, book, by_rules=ruled.doc.title is not None):
            return cleaned._replace(review=cleaned.review or allowed != cut)
    # With the title, the text has no title, and without it, the text has one: so nothing is cut, and cleaning again ends here again.
    untouched = replace(doc, title=None)
    return _finish(Ruled(untouched, *_repair(untouched)), book, None, "never")._replace(review=True)


def _is_stable(cleaned: Cleaned, looked: _Looked, book: RuleBook, *, by_rules: bool) -> bool:
    """Whether the same title would be found in the result, or none; `by_rules`: by whom it was found."""
    if cleaned.title is None:
        return looked == "first" or _find_title(Document("again", cleaned.text), book) is None
    again = Document("again", f"{cleaned.title}\n\n{cleaned.text}")
    return (by_rules and _only_title_went(cleaned)) or _find_title(again, book) == cleaned.title


def _find_title(doc: Document, book: RuleBook) -> str | None:
    """The title that is found, unless it is one of the lines that stand above articles: "We value your privacy"."""
    title = titles.find_title(doc)
    return None if title and boilerplate.is_phrase(title, book) else title


def _only_title_went(cleaned: Cleaned) -> bool:
    """Whether only the title's own line was cut: then it is found again, as the tests of `titles` show."""
    return all(rule.startswith(("title.", "encoding.", "layout.")) for change in cleaned.changes for rule in change.rules)


def _repair(given: Document) -> tuple[Document, list[Change]]:
    doc, changes = _take(given.text, replace(given, memo={}), front.clean(given), [])
    before = ""
    while doc.text != before:  # without the blanks at its end, a line may become mojibake: "œé>\xa0"
        for step in REPAIR:
            before = doc.text
            doc, changes = _take(given.text, doc, step(doc), changes)
        if doc.text.isascii():
            break
    return doc, changes


def _by_rules(given: Document, book: RuleBook, looked: _Looked = "first") -> Ruled:
    doc, changes = _repair(given)
    if doc.title is not None:
        doc = doc.with_title(_repaired(doc.title))
        doc = doc.with_title(titles.find_title(doc))
        # A line of the text repeats it on purpose: so act as if none were given, as when the result is cleaned again.
        if doc.title is None:
            given = replace(given, title=None)
    may_have_title = looked != "never" and doc.title is None
    if looked == "late":
        doc, changes = _edit(given.text, doc, book, changes, may_have_title=False)
    return Ruled(given, *_edit(given.text, doc, book, changes, may_have_title=may_have_title))


def _judge(ruled: Ruled, cut: "Cut | None") -> "Verdict | None":
    if cut is None:
        return None
    from cleaners import model  # NumPy takes a tenth of a second to import

    return model.judge(ruled.doc, cut)


def _finish(ruled: Ruled, book: RuleBook, verdict: "Verdict | None", looked: _Looked) -> Cleaned:
    base, (given, doc, changes) = ruled.given.text, ruled
    if verdict and (verdict.blocks or verdict.title != doc.title):
        from cleaners import model

        doc, changes = _take(base, doc, model.edits(doc, verdict), changes)
        if looked == "first" and verdict.title and not boilerplate.is_phrase(verdict.title, book):
            doc = doc.with_title(titles.find_title(doc.with_title(verdict.title)))
        doc, changes = _edit(base, doc, book, changes, may_have_title=looked == "first" and given.title is None)
    for step in FINISH:
        doc, changes = _take(base, doc, step(doc), changes)
    review = (verdict is not None and verdict.review) or _is_little(doc, base[given.front :])
    return Cleaned(base, doc.title, doc.text, changes, review, found=given.title is None and doc.title is not None)


def _is_little(doc: Document, base: str) -> bool:
    """Whether less than `LITTLE` of the base text is left.  Its blanks are counted only if it takes that to tell."""
    left = _written(doc.text) + _written(doc.title or "")
    return left < LITTLE * len(base) and left < LITTLE * _written(base)


def _written(text: str) -> int:
    """How many characters of a text are not blank."""
    return len(text) - sum(map(text.count, " \t\r\n"))


def _edit(
    base: str, doc: Document, book: RuleBook, changes: list[Change], *, may_have_title: bool
) -> tuple[Document, list[Change]]:
    """Repeat the editing steps until none finds more to do."""
    steps = editing(book)
    settled: dict[Cleaner, str] = {}  # the text in which a step found nothing more to do
    for _ in range(MAX_ROUNDS):
        before = doc.text
        if doc.title is None and may_have_title:
            doc = doc.with_title(_find_title(doc, book))
        for step in steps:
            if settled.get(step) is not doc.text:
                text = doc.text
                doc, changes = _take(base, doc, step(doc), changes)
                if doc.text is text:
                    settled[step] = text
        if doc.text is before:
            return doc, changes
    raise UnstableError(f"the steps still change the text after {MAX_ROUNDS} rounds")


def _repaired(title: str) -> str:
    """A title that came with the document, on one line, and repaired like the text."""
    title += "\n"  # as it would stand there: what is mojibake may depend on the line end
    for step in REPAIR:
        title, _ = apply(title, step(Document("title", title)))
    return " ".join(title.split())


def _take(base: str, doc: Document, edits: Iterable[Edit], changes: list[Change]) -> tuple[Document, list[Change]]:
    """Carry out what one step wants."""
    text, new = apply(doc.text, edits)
    return (doc.with_text(text), compose(base, changes, new)) if new else (doc, changes)
