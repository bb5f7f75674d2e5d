"""Puts what a run staged in its place, in such a way that it can be interrupted anywhere and still be completed.

First everything new is put together next to the output, as links.  Once `State.record` has written down that it is
to be published, there is no way back: `complete` does the renames, and after a crash the next run calls it again.  Meanwhile a
reader of the output finds the old one, one without run.json and perhaps without some of the folders, or the new one; never
documents/ of one run with ledger/ of another.
"""

import errno
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import orjson

from cleaners.state import OldShard, State
from cleaners.write import KINDS, sync, texts

FOLDER = ".copydesk"
"""The folder inside the output in which a run is prepared, and by which we recognise an output of ours."""

_NEW, _OLD, _TEXT, _STALE = "new", "old", "text", "stale-texts"
_PAGES = ("run.json", "report.html")


class Staged(NamedTuple):
    """A shard that is ready to be published.

    Attributes:
        folder: in which it was prepared: a folder for each kind of record, and "text" where there are texts.
        number: that its parts will have.
    """

    folder: Path
    number: int

    def parts(self) -> Iterator[Path]:
        """Its parts, as "documents/part_00001.jsonl"."""
        for kind in KINDS:
            with suppress(FileNotFoundError):
                yield from sorted((self.folder / kind).iterdir())


def part_key(part: Path) -> str:
    """A part without the number of its shard, which may change: "documents/_00001.jsonl"."""
    return f"{part.parent.name}/{part.name.removeprefix('part')}"


def part_path(folder: Path, number: int, key: str) -> Path:
    """Where a part is, given the number of its shard."""
    kind, _, tail = key.partition("/")
    return folder / kind / f"part-{number:05d}{tail}"


def is_whole(output: Path, shard: OldShard) -> bool:
    """Whether the parts of a shard are where they were put, in their full length."""
    with suppress(FileNotFoundError):
        return all(part_path(output, shard.number, key).stat().st_size == size for key, size in shard.parts.items())
    return False


def staging(output: Path, run: str) -> Path:
    """Where a run prepares its output."""
    return output / FOLDER / f"staging-{run}"


def take_over(output: Path, run: str) -> None:
    """Make a staging folder, with what an interrupted run has left.

    Its worker processes may still be at work for some seconds.  They use the old name, and so no longer find the folder.
    """
    ours = staging(output, run)
    for old in sorted((output / FOLDER).glob("staging-*")):
        if ours.exists():
            shutil.rmtree(old, ignore_errors=True)
        else:
            old.rename(ours)
    for trash in (output / FOLDER).glob("trash-*"):
        shutil.rmtree(trash, ignore_errors=True)
    ours.mkdir(exist_ok=True)


def prepare(
    output: Path,
    run: str,
    kept: Iterable[tuple[OldShard, int]],
    new: Iterable[Staged],
    stale: Iterable[str],
    summary: bytes,
    report: Callable[[Path], bytes],
    *,
    replace_texts: bool,
) -> None:
    """Put together what is to be published; the output is not touched.

    Args:
        output: the folder.
        run: the run.
        kept: shards of the published output that stay, each with its number from now on.
        new: shards that come.
        stale: texts to remove, relative to text/.
        summary: the content of run.json.
        report: makes the content of report.html, given the folder of the parts.
        replace_texts: whether all texts that are there are removed.
    """
    folder = staging(output, run) / _NEW
    shutil.rmtree(folder, ignore_errors=True)
    for kind in KINDS:
        (folder / kind).mkdir(parents=True)
    for shard, number in kept:
        for key in shard.parts:
            _link(part_path(output, shard.number, key), part_path(folder, number, key))
    for staged in new:
        for part in staged.parts():
            _link(part, part_path(folder, staged.number, part_key(part)))
    (folder / _STALE).write_bytes(b"".join(orjson.dumps(text) + b"\n" for text in stale))
    (folder / "report.html").write_bytes(report(folder))
    (folder / "run.json").write_bytes(summary)
    if replace_texts:
        (folder / _TEXT).mkdir()
    for path in (*(folder / name for name in (_STALE, *_PAGES)), *(folder / kind for kind in KINDS), folder, folder.parent):
        sync(path)
    if any(staged.folder.joinpath(_TEXT).exists() for staged in new):
        sync_all(folder)


def _link(source: Path, target: Path) -> None:
    try:
        target.hardlink_to(source)
    except OSError as error:  # not every file system has links
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS, errno.EXDEV):
            raise
        shutil.copyfile(source, target)
        sync(target)


def sync_all(folder: Path) -> None:
    """Wait until all writes to the file system of a folder are on disk: one call for the texts, which are many and small."""
    import ctypes

    syncfs = getattr(ctypes.CDLL(None), "syncfs", None)
    if syncfs is None:  # not on Linux
        os.sync()
        return
    file = os.open(folder, os.O_RDONLY)
    try:
        syncfs(file)
    finally:
        os.close(file)


def complete(output: Path, state: State) -> None:
    """Complete a publication that was begun, if any.  It may be interrupted anywhere and called again."""
    run = state.about("publishing")
    if run is None:
        return
    ours = staging(output, run)
    if ours.exists():
        _publish(output, ours)
        ours.rename(ours.with_name(f"trash-{run}"))  # so that nobody takes the rest for work to resume
        sync(output / FOLDER)
    state.published()
    shutil.rmtree(ours.with_name(f"trash-{run}"), ignore_errors=True)


def _publish(output: Path, ours: Path) -> None:
    new, old = ours / _NEW, ours / _OLD
    old.mkdir(exist_ok=True)
    # What has left `new` is in its place already.  Everything old leaves before anything new comes; run.json leaves first and
    # comes last, since without it nobody takes the folder for a finished run.
    names = [name for name in (*_PAGES, *KINDS, _TEXT) if (new / name).exists()]
    for name in names:
        with suppress(FileNotFoundError):
            (output / name).rename(old / name)
    if _TEXT in names:
        (new / _TEXT).rmdir()
    for name in KINDS:
        if name in names:
            (new / name).rename(output / name)
    for line in (new / _STALE).read_bytes().splitlines():
        _remove_text(output / _TEXT, orjson.loads(line))
    for folder in sorted(ours.glob(f"shards/*/{_TEXT}")):
        _merge(folder, output / _TEXT, output / _TEXT)
    for name in reversed(_PAGES):
        with suppress(FileNotFoundError):
            (new / name).rename(output / name)
    sync(output)


def _remove_text(root: Path, name: str) -> None:
    """Remove a text, and the folders that are empty without it."""
    path = root / name
    with suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
        path.unlink()
    with suppress(OSError):
        for folder in path.parents:
            if folder == root:
                break
            folder.rmdir()


def _merge(source: Path, target: Path, root: Path) -> None:
    """Move a file, or a folder with all that is in it, to a place where there may be one already."""
    if not os.path.lexists(target):
        source.rename(target)
    elif source.is_dir() and target.is_dir():
        for name in os.listdir(source):  # noqa: PTH208  a million of them
            _merge(source / name, target / name, root)
    elif not source.is_dir() and not target.is_dir():
        source.replace(target)
    elif source.is_dir():
        target.rename(_aside(target, root))
        source.rename(target)
    else:
        source.replace(_aside(target, root))


def _aside(path: Path, root: Path) -> Path:
    """Where a text goes whose place a folder takes: see `texts.text_places`."""
    return texts.aside(root, path.relative_to(root).as_posix())


ERRORS = (OSError, sqlite3.Error)
"""What is raised where the disk is full or may not be written."""
