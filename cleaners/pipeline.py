"""The order of the steps: the table of contents of copydesk."""

from dataclasses import replace
from typing import NamedTuple

from cleaners import boilerplate, layout, repair, repeats, sites, titles
from cleaners.document import Cleaner, Document
from cleaners.edits import Change, apply, compose
from cleaners.rules import RuleBook

REPAIR: tuple[Cleaner, ...] = (repair.newlines, repair.encoding)


def editing(book: RuleBook) -> tuple[Cleaner, ...]:
    """The steps that decide what is article, in order."""
    return (sites.clean, titles.clean, lambda doc: boilerplate.clean(doc, book), repeats.clean, layout.clean)


MAX_ROUNDS = 50
"""Cutting one thing can show another: a foot line is only a foot line once the form below it is gone.  So
the editing steps run until nothing changes.  The deepest of the 4,578 development dumps takes a few rounds;
the bound only keeps a text made to be slow from taking for ever."""


class UnstableError(RuntimeError):
    """The steps did not come to rest on a document."""


class Cleaned(NamedTuple):
    """What became of a document: its title and text, the base text, and the changes that led from there."""

    base: str
    title: str | None
    text: str
    changes: list[Change]


def clean(doc: Document, book: RuleBook) -> Cleaned:
    """Take a document through all steps.

    Args:
        doc: with the base text, and a title if one is known from elsewhere.
        book: the rules.

    Returns:
        Title, clean text, and the ledger's changes in coordinates of the base text.

    Raises:
        UnstableError: the steps still find something after `MAX_ROUNDS` rounds.
        RuleTimeoutError: a rule's pattern takes too long.
        EditError: a step contradicts itself.
    """
    base = doc.text
    changes: list[Change] = []
    for step in REPAIR:
        doc, changes = _take(base, doc, step, changes)
    steps = editing(book)
    for _ in range(MAX_ROUNDS):
        before = doc.text
        if doc.title is None:
            doc = replace(doc, title=titles.find_title(doc))
        for step in steps:
            doc, changes = _take(base, doc, step, changes)
        if doc.text == before:
            return Cleaned(base, doc.title, doc.text, changes)
    raise UnstableError(f"the steps still change the text after {MAX_ROUNDS} rounds")


def _take(base: str, doc: Document, step: Cleaner, changes: list[Change]) -> tuple[Document, list[Change]]:
    """Let one step do its work."""
    text, new = apply(doc.text, step(doc))
    return (doc.with_text(text), compose(base, changes, new)) if new else (doc, changes)
