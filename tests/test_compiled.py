"""What is kept of the rules: what is read back is what would be made, or it is made."""

import sys
from pathlib import Path

import pytest
import regex

from cleaners import matching, rules
from cleaners.compiled import compile_expression

BOOK = rules.load()  # before a test has a folder of its own
PATTERN = r"(?x: \p{Lu}\w+ ) (?P<rest>.*)"


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which expressions are kept."""
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    return tmp_path


def files(folder: Path) -> list[Path]:
    """The expressions that are kept; Python may keep a module there that it imports meanwhile."""
    return list(folder.rglob("*.kept"))


def test_is_compiled_once(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = compile_expression(PATTERN, regex.I)
    [file] = files(kept)

    def compile_(*_: object) -> None:
        raise AssertionError

    with monkeypatch.context() as patch:
        patch.setattr(regex, "compile", compile_)
        second = compile_expression(PATTERN, regex.I)
    assert (second.pattern, second.flags) == (first.pattern, first.flags)
    for expression in first, second:
        found = expression.fullmatch("ADA and the others", timeout=1)
        assert found
        assert found["rest"] == "and the others"
        assert not expression.fullmatch("7 others")
    assert files(kept) == [file]


@pytest.mark.parametrize("content", [b"", b"no pickle", b"cos\nsystem", b"N."])
def test_damaged_file_is_replaced(kept: Path, content: bytes) -> None:
    compile_expression(PATTERN)
    [file] = files(kept)
    whole = file.read_bytes()
    file.write_bytes(content)
    assert compile_expression(PATTERN).fullmatch("Ada went")
    assert file.read_bytes() == whole


def test_expressions_and_versions_have_files_of_their_own(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compile_expression("a")
    compile_expression("b")
    compile_expression("a", regex.I)
    monkeypatch.setattr(regex, "__version__", "next")
    compile_expression("a")
    assert len(files(kept)) == 4


def test_nothing_is_written_against_the_will_of_python(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert compile_expression(PATTERN).fullmatch("Ada went")
    assert not files(kept)


def test_a_folder_that_cannot_be_written_does_no_harm(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (kept / "file").write_text("")
    monkeypatch.setattr(sys, "pycache_prefix", str(kept / "file"))
    assert compile_expression(PATTERN).fullmatch("Ada went")


def test_all_expressions_of_the_rules_can_be_compiled_ahead(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "matcher", matching.Matcher)  # another test's matcher has compiled what it met
    matching.main()
    expressions = matching.Matcher(BOOK).expressions
    assert len(expressions) > 50
    assert len(files(kept)) == len({expression.compiled.pattern for expression in expressions})


def test_rules_are_read_once(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read, calls = rules._content, list[Path]()
    monkeypatch.setattr(rules, "_content", lambda path: calls.append(path) or read(path))  # type: ignore[func-returns-value]
    first = rules.load.__wrapped__()
    many = len(calls)
    assert many > 10
    again = rules.load.__wrapped__()
    assert len(calls) == many
    assert list(again.rules) == list(first.rules) == list(BOOK.rules)
    for one, other in zip(first, again, strict=True):
        assert [getattr(one, field) for field in one.__slots__] == [getattr(other, field) for field in one.__slots__]
    monkeypatch.setattr(rules, "sha256", lambda _=(): "of files that somebody has changed")
    rules.load.__wrapped__()
    assert len(calls) == 2 * many
    assert len(files(kept)) == 1
