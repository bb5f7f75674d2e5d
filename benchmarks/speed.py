"""How fast cleaning is, disk to disk, in one process.

usage: python -m benchmarks.speed DUMPS.jsonl.gz [--runs 5] [--track column] [--format jsonl]

Writes the dumps out as files and runs `copydesk clean --workers 1` over all of them and over every second one, as processes of
their own, with the rules alone and with the line model in turn.  Prints medians: of the whole command over all, start-up included, as it is
for the user; and of what the other half takes longer, which is the speed of the text path once the run is under way.  (Copies of
the dumps would not do: what is known of a line is remembered.)  Figures of two versions are only comparable when both were
taken on the same machine, in turn.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.dumps import write_files


def main() -> None:
    """Print the speed."""
    parser = argparse.ArgumentParser(description="Speed of cleaning, disk to disk, one process.")
    parser.add_argument("dumps", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--track", choices=("column", "page"), default="column")
    parser.add_argument("--format", choices=("files", "jsonl"), default="files")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        whole, half, output = Path(folder, "whole"), Path(folder, "half"), Path(folder, "out")
        files, characters = write_files(options.dumps, whole, options.track)
        others = 0
        for number, path in enumerate(sorted(whole.glob("*/*.txt"))):
            if number % 2:
                others += len(path.read_bytes().decode())
            else:
                copy = half / path.relative_to(whole)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, copy)
        seconds: dict[str, list[tuple[float, float]]] = {"off": [], "cautious": []}
        for _ in range(options.runs):
            for cut, taken in seconds.items():
                taken.append((clean(whole, output, cut, options.format), clean(half, output, cut, options.format)))
    print(f"{files:,} files, {characters:,} characters; medians of {options.runs} runs, in million characters/s")
    for cut, taken in seconds.items():
        all_ = statistics.median(one for one, _ in taken)
        further = statistics.median(one - other for one, other in taken)
        print(
            f"--cut {cut:10} whole command {characters / all_ / 1e6:.1f} ({all_:.2f} s), under way {others / further / 1e6:.1f}"
        )


def clean(source: Path, output: Path, cut: str, format_: str) -> float:
    """How many seconds a run takes into a folder that is not there."""
    shutil.rmtree(output, ignore_errors=True)
    options = ("--workers", "1", "--cut", cut, "--format", format_)
    command = [sys.executable, "-m", "cleaners", "clean", str(source), str(output), *options]
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
