"""What all tests share: small made-up dumps, and a Prefect of their own."""

import errno
import json
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from cleaners.write import KINDS

# The same examples every time, and no time limit for one, since machines are noisy.  To look for new ones:
# pytest --hypothesis-profile=search
settings.register_profile("always", derandomize=True, deadline=None)
settings.register_profile("search", deadline=None, max_examples=5000)
settings.register_profile("fuzz", deadline=None, max_examples=500)  # tests/fuzz.py: again and again, each time with another seed
settings.load_profile("always")

ROOT = Path(__file__).parent.parent
SEEDS = ROOT / "seeds"


def is_alive(pid: int) -> bool:
    """Whether there is a process of that number."""
    try:
        os.kill(pid, 0)
    except OSError as error:  # or it is another user's
        return error.errno != errno.ESRCH
    return True


# Set before anything imports Prefect: no test may see, or write into, the Prefect of the machine it runs on.
for _stale in Path(tempfile.gettempdir()).glob("copydesk-prefect-*-*"):  # those of tests that were killed
    if _stale.name.split("-")[2].isdigit() and not is_alive(int(_stale.name.split("-")[2])):
        shutil.rmtree(_stale, ignore_errors=True)
_home = tempfile.TemporaryDirectory(prefix=f"copydesk-prefect-{os.getpid()}-", ignore_cleanup_errors=True)
os.environ["PREFECT_HOME"] = _home.name
os.environ.pop("PREFECT_API_URL", None)
os.environ.pop("PREFECT_PROFILE", None)

DUMPS = {
    "harbour.txt": """\
Harbour wall gives way after a week of storms

Harbour wall gives way after a week of storms

Forty metres of the old harbour wall slid into the sea on Tuesday night, the council said, and the pier is closed until May.

Nobody was hurt. Two fishing boats were lifted out by crane in the morning and stand in the car park behind the market hall.

Leave a Reply
Your email address will not be published. Required fields are marked *
Comment *
Name *
Email *
Post Comment
""",
    "inland/bakery.txt": """\
Village bakery turns one hundred

The bakery in Mill Lane opened its doors on a Monday in the autumn of 1926, and it has baked on every working day since then.

“We never thought of closing,” says Ada Brandt, who took over from her uncle, “there was always somebody waiting for bread.”
""",
    "inland/school.txt": """\
School choir wins the county prize

The choir of the primary school won the county prize on Saturday with a song that the children had written about their river.

The choir will sing it once more on market day, and the mayor has promised to learn the second voice until then.
""",
}


def balance(output: Path) -> dict[str, Any]:
    """The run.json of an output folder."""
    content: dict[str, Any] = json.loads((output / "run.json").read_bytes())
    return content


def written(output: Path, *folders: str) -> dict[str, bytes]:
    """All in an output folder that must be the same whenever and however it is made; or what of it is in some folders."""
    files = (path for folder in folders or (*KINDS, "text") for path in (output / folder).rglob("*") if path.is_file())
    return {path.relative_to(output).as_posix(): path.read_bytes() for path in files}


def wait_for(condition: Callable[[], object], seconds: float) -> None:
    """Wait until something is so, and fail where it takes too long."""
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, f"waited for {seconds} s in vain"
        time.sleep(0.05)


def rule(id_: str, phrase: str) -> str:
    """A rule for a rule file: a line that goes."""
    return (
        f'[[rule]]\nid = "{id_}"\nwhy = "x"\nsource = "x"\nlanguages = ["en"]\n'
        f'phrases = ["{phrase}"]\nmiss = ["x"]\nhit = ["{phrase}"]\n'
    )


# A shell that starts the tests in the background has SIGINT ignored, and hands that down to the processes that tests stop with it.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def dumps(tmp_path: Path) -> Path:
    """A folder with three small dumps, two of them in a folder below."""
    folder = tmp_path / "dumps"
    for name, text in DUMPS.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[None]:
    """Prefect with a server and a database of its own, for flows that are called in the tests' own process."""
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=120):
        yield
