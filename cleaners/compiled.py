"""What is made of the rules, kept from one run to the next.

Reading and checking the rules takes a fifth of a second, and compiling their expressions half a second; reading the result back
takes a twentieth of that.  So it is kept where Python keeps compiled modules: in `__pycache__`, below
PYTHONPYCACHEPREFIX if that is set, and nowhere if Python is told to write no byte code or may not write there.  Whoever can change these
files can change the modules, too.

`python -m cleaners.matching` makes all of it in any case, as `python -m compileall` does for modules.
"""

import hashlib
import os
import pickle
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any, TypeVar

import regex

T = TypeVar("T")


def kept(name: str, make: Callable[[], T], fits: Callable[[Any], bool]) -> T:
    """What `make` returns, or what it once returned under that name, if that still fits.

    Args:
        name: different for everything that would be made differently.
        make: returns something that can be pickled.
        fits: whether what was kept is what `make` would return.
    """
    path = _path(name)
    try:
        thing: T = pickle.loads(path.read_bytes())  # noqa: S301  as trustworthy as the byte code beside it
        if fits(thing):
            return thing
    except Exception:  # noqa: BLE001, S110  it is missing or damaged: a file that is no pickle may raise anything
        pass
    thing = make()
    if not sys.dont_write_bytecode:
        with suppress(OSError):
            _keep(path, pickle.dumps(thing))
    return thing


def compile_expression(pattern: str, flags: int = 0) -> regex.Pattern[str]:
    """What `regex.compile` returns.

    Raises:
        regex.error: the pattern is none.
    """

    def fits(thing: object) -> bool:
        return isinstance(thing, regex.Pattern) and thing.pattern == pattern

    return kept(f"{regex.__version__} {int(flags)} {pattern}", lambda: regex.compile(pattern, flags), fits)


def _path(name: str) -> Path:
    """Where it is kept; other versions of Python use other names."""
    digest = hashlib.sha256(name.encode()).hexdigest()[:32]
    return Path(cache_from_source(str(Path(__file__).with_name(f"{digest}.py")))).with_suffix(".kept")


def _keep(path: Path, content: bytes) -> None:
    """Write the file whole or not at all, since other processes may write and read it at the same time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(file, "wb") as temporary:
            temporary.write(content)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
