"""Every rule keeps what it says about itself: its misses stay, its hits go."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from cleaners import boilerplate, matching, rules
from cleaners.document import Document
from cleaners.rules import Rule, RuleError, examples

BOOK = rules.load()


@pytest.mark.parametrize("rule", list(BOOK), ids=lambda rule: rule.id)
def test_misses_stay(rule: Rule) -> None:
    assert [fault for miss in rule.miss if (fault := examples.miss_fault(rule, miss, BOOK))] == []


@pytest.mark.parametrize("rule", list(BOOK), ids=lambda rule: rule.id)
def test_hits_go(rule: Rule) -> None:
    assert [fault for hit in rule.hit if (fault := examples.hit_fault(rule, hit, BOOK))] == []


def test_every_pattern_compiles() -> None:
    """Loading does not try it for our own rules, to start fast; the expressions are compiled when a line needs them."""
    for rule in BOOK:
        rules._check_patterns(Path(rule.id), rule)


GOOD = {
    "id": "x.y",
    "why": "because",
    "source": "here",
    "languages": ["en"],
    "phrases": ["some phrase"],
    "miss": ["another phrase"],
    "hit": ["some phrase"],
}


def toml(rule: Mapping[str, object]) -> str:
    return "[[rule]]\n" + "\n".join(f"{name} = {_toml(value)}" for name, value in rule.items())


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {_toml(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return repr(value).lower() if isinstance(value, bool) else repr(value)


def test_a_good_rule_file_is_accepted(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(toml(GOOD), encoding="utf-8")
    book = rules.load((file,))
    assert book.rules["x.y"].phrases == ("some phrase",)
    assert book.sha256 != BOOK.sha256
    assert list(examples.faults(rules.RuleBook({"x.y": book.rules["x.y"]}, ""))) == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"id": "Bad Id"}, "the id must be family.name"),
        ({"id": "layout.foot"}, "there is already a rule of that id"),
        ({"why": ""}, "'why' is missing"),
        ({"miss": []}, "'miss' is missing"),
        ({"hit": []}, "'hit' is missing"),
        ({"phrase": ["typo"]}, "there is no field 'phrase'"),
        ({"phrases": []}, "it matches nothing"),
        ({"phrases": "not a list"}, "must be a list"),
        ({"phrases": [3]}, "must be a list"),
        ({"hit": "not a list"}, "hit must be a list"),
        ({"where": "nowhere"}, "where = 'nowhere' is none of"),
        ({"step": "magic"}, "step = 'magic' is none of"),
        ({"takes": "all"}, "takes = 'all' is none of"),
        ({"takes": "form"}, "`ends` and `takes"),
        ({"patterns": ["a(b"], "needs": ["ab"]}, "does not compile"),
        ({"patterns": [r"(a)b'\1"], "needs": ["ab"]}, "names a group by its number"),
        ({"patterns": ["abc.*"]}, "patterns need a list `needs`"),
        ({"patterns": ["abc.*"], "needs": ["ABC"]}, "is in lower case"),
        ({"patterns": ["abc {{who}}"], "needs": ["abc"]}, "names {{who}}, but [parts] has no text"),
        ({"max_chars": "many"}, "max_chars"),
        ({"max_chars": True}, "max_chars"),
        ({"max_chars": 0}, "max_chars = 0 is not a positive number"),
        ({"phrases": {"en": "some phrase"}}, "phrases must be a list of strings, or a table of such lists by language"),
        ({"hit": {"before": "some phrase", "after": ""}}, "hit must be a list of strings, or a table"),
        (
            {"step": "titles", "hit": [{"before": "some phrase"}]},
            "hit must be a list of texts, or of tables with `before` and `after`",
        ),
        ({"company": "yes"}, "company = 'yes' is not of the type bool"),
        ({"unless": "said"}, "`unless` says which lines `patterns` leave alone"),
        ({"patterns": ["abc.*"], "needs": ["abc"], "unless": "a(b"}, "does not compile"),
    ],
)
def test_a_faulty_rule_is_refused_with_file_rule_and_fault(tmp_path: Path, change: dict[str, object], fault: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(toml(GOOD | change), encoding="utf-8")
    with pytest.raises(RuleError) as error:
        rules.load((file,))
    message = str(error.value)
    assert str(file) in message
    assert str((GOOD | change)["id"]) in message
    assert fault in message


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"[[rule]", "this is not valid TOML"),
        (b"x = " + b"[" * 5000, "this is not valid TOML"),
        (b"x = " + b"1" * 5000, "this is not valid TOML"),
        ("id = 1".encode("utf-16"), "not in UTF-8; save it in that encoding"),
    ],
)
def test_a_file_that_is_no_rule_file_is_refused_with_its_name(tmp_path: Path, content: bytes, fault: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_bytes(content)
    with pytest.raises(RuleError, match=fault) as error:
        rules.load((file,))
    assert str(error.value).startswith(f"{file}: ")


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(toml(GOOD), encoding="utf-8-sig")
    assert str(GOOD["id"]) in rules.load((file,)).rules


def test_patterns_share_the_parts_of_their_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    rule = GOOD | {
        "id": "x.visit",
        "patterns": ["visit {{shop}} now"],
        "needs": ["visit"],
        "hit": ["Visit Smith now", "Visit Jones now"],
    }
    file.write_text('[parts]\nshop = "(?:smith|jones)"\n' + toml(rule), encoding="utf-8")
    book = rules.load((file,))
    assert book.rules["x.visit"].patterns == ("visit (?:smith|jones) now",)
    assert list(examples.faults(rules.RuleBook({"x.visit": book.rules["x.visit"]}, ""))) == []


def test_what_a_rule_leaves_alone_stays_whatever_its_patterns_say(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    rule = GOOD | {
        "id": "x.visit",
        "patterns": ["visit us .*", "(?sx) see[ ]us[ ].*  # a comment"],
        "needs": ["visit us", "see us"],
        "unless": "{{reported}}",
        "miss": ["Visit us at once, said the king.", "See us fall, he wrote."],
        "hit": ["Visit us in Bergen", "See us in Bergen"],
    }
    file.write_text(toml(rule), encoding="utf-8")
    assert list(examples.faults(rules.RuleBook({"x.visit": rules.load((file,)).rules["x.visit"]}, ""))) == []


MENTIONS = (
    "{}, says every site, and nobody does.",
    "“{},” said the machine, and there was nothing else on the page.",
    '"{}" was written on the door, and for a week she walked past it.',
    "{} was the phrase that researchers found on nine pages of ten, and they wrote to the owners.",
)


def test_an_article_may_quote_what_a_prompt_says() -> None:
    """Articles about newsletters, cookies and betting hold the words of prompts, and somebody who says them."""
    guarded = [rule for rule in BOOK if "says" in rule.unless and "en" in rule.languages]
    assert len(guarded) > 20
    gone = []
    for rule in guarded:
        for hit in rule.hit:
            line = str(hit).partition("\n")[0].strip(" .!:*-")
            for mention in MENTIONS:
                text = f"{examples.ABOVE}\n\n{mention.format(line)}\n\n{examples.BELOW}"
                gone += [f"{edit.rule}: {text[edit.start : edit.end]}" for edit in boilerplate.clean(Document("x", text), BOOK)]
    assert gone == []


@pytest.mark.parametrize(
    "content",
    [
        "no toml at all",
        "rule = 3",
        "[other]\nx = 1",
        "parts = 3\nrule = []",
        "rule = []\n[parts]\nx = 1",
        '[[rule]]\nwhy = "no id"',
    ],
)
def test_a_file_that_is_no_rule_file_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(RuleError, match=r"mine\.toml"):
        rules.load((file,))


def test_an_example_that_takes_too_long_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "MATCH_SECONDS", 0.05)
    file = tmp_path / "mine.toml"
    slow = GOOD | {"patterns": ["(?:a|a|aa)+(?:a|b|ab)+c"], "needs": ["aaaa"], "miss": ["a" * 90 + "!"]}
    file.write_text(toml(slow), encoding="utf-8")
    [fault] = examples.faults(rules.RuleBook({"x.y": rules.load((file,)).rules["x.y"]}, ""))
    assert fault.startswith("x.y: rule x.y: a pattern ran longer than 0.05 s on the line 'aaa")


def among(book: rules.RuleBook, *starts: str) -> rules.RuleBook:
    """Those rules alone: the examples of all others have tests of their own."""
    return rules.RuleBook({id_: rule for id_, rule in book.rules.items() if id_.startswith(starts)}, "")


def test_examples_that_do_not_hold_are_found(tmp_path: Path) -> None:
    """The check can fail: a miss that is cut, a hit that stays, a hit that another rule cuts."""
    file = tmp_path / "mine.toml"
    wrong = [
        GOOD | {"id": "x.miss", "phrases": ["one two"], "miss": ["one two"], "hit": ["one two"]},
        GOOD | {"id": "x.hit", "phrases": ["three four"], "hit": ["three five"]},
        GOOD | {"id": "x.other", "phrases": ["six seven"], "hit": ["one two"]},
    ]
    file.write_text("\n".join(map(toml, wrong)), encoding="utf-8")
    found = [fault.partition(":")[0] for fault in examples.faults(among(rules.load((file,)), "x."))]
    assert found == ["x.hit", "x.miss", "x.other"]


def test_what_is_wrong_with_a_hit_is_told_without_the_article_around_it(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    wrong = [
        GOOD | {"id": "x.not", "phrases": ["three four"], "hit": ["three five"]},
        GOOD | {"id": "x.other", "phrases": ["comments are closed"], "hit": ["Comments are closed"]},
        GOOD | {"id": "x.partly", "phrases": ["six seven"], "hit": ["six seven\nit's eight"]},
    ]
    file.write_text("\n".join(map(toml, wrong)), encoding="utf-8")
    not_cut, other, partly = examples.faults(among(rules.load((file,)), "x.", "comments.closed"))
    assert not_cut == "x.not: the hit 'three five' below an article is not cut"
    assert other == "x.other: the hit 'Comments are closed' below an article is not cut by this rule but by comments.closed"
    assert partly.startswith('x.partly: of the hit "six seven\\nit\'s eight" below an article, ')
