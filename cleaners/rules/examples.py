"""Runs the examples that every rule brings with it: `copydesk rules test`, and the tests."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial

from cleaners import boilerplate, front, layout, model, pipeline, repeats, sites, titles
from cleaners.document import Document
from cleaners.edits import Edit, apply
from cleaners.matching import RuleTimeoutError
from cleaners.rules import Rule, RuleBook

# Where it stands decides what is boilerplate, so the examples are put above, below and into an article.
ABOVE = (
    "The council voted nine to four on Tuesday night to keep the branch library open until the end of the year, "
    "after three hours of debate.\n\n"
    "“We heard you,” said the mayor, who had first proposed to close it in order to pay for repairs to the bridge over the river."
)
BELOW = (
    "Opening hours will be shorter from June, and the reading room on the second floor will be let to the music school at weekends.\n\n"
    "The budget now goes to the county, which has until the first of March to object; nobody in the chamber expected that it would."
)


def faults(book: RuleBook) -> Iterator[str]:
    """What is wrong with the examples of a rule book, a sentence for each fault."""
    for rule in book:
        checks = [partial(miss_fault, rule, miss, book) for miss in rule.miss]
        checks += [partial(hit_fault, rule, hit, book) for hit in rule.hit]
        for check in checks:
            try:
                fault = check()
            except RuleTimeoutError as error:
                fault = str(error)
            if fault:
                yield f"{rule.id}: {fault}"


def miss_fault(rule: Rule, miss: str, book: RuleBook) -> str | None:
    """What is wrong with a miss: the first place in which the step cuts something of it."""
    texts = [miss]
    if rule.step == "boilerplate":
        texts.append(f"{ABOVE}\n\n{miss}\n\n{BELOW}")
        if rule.where == "anywhere":
            texts += [f"{ABOVE}\n\n{BELOW}\n\n{miss}", f"{miss}\n\n{ABOVE}\n\n{BELOW}"]
    for text in texts:
        left, used = _result(rule, text, book)
        if left != text:
            return f"a miss is cut by {', '.join(sorted(used))}: {text!r} becomes {left!r}"
    return None


def hit_fault(rule: Rule, hit: str | Mapping[str, str], book: RuleBook) -> str | None:
    """What is wrong with a hit: something is left of it, or another rule did the work."""
    pairs = _around(rule, hit) if isinstance(hit, str) else [("", hit["before"], hit["after"])]
    for place, before, after in pairs:
        example = repr(hit if isinstance(hit, str) else before) + place
        left, used = _result(rule, before, book)
        if isinstance(hit, str):
            before, left, after = map(_squeezed, (before, left, after))
        elif "title" in hit and (found := titles.find_title(Document("example", before))) != hit["title"]:
            return f"the title found in {before!r} is {found!r}"
        if left != after:
            return f"the hit {example} is not cut" if left == before else f"of the hit {example}, {left!r} is left"
        if rule.id not in used and rule.id != "drop.empty" and rule.step != "run":
            return f"the hit {example} is not cut by this rule but by {', '.join(sorted(used)) or 'none'}"
    return None


def _around(rule: Rule, hit: str) -> Iterator[tuple[str, str, str]]:
    """A hit in the places in which its rule acts: the place, the text, and what is to be left of it."""
    article = f"{ABOVE}\n\n{BELOW}"
    if rule.where in ("top", "edges"):
        yield " above an article", f"{hit}\n\n{article}", article
    if rule.where != "top":
        yield " below an article", f"{article}\n\n{hit}", article
    if rule.where == "anywhere" and not rule.takes and not rule.company:
        yield " within an article", f"{ABOVE}\n\n{hit}\n\n{BELOW}", article


def _squeezed(text: str) -> str:
    """Without blank lines, which are the layout step's."""
    return "\n".join(line for line in text.split("\n") if line.strip())


_STEPS: dict[str, tuple[Callable[[Document], Iterable[Edit]], ...]] = {
    "front": (lambda doc: front.clean(front.read(doc)),),
    "repair": pipeline.REPAIR,
    "sites": (sites.clean,),
    "titles": (titles.clean,),
    "repeats": (repeats.clean,),
    "layout": (layout.line_ends, layout.clean),
    "model": (lambda doc: model.clean(doc, "cautious"),),
}


def _result(rule: Rule, text: str, book: RuleBook) -> tuple[str, set[str]]:
    """What the rule's step leaves of a text, and the rules that it used."""
    if rule.step == "run":
        cleaned = pipeline.clean(Document("example", text), book)
        return cleaned.text, {name for change in cleaned.changes for name in change.rules}
    used: set[str] = set()
    doc = Document("example", text)
    if rule.step in ("sites", "titles"):
        doc = replace(doc, title=titles.find_title(doc))
    if rule.step != "boilerplate":
        for step in _STEPS[rule.step]:
            left, changes = apply(doc.text, step(doc))
            doc = doc.with_text(left)
            used |= {name for change in changes for name in change.rules}
        return doc.text, used
    while True:  # as in the pipeline: one cut can expose another
        left, changes = apply(doc.text, boilerplate.clean(doc, book))
        if not changes:
            return doc.text, used
        doc = doc.with_text(left)
        used |= {name for change in changes for name in change.rules}
