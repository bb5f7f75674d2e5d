"""report.html tells a person what was cut, by which rule and why, and holds nothing that comes from elsewhere."""

from html.parser import HTMLParser
from pathlib import Path

import pytest

from cleaners import records, report, rules
from cleaners.run import clean_folder
from cleaners.settings import Settings
from cleaners.write import Output
from tests.conftest import DUMPS, SEEDS, balance


class Page(HTMLParser):
    """The tags of a page, and its rows as text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.rows: list[list[str]] = []
        self.text = ""
        self.in_cell = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
            self.in_cell = True

    def handle_endtag(self, tag: str) -> None:
        self.in_cell = self.in_cell and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.in_cell:
            self.rows[-1][-1] += data


def page_of(output: Path) -> Page:
    return Page((output / "report.html").read_text(encoding="utf-8"))


def test_each_rule_that_cut_is_there_with_its_reason_and_what_went(tmp_path: Path) -> None:
    clean_folder(Settings(SEEDS, tmp_path / "out"))
    page = page_of(tmp_path / "out")
    book, run = rules.load(), balance(tmp_path / "out")
    cuts = {row[0]: row[1:] for row in page.rows if row[0] in book.rules}
    assert {rule: cut[1:3] for rule, cut in cuts.items()} == {
        rule: [f"{cut['edits']:,}", f"{cut['chars']:,}"] for rule, cut in run["rules"].items()
    }
    assert cuts["comments.form"][0] == book.rules["comments.form"].why
    assert "Leave a Reply" in cuts["comments.form"][3]
    assert ["published", "5"] in page.rows
    assert [int(cut[2].replace(",", "")) for cut in cuts.values()] == sorted(cut["chars"] for cut in run["rules"].values())[::-1]


def test_what_was_left_out_is_there_with_its_reason(dumps: Path, tmp_path: Path) -> None:
    (dumps / "empty.txt").touch()
    (dumps / "picture.txt").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")
    clean_folder(Settings(dumps, tmp_path / "out"))
    page = page_of(tmp_path / "out")
    assert ["empty.txt", "drop.empty: the input holds no text"] in page.rows
    assert ["picture.txt", "a PNG image, not plain text"] in page.rows


@pytest.mark.parametrize("format_", ["jsonl.zst", "parquet"])
def test_nothing_of_the_input_becomes_a_part_of_the_page(tmp_path: Path, format_: str) -> None:
    source = tmp_path / "<b>&in"
    source.mkdir()
    text = DUMPS["harbour.txt"] + '\nLeave a Reply <script src="x.js">alert(1)</script>\n\nPost Comment\n'
    (source / "<img src=x>.txt").write_text(text, encoding="utf-8")
    (source / "<i>\udcff.txt").write_bytes(b"")
    clean_folder(Settings(source, tmp_path / "out", format_))  # type: ignore[arg-type]
    page = page_of(tmp_path / "out")
    assert not page.tags & {"b", "i", "img", "script"}
    assert page.attributes == {"lang", "charset", "class"}
    assert "<b>&in" in page.text
    assert ["<i>\ufffdFF.txt", "drop.empty: the input holds no text"] in page.rows


def test_a_few_different_examples_of_each_rule_are_shown(tmp_path: Path) -> None:
    def edit(old: str, *touched: str) -> dict[str, object]:
        return {"start": 0, "end": len(old), "old": old, "new": "", "rules": touched or ("comments.form",), "score": None}

    olds = ["a" * 200, " \n", "<i>c", "<i>c\n", "b" * 201, "d", "e"]
    records_ = [
        {"id": "a", "edits": [edit(old) for old in olds[:4]]},
        {"id": "b", "edits": [*(edit(old) for old in olds[4:]), edit("f", "share.bar", "layout.foot")]},
    ]
    (tmp_path / "ledger").mkdir()
    (tmp_path / "ledger" / "part-00000.jsonl").write_bytes(b"".join(map(records.dumps, records_)))
    cuts = {
        "share.bar": {"edits": 1, "chars": 5},
        "ads.label": {"edits": 2, "chars": 5},
        "comments.form": {"edits": 7, "chars": 6},
    }
    summary: dict[str, object] = {
        "run": {"finished": "today", "cut_more": []},
        "config": {"input": "in"},
        "documents": {"dropped": 0, "quarantined": 0},
        "chars": {},
        "version": "0",
        "rules": cuts,
    }
    page = Page(report.page(summary, rules.load(), Output(tmp_path)).decode())
    assert [(row[0], row[-1]) for row in page.rows[-3:]] == [
        ("comments.form", f"{'a' * 200}<i>c{'b' * 200}…"),
        ("ads.label", ""),
        ("share.bar", "f"),
    ]
    assert "i" not in page.tags


def test_it_is_renewed_by_every_run(dumps: Path, tmp_path: Path) -> None:
    """Also by one that has nothing to do."""
    clean_folder(Settings(dumps, tmp_path / "out"))
    for _ in range(2):
        (tmp_path / "out" / "report.html").write_text("old")
        clean_folder(Settings(dumps, tmp_path / "out"))
        assert ["published", "3"] in page_of(tmp_path / "out").rows
        (dumps / "harbour.txt").write_text(DUMPS["harbour.txt"] + "\nAnd the ferries left at six again.\n")


def test_of_many_documents_only_the_first_are_named(dumps: Path, tmp_path: Path) -> None:
    for number in range(150):
        (dumps / f"empty-{number:03}.txt").touch()
    clean_folder(Settings(dumps, tmp_path / "out"))
    page = page_of(tmp_path / "out")
    assert "The first 100 of 150; all are in dropped/." in page.text
    assert len([row for row in page.rows if row[0].startswith("empty-")]) == 100


def test_far_more_cut_than_before_is_told_first(dumps: Path, tmp_path: Path) -> None:
    clean_folder(Settings(dumps, tmp_path / "out"))
    summary = balance(tmp_path / "out")
    summary["run"]["cut_more"] = [{"source": "a&b", "documents": 30, "cut": 0.9, "documents_before": 200, "cut_before": 0.1}]
    text = Page(report.page(summary, rules.load(), Output(tmp_path / "out")).decode()).text
    assert text.index("a&b: 90% of each of the last 30 documents") < text.index("Characters")
