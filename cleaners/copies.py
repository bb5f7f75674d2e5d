"""Records of the last run that are copied: those of unchanged and of renamed files."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from itertools import repeat
from pathlib import Path
from typing import Any, NamedTuple

from cleaners import publish, records
from cleaners.balance import Balance
from cleaners.records import Record
from cleaners.write import Kind, Parts, rename, renamed, rows

_KINDS: tuple[Kind, ...] = ("documents", "dropped", "quarantine")


class Move(NamedTuple):
    """A file that was in the last run under another name.

    Attributes:
        id: its old name.
        sha256: of its content.
        sources: see `cleaners.shards.Shard`.
    """

    id: str
    sha256: str
    sources: tuple[tuple[int, str], ...]


class Copy(NamedTuple):
    """A document whose records are copied from the published output.

    Attributes:
        kind: of the record.
        record: itself.
        row: the record as it stands in the part.
        ledger: record and row of its ledger, if it has one.
        is_last: whether it is the last of its file in the part.
        is_moved: whether the file had another name.
    """

    kind: Kind
    record: Record
    row: Any
    ledger: tuple[Record, Any] | None
    is_last: bool = False
    is_moved: bool = False

    @property
    def source(self) -> Record:
        """Where the document came from."""
        source: Record = self.record["provenance" if self.ledger else "source"]
        return source["source"] if self.ledger else source

    @property
    def bytes(self) -> int:
        """How large the document was as it came in."""
        return self.source["bytes"] or 0

    def renamed(self, old: str, new: str) -> "Copy":
        """The same document under the new name of its file."""
        rename(self.kind, self.record, old, new)
        ledger = self.ledger and (self.ledger[0], renamed("ledger", self.ledger[1], old, new))
        return self._replace(row=renamed(self.kind, self.row, old, new), ledger=ledger, is_moved=True)

    def write(self, parts: Parts, balance: Balance) -> None:
        """Write it, and count it.  Unless it was moved, its clean text is in its place already."""
        parts.copy(self.kind, self.row)
        if self.ledger:
            record, row = self.ledger
            parts.copy("ledger", row)
            balance.count(self.record, records.changes_of(record))


class Unchanged:
    """The records of the published output, file by file, in the order of the files."""

    def __init__(self, output: Path, sources: Iterable[tuple[int, str]]) -> None:
        self._output = output
        self._sources = iter(sources)
        self._kinds: list[_Ahead] = []  # of the part at hand

    def copies(self, id_: str) -> Iterator[Copy]:
        """The records of a file.  They may stand in many parts; of each, they come in an order of their own.

        Raises:
            ValueError: there are none, or the parts are damaged.
        """
        count = 0
        while True:
            last = None
            for kind in self._kinds:
                for copy in kind.of(id_):
                    if last:
                        yield last
                    last = copy
                    count += 1
            if last:
                yield last._replace(is_last=True)
            if any(kind.next for kind in self._kinds):
                break
            if (source := next(self._sources, None)) is None:
                break
            self._kinds = [_Ahead(self._records(kind, *source)) for kind in _KINDS]
        if not count:
            raise ValueError(f"{self._output}: the records of {id_} are not where they were put; run it again with --force")

    def _records(self, kind: Kind, number: int, tail: str) -> Iterator[Copy]:
        part = publish.part_path(self._output, number, f"{kind}/{tail}")
        if part.exists():
            ledgers: Iterable[Any] = repeat(None)
            if kind == "documents":
                ledgers = rows(publish.part_path(self._output, number, f"ledger/{tail}"))
            for (record, row), ledger in zip(rows(part), ledgers, strict=False):
                yield Copy(kind, record, row, ledger)


class Renamed:
    """The records of renamed files, which therefore come in another order."""

    def __init__(self, output: Path, moved: Mapping[str, Move]) -> None:
        self._moved = moved
        self._published = {move.sources: Unchanged(output, move.sources) for move in moved.values()}
        self._ahead = {
            sources: deque(sorted(move.id for move in moved.values() if move.sources == sources)) for sources in self._published
        }
        self._aside: dict[str, list[Copy]] = {}

    def copies(self, id_: str) -> Iterator[Copy]:
        """The records of a file under its new name.

        Raises:
            ValueError: as `Unchanged.copies`.
        """
        old, _sha256, sources = self._moved[id_]
        published, ahead = self._published[sources], self._ahead[sources]
        while ahead and ahead[0] < old:  # it will be asked for later
            passed = ahead.popleft()
            self._aside[passed] = list(published.copies(passed))
        copies: Iterable[Copy] | None = self._aside.pop(old, None)
        if copies is None:
            ahead.popleft()
            copies = published.copies(old)
        for copy in copies:
            yield copy.renamed(old, id_)


class _Ahead:
    """Records of which one is read ahead."""

    def __init__(self, records_: Iterator[Copy]) -> None:
        self._records = records_
        self.next = next(records_, None)

    def of(self, id_: str) -> Iterator[Copy]:
        """Those of a file; those of earlier files are passed over."""
        while self.next and (path := self.next.source["path"]) <= id_:
            if path == id_:
                yield self.next
            self.next = next(self._records, None)
