"""The rules in other languages than English: every language has words in every family, and every word is one that can match."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from cleaners import boilerplate, rules
from cleaners.document import Document, key
from cleaners.edits import apply

BOOK = rules.load()
FILES = ("world.toml", "wordpress.toml", "comments-world.toml", "prompts-world.toml", "prompts-east.toml")
LANGUAGES = (
    "de",
    "fr",
    "es",
    "pt",
    "it",
    "nl",
    "pl",
    "ru",
    "uk",
    "el",
    "tr",
    "ar",
    "fa",
    "hi",
    "id",
    "zh",
    "ja",
    "ko",
    "sv",
    "no",
    "da",
    "cs",
    "ro",
    "hu",
    "vi",
)
ARTICLE = (
    "The ferry to the outer islands will keep its winter timetable until May, the harbour office said on Tuesday, although two of "
    "its three boats are in the dock.\n\nLetters go by the mail boat in the meantime, as they did before there was a ferry at all."
)


def by_language(file: str) -> Iterator[tuple[str, dict[str, list[str]]]]:
    """The id of each rule of a file with its table of phrases; a plain list is the table of one language, "*"."""
    content = tomllib.loads((Path(rules.__file__).parent / file).read_text("utf-8"))
    for rule in content["rule"]:
        phrases = rule.get("phrases", {})
        yield rule["id"], phrases if isinstance(phrases, dict) else {"*": phrases}


def cut(text: str) -> str:
    """What one round of the boilerplate step leaves."""
    return apply(text, boilerplate.clean(Document("case", text), BOOK))[0]


RULES = {id_: table for file in FILES for id_, table in by_language(file)}


@pytest.mark.parametrize(
    "rule", ["share.world", "related.world", "related.world-list", "newsletter.world", "cookies.world", "ads.world"]
)
def test_every_language_has_words(rule: str) -> None:
    assert [language for language in LANGUAGES if not RULES[rule].get(language)] == []


@pytest.mark.parametrize("rule", RULES)
def test_every_phrase_goes_below_an_article(rule: str) -> None:
    """Also with something in its slot; what stands below related headings goes with them, so phrases come one by one."""
    phrases = [phrase for table in RULES[rule].values() for phrase in table]
    lines = [phrase.replace("{}", "Mastodon") for phrase in phrases]
    assert [line for line in lines if cut(f"{ARTICLE}\n\n{line}").rstrip() != ARTICLE] == []


@pytest.mark.parametrize("rule", RULES)
def test_no_phrase_stands_twice_in_a_rule(rule: str) -> None:
    for language, phrases in RULES[rule].items():
        names = [key(phrase.replace("{}", "slot")) for phrase in phrases]
        assert sorted(name for name in set(names) if names.count(name) > 1) == [], language


@pytest.mark.parametrize("rule", [rule.id for rule in BOOK if rule.where in ("tail", "top") and rule.phrases])
def test_a_rule_acts_at_one_end_of_the_article_alone(rule: str) -> None:
    alone = BOOK.rules[rule]
    book = rules.RuleBook({rule: alone}, "")
    lines = [phrase.replace("{}", "Mastodon") for phrase in alone.phrases]
    texts = [f"{line}\n\n{ARTICLE}" if alone.where == "tail" else f"{ARTICLE}\n\n{line}" for line in lines]
    assert [text for text in texts if list(boilerplate.clean(Document("case", text), book))] == []


@pytest.mark.parametrize("rule", [rule for rule in RULES if BOOK.rules[rule].where != "anywhere"])
def test_words_of_many_meanings_stay_within_an_article(rule: str) -> None:
    """A rule for the edges leaves a heading alone between two paragraphs."""
    above, below = ARTICLE.split("\n\n")
    elsewhere = {key(phrase) for other in BOOK if other.where == "anywhere" for phrase in other.phrases}
    lines = [phrase for table in RULES[rule].values() for phrase in table if "{}" not in phrase and key(phrase) not in elsewhere]
    assert [line for line in lines if cut(text := f"{above}\n\n{line}\n\n{below}") != text] == []
