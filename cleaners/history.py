"""How much of a source is cut, compared with earlier runs: a site that was rebuilt, or a rule that cuts too much, shows here.

A source is the first folder of a path, "site-a" for "site-a/2026/0001.txt".  Outside of folders, a container is a source, and all
other files are one source, ".".  For each document the share of characters that was cut is known: all, if it was dropped because
nothing was left, or because no article was found in the page.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from cleaners.records import Record

# A mean of fewer documents says little: for 20 whose shares scatter by 0.2, which is much, it scatters by less than 0.05.
# In an hour a source may bring fewer, so they are collected over several runs until there are enough.
_ENOUGH = 20
_ALL_CUT = frozenset(("drop.nothing-left", "drop.no-article"))
_WHOLE = 1000  # shares are counted in thousandths, since whole numbers have the same sum in any order


class Past(NamedTuple):
    """What is known of a source.

    Attributes:
        documents: how many were cleaned, without the recent ones.
        cut: the sum of the shares that were cut of them, in thousandths.
        recent, recent_cut: the same for the recent ones, still too few to be compared.
    """

    documents: int = 0
    cut: int = 0
    recent: int = 0
    recent_cut: int = 0


class CutMore(NamedTuple):
    """A source of which more was cut than before.

    Attributes:
        source: its name.
        documents: how many were cleaned lately.
        cut: the share of characters that was cut of each on average, from 0 to 1.
        documents_before, cut_before: the same of all that were cleaned earlier.
    """

    source: str
    documents: int
    cut: float
    documents_before: int
    cut_before: float

    def __str__(self) -> str:
        return (
            f"{self.source}: {self.cut:.0%} of each of the last {self.documents:,} documents was cut on average, "
            f"and {self.cut_before:.0%} of each of the {self.documents_before:,} before"
        )


def source_of(path: str, record: str | None) -> str:
    """The source of a document."""
    folder, slash, _ = path.partition("/")
    return folder if slash or record is not None else "."


def share(record: Record) -> int | None:
    """How much of a document was cut, in thousandths; None if its record does not say.

    Args:
        record: the provenance of a document, or the record of one that was left out.
    """
    if "chars" not in record:
        return _WHOLE if record.get("rule") in _ALL_CUT else None
    chars = record["chars"]
    return _WHOLE * chars["removed"] // chars["base"] if chars["base"] else None


def compare(
    documents: Counter[str], cut: Counter[str], past: Mapping[str, Past], most: float
) -> Iterator[tuple[str, Past, CutMore | None]]:
    """Compare what was cleaned with earlier runs.

    Args:
        documents: how many were cleaned of each source.
        cut: the sum of the shares that were cut of each, in thousandths.
        past: what is known of each of these sources, if anything.
        most: by how much the share may grow.

    Yields:
        Each source, what is known of it now, and whether too much was cut.
    """
    for source in sorted(documents):
        before = past.get(source, Past())
        now = Past(before.documents, before.cut, before.recent + documents[source], before.recent_cut + cut[source])
        if now.recent < _ENOUGH and before.documents:
            yield source, now, None
            continue
        yield source, Past(now.documents + now.recent, now.cut + now.recent_cut), _cut_more(source, now, most)


def _cut_more(source: str, now: Past, most: float) -> CutMore | None:
    if now.documents < _ENOUGH:
        return None
    lately, before = now.recent_cut / now.recent / _WHOLE, now.cut / now.documents / _WHOLE
    return CutMore(source, now.recent, lately, now.documents, before) if lately - before > most else None
