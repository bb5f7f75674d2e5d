"""What README.md shows is what happens: its rule, its programs, its ledger, and the commands that it names."""

import json
import re
import shlex
import tomllib
from dataclasses import fields
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from textwrap import dedent

import pytest

from cleaners import cli, planning
from cleaners.rules import Rule
from cleaners.run import clean_folder
from cleaners.settings import Settings
from cleaners.write import Output
from tests.conftest import ROOT, SEEDS

TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def block(first: str) -> str:
    """The indented block that begins with a line."""
    lines = TEXT.splitlines()
    at = lines.index(f"    {first}")
    end = next(n for n in range(at, len(lines)) if lines[n] and not lines[n].startswith("    "))
    return "\n".join(line.removeprefix("    ") for line in lines[at:end]).strip() + "\n"


def test_the_rule_passes_the_test_that_stands_above_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "my-rules.toml"
    file.write_text(block("[[rule]]"), encoding="utf-8")
    status = cli.main(["rules", "test", "--rules", str(file)])
    assert (status, "rules hold" in capsys.readouterr().out) == (0, True)


def test_the_program_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    names: dict[str, object] = {}
    exec(block("from cleaners import edits, pipeline, rules"), names)
    assert getattr(names["cleaned"], "title", "").startswith("Israel-Hamas Ceasefire Talks")


def test_the_command_takes_what_is_shown() -> None:
    shown = re.findall(r"(?m)^    (copydesk .+?)(?:  +#.*)?$", TEXT)
    assert {line.split()[1] for line in shown} == {"clean", "explain", "verify", "undo", "rules"}
    for line in shown:
        cli._parser().parse_args(shlex.split(line)[1:])


def shown_edits() -> list[str]:
    """Each in one line."""
    [start] = re.findall(r'(?m)^    (\{"start".+"rules".+)$', TEXT)
    return block(start).replace(",\n", ",").splitlines()


def test_the_edits_are_those_of_the_seed(tmp_path: Path) -> None:
    clean_folder(Settings(SEEDS, tmp_path / "out"))
    [ledger] = [one for one in Output(tmp_path / "out").read("ledger") if one["id"] == "003_c04850de3b1b0f05.txt"]
    shown = [json.loads(line) for line in shown_edits()]
    assert len(shown) == 2
    for edit in shown:
        old, shortened, _ = edit["old"].partition("…")
        same = [one for one in ledger["edits"] if one["start"] == edit["start"]]
        assert [one | {"old": one["old"][: len(old)] if shortened else one["old"]} for one in same] == [edit | {"old": old}]


SHOWN = re.findall(r"(?m)^    ((?:duckdb|polars|pandas|datasets)\..+)$", TEXT)


def test_programs_that_read_the_output_are_shown() -> None:
    assert [line.partition(".")[0] for line in SHOWN] == ["duckdb", "polars", "datasets", "pandas", "pandas"]


@pytest.mark.parametrize("line", SHOWN)
def test_the_output_is_read_as_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    """Also where a field that is null or empty in the first hundred records, or the first part, is not in a later one."""
    program = line.partition(".")[0]
    if find_spec(program) is None:
        pytest.skip(f"{program} is not installed")
    source = tmp_path / "in"
    source.mkdir()
    sentence = "The harbour office opened again on day {} of the year, and the ferries left at six."
    for number in range(150):
        text = sentence.format(number).encode()
        text += b" The caf\xc3\xa9 \xff opened, too." if number == 140 else b""
        (source / f"{number:03}.txt").write_bytes(text)
    is_one_part = ".jsonl" in line
    if not is_one_part:
        monkeypatch.setattr(planning, "_SHARD_DOCUMENTS", 150)
        records = [{"text": sentence.format(n), "url": f"https://harbour.example/{n}", "n": {"day": n}} for n in range(10)]
        (source / "z.jsonl").write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    clean_folder(Settings(source, tmp_path / "OUT", "jsonl" if is_one_part else "parquet"))
    assert len(list((tmp_path / "OUT" / "documents").iterdir())) == 2 - is_one_part
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "cache"))
    read = eval(line, {program: import_module(program)})
    rows = read.fetchall() if program == "duckdb" else read
    assert len(rows) == 160 - 10 * is_one_part


def test_what_is_to_be_installed_is_there() -> None:
    """Nobody has put copydesk on an index: its extras come from the clone."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    for file in ("README.md", "docs/scale.md", "cleaners/read/remote.py", "flows/clean.py"):
        installs = re.findall(r"pip install ([^`\n]+)", (ROOT / file).read_text(encoding="utf-8"))
        assert installs, file
        for install in installs:
            [extra] = re.findall(r"^-e '\.\[(\w+)\]'", install)
            assert extra in extras, install


def test_the_seed_is_shown_before_and_after(tmp_path: Path) -> None:
    clean_folder(Settings(SEEDS, tmp_path / "out"))
    name = "003_c04850de3b1b0f05.txt"
    before, after = re.findall(r"(?m)^    Israel-Hamas Ceasefire Talks Stalled.*\n(?:(?:    .*)?\n)+", TEXT)
    for shown, path in ((before, SEEDS / name), (after, tmp_path / "out" / "text" / name)):
        pieces = dedent(shown).strip().split("…")
        assert re.fullmatch(r"[\s\S]*?".join(map(re.escape, pieces)) + r"\s*", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("command", ["clean", "explain", "verify", "undo", "rules"])
def test_every_option_is_told(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main([command, "--help"])
    options = set(re.findall(r"--[a-z-]+", capsys.readouterr().out)) - {"--help"}
    assert [name for name in (f"copydesk {command}", *sorted(options)) if name not in TEXT] == []


def test_what_is_where() -> None:
    """The table names files that are there, and leaves out none of the library."""
    table = TEXT.partition("## Where things are in the code")[2].partition("\n## ")[0].partition("|---|---|")[2]
    named = set(re.findall(r"`([a-z_]+(?:\.py|/))`", table))
    there = {path.name + "/" * path.is_dir() for path in (ROOT / "cleaners").iterdir() if not path.name.startswith(("_", "py."))}
    assert named - there == set()
    assert there - named == {"document.py", "settings.py", "rules/"}


def test_a_rule_says_what_its_fields_are() -> None:
    """The docstring to which README.md sends who writes one."""
    told = re.findall(r"(?m)^        (\w+): ", Rule.__doc__ or "")
    assert told == [field.name for field in fields(Rule)]
