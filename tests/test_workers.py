"""Worker processes that are really killed, hang and run out of memory: each costs one document, and nothing stays behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cleaners import cli, planning, publish, rules, run, workers
from cleaners.run import clean_folder
from cleaners.settings import Settings
from cleaners.verify import verify
from cleaners.workers import Crew, Limits, Watch
from cleaners.write import Output
from tests import poison
from tests.conftest import ROOT, is_alive, wait_for, written
from tests.make_inputs import COMPRESSIONS, tar

ARTICLE = (
    "Ferry number {} returns\n\n"
    "The ferry number {} came back from the yard on Tuesday with a new engine, the harbour master said, and sails again from June.\n"
)


def quarantine(output: Path) -> dict[str, tuple[str, str]]:
    """The stage and the type of the error, by id."""
    return {record["id"]: (record["stage"], record["error"]["type"]) for record in Output(output).read("quarantine")}


@pytest.fixture
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Puts documents that may be poison into the hands of the worker processes, and says where these write their numbers."""
    folder = tmp_path / "notes"
    folder.mkdir()
    monkeypatch.setenv(poison.NOTES, str(folder))
    monkeypatch.setattr(run, "clean_shard", poison.clean_shard)
    return folder


def processes(notes: Path) -> list[int]:
    return [int(path.name.removeprefix("pid-")) for path in notes.glob("pid-*")]


def dumps(folder: Path, **poisoned: str) -> Path:
    """Eight good documents, and others that say what they do."""
    folder.mkdir()
    for number in range(8):
        (folder / f"{number}.txt").write_text(ARTICLE.format(number, number))
    for name, text in poisoned.items():
        (folder / f"{name}.txt").write_text(f"{text}\n\n{ARTICLE}")
    return folder


LOSSES = [
    ("hang", "Timeout", "after 1 seconds"),
    ("sleep", "Timeout", "after 1 seconds"),
    ("segfault", "Crash", "SIGSEGV"),
    ("leave", "Crash", "exited with status 3"),
    ("kill", "Crash", "SIGKILL"),
    ("hog", "Memory", "256 MB"),
]


@pytest.fixture(scope="module")
def without(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What becomes of the good documents alone."""
    folder = tmp_path_factory.mktemp("without")
    clean_folder(Settings(dumps(folder / "in"), folder / "out"), workers=1)
    return folder / "out"


@pytest.mark.parametrize(("deed", "type_", "message"), LOSSES)
def test_poison_costs_one_document(tmp_path: Path, notes: Path, without: Path, deed: str, type_: str, message: str) -> None:
    with_it = tmp_path / "with"
    source = dumps(tmp_path / "bad", **{"3-": f"POISON {deed}"})
    clean_folder(Settings(source, with_it, timeout=1, memory=256), workers=1)
    assert written(with_it, "documents", "ledger", "dropped", "text") == written(
        without, "documents", "ledger", "dropped", "text"
    )
    [record] = Output(with_it).read("quarantine")
    assert (record["id"], record["stage"], record["error"]["type"]) == ("3-.txt", "clean", type_)
    assert message in record["error"]["message"]
    assert record["source"]["bytes"] == (source / "3-.txt").stat().st_size
    assert list(verify(with_it, rules.load())) == []
    assert len(processes(notes)) == 3  # two died of it, and one left it out
    assert not any(map(is_alive, processes(notes)))
    with planning.plan(Settings(source, with_it, timeout=1, memory=256)) as job:
        assert +job.work == {"unchanged": 8, "again": 1}  # on another day it may do better


@pytest.mark.usefixtures("notes")
def test_much_poison_and_any_number_of_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "_SHARD_DOCUMENTS", 4)
    source = dumps(tmp_path / "in", **{"0-": "POISON kill", "6-": "POISON leave"})
    for count in (1, 2):
        clean_folder(Settings(source, tmp_path / str(count)), workers=count)
    assert quarantine(tmp_path / "1") == {f"{n}-.txt": ("clean", "Crash") for n in (0, 6)}
    assert written(tmp_path / "1") == written(tmp_path / "2")


@pytest.fixture
def container(tmp_path: Path, notes: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Makes an input of two containers and a file.  Three documents make a part."""
    monkeypatch.setenv(poison.PART_BYTES, "3000")
    monkeypatch.setattr(planning, "_SHARD_DOCUMENTS", 2)
    del notes

    def make(name: str, *at_five: str) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        texts = [ARTICLE.format(number, number) for number in range(12)]
        (folder / "a.many").write_text("---\n".join([*texts[:5], *at_five, *texts[5:]]))
        (folder / "b.txt").write_text(ARTICLE)
        (folder / "c.many").write_text("---\n".join(texts))
        return folder

    return make


def test_a_container_makes_many_parts(tmp_path: Path, container: Callable[..., Path]) -> None:
    clean_folder(Settings(container("in"), tmp_path / "out", "jsonl"), workers=2)
    ids = [record["id"] for record in Output(tmp_path / "out").read("documents")]
    assert ids == [*(f"a.many#{n}" for n in range(12)), "b.txt", *(f"c.many#{n}" for n in range(12))]
    names = sorted(path.name for path in (tmp_path / "out" / "documents").iterdir())
    assert names == [
        "part-00000.jsonl",
        *(f"part-00000_0000{n}.jsonl" for n in range(1, 5)),
        "part-00001.jsonl",
        *(f"part-00001_0000{n}.jsonl" for n in range(1, 4)),
    ]
    assert list(verify(tmp_path / "out", rules.load())) == []


@pytest.mark.parametrize("format_", ["files", "jsonl.zst", "parquet"])
def test_a_crash_in_a_container_changes_no_other_byte(tmp_path: Path, container: Callable[..., Path], format_: Any) -> None:
    """What is given up is in the middle of the second part."""
    dropped = container("empty", "\n")  # another document that is not published
    poisoned = container("poisoned", "POISON kill")
    for source in (dropped, poisoned):
        clean_folder(Settings(source, tmp_path / f"{source.name}-out", format_), workers=1)
    one, two = (written(tmp_path / f"{source.name}-out", "documents", "ledger", "text") for source in (dropped, poisoned))
    assert one == two
    assert quarantine(tmp_path / "poisoned-out") == {"a.many#5": ("clean", "Crash")}
    with planning.plan(Settings(poisoned, tmp_path / "poisoned-out", format_)) as job:
        assert +job.work == {"unchanged": 2, "again": 1}


def test_workers_killed_by_somebody_else_cost_nothing(tmp_path: Path, notes: Path, container: Callable[..., Path]) -> None:
    """While they read and while they clean, at the start, in the middle, and at the end of a part."""
    source = container("in")
    lines = ["READING kill once", *(f"POISON kill once {n}" for n in range(2, 6))]
    texts = (source / "a.many").read_text().split("---\n")
    (source / "a.many").write_text(
        "---\n".join([*(f"{line}\n\n{text}" for line, text in zip(lines, texts, strict=False)), *texts])
    )
    clean_folder(Settings(source, tmp_path / "killed"), workers=1)
    assert len(processes(notes)) == 1 + len(lines)
    clean_folder(Settings(source, tmp_path / "undisturbed"), workers=1)
    assert len(processes(notes)) == 1 + len(lines) + 1
    assert written(tmp_path / "killed") == written(tmp_path / "undisturbed")
    assert quarantine(tmp_path / "killed") == {}


def test_what_is_left_out_is_not_held(tmp_path: Path) -> None:
    """Documents are read ahead for the line model; these have 300 MB together."""
    (tmp_path / "in").mkdir()
    members = [(f"{number}.dat", b"\x89PNG\r\n\x1a\n" + bytes(10_000_000)) for number in range(30)]
    (tmp_path / "in" / "a.tar.zst").write_bytes(COMPRESSIONS[".zst"](tar(members)))
    clean_folder(Settings(tmp_path / "in", tmp_path / "out", memory=256), workers=1)
    assert set(quarantine(tmp_path / "out").values()) == {("decode", "Binary")}


@pytest.mark.parametrize(("line", "type_"), [("READING kill", "Crash"), ("ERROR", "ZeroDivisionError")])
def test_a_reader_that_breaks_costs_the_rest_of_its_file(
    tmp_path: Path, container: Callable[..., Path], line: str, type_: str
) -> None:
    clean_folder(Settings(container("in", line), tmp_path / "out"), workers=1)
    ids = [record["id"] for record in Output(tmp_path / "out").read("documents")]
    assert ids == [*(f"a.many#{n}" for n in range(5)), "b.txt", *(f"c.many#{n}" for n in range(12))]
    assert quarantine(tmp_path / "out") == {"a.many#rest": ("read", type_)}
    [record] = Output(tmp_path / "out").read("quarantine")
    assert record["error"]["message"].endswith("this is all that follows document 5")
    assert list(verify(tmp_path / "out", rules.load())) == []


@pytest.mark.usefixtures("notes")
def test_a_slow_disk_costs_no_document(tmp_path: Path, without: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(poison.SYNC, "linger")
    clean_folder(Settings(dumps(tmp_path / "in"), tmp_path / "out", timeout=1), workers=1)
    assert written(tmp_path / "out") == written(without)


@pytest.mark.usefixtures("notes")
def test_a_death_between_two_steps_is_no_document_s_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(poison.SYNC, "kill")
    with pytest.raises(workers.WorkerError, match="where nothing can be left out"):
        clean_folder(Settings(dumps(tmp_path / "in"), tmp_path / "out"), workers=1)


def fail(_watch: Watch, *_: Any) -> None:
    raise OSError(28, "No space left on device")


class OddError(Exception):
    """One that cannot be made again from what it says of itself."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(one + two)


def fail_oddly(_watch: Watch) -> None:
    raise OddError("o", "dd")


def die_first(_watch: Watch) -> None:
    os._exit(1)


def die_in_spite(watch: Watch) -> None:
    """Die at a step, even when that was given up."""
    watch.begin(7, 0)
    os._exit(1)


def test_a_full_disk_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(run, "clean_shard", fail)
    assert cli.main(["clean", str(dumps(tmp_path / "in")), str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err == "copydesk: the run broke off: [Errno 28] No space left on device\n"
    assert not (tmp_path / "out" / "documents").exists()


def test_an_error_of_the_work_itself_is_raised() -> None:
    with Crew(1, Limits(10, 2048)) as crew:
        with pytest.raises(OSError, match="No space left") as error:
            crew.do(fail)
        assert "in fail" in error.value.__notes__[0]
        with pytest.raises(RuntimeError, match="OddError: odd"):
            crew.do(fail_oddly)
        with pytest.raises(workers.WorkerError, match="exited with status 1"):
            crew.do(die_first)
        with pytest.raises(workers.WorkerError, match="where nothing can be left out: the worker process exited with status 1"):
            crew.do(die_in_spite)


def start(notes: Path, deed: str, *options: str, each: int = 2) -> "subprocess.Popen[str]":
    """The command, as a process of its own, whose two workers are at work on poison, so many documents each."""
    source = notes.parent / "in"
    source.mkdir()
    for number in range(2 * each):
        (source / f"{number:03}.txt").write_text(f"POISON {deed}")
    code = (
        "import sys; from cleaners import cli, planning, run; from tests import poison\n"
        f"planning._SHARD_DOCUMENTS, run.clean_shard = {each}, poison.clean_shard\n"
        "sys.exit(cli.main())"
    )
    command = [sys.executable, "-c", code, "clean", str(source), str(notes.parent / "out"), "--workers", "2", *options]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: len(processes(notes)) == 2, 20)
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_does_not_wait_for_its_workers(notes: Path, number: signal.Signals) -> None:
    process = start(notes, "hang")
    process.send_signal(number)
    _, complaint = process.communicate(timeout=60)  # what it cleans would take years
    assert process.returncode == 130
    assert complaint == (
        "copydesk: stopped. Nothing was published; an earlier result is as it was. The same command goes on where this one stopped.\n"
    )
    assert not any(map(is_alive, processes(notes)))
    assert {path.name for path in (notes.parent / "out").iterdir()} == {publish.FOLDER}


@pytest.mark.parametrize(("deed", "options", "each"), [("hang", ("--timeout", "2"), 2), ("doze", (), 300)])
def test_workers_end_when_their_parent_is_gone(notes: Path, deed: str, options: tuple[str, ...], each: int) -> None:
    """At their next step, or when the time for this one is over; what they have to do would take years, or five minutes."""
    process = start(notes, deed, *options, each=each)
    process.kill()
    process.communicate(timeout=60)  # their ends of the pipes, too, are closed
    wait_for(lambda: not any(map(is_alive, processes(notes))), 60)
    assert len(processes(notes)) == 2
