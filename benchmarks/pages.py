"""How well the article of an HTML page is found, beside trafilatura alone.

usage: python -m benchmarks.pages PAGES.jsonl.gz

Pages with `gold_text` are scored like dumps: precision and recall of token 4-grams, F1 of the means (see `quality.py`).
Pages with snippets, `gold_with` and `gold_without`, by how many of those the text holds.  "title" is the share of pages
whose title is found, compared by letters and digits, and to the letter.  CPU time is that of this process.
Where `floors.json` knows the data by its hash, a figure below its floor makes the exit status 1.
"""

import argparse
import gzip
import hashlib
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import trafilatura

from benchmarks.dumps import rows
from benchmarks.quality import below, floors, score, summary, tell, tokens
from cleaners import pipeline, rules
from cleaners.document import Document
from cleaners.extract import Extracted, extract, model


def digest(path: Path) -> str:
    """The SHA-256 of the pages, uncompressed."""
    data = path.read_bytes()
    return hashlib.sha256(gzip.decompress(data) if path.suffix == ".gz" else data).hexdigest()


def snippets(seen: Iterable[tuple[Mapping[str, Any], str]]) -> str:
    """How many of the snippets are on the right side, over all pages with snippets and their texts."""
    hits = misses = false = 0
    for row, text in seen:
        found = sum(snippet in text for snippet in row["gold_with"])
        hits += found
        misses += len(row["gold_with"]) - found
        false += sum(snippet in text for snippet in row["gold_without"])
    precision, recall = hits / ((hits + false) or 1), hits / ((hits + misses) or 1)
    return f"F1 {2 * precision * recall / ((precision + recall) or 1):.4f}  precision {precision:.4f}  recall {recall:.4f}"


def main() -> int:
    """Print the figures; 1 if one is below its floor."""
    parser = argparse.ArgumentParser(description="How well the article of an HTML page is found.")
    parser.add_argument("pages", type=Path)
    path = parser.parse_args().pages
    if digest(path)[:16] in model.load().fitted_on:
        print("The model was fitted on these very pages.  What it does on others, `python -m benchmarks.fit_blocks` shows.")
    book = rules.load()
    scores: dict[str, dict[str, list[tuple[float, float]]]] = defaultdict(lambda: defaultdict(list))
    seen: dict[str, list[tuple[dict[str, Any], str]]] = defaultdict(list)
    seconds: dict[str, float] = defaultdict(float)
    titles: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    extract("<p>Both extractors are imported, and the model is loaded, before the clock starts.</p>")
    for row in rows(path):
        html, url, name = row["html"], row.get("url"), row.get("title")
        started = time.process_time()
        alone: Any = trafilatura.bare_extraction(html, url=url, deduplicate=False)
        seconds["trafilatura"] += time.process_time() - started
        started = time.process_time()
        page = extract(html, url)
        seconds["copydesk, extracted"] += time.process_time() - started
        texts = {"trafilatura": (alone.text or "") if alone else "", "copydesk, extracted": "", "copydesk, cleaned": ""}
        title = None
        if isinstance(page, Extracted):
            started = time.process_time()
            cleaned = pipeline.clean(Document(row["id"], page.text, page.title, page.metadata), book)
            seconds["copydesk, cleaned"] += time.process_time() - started
            texts |= {"copydesk, extracted": page.text, "copydesk, cleaned": cleaned.text}
            title = page.title
        if name:
            titles[row["source"]].append((tokens(title or "") == tokens(name), title == name))
        for what, text in texts.items():
            if "gold_text" in row:
                scores[row["source"]][what].append(score(row["gold_text"], text, name))
            else:
                seen[what].append((row, text))
    failed: list[str] = []
    for source, by in scores.items():
        for what, pairs in by.items():
            print(f"{source:12} {what:20} {summary(pairs)}")
            failed += [found] if (found := below(path, source, what, pairs)) else []
    for what, texts_of in seen.items():
        print(f"{'snippets':12} {what:20} {snippets(texts_of)}  n {len(texts_of)}")
    for source, right in titles.items():
        alike, exact = (sum(column) / len(right) for column in zip(*right, strict=True))
        if alike < (floor := floors(path).get(source, {}).get("title", 0)):
            failed.append(f"{source}, title: {alike:.4f}; floor {floor}")
        print(f"{source:12} {'title':20} {alike:.4f} by letters and digits, {exact:.4f} to the letter  n {len(right)}")
    seconds["copydesk, cleaned"] += seconds["copydesk, extracted"]
    for what, spent in seconds.items():
        print(f"{'CPU':12} {what:20} {spent:.1f} s, {spent / seconds['trafilatura']:.2f} of trafilatura")
    return tell(failed)


if __name__ == "__main__":
    raise SystemExit(main())
