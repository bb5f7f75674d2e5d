"""report.html: what a run cut and why, for a person.

One self-contained page: no script, and nothing from elsewhere.  Everything that comes from the input is escaped.
"""

from collections.abc import Callable, Iterable, Iterator
from html import escape
from itertools import islice

from cleaners import history, records
from cleaners.records import Record
from cleaners.rules import RuleBook
from cleaners.write import Kind, Output

# Examples only illustrate, so no more ledger records than this are read for them: the report on a million documents
# takes no longer than that on a few thousand.
_RECORDS = 2_000
_EXAMPLES = 3  # of each rule
_CHARS = 200  # of an example
_NAMED = 100  # documents that were left out

_STYLE = """
body { font: 16px/1.5 sans-serif; max-width: 64em; margin: 2em auto; padding: 0 1em; color: #222; background: #fff }
table { border-collapse: collapse }
th, td { text-align: left; vertical-align: top; padding: .2em 1em .2em 0; border-bottom: 1px solid #ddd; overflow-wrap: anywhere }
th { white-space: nowrap }
td:first-child { min-width: min(14em, 30vw) }
td { min-width: 5em }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
q { white-space: pre-line }
"""


def page(summary: Record, book: RuleBook, output: Output) -> bytes:
    """The report.

    Args:
        summary: the content of run.json.
        book: the rules of the run.
        output: where the parts are.
    """
    run, config, documents = summary["run"], summary["config"], summary["documents"]
    title = escape(f"What copydesk cut from {config['input']}")
    lines = (
        "<!DOCTYPE html>",
        f'<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style></head><body>',
        f"<h1>{title}</h1>",
        f"<p>copydesk {escape(summary['version'])}, finished {escape(run['finished'])}.</p>",
        "<p>Every cut is in <code>ledger/</code>, and the figures are in <code>run.json</code>.</p>",
        *(
            f"<p><strong>Far more was cut than before:</strong> {escape(str(history.CutMore(**one)))}.</p>"
            for one in run["cut_more"]
        ),
        "<h2>Documents</h2>",
        *_table((), documents.items()),
        "<h2>Characters</h2>",
        *_table((), summary["chars"].items()),
        "<h2>What was cut, and why</h2>",
        *_rules(summary, book, output),
        *_left_out("Left out on purpose", documents["dropped"], output, "dropped", lambda one: f"{one['rule']}: {one['note']}"),
        *_left_out("Could not be processed", documents["quarantined"], output, "quarantine", lambda one: one["error"]["message"]),
        "</body></html>\n",
    )
    return "\n".join(lines).encode("utf-8", "backslashreplace")


def _rules(summary: Record, book: RuleBook, output: Output) -> Iterator[str]:
    examples = _examples(output)
    cuts = sorted(summary["rules"].items(), key=lambda rule: (-rule[1]["chars"], rule[0]))
    rows = (
        (rule, book.rules[rule].why if rule in book.rules else "", cut["edits"], cut["chars"], examples.get(rule, []))
        for rule, cut in cuts
    )
    yield from _table(("rule", "why", "edits", "characters", "for example"), rows)


def _examples(output: Output) -> dict[str, list[str]]:
    """Some different examples of what each rule cut."""
    found: dict[str, list[str]] = {}
    for record in islice(output.read("ledger"), _RECORDS):
        for change in records.changes_of(record):
            there = found.setdefault(records.decider(change), [])
            old = change.old.strip()
            if old and len(there) < _EXAMPLES:
                old = old if len(old) <= _CHARS else f"{old[:_CHARS]}…"
                there += [old] if old not in there else []
    return found


def _left_out(heading: str, count: int, output: Output, kind: Kind, reason: Callable[[Record], str]) -> Iterator[str]:
    if not count:
        return
    yield f"<h2>{heading}</h2>"
    if count > _NAMED:
        yield f"<p>The first {_NAMED:,} of {count:,}; all are in <code>{kind}/</code>.</p>"
    yield from _table(("document", "reason"), ((one["id"], reason(one)) for one in islice(output.read(kind), _NAMED)))


def _table(heads: Iterable[str], rows: Iterable[Iterable[str | int | list[str]]]) -> Iterator[str]:
    yield "<table>"
    if heads:
        yield f"<tr>{''.join(f'<th>{head}</th>' for head in heads)}</tr>"
    for row in rows:
        yield f"<tr>{''.join(map(_cell, row))}</tr>"
    yield "</table>"


def _cell(value: str | int | list[str]) -> str:
    if isinstance(value, int):
        return f'<td class="number">{value:,}</td>'
    if isinstance(value, list):
        return f"<td>{'<br>'.join(f'<q>{escape(one)}</q>' for one in value)}</td>"
    return f"<td>{escape(value)}</td>"
