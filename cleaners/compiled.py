"""Regular expressions that stay compiled from one run to the next.

The package `regex` takes half a second to compile those of the rules, and a twentieth of that to read back what it once compiled.
So they are kept as Python keeps the modules that it compiles: in `__pycache__`, below PYTHONPYCACHEPREFIX if that is set, and
nowhere if Python is told to write no byte code or must not write there.  Whoever can change these files can change the modules, too.

`python -m cleaners.matching` compiles those of all rules, whatever Python is told, as `python -m compileall` does for modules.
"""

import hashlib
import os
import pickle
import sys
import tempfile
from contextlib import suppress
from importlib.util import cache_from_source
from pathlib import Path

import regex


def compile_expression(pattern: str, flags: int = 0) -> regex.Pattern[str]:
    """What `regex.compile` returns.

    Raises:
        regex.error: the pattern is none.
    """
    kept = _path(pattern, flags)
    try:
        expression = pickle.loads(kept.read_bytes())  # noqa: S301  as trustworthy as the byte code beside it
        if isinstance(expression, regex.Pattern) and expression.pattern == pattern:
            return expression
    except Exception:  # noqa: BLE001, S110  it is not there, or it is damaged: a file that is no pickle raises anything
        pass
    expression = regex.compile(pattern, flags)
    if not sys.dont_write_bytecode:
        with suppress(OSError):
            _keep(kept, pickle.dumps(expression))
    return expression


def _path(pattern: str, flags: int) -> Path:
    """Where it is kept: another expression, or one for another version of `regex` or of Python, has another name."""
    digest = hashlib.sha256(f"{regex.__version__} {int(flags)} {pattern}".encode()).hexdigest()[:32]
    return Path(cache_from_source(str(Path(__file__).with_name(f"{digest}.py")))).with_suffix(".regex")


def _keep(path: Path, content: bytes) -> None:
    """Write the file as a whole or not at all, for other processes do the same."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(file, "wb") as temporary:
            temporary.write(content)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
