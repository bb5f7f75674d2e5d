"""Looks for inputs that break a law, for as long as it is told: python -m tests.fuzz [SECONDS], ten minutes if not said.

It runs the property tests again and again, each time with another seed, and stops at the first find.  What it finds
becomes a case: an `@example` of the test that failed, or an entry in its tables.
"""

import subprocess
import sys
import time
from itertools import count


def main(seconds: float) -> int:
    """Run until the time is up; 0 if nothing was found."""
    until = time.monotonic() + seconds
    first = time.time_ns() % 1_000_000
    for seed in count(first):
        if time.monotonic() > until:
            print(f"nothing found with the seeds {first} to {seed - 1}")
            return 0
        command = ["-m", "pytest", "-q", "-x", "-m", "hypothesis", "--hypothesis-profile=fuzz", f"--hypothesis-seed={seed}"]
        if status := subprocess.run([sys.executable, *command], check=False).returncode:
            print(f"found with the seed {seed}")
            return status
    raise AssertionError


if __name__ == "__main__":
    raise SystemExit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 600))
