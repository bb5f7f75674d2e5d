"""The flow `clean-folder`, as a function, as a flow, and as a command with no server standing by."""

import logging
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
import pytest

from cleaners import planning, run, shards
from cleaners.balance import Balance, TooMuchError
from cleaners.settings import InputError, OutputError, Settings
from cleaners.workers import Crew, StoppedError, WorkerError
from tests.conftest import DUMPS, ROOT, balance, wait_for, written


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """What Prefect keeps as the log of flow runs and task runs."""
    import_module("flows.clean")  # with it Prefect, which sets up its loggers anew
    loggers = [logging.getLogger(name) for name in ("prefect.flow_runs", "prefect.task_runs")]
    for logger in loggers:
        logger.addHandler(caplog.handler)
    yield caplog
    for logger in loggers:
        logger.removeHandler(caplog.handler)


def command(*arguments: str | Path, python: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, *python, "-m", "flows.clean", *map(str, arguments)]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=180, check=False)


def test_help_does_not_wait_for_prefect():
    answer = command("--help", python=("-X", "importtime"))
    assert answer.returncode == 0
    assert "IN OUT" in answer.stdout
    assert "argparse" in answer.stderr
    assert "prefect" not in answer.stderr


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("dumps", "out", "--workers", "0"), "--workers is 0"),
        (("dumps", "out", "--dask", "host:8786"), "--dask is host:8786"),
        (("dumps", "out", "--dask", "http://host:8786"), "--dask is http://host:8786"),
        (("nowhere", "out"), "nowhere"),
        (("dumps", "out\udcff"), "out"),
        (("empty", "out"), "empty"),
        (("dumps", "dumps/out"), "out"),
        (("dumps", "full"), "full"),
    ],
)
def test_bad_input_is_one_sentence(dumps: Path, arguments: tuple[str, ...], complaint: str):
    root = dumps.parent
    (root / "empty").mkdir()
    (root / "full").mkdir()
    (root / "full" / "diary.txt").write_text("not ours", encoding="utf-8")
    before = sorted(root.rglob("*"))
    answer = command(root / arguments[0], root / arguments[1], *arguments[2:], python=("-X", "importtime"))
    said = [line for line in answer.stderr.splitlines() if not line.startswith(("import time:", "usage:", " "))]
    assert answer.returncode == 2
    assert len(said) == 1
    assert complaint in said[0]
    assert "| prefect" not in answer.stderr
    assert sorted(root.rglob("*")) == before


def test_command_needs_no_server(dumps: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "fresh"))
    answer = command(dumps, tmp_path / "out")
    assert answer.returncode == 0, answer.stderr
    assert balance(tmp_path / "out")["documents"] == {"in": 3, "published": 3, "dropped": 0, "quarantined": 0}
    assert "published" in answer.stdout
    assert f"\n\nWritten to {tmp_path / 'out'}: documents/" in answer.stdout
    texts = tmp_path / "out" / "text"
    assert {path.relative_to(texts).as_posix() for path in texts.rglob("*.txt")} == set(DUMPS)


def test_a_server_that_does_not_answer_is_a_sentence(dumps: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")  # nothing listens there
    answer = command(dumps, tmp_path / "out")
    assert answer.returncode == 2
    assert answer.stderr.startswith("Prefect's server cannot be used: Failed to reach API at http://127.0.0.1:9/api")
    assert len(answer.stderr.splitlines()) == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_run_and_its_temporary_server(
    dumps: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
):
    """SIGINT as from a terminal, to the server as well."""
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    line = [sys.executable, "-m", "flows.clean", str(dumps), str(tmp_path / "out")]
    pipe = subprocess.PIPE
    with subprocess.Popen(line, cwd=ROOT, stdout=pipe, stderr=pipe, text=True, start_new_session=True) as process:
        wait_for(lambda: (tmp_path / "out" / ".copydesk").exists() or process.poll() is not None, 120)
        (os.killpg if number == signal.SIGINT else os.kill)(process.pid, number)
        _, said = process.communicate(timeout=20)
    if process.returncode == 0:
        pytest.skip("the run was faster than the signal")
    assert process.returncode == 130, said
    assert "The same command goes on where this one stopped." in said
    with pytest.raises(ProcessLookupError):  # nobody of the session is left
        os.killpg(process.pid, 0)


def test_a_task_cleans_one_shard(dumps: Path, tmp_path: Path):
    from prefect.logging import disable_run_logger

    from flows.clean import clean_shard

    with planning.plan(Settings(dumps, tmp_path / "out")) as job:
        _, crew = run.crew(job, 1)
        with disable_run_logger(), crew:
            [shard] = job.shards
            reports = [clean_shard.fn(shard.number, lambda: crew.do(shards.clean_shard, job.settings, shard))]
        run.finish(job, reports)
    assert balance(tmp_path / "out")["documents"]["published"] == 3


@pytest.mark.usefixtures("prefect_server")
def test_flow_writes_what_the_library_writes(dumps: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from prefect.artifacts import Artifact

    from flows.clean import clean_folder, tables

    monkeypatch.setattr(planning, "_SHARD_DOCUMENTS", 1)
    total = run.clean_folder(Settings(dumps, tmp_path / "library"), workers=1)
    one = clean_folder(str(dumps), str(tmp_path / "one"), return_state=True)
    two = clean_folder(str(dumps), str(tmp_path / "two"), workers=2, return_state=True)

    assert one.is_completed()
    assert two.is_completed()
    assert written(tmp_path / "library") == written(tmp_path / "one") == written(tmp_path / "two")
    assert len(list((tmp_path / "two" / "documents").iterdir())) == len(DUMPS)
    assert balance(tmp_path / "two")["run"]["workers"] == 2
    assert balance(tmp_path / "two")["run"]["prefect_flow_run_id"] == str(two.state_details.flow_run_id)
    artifact: Any = Artifact.get("clean-folder")
    assert artifact.data == tables(total)


@pytest.mark.usefixtures("prefect_server")
def test_flow_fails_where_the_library_fails_and_says_why_without_a_traceback(tmp_path: Path, logged: pytest.LogCaptureFixture):
    from flows.clean import clean_folder

    with pytest.raises(InputError, match="nowhere"):
        clean_folder(str(tmp_path / "nowhere" / "*.txt"), str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()
    assert any("cannot be read" in line.getMessage() for line in logged.records)
    assert not any(line.exc_info for line in logged.records)


@pytest.mark.usefixtures("prefect_server")
@pytest.mark.parametrize(
    "error", [OutputError("the disk is full"), WorkerError("no process can be had"), StoppedError()], ids=repr
)
def test_a_shard_that_fails_says_why_without_a_traceback(
    dumps: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, logged: pytest.LogCaptureFixture, error: Exception
):
    from flows.clean import clean_folder

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(Crew, "do", fail)
    with pytest.raises(type(error)):
        clean_folder(str(dumps), str(tmp_path / "out"), workers=1)
    said = [line for line in logged.records if type(error).__name__ in line.getMessage()]
    assert {line.name for line in said} == {"prefect.flow_runs", "prefect.task_runs"}
    assert not any(line.exc_info for line in logged.records)


@pytest.mark.usefixtures("prefect_server")
def test_a_server_that_does_not_take_the_tables_fails_no_run(dumps: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from flows import clean

    def refuse(*_: object, **__: object) -> None:
        raise httpx.ConnectError("refused")

    monkeypatch.setattr(clean, "create_markdown_artifact", refuse)
    assert clean.clean_folder(str(dumps), str(tmp_path / "out"), workers=1, return_state=True).is_completed()
    assert balance(tmp_path / "out")["documents"]["published"] == len(DUMPS)


@pytest.mark.usefixtures("prefect_server")
def test_dask_that_is_not_there_is_a_sentence(dumps: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from flows.clean import clean_folder

    monkeypatch.setitem(sys.modules, "prefect_dask.task_runners", None)
    with pytest.raises(InputError, match=r"pip install -e '\.\[dask\]'"):
        clean_folder(str(dumps), str(tmp_path / "out"), dask="tcp://127.0.0.1:1")
    assert not (tmp_path / "out" / "run.json").exists()


def test_a_slow_shard_holds_nobody_up_and_no_more_are_submitted_than_may_be():
    from flows.clean import _cleaned

    slow: Future[Balance] = Future()
    submitted: list[int] = []

    def submit(number: Any) -> Any:
        submitted.append(number)
        future: Future[Balance] = slow if number == 0 else Future()
        if number:
            future.set_result(Balance(files=number))
        if number == 4:
            slow.set_result(Balance(files=0))
        return future

    todo: Any = range(5)
    balances = _cleaned(todo, submit, lambda: 2)
    for number in (1, 2, 3):
        assert next(balances).files == number
        assert submitted == list(range(number + 1))
    assert [balance.files for balance in balances] == [0, 4]


def test_workers_that_come_are_used_and_those_that_are_gone_are_not_counted(monkeypatch: pytest.MonkeyPatch):
    from flows import clean

    monkeypatch.setattr(clean, "_LOOK", 0.01)
    futures: list[Future[Balance]] = []
    looks = 0

    def submit(number: Any) -> Any:
        futures.append(Future())
        if number == 3:
            futures[number].set_result(Balance(files=number))
        return futures[number]

    def most() -> int:
        """Two workers come while the first is at work; when all have something to do they are gone, and all is done."""
        nonlocal looks
        looks += 1
        if len(futures) < 3:
            return 1 if looks < 5 else 3
        for number, future in enumerate(futures):
            if not future.done():
                future.set_result(Balance(files=number))
        return 1

    todo: Any = range(4)
    balances = clean._cleaned(todo, submit, most)
    for number in range(3):
        assert next(balances).files == number
        assert len(futures) == 3
    assert [balance.files for balance in balances] == [3]


@pytest.mark.usefixtures("prefect_server")
def test_flow_fails_where_too_much_is_in_quarantine(dumps: Path, tmp_path: Path, logged: pytest.LogCaptureFixture):
    from flows.clean import clean_folder

    (dumps / "picture.txt").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")
    clean_folder(str(dumps), str(tmp_path / "out"), max_quarantined=0.25)
    said = "4 in, 3 published, 0 dropped, 1 quarantined. All files were new or changed."
    assert said in [line.getMessage() for line in logged.records if line.name == "prefect.flow_runs"]
    with pytest.raises(TooMuchError, match="1 of 4 documents are in quarantine, more than 20%"):
        clean_folder(str(dumps), str(tmp_path / "out"), max_quarantined=0.2)
    assert balance(tmp_path / "out")["run"]["files"]["unchanged"] == 4


def test_tables_put_the_greatest_cut_first():
    from flows.clean import tables

    text = tables(
        Balance(
            documents=Counter({"in": 1200, "published": 1199, "quarantined": 1}),
            rule_edits=Counter({"share.bar": 2, "comments.form": 1}),
            rule_chars=Counter({"share.bar": 30, "comments.form": 4000}),
        )
    )
    assert "| in | 1,200 |" in text
    assert text.index("| comments.form | 1 | 4,000 |") < text.index("| share.bar | 2 | 30 |")
