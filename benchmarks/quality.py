"""How much of the boilerplate goes, and how much of the article with it.

usage: python -m benchmarks.quality DUMPS.jsonl.gz [--by lang|source] [--track column|page]

The measure is that of the public article-extraction benchmark: precision and recall of token 4-grams,
counted with multiplicity, each document weighing the same; F1 is that of the two means.  "hurt" is the
share of documents that lose more than 5 % of the gold text.  Lines equal to the title count on neither side.
Keep-everything stands beside it, since a cleaner that does worse than doing nothing is none.  So does the
text with its title in front: half of the column rows have no gold title, and then a headline is text to the measure.
"""

import argparse
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

from benchmarks.dumps import rows
from cleaners import pipeline, rules
from cleaners.document import Document

# One token per character in scripts that are written without spaces.
_NO_SPACES = (
    "\u2e80-\u2fdf\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
)
_TOKEN = re.compile(f"[{_NO_SPACES}]|[^\\W{_NO_SPACES}]+")
_N = 4
_HURT = 0.95


def tokens(text: str) -> list[str]:
    """The words of a text as they are compared."""
    text = unicodedata.normalize("NFKC", text).lower().replace("\u00ad", "").replace("\u200b", "").replace("’", "'")
    return _TOKEN.findall(text)


def grams(text: str, title: str | None) -> Counter[tuple[str, ...]]:
    """The token 4-grams of a text, without the lines that are its title."""
    if title:
        name = tokens(title)
        text = "\n".join(line for line in text.split("\n") if tokens(line) != name)
    words = tokens(text)
    return Counter(tuple(words[i : i + _N]) for i in range(max(1, len(words) - _N + 1))) if words else Counter()


def score(gold: str, text: str, title: str | None) -> tuple[float, float]:
    """Precision and recall of one document."""
    wanted, got = grams(gold, title), grams(text, title)
    if not wanted and not got:
        return 1.0, 1.0
    common = (wanted & got).total()
    return (common / got.total() if got else 0.0), (common / wanted.total() if wanted else 0.0)


def summary(scores: Iterable[tuple[float, float]]) -> str:
    """A line with the means."""
    pairs = list(scores)
    precision = sum(p for p, _ in pairs) / len(pairs)
    recall = sum(r for _, r in pairs) / len(pairs)
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    hurt = sum(r < _HURT for _, r in pairs) / len(pairs)
    return f"F1 {f1:.4f}  precision {precision:.4f}  recall {recall:.4f}  hurt {hurt:.3f}  n {len(pairs)}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Quality of cleaning on labelled dumps.")
    parser.add_argument("dumps", type=Path)
    parser.add_argument("--by", choices=("lang", "source"))
    parser.add_argument("--track", choices=("column", "page"))
    options = parser.parse_args()
    book = rules.load()
    scores: dict[str, dict[str, list[tuple[float, float]]]] = defaultdict(lambda: defaultdict(list))
    for row in rows(options.dumps, options.track):
        cleaned = pipeline.clean(Document(row["id"], row["dump"]), book)
        texts = {
            "keep everything": row["dump"],
            "copydesk, text": cleaned.text,
            "copydesk, title and text": f"{cleaned.title or ''}\n\n{cleaned.text}",
        }
        for group in [row["track"]] + ([f"{row['track']} {options.by}={row[options.by]}"] if options.by else []):
            for name, text in texts.items():
                scores[group][name].append(score(row["gold_text"], text, row["title"]))
    for group, of_texts in sorted(scores.items()):
        for name, of_text in of_texts.items():
            print(f"{group:28} {name:25} {summary(of_text)}")


if __name__ == "__main__":
    main()
