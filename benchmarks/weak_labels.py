"""Make dumps to fit the line model on out of HTML pages whose main text nobody has marked.

usage: python -m benchmarks.weak_labels PAGES.jsonl.gz OUT.jsonl.gz

The page is dumped as a naive scraper would do it.  A line is main text if two extractors of different kind, trafilatura and jusText, both
keep it, and is not if neither does; where they disagree, or where a snippet that the page's row says must (`gold_with`) or must
not (`gold_without`) appear contradicts them, it teaches nothing.  Pages of which they agree on too little are left out.
Only rows without `gold_text` are read.
"""

import argparse
import gzip
import io
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import justext
import trafilatura
from lxml import html as lxml_html
from lxml.etree import ParserError

from benchmarks.dumps import rows
from benchmarks.quality import tokens

_BLOCKS = {
    "address", "article", "aside", "blockquote", "body", "br", "button", "caption", "center", "dd", "details", "dialog", "div",
    "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr",
    "label", "legend", "li", "main", "nav", "ol", "option", "p", "pre", "section", "select", "summary", "table", "tbody", "td",
    "tfoot", "th", "thead", "tr", "ul",
}  # fmt: skip
_SILENT = {"script", "style", "noscript", "template", "svg", "head", "iframe", "object", "textarea"}
_LANGUAGES = {
    "de": "German", "en": "English", "es": "Spanish", "fr": "French", "pl": "Polish", "pt": "Portuguese", "it": "Italian", "fi": "Finnish",
    "hu": "Hungarian", "no": "Norwegian_Bokmal", "ru": "Russian", "ar": "Arabic",
}  # fmt: skip
_SHORT = 60  # characters; a shorter line is found in a text only as a line of it
_LEAST = 400  # characters that both keep; below that, one of them has probably missed the text


def dump(html: str) -> str:
    """The text of a page, a line for each block."""
    try:
        tree = lxml_html.fromstring(html.encode("utf-8"), parser=lxml_html.HTMLParser(encoding="utf-8", remove_comments=True))
    except ParserError:
        return ""
    pieces: list[str] = []

    def walk(element: Any) -> None:
        tag = element.tag if isinstance(element.tag, str) else ""
        if tag not in _SILENT:
            if tag in _BLOCKS:
                pieces.append("\n")
            if element.text:
                pieces.append(re.sub(r"\s+", " ", element.text))
            for child in element:
                walk(child)
            if tag in _BLOCKS:
                pieces.append("\n")
        if element.tail:
            pieces.append(re.sub(r"\s+", " ", element.tail))

    walk(tree)
    text = "\n".join(re.sub(r" +", " ", line).strip() for line in "".join(pieces).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def _key(line: str) -> str:
    return " ".join(tokens(line))


def labelled(row: dict[str, Any]) -> dict[str, Any] | None:
    """A page as a row to fit on; None if the extractors do not agree on enough."""
    language = _LANGUAGES.get(row["lang"])
    text = dump(row["html"])
    if not language or not text:
        return None
    first = trafilatura.extract(row["html"], include_comments=False) or ""
    paragraphs = justext.justext(row["html"].encode("utf-8"), justext.get_stoplist(language), encoding="utf-8")
    second = "\n".join(p.text for p in paragraphs if not p.is_boilerplate)
    kept = [(f" {_key(one)} ", set(map(_key, one.split("\n")))) for one in (first, second)]
    must, must_not = ([_key(s) for s in row.get(name) or []] for name in ("gold_with", "gold_without"))
    lines = text.split("\n")
    keys = [_key(line) for line in lines]
    often = Counter(keys)
    labels, ignore, both = [], [], 0
    for i, (line, key) in enumerate(zip(lines, keys, strict=True)):
        short = len(key) < _SHORT
        votes = [key in as_lines if short else f" {key} " in as_text for as_text, as_lines in kept]
        label = int(all(votes))
        wrong = (not label and any(s in key for s in must if s)) or (label and any(s in key for s in must_not if s))
        # A heading that is a menu entry too: nobody can say which of the two was kept.
        if not key or votes[0] != votes[1] or wrong or (short and label and often[key] > 1):
            ignore.append(i)
        both += label * len(line)
        labels.append(label)
    if both < _LEAST:
        return None
    return {
        "id": f"weak:{row['id']}",
        "track": "page",
        "source": f"{row['source']}, weak labels",
        "lang": row["lang"],
        "site": row["site"] if "." in row["site"] else row["id"],
        "title": None,
        "dump": text,
        "gold_text": "\n".join(line for line, label in zip(lines, labels, strict=True) if label),
        "labels": labels,
        "ignore": ignore,
        "dup_lines": [],
        "train": True,
    }


def main() -> None:
    """Read pages, write dumps."""
    parser = argparse.ArgumentParser(description="Make dumps to fit on out of pages without gold.")
    parser.add_argument("pages", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    read = written = 0
    with (
        # Without the time, so that the same rows make the same file, whose hash the fitted weights hold.
        options.out.open("wb") as file,
        gzip.GzipFile("", "wb", compresslevel=6, fileobj=file, mtime=0) as packed,
        io.TextIOWrapper(packed, encoding="utf-8") as out,
    ):
        for row in rows(options.pages):
            if row.get("gold_text"):
                continue
            read += 1
            if made := labelled(row):
                out.write(json.dumps(made, ensure_ascii=False) + "\n")
                written += 1
    print(f"{written} of {read} pages")


if __name__ == "__main__":
    main()
