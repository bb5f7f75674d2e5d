"""A run over a folder: what it writes, that it loses nothing, and that it gives the same bytes every time."""

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cleaners import desk, pipeline, planning, rules, run, shards
from cleaners.balance import Balance, UnbalancedError
from cleaners.run import clean_folder
from cleaners.settings import InputError, OutputError, Settings, writing
from cleaners.verify import verify
from cleaners.workers import Watch
from cleaners.write import Kind, Output
from tests.conftest import written

ARTICLE = (
    "Council keeps the branch library open\n\n"
    "The council voted nine to four on Tuesday night to keep the branch library open until the end of the year, after a long debate.\n\n"
    "“We heard you,” said the mayor of the cafÃ©, who had first proposed to close it in order to pay for repairs to the bridge.\n\n"
    "Leave a Reply\n\nYour email address will not be published. Required fields are marked *\n"
)


def read(output: Path, kind: Kind) -> list[dict[str, Any]]:
    return list(Output(output).read(kind))


@pytest.fixture
def dumps(tmp_path: Path) -> Path:
    """A folder with good documents, one of nothing but boilerplate, an empty one, and two that cannot be processed."""
    folder = tmp_path / "in"
    for name, raw in {
        "site-b/0001.txt": ARTICLE.encode(),
        "site-a/0001.txt": ARTICLE.replace("\n", "\r\n").encode("utf-8-sig"),
        "site-a/damaged.txt": ARTICLE.encode().replace(b"debate", b"deb\xffate"),
        "site-a/wide.txt": ARTICLE.encode("utf-16"),
        "no-suffix": ARTICLE.encode(),
        "form.txt": b"Leave a Reply\n\nYour email address will not be published. Required fields are marked *\n",
        "empty.txt": b"",
        "picture.txt": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
        "page.html": b"<!doctype html><title>x</title>",
        "feed.xml": b"<?xml version='1.0'?><feed/>",
        ".hidden": b"not read",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)
    return folder


def test_a_run_writes_what_the_contract_says(dumps: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    clean_folder(Settings(dumps, output), workers=1)
    assert list(verify(output, rules.load())) == []
    documents = {record["id"]: record for record in read(output, "documents")}
    assert list(documents) == ["no-suffix", "site-a/0001.txt", "site-a/damaged.txt", "site-a/wide.txt", "site-b/0001.txt"]
    record = documents["site-b/0001.txt"]
    assert record["title"] == "Council keeps the branch library open"
    assert record["text"].endswith(
        "“We heard you,” said the mayor of the café, who had first proposed to close it in order to pay for repairs to the bridge."
    )
    assert record["provenance"]["edits"]["encoding.mojibake"] == 1
    assert documents["site-a/damaged.txt"]["provenance"]["source"]["undecodable"] == [
        [ARTICLE.encode().index(b"debate") + 3, "ff"]
    ]
    assert documents["site-a/wide.txt"]["text"] == record["text"]
    assert documents["site-a/wide.txt"]["provenance"]["source"]["encoding"] == "utf-16"
    dropped = {"empty.txt": "drop.empty", "form.txt": "drop.nothing-left", "page.html": "drop.no-article"}
    assert {r["id"]: r["rule"] for r in read(output, "dropped")} == dropped
    assert {r["id"]: r["stage"] for r in read(output, "quarantine")} == {"feed.xml": "read", "picture.txt": "decode"}
    text = (output / "text" / "site-a" / "0001.txt").read_text("utf-8")
    assert text == f"{record['title']}\n\n{record['text']}\n"
    balance = json.loads((output / "run.json").read_text("utf-8"))
    assert balance["documents"] == {"in": 10, "published": 5, "dropped": 3, "quarantined": 2}
    assert balance["rules"]["encoding.mojibake"] == {"edits": 5, "chars": 10}


def test_the_same_bytes_every_time(dumps: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the number of workers, the order on disk, or what stood in the output before."""
    monkeypatch.setattr(planning, "_SHARD_DOCUMENTS", 2)
    clean_folder(Settings(dumps, tmp_path / "one"), workers=1)
    first = written(tmp_path / "one")
    assert sum(name.startswith("documents") for name in first) > 1
    copy = tmp_path / "copy"
    for path in sorted(dumps.rglob("*"), reverse=True):
        if path.is_file():
            (copy / path.relative_to(dumps)).parent.mkdir(parents=True, exist_ok=True)
            (copy / path.relative_to(dumps)).write_bytes(path.read_bytes())
    clean_folder(Settings(copy, tmp_path / "two"), workers=2)
    assert written(tmp_path / "two") == first
    (dumps / "site-b" / "0002.txt").write_bytes(ARTICLE.encode())
    clean_folder(Settings(dumps, tmp_path / "one"), workers=1)
    assert written(tmp_path / "one") != first
    (dumps / "site-b" / "0002.txt").unlink()
    clean_folder(Settings(dumps, tmp_path / "one"), workers=1)
    assert written(tmp_path / "one") == first


def test_a_document_that_breaks_a_step_goes_to_quarantine(dumps: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begin = pipeline.begin

    def broken(doc: Any, *more: Any) -> Any:
        if doc.id == "site-a/0001.txt":
            raise RecursionError("too deep")
        return begin(doc, *more)

    monkeypatch.setattr(pipeline, "begin", broken)
    job = planning.plan(Settings(dumps, tmp_path / "out"))
    balance = run.finish(job, [shards.clean_shard(Watch(), job.settings, shard) for shard in job.shards])
    assert balance.documents["quarantined"] == 3
    [record] = [r for r in read(tmp_path / "out", "quarantine") if r["id"] == "site-a/0001.txt"]
    assert record["stage"] == "clean"
    assert record["error"] == {"type": "RecursionError", "message": "too deep"}
    assert record["source"]["bytes"] == (dumps / "site-a/0001.txt").stat().st_size


def test_a_file_that_vanishes_is_told(dumps: Path, tmp_path: Path) -> None:
    job = planning.plan(Settings(dumps, tmp_path / "out"))
    (dumps / "no-suffix").unlink()
    run.finish(job, [shards.clean_shard(Watch(), job.settings, shard) for shard in job.shards])
    [record] = [r for r in read(tmp_path / "out", "quarantine") if r["id"] == "no-suffix"]
    assert (record["stage"], record["error"]["type"]) == ("read", "FileNotFoundError")


def test_a_single_file(dumps: Path, tmp_path: Path) -> None:
    clean_folder(Settings(dumps / "site-b" / "0001.txt", tmp_path / "out"))
    assert [record["id"] for record in read(tmp_path / "out", "documents")] == ["0001.txt"]
    assert (tmp_path / "out" / "text" / "0001.txt").is_file()


def test_a_folder_by_its_address(dumps: Path, tmp_path: Path) -> None:
    clean_folder(Settings(dumps, tmp_path / "path"), workers=1)
    clean_folder(Settings(f"file://{dumps}", tmp_path / "address"), workers=1)
    assert written(tmp_path / "path") == written(tmp_path / "address")


def test_what_an_aborted_run_left_behind_does_no_harm(dumps: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    with planning.plan(Settings(dumps, output)) as job:
        shards.clean_shard(Watch(), job.settings, job.shards[0])
        (job.settings.folder(job.shards[0].key) / "text" / "leftover.txt").write_text("from a run that was killed")
    assert not (output / "documents").exists()
    clean_folder(Settings(dumps, output))
    assert not (output / "text" / "leftover.txt").exists()
    assert list(verify(output, rules.load())) == []


@pytest.mark.parametrize("at", ["before it begins", "while it cleans"])
def test_what_is_left_of_a_run_that_was_killed_makes_no_folder(dumps: Path, tmp_path: Path, at: str) -> None:
    """Its processes may still be at work when the next run has taken over what was there."""
    with planning.plan(Settings(dumps, tmp_path / "out")) as job:
        mine, taken = job.settings.staging, job.settings.staging.with_name("staging-of-the-next-run")

        class Late(Watch):
            def begin(self, step: int, done: int) -> None:  # noqa: ARG002
                if any(mine.glob("shards/*/text/*")) and not taken.exists():
                    mine.rename(taken)

        if at == "before it begins":
            mine.rename(taken)
        with pytest.raises(OutputError):
            shards.clean_shard(Late(), job.settings, job.shards[0])
    assert taken.exists()
    assert not mine.exists()


def lose_a_document(balance: Balance) -> None:
    balance.documents["published"] -= 1


def lose_a_file(balance: Balance) -> None:
    balance.files -= 1


@pytest.mark.parametrize("lose", [lose_a_document, lose_a_file])
def test_a_run_that_does_not_balance_publishes_nothing(dumps: Path, tmp_path: Path, lose: Callable[[Balance], None]) -> None:
    output = tmp_path / "out"
    clean_folder(Settings(dumps, output))
    before = written(output)
    job = planning.plan(Settings(dumps, output, force=True))
    balance = shards.clean_shard(Watch(), job.settings, job.shards[0])
    lose(balance)
    with pytest.raises(UnbalancedError):
        run.finish(job, [balance])
    assert written(output) == before


def no_input(folder: Path) -> tuple[Path, Path]:
    return folder / "nowhere", folder / "out"


def empty_input(folder: Path) -> tuple[Path, Path]:
    (folder / "in").mkdir()
    return folder / "in", folder / "out"


def output_inside(folder: Path) -> tuple[Path, Path]:
    (folder / "in").mkdir()
    (folder / "in" / "a.txt").write_text("a")
    return folder / "in", folder / "in" / "out"


def output_is_input(folder: Path) -> tuple[Path, Path]:
    output_inside(folder)
    return folder / "in", folder / "in"


def output_through_a_link(folder: Path) -> tuple[Path, Path]:
    output_inside(folder)
    (folder / "link").symlink_to(folder / "in")
    return folder / "in", folder / "link" / "out"


def input_inside(folder: Path) -> tuple[Path, Path]:
    output_inside(folder)
    return folder / "in", folder


def output_holds_something(folder: Path) -> tuple[Path, Path]:
    output_inside(folder)
    (folder / "out" / "text").mkdir(parents=True)
    (folder / "out" / "text" / "thesis.txt").write_text("my own")
    return folder / "in", folder / "out"


def output_holds_something_of_ours_and_more(folder: Path) -> tuple[Path, Path]:
    output_inside(folder)
    for name in (".copydesk", "documents", "text"):
        (folder / "out" / name).mkdir(parents=True)
    (folder / "out" / "thesis.txt").write_text("my own")
    return folder / "in", folder / "out"


def output_is_a_file(folder: Path) -> tuple[Path, Path]:
    output_inside(folder)
    (folder / "out").write_text("my own")
    return folder / "in", folder / "out"


def output_below_a_file(folder: Path) -> tuple[Path, Path]:
    output_is_a_file(folder)
    return folder / "in", folder / "out" / "deeper" / "out"


def output_is_a_link_to_nothing(folder: Path) -> tuple[Path, Path]:
    output_inside(folder)
    (folder / "out").symlink_to(folder / "nowhere")
    return folder / "in", folder / "out"


def input_is_a_pipe(folder: Path) -> tuple[Path, Path]:
    os.mkfifo(folder / "in")
    return folder / "in", folder / "out"


REFUSED = [
    (no_input, "There is no "),
    (empty_input, "There is nothing to read in "),
    (output_inside, "lies inside the input"),
    (output_is_input, "is the input"),
    (output_through_a_link, "lies inside the input"),
    (input_inside, "lies inside the output"),
    (output_holds_something, "holds something else (text)"),
    (output_holds_something_of_ours_and_more, "holds something else (thesis.txt)"),
    (output_is_a_file, "is a file"),
    (output_below_a_file, "out, which is a file"),
    (output_is_a_link_to_nothing, "is a file"),
    (input_is_a_pipe, "is no regular file"),
]


@pytest.mark.parametrize(("arrange", "message"), REFUSED)
def test_what_cannot_be_done_is_one_sentence_and_writes_nothing(tmp_path: Path, arrange: Any, message: str) -> None:
    source, output = arrange(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(InputError) as error:
        clean_folder(Settings(source, output))
    assert message in str(error.value)
    assert "\n" not in str(error.value)
    assert sorted(tmp_path.rglob("*")) == before


def test_hidden_files_in_the_output_are_in_nobodys_way(dumps: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    for name in (".DS_Store", ".nfs0001"):
        (tmp_path / "out" / name).write_text("of a system")
        clean_folder(Settings(dumps, tmp_path / "out"), workers=1)
    assert sorted(path.name for path in (tmp_path / "out").glob(".*")) == [".DS_Store", ".copydesk", ".nfs0001"]


def test_a_pattern_that_takes_in_the_output_is_refused_when_there_is_one(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.json").write_text(json.dumps({"text": ARTICLE}))
    settings = Settings(f"{tmp_path}/*/*.json", tmp_path / "out")
    clean_folder(settings)
    before = written(tmp_path / "out")
    with pytest.raises(InputError, match=r"takes in the output \(.*/out/run.json\)"):
        clean_folder(settings)
    assert written(tmp_path / "out") == before


def test_a_full_disk_is_named_whatever_sqlite_calls_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=0))
    with pytest.raises(OutputError, match="cannot be written: disk I/O error; its disk is full"), writing(tmp_path):
        raise sqlite3.OperationalError("disk I/O error")


def test_to_ask_the_line_model_is_a_step_of_a_document(dumps: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was counted to what was read last: on a slow machine the rest of a whole file went to quarantine for it."""
    begun: list[int] = []
    blamed: list[int] = []

    class Notes(Watch):
        def begin(self, step: int, done: int) -> None:  # noqa: ARG002
            begun.append(step)

    judge = desk.judge

    def watched(*batch: Any) -> Any:
        blamed.append(begun[-1])
        return judge(*batch)

    monkeypatch.setattr(desk, "judge", watched)
    with planning.plan(Settings(dumps, tmp_path / "out")) as job:
        shards.clean_shard(Notes(), job.settings, job.shards[0])
    assert blamed == [begun[-1]]  # the document that is finished last


def test_a_shard_that_fails_by_a_timeout_of_the_system_is_not_waited_for_again() -> None:
    def tick(_done: Any) -> None:
        raise AssertionError

    failed: Future[Balance] = Future()
    failed.set_exception(TimeoutError(110, "Connection timed out"))
    hands: Any = SimpleNamespace(done=lambda: 0)
    job: Any = SimpleNamespace(shards=())
    with pytest.raises(TimeoutError, match="Connection timed out"):
        list(run._ticking(hands, job, [failed], tick))


def test_a_folder_that_must_not_be_listed_is_not_called_empty(
    dumps: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(folder: Any) -> Any:
        raise PermissionError(13, "Permission denied", folder)

    monkeypatch.setattr(os, "scandir", denied)
    with pytest.raises(InputError, match=r"The input .* cannot be read: Permission denied"):
        clean_folder(Settings(dumps, tmp_path / "out"))
    assert not (tmp_path / "out").exists()
