"""Runs that are killed, or find the disk full, anywhere: the next run makes of it what an undisturbed run would have made.

`make test-faults` tries every point; the tests that run always try some.
"""

import gc
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from cleaners import planning, publish, rules, shards
from cleaners.settings import OutputError, Settings
from cleaners.verify import verify
from cleaners.workers import Watch
from cleaners.write import Format, Output
from tests.conftest import ROOT, wait_for, written
from tests.faults import Fault, Faults, in_child, points, remains
from tests.test_incremental import ARTICLE, here, lines, write

pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "_SHARD_DOCUMENTS", 5)
    monkeypatch.setattr(shards, "_PART_BYTES", 4000)


def make(source: Path) -> None:
    for number in range(8):
        write(source / f"{'ab'[number % 2]}/{number:02}.txt", ARTICLE.format(number, number))
    write(source / "a/empty.txt", "")
    write(source / "picture.txt", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")
    write(source / "many.jsonl", lines(*range(6)))


def alter(source: Path) -> None:
    write(source / "a/035.txt", ARTICLE.format("new", "new"))
    write(source / "b/03.txt", ARTICLE.format("another", "another"))
    write(source / "b/05.txt", " ")
    (source / "a/04.txt").unlink()
    (source / "b/07.txt").rename(source / "b/zz.txt")
    write(source / "many.jsonl", lines(*range(3, 11)))


def is_sound(output: Path, *results: dict[str, bytes]) -> bool:
    """What a reader may rely on at any moment: documents/ and ledger/ are of one run, and with run.json everything is.

    Args:
        output: a folder.
        results: what it may hold.
    """
    if (output / "run.json").exists():
        return written(output) in results
    if (output / "documents").exists() and (output / "ledger").exists():
        ids = [[record["id"] for record in Output(output).read(kind)] for kind in ("documents", "ledger")]
        return ids[0] == ids[1]
    return True


class Case:
    """A run to disturb: its input, what stands in the output before, and what an undisturbed run makes of it."""

    def __init__(self, folder: Path, format_: Format, *, is_first: bool) -> None:
        self.folder, self.format = folder, format_
        self.source, self.before, self.output = folder / "in", folder / "before", folder / "out"
        make(self.source)
        if not is_first:
            here(Settings(self.source, self.before, format_, cut="off"))
            alter(self.source)
        here(Settings(self.source, folder / "full", format_, cut="off"))
        self.had, self.wanted = written(self.before), written(folder / "full")
        assert list(verify(folder / "full", rules.load())) == []
        self.restore()
        self.points = points(self.run, self.output)

    def restore(self) -> None:
        shutil.rmtree(self.output, ignore_errors=True)
        if self.before.exists():
            shutil.copytree(self.before, self.output)

    def run(self) -> None:
        here(Settings(self.source, self.output, self.format, cut="off"))

    def disturbed(self, fault: Fault, at: int, monkeypatch: pytest.MonkeyPatch) -> None:
        """One run with a fault, and another that goes on."""
        self.restore()
        said = in_child(self.run, Faults(at, fault, self.output))
        if said == "":  # all that it could not do was to tidy up
            assert fault == "full"
            assert written(self.output) == self.wanted
        elif fault == "full":
            assert said.startswith("OutputError: "), said
            assert "No space left" in said
        else:
            assert said == "killed", said
        self.taken_up(fault, monkeypatch)

    def taken_up(self, fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
        """A run that goes on with what a fault has left."""
        assert is_sound(self.output, self.had, self.wanted)
        with monkeypatch.context() as patch:
            if fault == "power":  # the machine was started again
                patch.setattr(planning, "_BOOT", ROOT / "pyproject.toml")
            self.run()
        assert written(self.output) == self.wanted
        assert sorted(path.name for path in (self.output / publish.FOLDER).iterdir()) == ["lock", "state.sqlite"]

    def full_everywhere(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A run that finds the disk full, at one point after the other, and each time another that does not."""
        faults = Faults(sys.maxsize, "full", self.output)
        faults.install()
        for at in range(1, self.points + 1):
            self.restore()
            faults.count, faults.at = 0, at
            try:
                self.run()
            except OutputError as error:
                assert "No space left" in str(error)  # noqa: PT017
            else:  # all that it could not do was to tidy up
                assert written(self.output) == self.wanted
            faults.at = sys.maxsize
            self.taken_up("full", monkeypatch)


@pytest.fixture(scope="module", params=[("files", True), ("files", False), ("parquet", False)], ids=lambda p: f"{p[0]}-{p[1]}")
def case(request: pytest.FixtureRequest) -> Iterator[Case]:
    in_memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory(dir=in_memory) as folder:
        patch.setattr(planning, "_SHARD_DOCUMENTS", 5)
        patch.setattr(shards, "_PART_BYTES", 4000)
        patch.setattr(os, "fsync", lambda _file: None)
        patch.setattr(gc, "get_freeze_count", lambda: 1)  # it takes as long as cleaning a document
        format_, is_first = request.param
        yield Case(Path(folder), format_, is_first=is_first)


SEED = os.environ.get("FAULTS_SEED", "")  # another one kills at other moments
FAULTS: tuple[Fault, ...] = ("kill", "power", "full")


@pytest.mark.parametrize("fault", FAULTS)
def test_some_points(case: Case, fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    assert case.points > 60
    for at in random.Random(fault).sample(range(1, case.points + 1), 3):
        case.disturbed(fault, at, monkeypatch)


@pytest.mark.faults
@pytest.mark.parametrize("fault", ["kill", "power"])
def test_every_point(case: Case, fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    case.restore()
    left = remains(case.run, fault, case.output, case.folder / f"left-{fault}")
    assert written(case.output) == case.wanted
    assert len(left) > 60
    for one in left:
        shutil.rmtree(case.output)
        one.rename(case.output)
        case.taken_up(fault, monkeypatch)


@pytest.mark.faults
def test_a_disk_that_is_full_at_every_point(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    assert in_child(lambda: case.full_everywhere(monkeypatch)) == ""


def command(source: Path, output: Path, *options: str) -> "subprocess.Popen[str]":
    """The command as a process of its own, with two workers, several shards and large parts."""
    code = "import sys; from cleaners import cli, planning; planning._SHARD_DOCUMENTS = 20; sys.exit(cli.main())"
    line = [sys.executable, "-c", code, "clean", str(source), str(output), "--workers", "2", *options]
    return subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def children(process: "subprocess.Popen[str]") -> list[int]:
    try:
        tasks = list(Path(f"/proc/{process.pid}/task").iterdir())
        return [int(pid) for task in tasks for pid in (task / "children").read_text().split()]
    except OSError:  # it is gone
        return []


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an input that takes about a second, and what becomes of it."""
    folder = tmp_path_factory.mktemp("many")
    for number in range(200):
        write(folder / "in" / f"{number % 7}/{number:03}.txt", ARTICLE.format(number, number) * 10)
    process = command(folder / "in", folder / "full")
    assert process.wait(60) == 0
    return folder


def wait_for_some(process: "subprocess.Popen[str]", output: Path, chance: random.Random) -> None:
    """Wait until a run is somewhere: it may be just starting, or have done some of its ten shards, or be about to publish."""
    shards_done = chance.randrange(-3, 11)
    while process.poll() is None and shards_done > len(list(output.glob(".copydesk/staging-*/shards/*/done.json"))):
        time.sleep(0.01)
    time.sleep(chance.uniform(0, 0.7 if shards_done <= 0 else 0.05))


def kill_somewhere(many: Path, output: Path, chance: random.Random, whom: str, times: int) -> None:
    """Kill a run or its workers some times, and let it come to its end."""
    for _ in range(times):
        process = command(many / "in", output)
        wait_for_some(process, output, chance)
        workers = children(process)
        if whom != "run" and workers:
            os.kill(chance.choice(workers), signal.SIGKILL)
        if whom != "worker":
            process.kill()
        _, said = process.communicate(timeout=60)
        assert is_sound(output, written(many / "full"))
        if process.returncode == 0:
            return
        assert process.returncode == -signal.SIGKILL, said
    process = command(many / "in", output)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said


@pytest.mark.skipif(sys.platform != "linux", reason="finds the workers in /proc")
@pytest.mark.parametrize("whom", ["run", "worker", "both"])
def test_killed_at_any_time(many: Path, tmp_path: Path, whom: str) -> None:
    kill_somewhere(many, tmp_path / "out", random.Random(whom), whom, times=2)
    assert written(tmp_path / "out") == written(many / "full")


@pytest.mark.faults
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("whom", ["run", "worker", "both"])
def test_killed_at_many_times(many: Path, tmp_path: Path, whom: str, seed: int) -> None:
    kill_somewhere(many, tmp_path / "out", random.Random(f"{whom}{seed}{SEED}"), whom, times=4)
    assert written(tmp_path / "out") == written(many / "full")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_and_taken_up_again(many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals) -> None:
    """What was done is not done again."""
    monkeypatch.setattr(planning, "_SHARD_DOCUMENTS", 20)  # as in `command`
    output = tmp_path / "out"
    process = command(many / "in", output)
    wait_for(lambda: list(output.glob(".copydesk/staging-*/shards/*/done.json")), 30)
    process.send_signal(number)
    _, said = process.communicate(timeout=10)
    done = {path.parent.name for path in output.glob(".copydesk/staging-*/shards/*/done.json")}
    if process.returncode == 0:
        pytest.skip("the run was faster than the signal")
    assert process.returncode == 130
    assert said.endswith("The same command goes on where this one stopped.\n")
    with planning.plan(Settings(many / "in", output)) as job:
        assert {shard.key for shard in job.staged} == done
    process = command(many / "in", output)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert written(output) == written(many / "full")


def test_a_run_with_nothing_to_do_leaves_a_balance_whatever_happens(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "in", tmp_path / "out", cut="off")
    make(settings.input)  # type: ignore[arg-type]  # a path
    here(settings)
    for one in remains(lambda: here(settings), "power", settings.output, tmp_path / "left"):
        assert json.loads((one / "run.json").read_bytes())["documents"]["in"] == 16


def test_shards_that_are_done_are_not_done_again(tmp_path: Path) -> None:
    make(tmp_path / "in")
    with planning.plan(Settings(tmp_path / "in", tmp_path / "out")) as job:
        assert len(job.shards) > 2
        for shard in job.shards[:2]:
            shards.clean_shard(Watch(), job.settings, shard)
        first = job.shards
    with planning.plan(Settings(tmp_path / "in", tmp_path / "out")) as job:
        assert [shard.key for shard in job.staged] == [shard.key for shard in first[:2]]
        assert [shard.key for shard in job.shards] == [shard.key for shard in first[2:]]
    write(tmp_path / "in" / first[0].documents[0].id, ARTICLE.format("changed", "meanwhile"))
    with planning.plan(Settings(tmp_path / "in", tmp_path / "out")) as job:
        assert [shard.key for shard in job.staged] == [first[1].key]
    total = here(Settings(tmp_path / "in", tmp_path / "out"))
    assert total.work == {"new": 11, "resumed": len(first[1].documents)}
    here(Settings(tmp_path / "in", tmp_path / "full"))
    assert written(tmp_path / "out") == written(tmp_path / "full")


@pytest.mark.parametrize("most", [0, 3_000, 30_000])
def test_a_file_may_not_become_as_large(many: Path, tmp_path: Path, most: int) -> None:
    """A limit of the system, which workers and SQLite meet in the middle of a write."""
    line = [sys.executable, "-m", "cleaners", "clean", str(many / "in"), str(tmp_path / "out")]
    limited = subprocess.run(
        line,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)),
    )
    assert limited.returncode == 1
    assert " cannot be written: " in limited.stderr
    assert limited.stderr.count("\n") == 1
    assert subprocess.run(line, cwd=ROOT, capture_output=True, check=False).returncode == 0
    assert list(verify(tmp_path / "out", rules.load())) == []


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """A disk of its own, which may be made larger."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "disk", folder], capture_output=True, check=False).returncode:
        pytest.skip("to mount a disk takes the rights of root")

    def resized(size: str) -> Path:
        subprocess.run(["mount", "-o", f"remount,size={size}", folder], check=True)
        return folder / "out"

    yield resized
    subprocess.run(["umount", folder], check=True)


@pytest.mark.faults
@pytest.mark.skipif(sys.platform != "linux", reason="mounts a disk in memory")
def test_a_disk_that_is_really_full(many: Path, disk: Callable[[str], Path]) -> None:
    """First it is far too small, then less so, at last large enough; the texts alone have 120 KB."""
    for size in ("4k", "16k", "64k", "300k", "800k"):
        process = command(many / "in", disk(size), "--format", "files")
        _, said = process.communicate(timeout=60)
        assert process.returncode == 1, size
        assert " cannot be written: " in said
        assert said.count("\n") == 1, said
    output = disk("100m")
    assert command(many / "in", output).wait(60) == 0
    assert written(output) == written(many / "full")


def test_a_dead_run_holds_no_lock(many: Path, tmp_path: Path) -> None:
    process = command(many / "in", tmp_path / "out")
    wait_for((tmp_path / "out/.copydesk/lock").exists, 30)
    second = command(many / "in", tmp_path / "out")
    _, said = second.communicate(timeout=30)
    assert second.returncode == 2
    assert f"is being written by another run (process {process.pid} on " in said
    process.kill()
    process.communicate(timeout=10)
    third = command(many / "in", tmp_path / "out")
    assert third.wait(60) == 0
    assert written(tmp_path / "out") == written(many / "full")
