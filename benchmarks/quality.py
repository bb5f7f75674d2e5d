"""How much of the boilerplate goes, and how much of the article with it.

usage: python -m benchmarks.quality DUMPS.jsonl[.gz] [--by lang|source]... [--track column|page]

The measure is that of the public article-extraction benchmark: precision and recall of token 4-grams,
counted with multiplicity, each document weighing the same; F1 is that of the two means.  "hurt" is the
share of documents that lose more than 5 % of the gold text.  Lines equal to the title count on neither side.
Keep-everything stands beside it, since a cleaner that does worse than doing nothing is none, and C4's rule for
lines (https://arxiv.org/abs/1910.10683, section 2.2).  So does the text with its title in front: half of the column rows
have no gold title, and then a headline is text to the measure.

"clean article" is what goes from the gold texts themselves, which are clean already, of pages that are articles.

"rules" is `--cut off`.  The line model is measured on rows that it was not fitted on by `benchmarks.fit_line_model`; on others
its figures here say nothing.

Where `floors.json` knows the data by its hash, a figure below its floor makes the exit status 1.
"""

import argparse
import hashlib
import json
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.dumps import rows
from cleaners import pipeline, rules
from cleaners.document import Document
from cleaners.edits import apply
from cleaners.model import Cut

FLOORS = Path(__file__).with_name("floors.json")
SETTINGS: tuple[Cut | None, ...] = (None, "cautious", "balanced", "eager")
SENTENCE = 5  # words

# One token per character in scripts that are written without spaces.
_NO_SPACES = (
    "\u2e80-\u2fdf\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
)
_TOKEN = re.compile(f"[{_NO_SPACES}]|[^\\W{_NO_SPACES}]+")
_N = 4
_HURT = 0.95
_ARTICLE = "article"  # the field `page_type`, where the rows have it
_FEW = 10  # documents of a language or source; the figures of fewer say nothing


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


def figures(scores: Iterable[tuple[float, float]]) -> tuple[float, float]:
    """F1 and hurt."""
    pairs = list(scores)
    precision = sum(p for p, _ in pairs) / len(pairs)
    recall = sum(r for _, r in pairs) / len(pairs)
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return f1, sum(r < _HURT for _, r in pairs) / len(pairs)


def summary(scores: Iterable[tuple[float, float]]) -> str:
    """A line with the means."""
    pairs = list(scores)
    f1, hurt = figures(pairs)
    precision, recall = (sum(column) / len(pairs) for column in zip(*pairs, strict=True))
    return f"F1 {f1:.4f}  precision {precision:.4f}  recall {recall:.4f}  hurt {hurt:.3f}  n {len(pairs)}"


_TERMINAL = (".", "!", "?", '"', "”")


def c4_lines(text: str) -> str:
    """What C4 keeps of a page: lines of five words or more that end in a terminal punctuation mark."""
    return "\n".join(line for line in text.split("\n") if line.rstrip().endswith(_TERMINAL) and len(line.split()) >= 5)


@cache
def floors(path: Path) -> dict[str, Any]:
    """What the figures on this data must not fall below; nothing for data that `floors.json` does not know by its hash."""
    known: dict[str, dict[str, Any]] = json.loads(FLOORS.read_text(encoding="utf-8"))
    return known.get(hashlib.sha256(path.read_bytes()).hexdigest(), {})


def below(path: Path, track: str, name: str, scores: list[tuple[float, float]]) -> str | None:
    """Say how a result is worse than its floor, if it is."""
    floor = floors(path).get(track, {}).get(name, {"f1": 0, "hurt": 1})
    f1, hurt = figures(scores)
    is_worse = f1 < floor["f1"] or hurt > floor["hurt"]
    return f"{track}, {name}: F1 {f1:.4f}, hurt {hurt:.3f}; floor {floor}" if is_worse else None


def tell(failed: Sequence[str]) -> int:
    """Print what is below its floor; the exit status."""
    for found in failed:
        print(f"below its floor: {found}")
    return 1 if failed else 0


def damage(gold: str, cleaned: pipeline.Cleaned) -> tuple[int, int, bool]:
    """What a text that is main text alone loses: its characters, how many of them, and whether a line of `SENTENCE` words is among these.

    A line that goes because it stands there twice is not lost.
    """
    left = {line.strip() for line in f"{cleaned.title or ''}\n{cleaned.text}".split("\n")}
    lines = [line.strip() for line in gold.split("\n")]
    gone = [line for line in lines if line and line not in left]
    return sum(map(len, lines)), sum(map(len, gone)), any(len(tokens(line)) >= SENTENCE for line in gone)


def clean_articles(path: Path) -> dict[str, tuple[float, float, int]]:
    """What goes from the main texts of articles when they are cleaned, by setting.

    Returns:
        The share of characters, that of the texts that lose a sentence, and the number of texts.
    """
    book = rules.load()
    losses = defaultdict(list)
    for gold in {row["gold_text"]: None for row in rows(path) if row.get("page_type", _ARTICLE) == _ARTICLE}:
        for step in pipeline.REPAIR:
            gold, _ = apply(gold, step(Document("gold", gold)))
        for cut in SETTINGS:
            losses[cut or "rules"].append(damage(gold, pipeline.clean(Document("gold", gold), book, cut)))
    return {
        name: (sum(gone for _, gone, _ in of) / sum(chars for chars, _, _ in of), sum(lost for *_, lost in of) / len(of), len(of))
        for name, of in losses.items()
    }


def measure(path: Path, track: str | None = None, by: Sequence[str] = ()) -> dict[str, dict[str, list[tuple[float, float]]]]:
    """The scores of every document, by group and by what was done to it.

    Args:
        path: of the dumps.
        track: of those to look at; all if not given.
        by: fields of the rows; documents of one track that agree in a field are a group, beside the track as a whole.
    """
    book = rules.load()
    scores: dict[str, dict[str, list[tuple[float, float]]]] = defaultdict(lambda: defaultdict(list))
    for row in rows(path, track):
        texts = {"keep everything": row["dump"], "C4's lines": c4_lines(row["dump"])}
        for cut in SETTINGS:
            cleaned = pipeline.clean(Document(row["id"], row["dump"]), book, cut)
            texts[cut or "rules"] = cleaned.text
            texts[f"{cut or 'rules'}, title in front"] = f"{cleaned.title or ''}\n\n{cleaned.text}"
        for group in (row["track"], *(f"{row['track']} {field}={row[field]}" for field in by)):
            for name, text in texts.items():
                scores[group][name].append(score(row["gold_text"], text, row["title"]))
    return scores


def main() -> int:
    """Print the table; 1 if a figure is below its floor."""
    parser = argparse.ArgumentParser(description="Quality of cleaning on labelled dumps.")
    parser.add_argument("dumps", type=Path)
    parser.add_argument("--by", action="append", default=[], choices=("lang", "source"))
    parser.add_argument("--track", choices=("column", "page"))
    options = parser.parse_args()
    failed = []
    for group, of_texts in sorted(measure(options.dumps, options.track, options.by).items()):
        for name, of_text in of_texts.items():
            if "=" in group and len(of_text) < _FEW:
                continue
            print(f"{group:28} {name:25} {summary(of_text)}")
            failed += [found] if (found := below(options.dumps, group, name, of_text)) else []
    for name, (gone, lose, n) in clean_articles(options.dumps).items() if not options.track else ():
        print(f"{'clean article':28} {name:25} characters gone {gone:.4f}  lose a sentence {lose:.3f}  n {n}")
        most = floors(options.dumps).get("clean article", {}).get(name, {"gone": 1, "lose": 1})
        if gone > most["gone"] or lose > most["lose"]:
            failed.append(f"clean article, {name}: characters gone {gone:.4f}, lose a sentence {lose:.3f}; at most {most}")
    return tell(failed)


if __name__ == "__main__":
    raise SystemExit(main())
