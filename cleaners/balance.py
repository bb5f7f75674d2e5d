"""What became of the documents, in numbers that must agree."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from cleaners import records
from cleaners.edits import Change
from cleaners.records import Record


class UnbalancedError(RuntimeError):
    """Documents are missing from the result: a bug, and the reason why nothing was published."""


class TooMuchError(RuntimeError):
    """More documents are in quarantine than may be; the result is published."""


@dataclass(slots=True)
class Balance:
    """What became of the documents of a shard or of a whole run, in numbers.

    Attributes:
        files: how many files were read.
        documents: how many came "in", and were "published", "dropped" and "quarantined".
        chars: of the published documents, as in their `provenance`.
        rule_edits: how many edits each rule had a hand in.
        rule_chars: how many characters each rule took out.
        work: of a whole run, see `Job.work`.
    """

    files: int = 0
    documents: Counter[str] = field(default_factory=Counter)
    chars: Counter[str] = field(default_factory=Counter)
    rule_edits: Counter[str] = field(default_factory=Counter)
    rule_chars: Counter[str] = field(default_factory=Counter)
    work: Counter[str] = field(default_factory=Counter)

    @classmethod
    def load(cls, saved: Record) -> "Balance":
        """What was written as JSON."""
        return cls(saved["files"], *(Counter(counts) for name, counts in saved.items() if name != "files"))

    def add(self, other: "Balance") -> None:
        """Add the numbers of another shard."""
        self.files += other.files
        self.documents.update(other.documents)
        self.chars.update(other.chars)
        self.rule_edits.update(other.rule_edits)
        self.rule_chars.update(other.rule_chars)

    def count(self, record: Record, changes: Iterable[Change]) -> None:
        """Add the characters and edits of a published document."""
        self.chars.update(record["provenance"]["chars"])
        self.rule_edits.update(record["provenance"]["edits"])
        for change in changes:
            self.rule_chars[records.decider(change)] += len(change.old)

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
