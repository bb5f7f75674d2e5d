"""The command: what it prints, what it returns, and what it does not import."""

import json
import os
import pty
import shutil
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from cleaners import cli, matching, rules, verify
from cleaners.balance import Balance
from cleaners.read import Fields
from cleaners.run import clean_folder
from cleaners.settings import Settings
from cleaners.write import Output
from tests.conftest import SEEDS, balance

SEED = SEEDS / "004_da06f829ba32bcb2.txt"


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli") / "out"
    clean_folder(Settings(SEEDS, folder))
    return folder


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-m", "cleaners", *arguments], capture_output=True, encoding="utf-8", check=False)


def test_clean_prints_the_balance(tmp_path: Path) -> None:
    done = run("clean", str(SEEDS), str(tmp_path / "out"))
    assert (done.returncode, done.stderr) == (0, "")  # no progress bar in a pipe
    words = done.stdout.split()
    assert words[words.index("published") + 1] == "5"
    for family in ("repeat", "comments", "related", "title"):
        assert family in words
    assert (tmp_path / "out" / "text" / SEED.name).is_file()


def test_clean_says_what_it_did_since_the_last_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Files that are cleaned again for the sake of an option have not changed."""
    said = []
    for cut in ("cautious", "off", "off"):
        assert cli.main(["clean", str(SEEDS), str(tmp_path / "out"), "--cut", cut]) == 0
        said.append(capsys.readouterr().out.partition("Since the last run: ")[2].strip())
    assert said == [
        "",
        "0 new files and 0 changed files cleaned, 5 files cleaned again for another reason, 0 unchanged files skipped.",
        "0 new files and 0 changed files cleaned, 5 unchanged files skipped.",
    ]


def test_clean_reads_standard_input_and_leaves_no_copy_of_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "cleaners", "clean", "-", str(tmp_path / "out")]
    subprocess.run(command, input=SEED.read_bytes(), capture_output=True, check=True)
    [document] = Output(tmp_path / "out").read("documents")
    assert document["id"] == "stdin"
    assert sorted(path.name for path in (tmp_path / "out" / ".copydesk").iterdir()) == ["lock", "state.sqlite"]
    assert (tmp_path / "out" / "text" / "stdin").is_file()
    records = b"".join(json.dumps({"text": f"The ferry left the quay for the {n}th time."}).encode() + b"\n" for n in range(5, 8))
    subprocess.run([*command[:-1], str(tmp_path / "records")], input=records, capture_output=True, check=True)
    assert balance(tmp_path / "records")["documents"]["published"] == 3
    assert not (tmp_path / "records" / "text").exists()


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_clean_needs_none_of_the_streams_that_a_process_has(tmp_path: Path, closed: str) -> None:
    line = f"{sys.executable} -m cleaners clean {SEEDS} {tmp_path / 'out'} {closed}"
    assert subprocess.run(line, shell=True, capture_output=True, check=False).returncode == 0
    assert balance(tmp_path / "out")["documents"]["published"] == 5


def test_what_the_options_ask_for() -> None:
    line = (
        "clean in out --format parquet --timeout 7 --memory 300 --force --checksum --keep-removed --warn-cut 0.5 --cut off"
        " --text-field a --html-field b --rules c.toml --rules d.toml"
    )
    asked = Settings(
        "in",
        Path("out"),
        "parquet",
        (Path("c.toml"), Path("d.toml")),
        timeout=7,
        memory=300,
        fields=Fields("a", "b"),
        force=True,
        checksum=True,
        keep_removed=True,
        cut="off",
        warn_cut=0.5,
    )
    assert cli.settings(cli._parser().parse_args(line.split())) == asked
    assert cli.settings(cli._parser().parse_args(["clean", "in", "out"])) == Settings("in", Path("out"))


@pytest.mark.parametrize(
    ("work", "said"),
    [
        ({"new": 3}, ""),
        ({"changed": 3}, ""),
        ({"new": 1, "unchanged": 2}, "1 new file and 0 changed files cleaned, 2 unchanged files skipped"),
        (
            {"again": 1, "changed": 2, "resumed": 1},
            (
                "0 new files and 2 changed files cleaned, 1 file cleaned again for another reason (1 by a run that was broken off),"
                " 0 unchanged files skipped"
            ),
        ),
        (
            {"moved": 1200, "removed": 1, "kept": 2},
            (
                "0 new files and 0 changed files cleaned, 0 unchanged files skipped, the records of 1,200 renamed files moved,"
                " 1 removed file taken out, 2 removed files kept"
            ),
        ),
    ],
)
def test_what_was_done_in_a_sentence(work: dict[str, int], said: str) -> None:
    assert cli.work(Balance(work=Counter(work))) == (said and f"Since the last run: {said}.")


def test_the_balance_as_a_table() -> None:
    total = Balance(
        documents=Counter({"in": 1200, "published": 1198, "dropped": 1, "quarantined": 1}),
        chars=Counter({"base": 90_000, "removed": 4033, "added": 2, "text": 85_969}),
        rule_chars=Counter({"ads.label": 30, "title.line": 1, "comments.form": 4000, "title.copy": 2}),
    )
    assert [line.split() for line in cli.summary(total).splitlines()] == [
        ["documents", "in", "1,200"],
        ["published", "1,198"],
        ["dropped", "1"],
        ["quarantined", "1"],
        ["characters", "in", "90,000"],
        ["cut", "4,033"],
        ["comments", "4,000"],
        ["ads", "30"],
        ["title", "3"],
        ["put", "in", "instead", "2"],
        ["characters", "out", "85,969"],
    ]


def test_clean_says_where_everything_is_and_undo_what_was_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, output = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    (source / "a.txt").write_text(PARAGRAPH)
    (source / "empty.txt").touch()
    (source / "picture.txt").write_bytes(b"\x89PNG\r\n\x1a\n\0")
    assert cli.main(["clean", str(source), str(output)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == (
        f"Written to {output}: documents/ and ledger/, the texts in text/, what was cut and why in report.html, "
        "why 1 document was dropped in dropped/, why 1 document was quarantined in quarantine/"
    )
    for name, folder in (("empty.txt", "dropped"), ("picture.txt", "quarantine")):
        assert cli.main(["undo", str(output), name]) == 2
        told = f"copydesk: {name} was not published (see {folder}/ for the reason), so there is nothing to undo.\n"
        assert capsys.readouterr().err == told


def test_a_field_of_no_name_is_none() -> None:
    options = cli._parser().parse_args(["clean", "in", "out", "--text-field", "", "--html-field", ""])
    assert cli.settings(options).fields == Fields()


def test_clean_shows_a_bar_on_a_terminal(tmp_path: Path) -> None:
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "cleaners", "clean", str(SEEDS), str(tmp_path / "out")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=follower) as process:
        os.close(follower)
        shown = b""
        with suppress(OSError):  # what a terminal gives behind its end
            while piece := os.read(leader, 1000):
                shown += piece
        printed = process.communicate()[0]
    os.close(leader)
    assert process.returncode == 0
    assert b"cleaning" in shown
    assert b"cleaning" not in printed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("clean", "nowhere", "out"), "There is no file or folder nowhere"),
        (("clean", "", "out"), "The input is an empty name"),
        (("clean", str(SEEDS), ""), "The output is an empty name"),
        (("clean", str(SEEDS), str(SEEDS / "out")), "lies inside the input"),
        (("clean", f"{SEEDS}/**", str(SEEDS / "out")), "would take in the output"),
        (("clean", str(SEEDS), "out", "--workers", "0"), "at least one is needed"),
        (("clean", str(SEEDS), "out", "--rules", "nowhere.toml"), "nowhere.toml"),
        (("clean", str(SEEDS), "out", "--memory", "99999999999999"), "no more than 1,000,000,000 MB"),
        (("clean", str(SEEDS), "out", "--memory", "255"), "a worker needs 256 MB at least"),
        (("clean", str(SEEDS), "out", "--timeout", "0"), "must be more than 0 and no more than 86,400 s"),
        (("clean", str(SEEDS), "out", "--timeout", "86401"), "must be more than 0 and no more than 86,400 s"),
        (("clean", str(SEEDS), "out", "--warn-cut", "1.1"), "The share to warn of is 1.1, but must be from 0 to 1"),
        (("clean", "file:///nowhere", "out"), "There is no file or folder /nowhere"),
        (
            ("clean", str(SEEDS), "s3://bucket/out"),
            "The output s3://bucket/out is an address, but must be a folder on this machine",
        ),
        (("clean", str(SEEDS), "file:///out"), "is an address, but must be a folder on this machine"),
        (("explain", "nowhere"), "There is no file nowhere"),
        (("explain", "/dev/null"), "/dev/null is no regular file"),
        (("verify", "nowhere"), "There is no folder nowhere"),
        (("undo", "nowhere", "x"), "There is no folder nowhere"),
        (("rules", "show", "coments.form"), "is it 'comments.form'?"),
    ],
)
def test_a_wrong_request_is_one_sentence_and_status_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(arguments) == 2
    printed = capsys.readouterr()
    assert message in printed.err
    assert printed.err.startswith("copydesk: ")
    assert printed.err.count("\n") == 1
    assert printed.out == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("clean", "a.txt", "b.txt", "c.txt", "out"), "c.txt out (a pattern must stand in quotes: 'in/*.html')"),
        (("clean", "in", "b1", "b2", "b3", "b4", "b5"), "b2 b3 b4 … (a pattern"),
        (("clean", "in", "out", "--wrokers", "3"), "--wrokers 3\n"),
        (("undo", "out", "a", "b"), "unrecognized arguments: b\n"),
    ],
)
def test_a_word_too_many_may_come_of_a_pattern(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["clean", "--help"], ["clean", "IN"], ["fly"]])
def test_help_and_wrong_words_import_nothing_heavy(arguments: list[str]) -> None:
    """They answer in a tenth of a second because nothing but argparse is imported."""
    code = (
        "import sys; from cleaners import cli\n"
        "try: cli.main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "print(sorted({'prefect', 'rich', 'ftfy', 'regex', 'orjson', 'cleaners.rules'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_clean_does_not_import_prefect(tmp_path: Path) -> None:
    code = "import sys; from cleaners import cli; cli.main(sys.argv[1:]); print('prefect' in sys.modules)"
    command = [sys.executable, "-c", code, "clean", str(SEEDS), str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.splitlines()[-1] == "False"


def test_explain_marks_what_would_go(capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(SEEDS.rglob("*"))
    assert cli.main(["explain", str(SEED)]) == 0
    shown = capsys.readouterr().out
    assert "[-Israel-Hamas Ceasefire Talks Resume Amid Trump Push for Deal-] <title.line>" in shown
    assert "[-Leave a Reply" in shown
    assert "<comments.form>" in shown
    assert "[-Washington Presses" not in shown
    assert rules.load().rules["comments.form"].why in shown
    assert sorted(SEEDS.rglob("*")) == before


def test_explain_shows_colour_on_a_terminal() -> None:
    leader, follower = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color"}
    environment.pop("NO_COLOR", None)
    subprocess.run([sys.executable, "-m", "cleaners", "explain", str(SEED)], stdout=follower, env=environment, check=True)
    os.close(follower)
    shown = b""
    while chunk := _read(leader):
        shown += chunk
    assert b"\x1b[9;31m" in shown  # struck out, red
    assert b"[-" not in shown


def _read(leader: int) -> bytes:
    try:
        return os.read(leader, 65536)
    except OSError:  # how a pseudo-terminal says that it is at its end
        return b""


def test_explain_says_why_it_cannot(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = tmp_path / "picture.txt"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n\0")
    assert cli.main(["explain", str(picture)]) == 2
    assert "a PNG image" in capsys.readouterr().err


PARAGRAPH = "The council voted nine to four on Tuesday night to keep branch library number {} open until the end of the year."


def test_explain_takes_a_file_with_one_record(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = tmp_path / "one.json"
    one.write_text('{"text": "The ferry sails at nine."}', "utf-8")
    assert cli.main(["explain", str(one)]) == 0
    assert "The ferry sails at nine." in capsys.readouterr().out


def test_explain_takes_one_record_of_many(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    many = tmp_path / "dump#2.jsonl"
    many.write_text('{"body": "The ferry sails at nine.", "note": "A"}\n{"body": "It is late.", "note": "B"}\n', "utf-8")
    assert cli.main(["explain", str(many)]) == 2
    assert capsys.readouterr().err == f"copydesk: {many} holds many documents: say which, as in '{many}#1'.\n"
    assert cli.main(["explain", f"{many}#2"]) == 0
    assert capsys.readouterr().out.startswith("It is late.\n")
    assert cli.main(["explain", f"{many}#2", "--text-field", "note"]) == 0
    assert capsys.readouterr().out.startswith("B\n")
    assert cli.main(["explain", f"{many}#3"]) == 2
    assert capsys.readouterr().err == f"copydesk: There is no document 3 in {many}.\n"


def test_explain_shows_what_clean_does_with_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The line model is not asked about pages."""
    page = tmp_path / "page.html"
    paragraphs = "".join(f"<p>{PARAGRAPH.format(n)}</p>" for n in range(8))
    page.write_text(
        f"<html><title>Libraries stay open</title><body><article><h1>Libraries stay open</h1>{paragraphs}<p>Home</p></article>"
    )
    assert cli.main(["explain", str(page), "--cut", "eager"]) == 0
    shown = capsys.readouterr().out
    assert "\nHome\n" in shown
    assert "model.main-text" not in shown


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_explain_shows_the_same_lines_whatever_ends_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], newline: str
) -> None:
    text = (
        f"Libraries stay open\n\n{PARAGRAPH}\n{PARAGRAPH.format(1)}\n\nLeave a Reply\n\nYour email address will not be published."
    )
    (tmp_path / "a.txt").write_bytes(text.replace("\n", newline).encode())
    assert cli.main(["explain", str(tmp_path / "a.txt")]) == 0
    marked = capsys.readouterr().out.partition("\ntitle ")[0]
    marked = marked.replace("<encoding.newline, ", "<")
    assert marked.splitlines()[:4] == ["[-Libraries stay open-] <title.line>", "", PARAGRAPH, PARAGRAPH.format(1)]
    assert marked.rstrip().endswith("[-Leave a Reply\n\nYour email address will not be published.-] <comments.form>")


def test_explain_counts_what_goes_and_speaks_to_any_terminal(tmp_path: Path) -> None:
    form = "\n\nLeave a Reply\n\nYour email address will not be published."
    (tmp_path / "a.txt").write_text(f"“{PARAGRAPH}”{form}")
    command = [sys.executable, "-m", "cleaners", "explain", str(tmp_path / "a.txt")]
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    shown = subprocess.run(command, env=environment, capture_output=True, encoding="ascii", check=True).stdout
    assert "\\u201c" in shown
    assert f"\ncut       {len(form)} of {len(PARAGRAPH + form) + 2} characters, in " in shown


def test_explain_of_what_would_go_to_quarantine(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    def slow(*_: object) -> None:
        raise matching.RuleTimeoutError("rule my.rule: a pattern ran longer than 1 s")

    monkeypatch.setattr(matching.Matcher, "find", slow)
    (tmp_path / "a.txt").write_text(PARAGRAPH)
    assert cli.main(["explain", str(tmp_path / "a.txt")]) == 2
    assert "cannot be cleaned: rule my.rule" in capsys.readouterr().err


def test_folders_whose_names_are_no_unicode(tmp_path: Path) -> None:
    source, output = (tmp_path / os.fsdecode(name) for name in (b"in\xff", b"out\xff"))
    source.mkdir()
    (source / "a.txt").write_text(PARAGRAPH)
    done = run("clean", str(source), str(output))
    assert (done.returncode, done.stderr) == (0, "")
    assert run("verify", str(output)).returncode == 0
    assert json.loads((output / "run.json").read_bytes())["config"]["output"] == f"{tmp_path}/out\ufffdFF"


def test_verify(output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["verify", str(output)]) == 0
    assert capsys.readouterr().out == "all laws hold for 5 documents\n"


def test_of_many_faults_the_first_are_shown(
    output: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for count, told in ((20, "20 faults"), (21, "21 faults, the first 20 of them above")):
        monkeypatch.setattr(verify, "verify", lambda *_, n=count: [verify.Fault(f"{i}.txt", "is wrong") for i in range(n)])
        assert cli.main(["verify", str(output)]) == 1
        assert capsys.readouterr().out.splitlines() == [*(f"{i}.txt: is wrong" for i in range(20)), told]


def test_verify_finds_faults(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clean_folder(Settings(SEEDS, tmp_path / "out"))
    (tmp_path / "out" / "text" / SEED.name).write_text("changed")
    assert cli.main(["verify", str(tmp_path / "out")]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "1 fault"


@pytest.mark.parametrize("seed", sorted(path.name for path in SEEDS.iterdir()))
def test_undo_gives_the_dump_back(output: Path, seed: str) -> None:
    done = subprocess.run([sys.executable, "-m", "cleaners", "undo", str(output), seed], capture_output=True, check=True)
    assert done.stdout == (SEEDS / seed).read_bytes()


def test_undo_of_what_is_not_there(output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["undo", str(output), "nowhere.txt"]) == 2
    said = capsys.readouterr().err
    assert "There is no document 'nowhere.txt'" in said
    assert "for example, '000_23530aef1b6899be.txt'" in said
    assert cli.main(["undo", str(SEEDS), "nowhere.txt"]) == 2
    assert "Nothing that copydesk published is there." in capsys.readouterr().err


def test_undo_of_what_is_damaged(output: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A ledger that is gone, or another, or cut off, is told as such."""
    damaged = tmp_path / "out"
    shutil.copytree(output, damaged)
    part = damaged / "ledger" / "part-00000.jsonl"
    whole = part.read_bytes()
    for content, message in (
        (b"", "do not stand where they should"),
        (whole.replace(b'"start":0', b'"start":1'), "was changed"),
        (whole.replace(b'"base_sha256":"', b'"base_sha256":"0'), "was changed"),
        (whole[:-100], "part-00000.jsonl, line 5"),
    ):
        part.write_bytes(content)
        assert cli.main(["undo", str(damaged), SEED.name]) == 1
        assert message in capsys.readouterr().err


@pytest.mark.parametrize("command", [("verify", "OUT"), ("rules", "test"), ("explain", str(SEED)), ("undo", "OUT", SEED.name)])
def test_ctrl_c_is_no_traceback(
    output: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "is_dir", stop)
    monkeypatch.setattr(Path, "is_file", stop)
    monkeypatch.setattr(rules, "load", stop)
    assert cli.main([str(output) if word == "OUT" else word for word in command]) == 130
    assert capsys.readouterr().err == "copydesk: stopped.\n"


def test_a_file_that_cannot_be_read_is_a_sentence(
    output: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", "part-00000.jsonl")

    monkeypatch.setattr(Path, "open", denied)
    assert cli.main(["undo", str(output), SEED.name]) == 1
    assert capsys.readouterr().err == "copydesk: [Errno 13] Permission denied: 'part-00000.jsonl'\n"


def test_rules_list_show_test(capsys: pytest.CaptureFixture[str]) -> None:
    book = rules.load()
    assert cli.main(["rules", "list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(book.rules)
    assert cli.main(["rules", "show", "comments.form"]) == 0
    shown = capsys.readouterr().out
    assert book.rules["comments.form"].why in shown
    assert "Leave a Reply" in shown


def test_rules_test_runs_the_examples(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of all rules at hand, which are few here: `test_rules` runs those of all that are shipped."""
    load = rules.load

    def few(extra: tuple[Path, ...] = ()) -> rules.RuleBook:
        return rules.RuleBook({id_: rule for id_, rule in load(extra).rules.items() if id_[:3] in ("my.", "ads")}, "")

    monkeypatch.setattr(rules, "load", few)
    wrong = tmp_path / "mine.toml"
    wrong.write_text(
        '[[rule]]\nid = "my.rule"\nwhy = "x"\nsource = "x"\nlanguages = ["en"]\nphrases = ["abc def"]\nmiss = ["abc def"]\nhit = ["abc def"]\n',
        "utf-8",
    )
    assert cli.main(["rules", "test", "--rules", str(wrong)]) == 1
    assert capsys.readouterr().out.startswith("my.rule: a miss is cut by my.rule")
    assert cli.main(["rules", "test"]) == 0
    examples = sum(len(rule.miss) + len(rule.hit) for rule in few())
    assert len(few().rules) > 1
    assert capsys.readouterr().out == f"{examples} examples of {len(few().rules)} rules hold\n"


@pytest.mark.parametrize(
    "command", ["rules list | head -1", "rules show print.feedback | true", f"explain {SEED} | true"]
)  # more and less than a buffer holds
def test_a_reader_that_leaves_early_is_no_error(command: str) -> None:
    done = subprocess.run(
        f"({sys.executable} -m cleaners {command.replace(' |', '; echo $? >&2) |')}",
        shell=True,
        capture_output=True,
        encoding="utf-8",
        check=True,
        env={**os.environ, "PYTHONUNBUFFERED": ""},
    )
    assert done.stderr == "0\n"
