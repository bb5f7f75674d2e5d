"""What a run is asked to do, and the errors that tell why it cannot be done."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from cleaners import publish, read, records, rules
from cleaners.records import Record
from cleaners.write import Format

Cut = Literal["off", "cautious", "balanced", "eager"]
"""What the line model may cut: nothing, or what its thresholds say is too improbable to be main text."""


class InputError(ValueError):
    """The request cannot be carried out; the message is one sentence that says why, and what to do."""


class OutputError(RuntimeError):
    """The output cannot be written; the message is one sentence that says why, and what to do."""


def output_folder(name: str) -> Path:
    """The folder of that name.

    Raises:
        InputError: the name is empty: an empty shell variable, not a wish to write into the current folder.
    """
    if not name:
        raise InputError("The output is an empty name: give a folder, which will be made if need be.")
    return Path(name)


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run does.

    Attributes:
        input: a folder, a file, a pattern, an address, or "-" for standard input: see `read.find`.
        output: the folder to write.
        format: of the output, see `cleaners.write`; None: "files" where every file is a document, or else "jsonl".
        rules: rule files to use with those that copydesk ships.
        timeout: seconds that a document may take to be read, and as many to be cleaned.  The slowest of the
            4,578 development dumps takes far less than one.
        memory: megabytes that a worker may use.
        fields: which fields of records hold the document; what is None is found out.
        force: clean everything, even what is unchanged since the last run.
        checksum: open every file to see whether it is unchanged, even if its size and time are the same.
        keep_removed: leave the records of files that are gone from the input in the output.
        run: the id of this run; `plan` fills it in.
        cut: what the line model may cut of what the rules leave.
        warn_cut: by how much the share that is cut of a source may grow over earlier runs: see `cleaners.history`.
    """

    input: Path | str
    output: Path
    format: Format | None = None
    rules: tuple[Path, ...] = ()
    timeout: float = 60
    memory: int = 2048
    fields: read.Fields = field(default_factory=read.Fields)
    force: bool = False
    checksum: bool = False
    keep_removed: bool = False
    run: str = ""
    cut: Cut = "cautious"
    warn_cut: float = 0.2

    @property
    def staging(self) -> Path:
        """Where the run prepares its output."""
        return publish.staging(self.output, self.run)

    def folder(self, key: str) -> Path:
        """Where the run prepares the shard with this key."""
        return self.staging / "shards" / key

    def pipeline(self) -> Record:
        """What cleans the documents: version, rules, and the options that affect the result."""
        decisive = {f"{name}_field": value for name, value in asdict(self.fields).items() if value is not None}
        decisive["cut"] = self.cut
        return records.pipeline(decisive, rules.sha256(self.rules))


@contextmanager
def writing(output: Path) -> Iterator[None]:
    """Say in a sentence why the output cannot be written."""
    try:
        yield
    except publish.ERRORS as error:
        reason = f"{error.strerror}" if isinstance(error, OSError) and error.strerror else str(error)
        if isinstance(error, sqlite3.Error) and _is_full(output):  # which SQLite may call "disk I/O error"
            reason += "; its disk is full"
        where = error.filename if isinstance(error, OSError) and error.filename else output
        raise OutputError(
            f"{where} cannot be written: {reason}. Nothing is lost: when that is mended, the same command goes on where this one stopped."
        ) from error


def _is_full(folder: Path) -> bool:
    with suppress(OSError):
        return shutil.disk_usage(folder).free < 1_000_000
    return False
