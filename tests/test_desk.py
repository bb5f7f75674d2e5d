"""The desk: what comes in as text, as a page or as a record goes out as one kind of record."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cleaners import desk, records, rules
from cleaners.edits import Change, undo
from cleaners.extract import Extracted
from cleaners.model import Cut
from cleaners.read import Failed, Raw
from cleaners.run import clean_folder
from cleaners.settings import Settings
from cleaners.verify import verify
from cleaners.write import Output
from tests import make_inputs
from tests.conftest import ROOT

TEXT = (
    "The council voted nine to four on Tuesday night to keep the branch library open until the end of the year, after a long debate.\n\n"
    "“We heard you,” said the mayor, who had first proposed to close it in order to pay for repairs to the bridge.\n\n"
    "Leave a Reply\n\nYour email address will not be published. Required fields are marked *\n"
)
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Library stays open | The Harbour Post</title>
<meta property="og:title" content="Library stays open"><meta property="og:site_name" content="The Harbour Post">
<link rel="canonical" href="https://harbour.example/library"></head><body><nav><a href="/">Home</a> <a href="/news">News</a></nav>
<article><h1>Library stays open</h1><p>The council voted nine to four on Tuesday night to keep the branch library open until the end of
the year, after a long debate in which readers of all ages spoke.</p><h2>What it costs</h2><p>The library costs the town some ninety
thousand a year, less than the repair of one span of the bridge, and it is used by every second household of the quarter.</p>
<p>Leave a Reply</p><p>Your email address will not be published. Required fields are marked *</p></article>
<footer>© The Harbour Post</footer></body></html>"""


def process(came: Raw | Failed, cut: Cut | None = None) -> desk.Published | desk.LeftOut:
    ruled = desk.begin(came, rules.load())
    if isinstance(ruled, desk.LeftOut):
        return ruled
    [verdict] = desk.judge([ruled], cut)
    return desk.finish(ruled, rules.load(), records.pipeline({}, "0"), verdict, cut)


def published(came: Raw) -> dict[str, Any]:
    done = process(came)
    assert isinstance(done, desk.Published)
    return done.record


def raw(content: str, media_type: str = "text/plain", **more: Any) -> Raw:
    return Raw("a#1", "a", "1", content.encode(), media_type, **more)


def test_a_page_becomes_text_with_its_title_and_what_the_page_says() -> None:
    done = process(raw(PAGE, "text/html"))
    assert isinstance(done, desk.Published)
    assert done.record["title"] == "Library stays open"
    assert done.record["text"].startswith("The council voted nine to four on Tuesday night")
    assert done.record["text"].endswith("every second household of the quarter.")
    assert done.record["metadata"]["site"] == "The Harbour Post"
    assert done.record["provenance"]["extraction"]["extractor"]
    assert done.record["provenance"]["title"] == "given"
    assert done.ledger["base"] == "extracted"


def test_headings_are_where_the_text_has_them() -> None:
    record = published(raw(PAGE, "text/html"))
    lines = record["text"].split("\n")
    assert [(lines[line], level) for line, level in record["headings"]] == [("What it costs", 2)]
    markdown = records.text_file(record, markdown=True).decode()
    assert markdown.startswith("# Library stays open\n\nThe council")
    assert "\n\n## What it costs\n\n" in markdown
    for level, mark in ((1, "##"), (4, "####")):  # the first level is the title's
        another = record | {"headings": [(line, level) for line, _ in record["headings"]]}
        assert f"\n\n{mark} What it costs\n\n" in records.text_file(another, markdown=True).decode()


@pytest.mark.parametrize(
    ("lines", "headings"),
    [
        (["What it costs"], ["What it costs"]),
        (["What the cafÃ© costs"], ["What the café costs"]),
        (["Ã©Ã©"], ["éé"]),  # all of it is one edit
        (["Advertisement", "What it costs"], ["What it costs"]),  # the edit above ends where it begins
        (["What it costs", "Advertisement"], ["What it costs"]),
        (["Advertisement"], []),
        (["\u200b\u200b"], []),  # an edit that leaves an empty line
    ],
)
def test_headings_that_are_repaired_stay_headings(monkeypatch: pytest.MonkeyPatch, lines: list[str], headings: list[str]) -> None:
    """Whatever the model for pages thinks of them."""
    above, below = TEXT.split("\n\n")[:2]
    text = "\n".join([above, "", *lines, "", below])
    found = [(n, 2) for n, line in enumerate(lines, start=2) if line != "Advertisement" or len(lines) == 1]
    page = Extracted(text, "Library stays open", {}, found, {"extractor": "x"})
    monkeypatch.setattr("cleaners.extract.extract", lambda *_: page)
    record = published(raw(PAGE, "text/html"))
    left = record["text"].split("\n")
    assert [left[line] for line, _ in record["headings"]] == headings


def test_a_line_of_a_page_that_looks_like_a_heading_of_markdown_is_none() -> None:
    code = "<pre># build it\n#!/bin/sh\n   ## run it</pre>"
    record = published(raw(PAGE.replace("</h2>", f"</h2>{code}"), "text/html"))
    markdown = records.text_file(record, markdown=True).decode()
    assert "\n\n## What it costs\n\n\\# build it\n#!/bin/sh\n" in markdown
    assert "\\## run it" in markdown
    assert "\n# build it" in records.text_file(record).decode()
    text = published(raw("# Costs\n\n" + TEXT))
    assert records.text_file(text, markdown=True).decode().startswith("# Costs\n")


@pytest.mark.parametrize(("stage", "place"), [("decode", "cleaners.desk.decode"), ("extract", "cleaners.extract.extract")])
def test_whatever_breaks_costs_one_document(stage: str, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: Any) -> None:
        raise IndexError("no such place")

    monkeypatch.setattr(place, breaks)
    done = process(raw(PAGE, "text/html"))
    assert isinstance(done, desk.LeftOut)
    assert done.kind == "quarantine"
    assert (done.record["stage"], done.record["error"]) == (stage, {"type": "IndexError", "message": "no such place"})


def test_the_line_model_is_asked_about_plain_text_alone() -> None:
    menu = "Home\nNews\nSports\nBusiness\nWeather\nJobs\nLog in\nSubscribe\nSearch\nMenu"
    article = "\n\n".join(TEXT.split("\n\n")[:2])
    page = PAGE.replace("</h2>", f"</h2>{''.join(f'<p>{line}</p>' for line in menu.splitlines())}")
    used = []
    for came in (raw(f"{menu}\n\n{article}"), raw(page, "text/html")):
        done = process(came, "eager")
        assert isinstance(done, desk.Published)
        used.append("model.main-text" in done.record["provenance"]["edits"])
    assert used == [True, False]


def test_what_a_record_says_stands_before_what_the_page_says() -> None:
    said = {"title": "Library  stays\nopen, mayor says", "site": "Wire", "url": None, "desk": {"name": "local"}}
    record = published(raw(PAGE, "text/html", metadata=said))
    assert record["title"] == "Library stays open, mayor says"
    assert record["metadata"]["site"] == "Wire"
    assert record["metadata"]["url"] == "https://harbour.example/library"  # of which the record says nothing
    assert record["metadata"]["desk"] == {"name": "local"}


def test_the_text_of_a_record_is_not_decoded_again() -> None:
    record = published(raw('{"text": "…"}', text=TEXT, encoding="utf-8", origin={"offset": 7}))
    assert record["text"].endswith("repairs to the bridge.")
    source = record["provenance"]["source"]
    assert (source["encoding"], source["evidence"], source["origin"]) == ("utf-8", "record", {"offset": 7})
    assert source["bytes"] == len('{"text": "…"}'.encode())


def test_a_title_that_is_given_is_repaired_and_taken_out_of_the_text() -> None:
    record = published(raw("Café stays open\n\n" + TEXT, metadata={"title": "CafÃ© stays open"}))
    assert record["title"] == "Café stays open"
    assert "Café" not in record["text"]


def test_a_given_title_that_the_text_repeats_on_purpose_is_given_up() -> None:
    refrain = "\n\n".join(["The boats come home at evening,\nand sing, and sing, and sing."] * 12)
    record = published(raw(refrain, metadata={"title": "The boats come home at evening"}))
    assert record["title"] is None
    assert record["text"].count("The boats come home") == 12


FEES = "The board met on Monday to talk about the price of moorings, which had not moved for nine years.\n"


@pytest.mark.parametrize(
    ("block", "title", "metadata"),
    [
        (
            "---\ntitle: Fees go up\ndate: 2024-05-01\ntags: [harbour]\n---\n",
            "Fees go up",
            {"published": "2024-05-01", "tags": ["harbour"]},
        ),
        ("---\ntitle: Fees go up\n---\n# Fees go up\n\n", "Fees go up", {}),
        ("+++\ntitle = 'Fees go up'\ndate = 2024-05-01\nx = nan\n+++\n", "Fees go up", {"published": "2024-05-01"}),
        ("\ufeff\n---  \r\ntitle: >\r\n  Fees\r\n  go up\r\n...\r\n\r\n", "Fees go up", {}),
        ('---\n"title": "&quot;Fees&quot; at the cafÃ©"\n---\n', '"Fees" at the café', {}),
        (
            "---\nlayout: post\nauthors: [Ada Brandt, {name: Bo Lund}]\n---\n",
            None,
            {"layout": "post", "author": "Ada Brandt; Bo Lund"},
        ),
        # Nothing is guessed of what is no date, and no number is another one.
        ("---\ntitle: 1984\ndate: 2024-02-30\nno: 010\n---\n", "1984", {"published": "2024-02-30", "no": "010"}),
        (
            "---\ndate: x\npublished: true\nlang: no\nimage:\n---\n",
            None,
            {"published": "x", "published_": True, "language": "no"},
        ),
        ("---\nlayout: post\n---\n\n---\ntitle: Fees go up\nlayout: old\n---\n", "Fees go up", {"layout": "post"}),
        # Headers, as scrapers write them.
        ("Title: Fees go up\nSource: https://harbour.example/1\n\n", "Fees go up", {"url": "https://harbour.example/1"}),
        (
            "URL: https://harbour.example/1\r\nTITLE: Fees go up\r\nAUTHOR: Ada Brandt\r\nsection: Harbour\r\nTEXT:\r\n",
            "Fees go up",
            {"url": "https://harbour.example/1", "author": "Ada Brandt", "section": "Harbour"},
        ),
        ("\ufeff\n\nHeadline: Fees go up\nDate: 2024-05-01\nBody:\n\n", "Fees go up", {"published": "2024-05-01"}),
        (
            "Published: 2024-05-01\nURL: https://harbour.example/1\n=====\n",
            None,
            {"url": "https://harbour.example/1", "published": "2024-05-01"},
        ),
        ("Title: Fees go up\nURL: https://harbour.example/1\nFull text: ", "Fees go up", {"url": "https://harbour.example/1"}),
        (
            "Title: Fees go up | The Harbour Post\n\nURL Source: https://harbour.example/1\n\nMarkdown Content:\n# Fees go up\n\n",
            "Fees go up",
            {"url": "https://harbour.example/1"},
        ),
    ],
)
def test_front_matter_gives_title_and_metadata_and_is_cut(block: str, title: str | None, metadata: dict[str, Any]) -> None:
    done = process(raw(block + FEES, "text/markdown"))
    assert isinstance(done, desk.Published)
    record, ledger = done.record, done.ledger
    assert (record["title"], record["text"]) == (title, FEES.strip())
    assert {name: value for name, value in record["metadata"].items() if value is not None} == metadata
    assert record["provenance"]["edits"]["metadata.front-matter"] == 1
    assert record["provenance"]["title"] == (title and "given")
    assert not record["provenance"]["review"]  # the block is nothing that a text could lose
    assert undo(record["text"], records.changes_of(ledger)) == (block + FEES).removeprefix("\ufeff")


@pytest.mark.parametrize(
    "block",
    [
        "---\n\n",  # a rule
        "---\nThe Harbour Post\n---\n\n",
        "---\nNote: moorings are scarce.\n---\n\n",
        "-- \ntitle: Fees\n---\n",
        "----\ntitle: Fees\n----\n",
        "A post begins like this:\n\n---\ntitle: Fees\n---\n",
        "---\ntitle: Fees\n\n",  # not closed
        "---\n- title: Fees\n---\n",
        "---\ntitle: Fees: a story\n---\n",  # no YAML
        "---\ntitle: {{ page.title }}\n---\n",
        "---\ntitle: !!python/name:os.system\n---\n",
        "---\ntitle: Fees\ndate: !!timestamp today\n---\n",
        "---\ntitle: Fees\ndraft: !!bool maybe\n---\n",
        "---\ntitle: Fees\ntrue: Moorings\n---\n",
        "---\ntitle: Fees\ntitle: Moorings\n---\n",
        "---\ntitle: Fees\na: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n---\n",
        f"---\ntitle: {'[' * 3000}\n---\n",
        f"---\ntitle: {'Fees ' * 3000}\n---\n",
        f"---\ntitle: Fees\n{'# a line' * 3}\n" + "# more\n" * 100 + "---\n",
        "+++\ntitle: Fees\n+++\n",  # no TOML
        "+++\ntitle = 'Fees'\n---\n",
        # What an author writes above a review, a sermon, a letter, credits or a source.
        "Title: The Lamp Room\nAuthor: Ida Marsh\nPublisher: Lamp Press\n\n",
        "Title: The Lamp Room\nAuthor: Ida Marsh\n-----\n",
        "Title: Walking in the light\nText: Psalm 119\n\n",
        "Titel: Die Lampen\nText: Ida Marsh\nLink: lampen.example\n\n",
        "Source: https://harbour.example/1\n\n",
        "Title: Fees go up\nDirector: Ada Brandt\nURL: https://harbour.example/1\n\n",
        "The fees go up.\nURL: https://harbour.example/1\nDate: 2024-05-01\n\n",
        f"Title: {'Fees ' * 3000}\nURL: https://harbour.example/1\n\n",
        f"+++\ntitle = {'[' * 3000}\n+++\n",
    ],
)
def test_what_is_no_front_matter_is_text(block: str) -> None:
    ready = desk.draft(raw(block + FEES))
    assert isinstance(ready, desk.Draft)
    assert (ready.doc.title, ready.doc.metadata, ready.doc.front) == (None, {}, 0)


def test_nothing_but_fields_is_a_data_file() -> None:
    assert published(raw("---\ntitle: Fees\n---\n\n"))["text"] == "---\ntitle: Fees\n---"


def test_what_a_record_says_stands_before_its_front_matter() -> None:
    said = {"title": "Fees", "url": None, "layout": "wire"}
    block = "---\ntitle: Fees go up\nlayout: post\nurl: https://harbour.example/fees\n---\n"
    record = published(raw("{}", text=block + FEES, metadata=said))
    assert (record["title"], record["text"]) == ("Fees", FEES.strip())
    assert record["metadata"]["url"] == "https://harbour.example/fees"
    assert record["metadata"]["layout"] == "wire"


def test_files_with_front_matter_keep_the_laws(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name, block in {
        "a.md": "---\r\ntitle: Fees go up\r\n---\r\n",
        "b.txt": "+++\ntitle = 'Fees go up'\n+++\n",
        "c.md": "---\nlayout: post\n---\n",
        "d.md": "---\ntitle: Fees go up\n---\n\n---\nNote: more\n---\n",
    }.items():
        (tmp_path / "in" / name).write_text(block + FEES, newline="")
    for here, there in (("in", "out"), ("out/text", "again")):
        clean_folder(Settings(tmp_path / here, tmp_path / there))
        assert list(verify(tmp_path / there, rules.load())) == []
    assert (tmp_path / "out/text/a.md").read_text() == f"Fees go up\n\n{FEES}"
    assert (tmp_path / "out/text/c.md").read_text() == FEES
    once, again = ([path.read_text() for path in sorted((tmp_path / folder / "text").iterdir())] for folder in ("out", "again"))
    assert once == again


@pytest.mark.parametrize(
    ("touched", "counted"),
    [
        (("comments.form",), "comments.form"),
        (("encoding.mojibake", "comments.form"), "comments.form"),
        (("encoding.mojibake", "layout.trailing-space"), "encoding.mojibake"),
        (("layout.trailing-space", "layout.foot"), "layout.foot"),
    ],
)
def test_the_rule_that_an_edit_is_counted_for(touched: tuple[str, ...], counted: str) -> None:
    """The last one, but for layout, which only tidies up behind the others."""
    assert records.decider(Change(0, 1, "x", "", touched)) == counted


def test_rules_and_options_come_in_an_order_of_their_own() -> None:
    changes = [Change(0, 1, "x", "", ("site.name", "comments.form")), Change(1, 2, "x", "", ("comments.form",))]
    assert list(records.edits(changes).items()) == [("comments.form", 2), ("site.name", 1)]
    made_by = records.pipeline({"cut": "off", "text_field": "a"}, "0")
    assert made_by == records.pipeline({"text_field": "a", "cut": "off"}, "0")
    assert made_by["config_sha256"] != records.pipeline({"cut": "off", "text_field": "b"}, "0")["config_sha256"]


LEFT_OUT: dict[str, tuple[Raw | Failed, str, str]] = {
    "nothing": (raw(" \n"), "dropped", "drop.empty"),
    "a form": (
        raw("Leave a Reply\n\nYour email address will not be published. Required fields are marked *"),
        "dropped",
        "drop.nothing-left",
    ),
    "a page without text": (raw("<html><script>x()</script></html>", "text/html"), "dropped", "drop.no-article"),
    "a picture": (Raw("a", "a", None, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "text/plain"), "quarantine", "decode"),
    "an empty archive": (Failed("a.zip", "a.zip", None, "Empty", "it holds no document"), "dropped", "drop.empty"),
    "an answer 404": (Failed("a#1", "a", "1", "HttpStatus", "the server answered 404"), "dropped", "drop.http-status"),
    "a failure": (Failed("a", "a", None, "Truncated", "it breaks off"), "quarantine", "read"),
}


@pytest.mark.parametrize("name", LEFT_OUT)
def test_what_is_left_out_says_why(name: str) -> None:
    came, kind, why = LEFT_OUT[name]
    done = process(came)
    assert isinstance(done, desk.LeftOut)
    assert (done.kind, done.record["rule" if kind == "dropped" else "stage"]) == (kind, why)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_one_of_each_kind_in_one_run(tmp_path: Path) -> None:
    make_inputs.build(tmp_path / "in")
    balance = clean_folder(Settings(tmp_path / "in", tmp_path / "out"))
    d = balance.documents
    assert d["in"] == d["published"] + d["dropped"] + d["quarantined"]
    assert list(verify(tmp_path / "out", rules.load())) == []
    ids = {
        kind: {record["id"] for record in Output(tmp_path / "out").read(kind)} for kind in ("documents", "dropped", "quarantine")
    }
    files = {path.relative_to(tmp_path / "in").as_posix() for path in (tmp_path / "in").rglob("*") if path.is_file()}
    known = {name.split("#")[0] for names in ids.values() for name in names}
    assert {name for name in files if name.isascii()} <= known
    for name in make_inputs.PLAIN:
        assert any(document.split("#")[0] == name for document in ids["documents"]), name


def test_markdown_files_and_a_pattern(tmp_path: Path) -> None:
    (tmp_path / "in" / "b").mkdir(parents=True)
    (tmp_path / "in" / "a.html").write_text(PAGE.replace("</h2>", "</h2><pre># build it\nmake</pre>"))
    (tmp_path / "in" / "b" / "c.html").write_text(PAGE)
    (tmp_path / "in" / "b" / "d.txt").write_text(TEXT)
    settings = Settings(f"{tmp_path}/in/**/*.html", tmp_path / "out", "markdown")
    assert clean_folder(settings).documents["published"] == 2
    assert (tmp_path / "out/text/b/c.html.md").read_text().startswith("# Library stays open\n\n")
    assert list(verify(tmp_path / "out", rules.load())) == []


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_nothing_is_written_outside_the_output(tmp_path: Path) -> None:
    """Neither into the input, whatever its names and links lead to, nor where programs put what is temporary."""

    def state(folder: Path) -> dict[str, tuple[int, int]]:
        return {str(path): (path.lstat().st_mtime_ns, path.lstat().st_size) for path in folder.rglob("*")}

    make_inputs.build(tmp_path / "in")
    for name in ("home", "temporary", "here"):
        (tmp_path / name).mkdir()
    before = state(tmp_path)
    environment = {**os.environ, "HOME": f"{tmp_path}/home", "TMPDIR": f"{tmp_path}/temporary", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "cleaners", "clean", f"{tmp_path}/in", f"{tmp_path}/out", "--workers", "2"]
    subprocess.run(command, cwd=tmp_path / "here", env=environment, capture_output=True, check=True)
    after = {path: seen for path, seen in state(tmp_path).items() if not path.startswith(f"{tmp_path}/out")}
    assert after == before
