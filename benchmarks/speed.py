"""How fast the text path is, disk to disk, in one process.

usage: python -m benchmarks.speed DUMPS.jsonl.gz [--runs 5] [--track column]

Writes the dumps out as files, then runs `copydesk clean --workers 1` over them, as a process of its own,
and prints the median.  Start-up is part of the time, as it is for the user.  Figures of two versions are
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
        command = [sys.executable, "-m", "cleaners", "clean", str(source), str(output), "--workers", "1"]
        seconds = []
        for _ in range(options.runs):
            start = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            seconds.append(time.perf_counter() - start)
    median = statistics.median(seconds)
    print(
        f"{files:,} files, {characters:,} characters: median {median:.2f} s of {options.runs} runs, {characters / median / 1e6:.1f} million characters/s"
    )


if __name__ == "__main__":
    main()
