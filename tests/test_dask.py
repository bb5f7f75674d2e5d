"""The flow on a Dask cluster: a scheduler and two workers, each a process of its own, as they would be on three machines."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import pytest

from cleaners import elsewhere, planning, run
from cleaners.settings import Settings
from cleaners.shards import DONE
from cleaners.write import Output
from tests import poison
from tests.conftest import ROOT, balance, wait_for, written
from tests.test_deployments import Prefect, answers, free_port
from tests.test_incremental import write

distributed = pytest.importorskip("distributed")
pytest.importorskip("prefect_dask")
psutil = pytest.importorskip("psutil")


# Seconds that a test waits for what must come.  The documents of `many` take 7 s on two cores that are idle, and more than 60 where
# other work leaves a sixth of one.
_PATIENCE = 300


class Cluster(NamedTuple):
    """A scheduler and its workers, and what has another worker join them."""

    address: str
    scheduler: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]]
    join: Callable[[], None]


@contextmanager
def cluster(folder: Path, *, workers: int = 2, **environment: str) -> Iterator[Cluster]:
    """Start a cluster whose logs are in a folder, and let nothing of it stay behind."""
    file = folder / "scheduler.json"
    elsewhere_than_root = folder / "cluster"
    elsewhere_than_root.mkdir()
    env = os.environ | {"PYTHONPATH": str(ROOT)} | environment

    def started(name: str, *arguments: str) -> subprocess.Popen[bytes]:
        line = [sys.executable, "-m", "dask", *arguments, "--scheduler-file", str(file)]
        with (folder / f"{name}.log").open("wb") as log:
            return subprocess.Popen(line, cwd=elsewhere_than_root, env=env, stdout=log, stderr=log)

    with ExitStack() as running:

        def start(name: str, *arguments: str) -> subprocess.Popen[bytes]:
            process = started(name, *arguments)
            running.callback(process.wait)
            running.callback(process.kill)
            return process

        scheduler = start("scheduler", "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        wait_for(file.exists, 30)
        processes: list[subprocess.Popen[bytes]] = []

        def join() -> None:
            name = f"worker-{len(processes)}"
            processes.append(start(name, "worker", "--nthreads", "1", "--no-nanny", "--no-dashboard"))

        for _ in range(workers):
            join()
        with distributed.Client(scheduler_file=str(file), set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=60)
            address = client.scheduler.address
        yield Cluster(address, scheduler, processes, join)


@pytest.fixture
def many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of six documents, each a shard of its own."""
    monkeypatch.setattr(planning, "_SHARD_DOCUMENTS", 1)
    folder = tmp_path / "dumps"
    for n in range(6):
        text = f"Ferry number {n} sails again\n\nFerry number {n} sails again\n\nThe ferry left the harbour at {n} o'clock, as it always did.\n"
        write(folder / f"{n}.txt", text)
    return folder


@pytest.fixture
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Lets documents be poison, and says where the processes that clean them may write their numbers."""
    folder = tmp_path / "notes"
    folder.mkdir()
    monkeypatch.setattr(elsewhere, "clean_shard", poison.clean_elsewhere)
    return folder


def written_here(many: Path, folder: Path) -> dict[str, bytes]:
    """What a run on this machine writes."""
    run.clean_folder(Settings(many, folder / "here"), workers=1)
    return written(folder / "here")


def say(folder: Path, deed: str, *numbers: int):
    """Have documents do something while they are cleaned, see `tests.poison`."""
    for n in numbers:
        path = folder / f"{n}.txt"
        sign = f"\nThe sign on pier {n} says POISON {deed} to this day, and nobody in the town knows why.\n"
        write(path, path.read_text(encoding="utf-8") + sign)


def parts(output: Path) -> dict[str, int]:
    """The inodes of the parts that are published, by name."""
    return {path.name: path.stat().st_ino for path in (output / "documents").iterdir()}


def finished(output: Path) -> set[int]:
    """The inodes of the parts of shards that are done, before they are published."""
    folders = [path.parent for path in (output / ".copydesk").glob(f"staging-*/shards/*/{DONE}")]
    return {part.stat().st_ino for folder in folders if "-" not in folder.name for part in folder.glob("documents/*")}


def children(worker: subprocess.Popen[bytes]) -> list[Any]:
    """The processes in which a worker cleans."""
    return psutil.Process(worker.pid).children()  # type: ignore[no-any-return]


def task_states(flow_run_id: str) -> list[str]:
    """How the tasks of a flow run ended, as the server has it."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId

    with get_client(sync_client=True) as client:
        this = FlowRunFilter(id=FlowRunFilterId(any_=[UUID(flow_run_id)]))
        return [run_.state_type.value for run_ in client.read_task_runs(flow_run_filter=this) if run_.state_type]


@pytest.mark.faults
@pytest.mark.usefixtures("prefect_server")
def test_dask_writes_what_one_machine_writes(many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from flows.clean import clean_folder

    run.clean_folder(Settings(many, tmp_path / "here"), workers=1)
    monkeypatch.chdir(tmp_path)  # where no worker is
    with cluster(tmp_path) as dask:
        state = clean_folder("dumps", "there", dask=dask.address, return_state=True)

    assert state.is_completed()
    assert balance(tmp_path / "there")["run"]["dask"] == dask.address
    assert balance(tmp_path / "there")["run"]["workers"] == 2
    assert written(tmp_path / "here") == written(tmp_path / "there")
    assert sorted(path.name for path in (tmp_path / "there" / ".copydesk").iterdir()) == ["lock", "state.sqlite"]


@pytest.mark.faults
@pytest.mark.usefixtures("prefect_server")
def test_a_killed_worker_costs_its_shard_alone(many: Path, notes: Path, tmp_path: Path):
    from flows.clean import clean_folder

    say(many, "sleep once", 3)
    before: set[int] = set()

    def kill():
        wait_for(lambda: len(finished(tmp_path / "there")) == 5, _PATIENCE)
        before.update(finished(tmp_path / "there"))
        [asleep] = [worker for worker in dask.workers if children(worker)]
        [child] = children(asleep)
        asleep.kill()
        child.kill()  # it would end by itself when its document has had its time

    with cluster(tmp_path, POISON_NOTES=str(notes)) as dask, ThreadPoolExecutor(1) as thread:
        killer = thread.submit(kill)
        clean_folder(str(many), str(tmp_path / "there"), dask=dask.address, timeout=2 * _PATIENCE)
        killer.result()

    assert written(tmp_path / "there") == written_here(many, tmp_path)
    assert before < set(parts(tmp_path / "there").values())
    assert len(list(notes.glob("pid-*"))) == 7  # a process for each shard, and one once more
    wait_for(lambda: task_states(balance(tmp_path / "there")["run"]["prefect_flow_run_id"]) == ["COMPLETED"] * 6, 30)


@pytest.mark.faults
@pytest.mark.usefixtures("prefect_server")
def test_workers_that_join_later_are_used(many: Path, notes: Path, tmp_path: Path):
    from flows.clean import clean_folder

    say(many, "sleep once", 1, 3, 5)

    def asleep() -> int:
        return len(list(notes.glob("done-*")))

    def join():
        wait_for(lambda: asleep() == 1, _PATIENCE)  # the only worker, which would never come to anything else
        dask.join()
        dask.join()
        wait_for(lambda: asleep() == 3, _PATIENCE)
        for worker in dask.workers:
            [child] = children(worker)
            child.kill()

    with cluster(tmp_path, workers=1, POISON_NOTES=str(notes)) as dask, ThreadPoolExecutor(1) as thread:
        joiner = thread.submit(join)
        clean_folder(str(many), str(tmp_path / "there"), dask=dask.address, timeout=2 * _PATIENCE)
        joiner.result()

    assert written(tmp_path / "there") == written_here(many, tmp_path)


@pytest.mark.faults
@pytest.mark.usefixtures("prefect_server")
def test_a_worker_that_only_seemed_dead_disturbs_nobody(many: Path, notes: Path, tmp_path: Path):
    from flows.clean import clean_folder

    say(many, "doze", *range(6))

    def stop_and_go():
        wait_for(lambda: bool(finished(tmp_path / "there") and children(dask.workers[0])), _PATIENCE)
        dask.workers[0].send_signal(signal.SIGSTOP)
        wait_for(lambda: len(list(notes.iterdir())) == 7, 120)  # another worker has begun the same shard
        dask.workers[0].send_signal(signal.SIGCONT)

    with (
        # Longer than a worker is deaf on a busy machine, while it imports Prefect; in the tests, none that is given up comes again.
        cluster(tmp_path, POISON_NOTES=str(notes), DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL="20s") as dask,
        ThreadPoolExecutor(1) as thread,
    ):
        stopper = thread.submit(stop_and_go)
        clean_folder(str(many), str(tmp_path / "there"), dask=dask.address)
        stopper.result()
        time.sleep(2)  # what the worker is still at would do its harm now

    assert written(tmp_path / "there") == written_here(many, tmp_path)


@pytest.mark.faults
@pytest.mark.usefixtures("prefect_server", "notes")
def test_a_run_whose_scheduler_died_is_finished_by_the_next(many: Path, tmp_path: Path):
    from flows.clean import clean_folder

    say(many, "doze", *range(6))
    before: set[int] = set()

    def kill():
        wait_for(lambda: len(finished(tmp_path / "there")) >= 2, _PATIENCE)
        dask.scheduler.kill()
        dask.scheduler.wait()
        for worker in dask.workers:  # they look for it for some time
            worker.kill()
            worker.wait()
        before.update(finished(tmp_path / "there"))

    (tmp_path / "first").mkdir()
    with cluster(tmp_path / "first") as dask, ThreadPoolExecutor(1) as thread:
        killer = thread.submit(kill)
        state = clean_folder(str(many), str(tmp_path / "there"), dask=dask.address, return_state=True)
        killer.result()
    assert not state.is_completed()
    assert not (tmp_path / "there" / "run.json").exists()

    (tmp_path / "second").mkdir()
    with cluster(tmp_path / "second") as dask:
        total = clean_folder(str(many), str(tmp_path / "there"), dask=dask.address)
    assert total.work["resumed"] == len(before) >= 2
    assert before <= set(parts(tmp_path / "there").values())
    assert written(tmp_path / "there") == written_here(many, tmp_path)


@pytest.mark.faults
@pytest.mark.usefixtures("prefect_server", "notes")
def test_a_document_that_hangs_goes_to_quarantine(many: Path, tmp_path: Path):
    from flows.clean import clean_folder

    say(many, "hang", 1)
    say(many, "segfault", 4)
    with cluster(tmp_path) as dask:
        total = clean_folder(str(many), str(tmp_path / "there"), dask=dask.address, timeout=2)
    assert total.documents == {"in": 6, "published": 4, "dropped": 0, "quarantined": 2}
    errors = {record["id"]: record["error"]["type"] for record in Output(tmp_path / "there").read("quarantine")}
    assert errors == {"1.txt": "Timeout", "4.txt": "Crash"}


@pytest.mark.faults
@pytest.mark.usefixtures("prefect_server")
def test_an_address_is_read_by_the_workers(many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from flows.clean import clean_folder

    pytest.importorskip("s3fs")
    server = pytest.importorskip("moto.server").ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    client = pytest.importorskip("boto3").client("s3", region_name="us-east-1")
    client.create_bucket(Bucket="archive")
    for path in many.iterdir():
        client.put_object(Bucket="archive", Key=f"dumps/{path.name}", Body=path.read_bytes())
    with cluster(tmp_path) as dask:
        total = clean_folder("s3://archive/dumps", str(tmp_path / "there"), dask=dask.address)
    run.clean_folder(Settings("s3://archive/dumps", tmp_path / "here"), workers=1)
    server.stop()
    assert total.documents["published"] == 6
    assert written(tmp_path / "here") == written(tmp_path / "there")


@pytest.mark.faults
def test_the_commands_of_the_document(dumps: Path, tmp_path: Path):
    """All of docs/scale.md but the installation, as they stand there."""
    clone, shared = tmp_path / "clone", tmp_path / "shared"
    shutil.copytree(ROOT / "flows", clone / "flows")
    shutil.copytree(ROOT / "cleaners", clone / "cleaners")
    for name in ("pyproject.toml", "prefect.yaml"):
        shutil.copy(ROOT / name, clone)
    shared.mkdir()
    dumps.rename(shared / "dumps")
    run.clean_folder(Settings(shared / "dumps", tmp_path / "here"), workers=1)
    ports = [free_port(), free_port()]
    here = {
        "head:": "127.0.0.1:",
        "0.0.0.0": "127.0.0.1",
        "4200": ports[0],
        "8786": ports[1],
        "/shared": str(shared),
        "nthreads 16": "nthreads 2",
    }
    document = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
    commands = [line.strip() for line in document.splitlines() if re.match("    (export|prefect|dask|python) ", line)]
    assert len(commands) == 9
    environment = {"PREFECT_HOME": str(tmp_path / "home"), "PYTHONPATH": str(clone)}
    api = f"http://127.0.0.1:{ports[0]}/api"
    outputs = []

    with ExitStack() as running:
        for command in commands:
            module, *arguments = shlex.split(re.sub("|".join(here), lambda word: here[word[0]], command))
            prefect = Prefect(clone, environment, tmp_path / "log")
            if module == "export":
                name, _, value = arguments[0].partition("=")
                environment[name] = value
            elif "start" in arguments or module == "dask":
                running.enter_context(prefect.started(*arguments, module=module))
                if "server" in arguments:
                    wait_for(lambda: answers(f"{api}/health"), 120)
                elif "worker" in arguments and module == "dask":
                    with distributed.Client(f"tcp://127.0.0.1:{ports[1]}", set_as_default=False, timeout=60) as client:
                        client.wait_for_workers(1, timeout=60)
            elif module == "python":
                prefect.does(*arguments[2:], module=arguments[1])
                outputs.append(written(shared / "clean"))
                shutil.rmtree(shared / "clean")
            else:
                prefect.does(*arguments)
        outputs.append(written(shared / "clean"))

    assert outputs == [written(tmp_path / "here")] * 2
