"""What a hundred million documents would take: the figures of docs/scale.md.

usage: python -m benchmarks.scale speed DUMPS.jsonl.gz PAGES.jsonl.gz
       python -m benchmarks.scale processes DUMPS.jsonl.gz [--gb 2] [--workers 1 2]
       python -m benchmarks.scale plan [--files 10000000]
       python -m benchmarks.scale tasks [--shards 5000]

`speed` cleans each kind of document in a process of its own, and counts its CPU time: what others do on the machine
hardly matters.  `processes` cleans a corpus with so many processes at a time, and needs a machine that has nothing else to do.
`plan` plans a run over files that are not there, and another behind it.  `tasks` has tiny shards cleaned by a Prefect
server, a Dask scheduler and two workers that it starts, and looks at their memory.  A worker does them in
its own process, to measure what Prefect and Dask take; a real one starts a process for each shard.
"""

import argparse
import json
import multiprocessing
import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.dumps import rows
from benchmarks.memory import peak
from cleaners import elsewhere, planning, read, run, shards
from cleaners.balance import Balance
from cleaners.planning import Job
from cleaners.settings import Cut, Settings
from cleaners.shards import Shard
from cleaners.state import NewShard
from cleaners.workers import Watch

_ROOT = Path(__file__).parent.parent


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    commands = parser.add_subparsers(required=True, dest="command")
    speed = commands.add_parser("speed")
    speed.add_argument("dumps", type=Path)
    speed.add_argument("pages", type=Path)
    processes = commands.add_parser("processes")
    processes.add_argument("dumps", type=Path)
    processes.add_argument("--gb", type=float, default=2)
    processes.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    plan = commands.add_parser("plan")
    plan.add_argument("--files", type=int, default=10_000_000)
    tasks = commands.add_parser("tasks")
    tasks.add_argument("--shards", type=int, default=5_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="copydesk-scale-") as folder:
        if options.command == "speed":
            _measure_speed(options.dumps, options.pages, Path(folder))
        elif options.command == "processes":
            _measure_processes(options.dumps, int(options.gb * 1e9), options.workers, Path(folder))
        elif options.command == "plan":
            _measure_plan(options.files, Path(folder))
        else:
            _measure_tasks(options.shards, Path(folder))


def _alone(work: Callable[..., Any], *arguments: Any) -> Any:
    """Do something in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, arguments)


# Speed


def _measure_speed(dumps: Path, pages: Path, folder: Path) -> None:
    all_dumps = list(rows(dumps))
    kinds = {
        "column dumps": [{"text": row["dump"]} for row in all_dumps if row["track"] == "column"],
        "page dumps": [{"text": row["dump"]} for row in all_dumps if row["track"] == "page"],
        "HTML pages": [{"html": row["html"], "url": row["url"]} for row in rows(pages)],
    }
    print("| documents | --cut | documents/s | MB in/s | characters/s | out of 1 byte in: documents | ledger | memory, MB |")
    print("|---|---|---:|---:|---:|---:|---:|---:|")
    for kind, documents in kinds.items():
        source = folder / f"{kind}.jsonl"
        source.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in documents), encoding="utf-8")
        for cut in ("off", "cautious"):
            out = folder / f"{kind} {cut}"
            seconds, characters, memory = _alone(_clean, source, out, cut)
            size = source.stat().st_size
            written = {name: sum(path.stat().st_size for path in (out / name).iterdir()) for name in ("documents", "ledger")}
            print(
                f"| {len(documents):,} {kind} | {cut} | {len(documents) / seconds:.0f} | {size / seconds / 1e6:.2f} "
                f"| {characters / seconds:,.0f} | {written['documents'] / size:.2f} | {written['ledger'] / size:.3f} | {memory:.0f} |"
            )


def _clean(source: Path, out: Path, cut: Cut) -> tuple[float, int, float]:
    """Clean a file here: CPU seconds, characters that came in, and the most memory that it took."""
    with planning.plan(Settings(source, out, "jsonl", cut=cut)) as job:
        started = time.process_time()
        balances = [shards.clean_shard(Watch(), job.settings, shard) for shard in job.shards]
        seconds = time.process_time() - started
        total = run.finish(job, balances)
    return seconds, total.chars["base"], peak()


# Processes


def _measure_processes(dumps: Path, size: int, workers: list[int], folder: Path) -> None:
    import psutil

    source, out = folder / "in", folder / "out"
    source.mkdir()
    print(f"{_write_corpus(dumps, size, source):,} documents, {size / 1e9:g} GB")
    for number in workers:
        line: list[str | Path] = [sys.executable, "-m", "cleaners", "clean", source, out, "--force", "--workers", str(number)]
        started = time.perf_counter()
        process = subprocess.Popen(line, cwd=_ROOT, stdout=subprocess.DEVNULL)
        memory: list[int] = []
        while process.poll() is None:
            with suppress(psutil.Error):
                memory.append(
                    max((one.memory_info().rss // 1_000_000 for one in psutil.Process(process.pid).children()), default=0)
                )
            time.sleep(1)
        tenths = ", ".join(str(memory[len(memory) * n // 10]) for n in range(1, 10))
        print(f"{number} processes: {time.perf_counter() - started:.0f} s; the largest had, by tenths of the time, {tenths} MB")


def _write_corpus(dumps: Path, size: int, folder: Path) -> int:
    """Write the dumps again and again, in files of 31 MB; each time other lines hold numbers, since what is known of a line is remembered."""
    chance = random.Random(1)
    texts = [row["dump"] for row in rows(dumps)]
    written = documents = part = 0
    while written < size:
        lines: list[bytes] = []
        end = min(size, written + 31_000_000)
        while written < end:
            text = chance.choice(texts).split("\n")
            for n in range(chance.randrange(3), len(text), 3):
                text[n] = text[n].replace(" ", f" {chance.randrange(10**6)} ", 1) if len(text[n]) > 60 else text[n]
            lines.append(json.dumps({"text": "\n".join(text)}, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n")
            written += len(lines[-1])
        (folder / f"{part:05}.jsonl").write_bytes(b"".join(lines))
        documents, part = documents + len(lines), part + 1
    return documents


# Planning


def _measure_plan(files: int, folder: Path) -> None:
    print(f"files to plan: {files:,}, each of 5,000 bytes")
    for what in (_first_plan, _second_plan):
        _alone(what, files, folder)


def _pretend(files: int, folder: Path) -> Job:
    """An input of so many files, and a plan of a run over it."""
    found = [
        read.Found(name, Path(name), 5000, None, 1) for name in (f"site-{n // 1000:05}/{n % 1000:03}.txt" for n in range(files))
    ]
    print(f"  the list of files takes {peak():,.0f} MB")
    read.find = lambda _root: found  # type: ignore[assignment]
    source = folder / "in"
    source.mkdir(exist_ok=True)
    (source / "a.txt").touch()
    started = time.process_time()
    job = planning.plan(Settings(source, folder / "out", "jsonl"))
    print(
        f"  planned in {time.process_time() - started:.0f} s of CPU: {len(job.shards):,} shards, {job.work}; {peak():,.0f} MB at most"
    )
    return job


def _first_plan(files: int, folder: Path) -> None:
    with _pretend(files, folder) as job:
        started = time.process_time()
        job.state.record(None, job.fingerprint, {}, map(_done, job.shards), [], {})
        print(f"  recorded in {time.process_time() - started:.0f} s of CPU, {peak():,.0f} MB at most")
    print(f"  state.sqlite has {(folder / 'out' / '.copydesk' / 'state.sqlite').stat().st_size / 1e6:,.0f} MB")


def _second_plan(files: int, folder: Path) -> None:
    with _pretend(files, folder):
        pass


def _done(shard: Shard) -> NewShard:
    files = [(one.id, one.size, one.stamp, "0" * 64, 0) for one in shard.documents]
    return NewShard(shard.number, {"files": len(files), "documents": {"published": len(files)}}, {}, files)


# Tasks


def _measure_tasks(count: int, folder: Path) -> None:
    import httpx
    import psutil

    source = folder / "in"
    source.mkdir()
    for n in range(count):
        (source / f"{n:05}.txt").write_text(
            f"Ferry number {n}\n\nFerry number {n}\n\nIt left at noon, as it always did.\n", encoding="utf-8"
        )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    os.environ |= {"PREFECT_HOME": str(folder / "home"), "PREFECT_API_URL": f"http://127.0.0.1:{port}/api"}
    os.environ |= {"PYTHONPATH": str(_ROOT), "PREFECT_LOGGING_LEVEL": "WARNING"}
    scheduler = ("--scheduler-file", str(folder / "scheduler.json"))
    with ExitStack() as running:
        processes = {
            name: running.enter_context(_started(folder / f"{name}.log", *command))
            for name, command in {
                "server": ("prefect", "server", "start", "--host", "127.0.0.1", "--port", port),
                "scheduler": ("dask", "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", *scheduler),
                "worker 1": ("dask", "worker", "--nthreads", "1", "--no-nanny", "--no-dashboard", *scheduler),
                "worker 2": ("dask", "worker", "--nthreads", "1", "--no-nanny", "--no-dashboard", *scheduler),
            }.items()
        }
        import distributed

        with distributed.Client(scheduler_file=scheduler[1], set_as_default=False, timeout=60) as client:
            client.wait_for_workers(2)
            address = client.scheduler.address
        while not _answers(httpx, f"{os.environ['PREFECT_API_URL']}/health"):
            time.sleep(0.5)

        from flows.clean import clean_folder

        planning._SHARD_DOCUMENTS = 1  # noqa: SLF001
        elsewhere.clean_shard = clean_here
        watched = {"flow": psutil.Process()} | {name: psutil.Process(process.pid) for name, process in processes.items()}
        over = threading.Event()
        watcher = threading.Thread(target=_watch, args=(watched, folder / "out", over))
        watcher.start()
        started = time.monotonic()
        clean_folder(str(source), str(folder / "out"), format="jsonl", dask=address)
        over.set()
        watcher.join()
        seconds = time.monotonic() - started
        print(f"{count:,} shards in {seconds:.0f} s, {1000 * seconds / count:.0f} ms each")
        for name, process in watched.items():
            times = process.cpu_times()
            print(f"  {name}: {1000 * (times.user + times.system) / count:.1f} ms of CPU for each shard")
        states = _states(httpx)
        print(f"  the server knows {states} tasks as completed; its database has {_size(folder / 'home') / 1e6:.0f} MB")


@contextmanager
def _started(log: Path, *command: str) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as file:
        process = subprocess.Popen([sys.executable, "-m", *command], cwd=_ROOT, stdout=file, stderr=file)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _answers(httpx: Any, url: str) -> bool:
    try:
        return bool(httpx.get(url).is_success)
    except httpx.TransportError:
        return False


def _states(httpx: Any) -> int:
    query = {"task_runs": {"state": {"type": {"any_": ["COMPLETED"]}}}}
    for _ in range(20):  # the server writes them down a little later
        count = int(httpx.post(f"{os.environ['PREFECT_API_URL']}/task_runs/count", json=query).json())
        time.sleep(1)
    return count


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("prefect.db*"))


def _watch(watched: dict[str, Any], out: Path, over: threading.Event) -> None:
    started = time.monotonic()
    while not over.wait(30):
        done = sum(1 for _ in out.glob(".copydesk/staging-*/shards/*"))
        memory = ", ".join(f"{name} {process.memory_info().rss / 1e6:.0f} MB" for name, process in watched.items())
        print(f"  {time.monotonic() - started:.0f} s: {done:,} shards; {memory}", flush=True)


def clean_here(settings: Settings, planned: str, shard: Shard) -> Balance:
    """As `elsewhere.clean_shard`, in this process."""
    del planned
    balance = shards.clean_shard(Watch(), settings, attempt := replace(shard, key=f"{shard.key}-0"))
    settings.folder(attempt.key).rename(settings.folder(shard.key))
    return balance


if __name__ == "__main__":
    main()
