"""Rules as data: what `*.toml` in this folder says, checked and ready to use.

A rule has an id (`family.name`), a reason, a source, the languages it is for, and examples of its own:
misses, which it must leave alone, and hits.  Rules that match lines (`step = "boilerplate"`, the
default) also say what they match; the others name the module that decides them.
"""

import hashlib
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

import regex

from cleaners.compiled import kept
from cleaners.document import key

Where = Literal["anywhere", "top", "tail", "edges", "end"]
Takes = Literal["", "form", "titles"]

_STEPS = ("boilerplate", "front", "repair", "sites", "titles", "repeats", "layout", "model", "run")
_SHARED_PARTS = "parts.toml"
_PART = regex.compile(r"\{\{(\w+)\}\}")
_FLAGS = regex.compile(r"\(\?([imsx]+)\)")
_NUMBERED = regex.compile(r"(?<!\\)(?:\\\\)*\\[1-9]")
_ID = regex.compile(r"[a-z][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)+")


class RuleError(ValueError):
    """A rule file that cannot be used; the message names the file, the rule and the fault."""


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One reason to change text.

    Attributes:
        id: family and name, for example "comments.form", as the ledger shows it.
        why: one sentence for the user.
        source: where the rule was learned.
        languages: BCP 47 codes, or "*".
        step: the module that decides; the fields from `where` to `max_chars` are only for "boilerplate".
        where: the part of the text in which the rule acts.  "top" is what comes before the first
            paragraph of prose, "tail" what comes after the last one, "edges" both; none of the three reaches
            a line that is prose itself (80 characters or more that end as a sentence).  "end" is a line
            after which nothing is left but what other rules cut.
        phrases: lines to cut, compared by `cleaners.document.key`.  "{}" stands for a few words.
        patterns: regular expressions for a whole line (ignoring case), for what phrases cannot say.  "{{name}}" stands for the
            text of that name in the table [parts] of the file, or of `parts.toml`.
        unless: a regular expression; `patterns` match no line in which it is found.
        needs: for `patterns`: every line that they match must hold one of these strings (lower case).
        weak: phrases that are boilerplate only next to a line that a rule of this family cuts.
        weak_patterns: the same as regular expressions.
        takes: what else is cut with a matching line: "form" takes everything up to a line of `ends`,
            "titles" the promoted titles and teasers below a heading.
        ends: phrases that close what `takes = "form"` took.
        company: a line that stands alone between two sentences stays, since a manual may say what a form says.
        pair: below a short line that stays, a line is cut only where another one of the family is: many a button has such words.
        max_chars: a longer line is never matched.
        miss: texts that must stay as they are, with every rule at work.
        hit: texts of which nothing must be left, or `{before, after}` for rules of other steps.
    """

    id: str
    why: str
    source: str
    languages: tuple[str, ...]
    step: str = "boilerplate"
    where: Where = "anywhere"
    phrases: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    unless: str = ""
    needs: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()
    weak_patterns: tuple[str, ...] = ()
    takes: Takes = ""
    ends: tuple[str, ...] = ()
    company: bool = False
    pair: bool = False
    max_chars: int = 200
    miss: tuple[str, ...] = ()
    hit: tuple[str | Mapping[str, str], ...] = ()

    @property
    def family(self) -> str:
        """What the rule is about: the part of the id before the first dot."""
        return self.id.partition(".")[0]


@dataclass(frozen=True, eq=False)
class RuleBook:
    """All rules of a run.

    Attributes:
        rules: by id, in order of the ids.
        sha256: of the rule files, for provenance.
    """

    rules: Mapping[str, Rule]
    sha256: str

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.rules.values())


@cache
def load(extra: tuple[Path, ...] = ()) -> RuleBook:
    """The rules that copydesk ships, and those of further files.

    Raises:
        RuleError: a file cannot be read or holds a faulty rule.
    """
    made_of = hashlib.sha256(sha256().encode() + Path(__file__).read_bytes()).hexdigest()
    _, shipped, shared = kept("rules", lambda: (made_of, *_read_shipped()), lambda found: found[0] == made_of)
    rules: dict[str, Rule] = {**shipped}
    for path in extra:
        for rule in _rules(path, _content(path), shared):
            _check_patterns(path, rule)  # for our own rules, where this takes a third of a second, the tests do it
            _add(rules, rule, path)
    return RuleBook(dict(sorted(rules.items())), sha256(extra))


def _read_shipped() -> tuple[dict[str, Rule], Mapping[str, str]]:
    """The rules that copydesk ships, and the parts that all files share."""
    rules: dict[str, Rule] = {}
    shared: Mapping[str, str] = {}
    for path in _shipped():
        content = _content(path)
        if path.name == _SHARED_PARTS:
            shared = content["parts"]
            continue
        for rule in _rules(path, content, shared):
            _add(rules, rule, path)
    return rules, shared


def _content(path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))  # Windows writes a byte order mark
    except OSError as error:
        raise RuleError(f"{path}: the rule file cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise RuleError(f"{path}: the rule file is not in UTF-8; save it in that encoding ({error})") from error
    except (ValueError, RecursionError) as error:  # no TOML, or numbers and nesting without end
        raise RuleError(f"{path}: this is not valid TOML: {error}") from error


def _add(rules: dict[str, Rule], rule: Rule, path: Path) -> None:
    if rule.id in rules:
        raise RuleError(f"{path}: rule {rule.id}: there is already a rule of that id")
    rules[rule.id] = rule


def sha256(extra: tuple[Path, ...] = ()) -> str:
    """The hash of a rule book; it takes a hundredth of the time of loading it.

    Raises:
        OSError: a file cannot be read.
    """
    digest = hashlib.sha256()
    for path in (*_shipped(), *extra):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _shipped() -> list[Path]:
    """The shipped files; the one with the parts that all share comes first."""
    return sorted(Path(__file__).parent.glob("*.toml"), key=lambda path: (path.name != _SHARED_PARTS, path.name))


def _rules(path: Path, content: Mapping[str, Any], shared: Mapping[str, str]) -> Iterable[Rule]:
    entries, parts = content.get("rule"), content.get("parts", {})
    if set(content) - {"rule", "parts"} or not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise RuleError(f"{path}: a rule file holds [[rule]] entries, a table [parts] of what patterns share, and nothing else")
    if not isinstance(parts, dict) or not all(isinstance(part, str) for part in parts.values()):
        raise RuleError(f"{path}: [parts] is a table of strings")
    for number, entry in enumerate(entries, start=1):
        name = entry.get("id", f"number {number}")
        try:
            yield _filled(_rule(entry), {**shared, **parts})
        except (ValueError, TypeError) as error:
            raise RuleError(f"{path}: rule {name}: {error}") from error


def _filled(rule: Rule, parts: Mapping[str, str]) -> Rule:
    """The rule with the parts filled in that its patterns name, such as `{{operator}}`."""

    def part(named: regex.Match[str]) -> str:
        if named[1] not in parts:
            raise ValueError(f"a pattern names {named[0]}, but [parts] has no text of that name")
        return parts[named[1]]

    patterns = [_PART.sub(part, pattern) for pattern in rule.patterns]
    unless = _PART.sub(part, rule.unless)
    if unless:  # one expression; it looks for `unless` only in lines that match, since most lines with one of `needs` do not
        patterns = [rf"(?=(?:{'|'.join(map(scoped, patterns))})\Z)(?!.*(?:{unless})).*"]
    return replace(
        rule,
        patterns=tuple(patterns),
        unless=unless,
        weak_patterns=tuple(_PART.sub(part, pattern) for pattern in rule.weak_patterns),
    )


def scoped(pattern: str) -> str:
    """The pattern as a part of a larger one.  Flags at its start stay its own."""
    flags = _FLAGS.match(pattern)
    if not flags:
        return f"(?:{pattern})"
    return f"(?{flags[1]}:{pattern[flags.end() :]}" + ("\n)" if "x" in flags[1] else ")")  # its last line may be a comment


def _check_patterns(path: Path, rule: Rule) -> None:
    for pattern in (*rule.patterns, *rule.weak_patterns):
        if _NUMBERED.search(pattern):
            raise RuleError(
                f"{path}: rule {rule.id}: the pattern {pattern!r} names a group by its number, which is another when patterns are joined: "
                "write (?P<name>…) and (?P=name)"
            )
        try:
            regex.compile(scoped(pattern), regex.I)
        except regex.error as error:
            raise RuleError(f"{path}: rule {rule.id}: the pattern {pattern!r} does not compile: {error}") from error


def _rule(entry: Mapping[str, Any]) -> Rule:
    """Check one entry, so that the rest of the code can rely on it."""
    known = {f.name for f in fields(Rule)}
    if unknown := sorted(set(entry) - known):
        raise ValueError(f"there is no field {unknown[0]!r}; fields are {', '.join(sorted(known))}")
    for name in ("id", "why", "source", "languages", "miss", "hit"):
        if not entry.get(name):
            raise ValueError(f"{name!r} is missing or empty")
    for name, kind in (
        ("max_chars", int),
        ("company", bool),
        ("pair", bool),
        ("why", str),
        ("source", str),
        ("id", str),
        ("unless", str),
    ):
        if not isinstance(entry.get(name, kind()), kind):
            raise TypeError(f"{name} = {entry[name]!r} is not of the type {kind.__name__}")
    rule = Rule(**{name: _flat(name, value) for name, value in entry.items()})
    if isinstance(rule.max_chars, bool) or rule.max_chars < 1:
        raise ValueError(f"max_chars = {rule.max_chars!r} is not a positive number")
    for name in ("languages", "phrases", "patterns", "needs", "weak", "weak_patterns", "ends", "miss"):
        value = getattr(rule, name)
        if not isinstance(value, tuple) or not all(isinstance(item, str) for item in value):
            raise ValueError(f"{name} must be a list of strings")
    if not isinstance(rule.hit, tuple) or not all(
        isinstance(hit, str)
        or (isinstance(hit, dict) and isinstance(hit.get("before"), str) and isinstance(hit.get("after"), str))
        for hit in rule.hit
    ):
        raise TypeError("hit must be a list of texts, or of tables with `before` and `after`")
    if not _ID.fullmatch(rule.id):
        raise ValueError("the id must be family.name in small letters, digits and hyphens")
    for name, value, allowed in (
        ("step", rule.step, _STEPS),
        ("where", rule.where, get_args(Where)),
        ("takes", rule.takes, get_args(Takes)),
    ):
        if value not in allowed:
            raise ValueError(f"{name} = {value!r} is none of {', '.join(map(repr, allowed))}")
    if rule.patterns and not rule.needs:
        raise ValueError("patterns need a list `needs` of strings of which every matching line holds one")
    if rule.unless and not rule.patterns:
        raise ValueError("`unless` says which lines `patterns` leave alone, and there are none")
    if any(need != need.lower() or (len(need) < 2 and need.isascii()) for need in rule.needs):
        raise ValueError("every string of `needs` is in lower case and at least two characters long")
    for phrase in (*rule.phrases, *rule.weak, *rule.ends):
        if not key(phrase.replace("{}", "")) or phrase.count("{}") > 1:
            raise ValueError(f"the phrase {phrase!r} has no word in it, or more than one slot")
    if rule.step == "boilerplate" and not (rule.phrases or rule.patterns):
        raise ValueError("it matches nothing: give it phrases or patterns")
    if rule.step == "boilerplate" and not all(isinstance(hit, str) for hit in rule.hit):
        raise ValueError("its hits are texts of which nothing stays")
    if (rule.takes == "form") != bool(rule.ends):
        raise ValueError('`ends` and `takes = "form"` go together')
    return rule


def _flat(name: str, value: Any) -> Any:
    """Lists become tuples; a table of lists by language becomes one tuple without doubles."""
    if isinstance(value, dict):
        if not all(isinstance(phrases, list) for phrases in value.values()):  # of a string, every letter would be a phrase
            raise TypeError(f"{name} must be a list of strings, or a table of such lists by language")
        value = [phrase for phrases in value.values() for phrase in phrases]
        return tuple(dict.fromkeys(value))
    return tuple(value) if isinstance(value, list) else value
