"""A run that cuts far more of a source than earlier runs did says so."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from cleaners import cli
from cleaners.balance import Balance, TooMuchError, check_cuts
from cleaners.history import CutMore, Past, compare, share, source_of
from cleaners.settings import InputError, Settings
from tests.test_incremental import ARTICLE, here, write

ALL_BOILERPLATE = "Leave a Reply\n\nYour email address will not be published. Required fields are marked *\n"


@pytest.mark.parametrize(
    ("path", "record", "source"),
    [
        ("site-a/0001.txt", None, "site-a"),
        ("site-a/2026/0001.txt", None, "site-a"),
        ("site-a/dump.zip", "x/y.txt", "site-a"),
        ("dump.jsonl", "7", "dump.jsonl"),
        ("0001.txt", None, "."),
    ],
)
def test_a_source_is_a_folder_or_a_container(path: str, record: str | None, source: str) -> None:
    assert source_of(path, record) == source


def test_the_share_of_a_document() -> None:
    assert share({"chars": {"base": 300, "removed": 100}}) == 333
    assert share({"chars": {"base": 0, "removed": 0}}) is None
    assert share({"rule": "drop.nothing-left"}) == share({"rule": "drop.no-article"}) == 1000
    assert share({"rule": "drop.empty"}) is share({"rule": "duplicate.near"}) is share({"error": {}}) is None


@pytest.mark.parametrize(
    ("past", "new", "known", "cut_more"),
    [
        (Past(), (5, 500), Past(5, 500), None),  # the first documents are history at once
        (Past(5, 500), (19, 19_000), Past(5, 500, 19, 19_000), None),  # too few
        (Past(5, 500, 19, 19_000), (1, 1000), Past(25, 20_500), None),  # enough, but too few before
        (Past(100, 10_000), (19, 19_000), Past(100, 10_000, 19, 19_000), None),
        (Past(100, 10_000, 19, 19_000), (1, 1000), Past(120, 30_000), CutMore("a", 20, 1.0, 100, 0.1)),
        (Past(100, 10_000), (20, 6000), Past(120, 16_000), None),  # by 0.2, and not by more
        (Past(100, 10_000), (20, 6020), Past(120, 16_020), CutMore("a", 20, 0.301, 100, 0.1)),
        (Past(100, 0), (20, 4000), Past(120, 4000), None),
        (Past(100, 90_000), (50, 0), Past(150, 90_000), None),  # less is no harm
    ],
)
def test_enough_documents_are_set_beside_those_before(
    past: Past, new: tuple[int, int], known: Past, cut_more: CutMore | None
) -> None:
    documents, cut = new
    assert list(compare(Counter(a=documents), Counter(a=cut), {"a": past}, 0.2)) == [("a", known, cut_more)]


def test_a_run_that_cuts_more_than_those_before_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, output = tmp_path / "in", tmp_path / "out"
    for number in range(30):
        write(source / f"harbour/{number}.txt", ARTICLE.format(number, number))
        write(source / f"council/{number}.txt", ARTICLE.format(number, number))
    assert here(Settings(source, output)).cut_more == []
    assert here(Settings(source, output)).cut_more == []  # nothing new

    for number in range(30, 45):  # too few to say anything, and copies of them do not count
        write(source / f"harbour/{number}.txt", ALL_BOILERPLATE)
        write(source / f"council/{number}.txt", ARTICLE.format(number, number))
    assert here(Settings(source, output)).cut_more == []
    (source / "council/44.txt").unlink()
    assert here(Settings(source, output)).cut_more == []

    for number in range(45, 55):
        write(source / f"harbour/{number}.txt", ALL_BOILERPLATE)
        write(source / f"council/{number}.txt", ARTICLE.format(number, number))
    assert cli.main(["clean", str(source), str(output), "--workers", "1"]) == 0
    said = capsys.readouterr().err
    assert "copydesk: warning: Far more was cut than in earlier runs:" in said
    assert re.search(
        r"harbour: 100% of each of the last 25 documents was cut on average, and \d\d% of each of the 30 before", said
    )
    assert "council" not in said
    run = json.loads((output / "run.json").read_bytes())["run"]
    [told] = run["cut_more"]
    assert told | {"cut_before": 0} == {"source": "harbour", "documents": 25, "cut": 1.0, "documents_before": 30, "cut_before": 0}

    # It is told once: what was cut is history from now on, whatever is cleaned again.
    assert cli.main(["clean", str(source), str(output)]) == 0
    assert here(Settings(source, output, force=True)).cut_more == []
    assert "warning" not in capsys.readouterr().err


def test_one_may_want_no_warning(tmp_path: Path) -> None:
    for name, warn_cut, told in (("a", 1, 0), ("b", 0.5, 1), ("c", 0.75, 0)):
        source, output = tmp_path / name, tmp_path / f"out-{name}"
        for text, first in ((ARTICLE.format(1, 1), 0), (ALL_BOILERPLATE, 20)):
            for number in range(first, first + 20):
                write(source / f"x/{number}.txt", text)
            total = here(Settings(source, output, warn_cut=warn_cut))
        assert len(total.cut_more) == told
    with pytest.raises(InputError, match="must be from 0 to 1"):
        here(Settings(source, output, warn_cut=20))


def test_a_flow_run_fails() -> None:
    check_cuts(Balance())
    with pytest.raises(
        TooMuchError, match=r"(?s)harbour: 63% of each of the last 40 documents .+ 12% of each of the 1,812 before.+explain"
    ):
        check_cuts(Balance(cut_more=[CutMore("harbour", 40, 0.631, 1812, 0.12)]))


def test_what_a_run_that_was_broken_off_cleaned_counts_once(tmp_path: Path) -> None:
    from cleaners import planning, shards
    from cleaners.workers import Watch

    source, output = tmp_path / "in", tmp_path / "out"
    for number in range(25):
        write(source / f"x/{number}.txt", ARTICLE.format(number, number))
    with planning.plan(Settings(source, output)) as job:
        for shard in job.shards:
            shards.clean_shard(Watch(), job.settings, shard)
    total = here(Settings(source, output))
    assert total.source_documents == {"x": 25}
    with planning.plan(Settings(source, output)) as job:
        assert job.state.past(["x", "y"]) == {"x": Past(25, total.source_cut["x"])}
