"""What became of the documents, in numbers that must add up."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar

from cleaners import history, records
from cleaners.edits import Change
from cleaners.records import Record


class UnbalancedError(RuntimeError):
    """Documents are missing from the result: a bug, and the reason why nothing was published."""


class TooMuchError(RuntimeError):
    """More documents are in quarantine, or more was cut, than is allowed; the result is published."""


@dataclass(slots=True)
class Balance:
    """What became of the documents of a shard or of a whole run, in numbers.

    Attributes:
        files: how many files were read.
        documents: how many came "in", and were "published", "dropped" and "quarantined".
        chars: of the published documents, as in their `provenance`.
        rule_edits: how many edits each rule had a hand in.
        rule_chars: how many characters each rule took out.
        source_documents: by source, the documents of which it is known how much was cut; copied ones do not count.
        source_cut: the sum of the shares that were cut of them, in thousandths, see `cleaners.history`.
        work: of a whole run, see `Job.work`.
        cut_more: of a whole run, the sources of which far more was cut than before.
    """

    _COUNTED: ClassVar = ("documents", "chars", "rule_edits", "rule_chars", "source_documents", "source_cut")

    files: int = 0
    documents: Counter[str] = field(default_factory=Counter)
    chars: Counter[str] = field(default_factory=Counter)
    rule_edits: Counter[str] = field(default_factory=Counter)
    rule_chars: Counter[str] = field(default_factory=Counter)
    source_documents: Counter[str] = field(default_factory=Counter)
    source_cut: Counter[str] = field(default_factory=Counter)
    work: Counter[str] = field(default_factory=Counter)
    cut_more: list[history.CutMore] = field(default_factory=list)

    @classmethod
    def load(cls, saved: Record) -> "Balance":
        """What was written as JSON."""
        balance = cls(saved["files"])
        for name in cls._COUNTED:
            setattr(balance, name, Counter(saved[name]))
        return balance

    def add(self, other: "Balance") -> None:
        """Add the numbers of another shard."""
        self.files += other.files
        for name in self._COUNTED:
            getattr(self, name).update(getattr(other, name))

    def count(self, record: Record, changes: Iterable[Change]) -> None:
        """Add the characters and edits of a published document."""
        self.chars.update(record["provenance"]["chars"])
        self.rule_edits.update(record["provenance"]["edits"])
        for change in changes:
            self.rule_chars[records.decider(change)] += len(change.old)

    def count_cut(self, source: str, record: Record) -> None:
        """Add the share that was cut of a document of a source."""
        if (share := history.share(record)) is not None:
            self.source_documents[source] += 1
            self.source_cut[source] += share

    def check(self, files: int) -> None:
        """Make sure that no file and no document was lost.

        Args:
            files: how many there are to read; each holds one document at least.

        Raises:
            UnbalancedError: one was lost.
        """
        d = self.documents
        if not (files == self.files <= d["in"] == d["published"] + d["dropped"] + d["quarantined"]):
            raise UnbalancedError(f"of {files} files {self.files} were read, and {dict(d)} documents; nothing was published")

    def as_record(self) -> Record:
        """The part of run.json that holds the numbers."""
        return {
            "documents": {name: self.documents[name] for name in ("in", "published", "dropped", "quarantined")},
            "chars": {name: self.chars[name] for name in ("base", "kept", "removed", "added", "text")},
            "rules": {rule: {"edits": n, "chars": self.rule_chars[rule]} for rule, n in sorted(self.rule_edits.items())},
        }


def check_quarantine(total: Balance, most: float) -> None:
    """Make sure that no more than a share of the documents of a run is in quarantine.

    Raises:
        TooMuchError: there are more.
    """
    there, all_ = total.documents["quarantined"], total.documents["in"]
    if there > most * all_:
        raise TooMuchError(
            f"{there:,} of {all_:,} documents are in quarantine, more than {most:.0%}: see quarantine/ for the reasons. "
            "The result is published."
        )


def check_cuts(total: Balance) -> None:
    """Make sure that of no source far more was cut than before.

    Raises:
        TooMuchError: of some there was.
    """
    if total.cut_more:
        raise TooMuchError(cut_more(total))


def cut_more(total: Balance) -> str:
    """The sources of which far more was cut than before, and what to do."""
    what_to_do = (
        "The site may have been rebuilt, or a rule may fit too much: see ledger/ and dropped/ for what went and by which rule, or "
        "`copydesk explain FILE` for one file. The result is published."
    )
    return "\n".join(("Far more was cut than in earlier runs:", *(f"  {source}" for source in total.cut_more), what_to_do))
