"""How fast cleaning is, disk to disk, in one process.

usage: python -m benchmarks.speed DUMPS.jsonl.gz [--runs 5] [--track column]

Writes the dumps out as files, then runs `copydesk clean --workers 1` over them, as a process of its own, with the rules alone and
with the line model in turn, and prints the medians.  Start-up is part of the time, as it is for the user.  Figures of two versions are
only comparable when both were taken on the same machine, in turn.
"""

import argparse
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
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        source, output = Path(folder, "in"), Path(folder, "out")
        files, characters = write_files(options.dumps, source, options.track)
        command = [sys.executable, "-m", "cleaners", "clean", str(source), str(output), "--workers", "1", "--force"]
        seconds: dict[str, list[float]] = {"off": [], "cautious": []}
        for _ in range(options.runs):
            for cut, taken in seconds.items():
                start = time.perf_counter()
                subprocess.run([*command, "--cut", cut], check=True, stdout=subprocess.DEVNULL)
                taken.append(time.perf_counter() - start)
    print(f"{files:,} files, {characters:,} characters; medians of {options.runs} runs")
    for cut, taken in seconds.items():
        median = statistics.median(taken)
        print(f"--cut {cut:10} {median:6.2f} s  {characters / median / 1e6:.1f} million characters/s")


if __name__ == "__main__":
    main()
