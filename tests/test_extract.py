"""HTML pages: what is taken from them, and that nothing in them can hurt."""

import pytest

from cleaners.extract import Extracted, NoText, extract

_PARAGRAPHS = [
    "The harbour town has repaired its old pier, which a storm had broken in two places last winter, the council said.",
    "Work began in March and took longer than planned, because the oak for the piles had to be brought from another county.",
    "Fishermen had feared that the pier would stay closed in summer, when most visitors come and the boats bring them out.",
    "The bill of two million was paid half by the county and half by the town, which sold a warehouse for that purpose.",
]
_ARTICLE = "".join(f"<p>{text}</p>" for text in _PARAGRAPHS)
_PAGE = f"""<!DOCTYPE html><html lang="en"><head><title>Old pier open again - The Harbour Post</title></head><body>
<nav><ul><li><a href="/">Home</a></li><li><a href="/news">News</a></li><li><a href="/sport">Sport</a></li></ul></nav>
<main><article><h1>Old pier open again</h1>{_ARTICLE}<h2>What comes next</h2>{_ARTICLE.replace("The", "That")}</article></main>
<aside><h3>Most read</h3><ul><li><a href="/1">Ferry late again</a></li><li><a href="/2">New mayor</a></li></ul></aside>
<footer><p>© The Harbour Post. All rights reserved.</p></footer></body></html>"""


def test_article() -> None:
    page = extract(_PAGE)
    assert isinstance(page, Extracted)
    for text in _PARAGRAPHS:
        assert text in page.text
    assert "Most read" not in page.text
    assert "Home" not in page.text
    assert "All rights reserved" not in page.text
    lines = page.text.split("\n")
    assert [(lines[i], level) for i, level in page.headings if level > 1] == [("What comes next", 2)]


@pytest.mark.parametrize(
    ("html", "stage"),
    [
        ("", "parse"),
        (" \n", "parse"),
        ("<!-- nothing -->", "parse"),
        ("<html><head><script>let x = 'text';</script></head><body><script>run()</script></body></html>", "blocks"),
        ("<frameset><frame src='a.html'><frame src='b.html'></frameset>", "blocks"),
        ("<div>" * 1_000_000 + "text", "parse"),
    ],
)
def test_no_text(html: str, stage: str) -> None:
    page = extract(html)
    assert isinstance(page, NoText)
    assert page.stage == stage
    assert page.reason.endswith(".")
