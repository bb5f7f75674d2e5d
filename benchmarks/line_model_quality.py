"""What the line model does on sites that it was not fitted on.

usage: python -m benchmarks.line_model_quality DUMPS.jsonl.gz FOLDER [--by lang|source|page_type]... [--behind-rules]

Reads from FOLDER the held-out probabilities that `fit_line_model.py` wrote, and prints, for each setting and for a range of plain
thresholds, F1, precision, recall and the share of documents hurt (see `quality.py`), and how well the probabilities are calibrated.
With `--behind-rules` each dump goes through the pipeline, with the model that saw no page of its site, and the title is put in
front of the text: what users get; and of the gold titles that stand as a line in their dump, it says how many are found.
"""

import argparse
import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any, get_args

import numpy as np

from benchmarks.dumps import rows
from benchmarks.quality import SENTENCE, score, summary, tokens
from cleaners import model, pipeline, rules
from cleaners.document import Document
from cleaners.model import network
from cleaners.model.policy import SURE, Cut, choose
from cleaners.titles import key

THRESHOLDS: tuple[float | Cut, ...] = (0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, *get_args(Cut))


def cut(lines: list[str], probabilities: list[float], limit: float | Cut) -> str:
    """The lines that stay; all, where the model lets the document be (as `model.judge`)."""
    written = [i for i, line in enumerate(lines) if line.strip()]
    probable = np.array([probabilities[i] for i in written], np.float32)
    goes = choose(probable, limit, titled=False) if isinstance(limit, str) else probable < limit
    sizes = np.array([len(lines[i]) for i in written])
    if sizes[goes].sum() > model.LIMIT * sizes.sum() or not (probable >= SURE).any():
        return "\n".join(lines)
    gone = {i for i, line_goes in zip(written, goes, strict=True) if line_goes}
    return "\n".join(line for i, line in enumerate(lines) if i not in gone)


def damage(articles: list[tuple[list[str], list[float]]], threshold: float | Cut) -> str:
    """What goes from texts that are main text from beginning to end: such as are given to a cleaner that has nothing to do."""
    gone = written = losing = 0
    for lines, probabilities in articles:
        left = cut(lines, probabilities, threshold).split("\n")
        missing = Counter(lines) - Counter(left)
        written += sum(map(len, lines))
        gone += sum(len(line) * times for line, times in missing.items())
        losing += any(len(tokens(line)) >= SENTENCE for line in missing)
    return f"characters gone {gone / written:.4f}  lose a line of {SENTENCE} or more words {losing / len(articles):.3f}  n {len(articles)}"


def networks(folder: Path) -> list[network.Network]:
    """The models of the folds."""
    nets = []
    for path in sorted(folder.glob("fold-*.npz")):
        with path.open("rb") as file:
            nets.append(network.load(file))
    return nets


def piped(row: dict[str, Any], setting: Cut | None, book: rules.RuleBook, net: network.Network) -> str:
    """What users get, were this the network that is shipped: title and text."""
    network.shipped = lambda: net  # type: ignore[assignment]
    cleaned = pipeline.clean(Document(row["id"], row["dump"]), book, setting)
    return f"{cleaned.title or ''}\n\n{cleaned.text}"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="Quality of the line model on held-out sites.")
    parser.add_argument("dumps", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--by", action="append", default=[], choices=("lang", "source", "page_type"))
    parser.add_argument("--behind-rules", action="store_true")
    options = parser.parse_args()
    with (options.folder / "held-out.jsonl").open(encoding="utf-8") as file:
        held_out = {row["id"]: row for row in map(json.loads, file)}
    book, nets = rules.load(), networks(options.folder)
    scores: dict[str, dict[float | Cut | None, list[tuple[float, float]]]] = defaultdict(lambda: defaultdict(list))
    articles: list[tuple[list[str], list[float]]] = []
    bins: dict[str, Any] = defaultdict(lambda: np.zeros((3, 10)))
    titles: dict[tuple[str, Cut | None], Counter[str]] = defaultdict(Counter)
    thresholds: Any = (None, *get_args(Cut)) if options.behind_rules else THRESHOLDS
    for row in rows(options.dumps):
        if row["id"] not in held_out:
            continue
        values = held_out[row["id"]]["probabilities"]
        lines = row["dump"].split("\n")
        ignored = set(row["ignore"]) | set(row["dup_lines"]) | {i for i, line in enumerate(lines) if not line.strip()}
        scored = [i for i in range(len(lines)) if i not in ignored]
        for i in scored:
            place = min(9, int(values[i] * 10))
            bins[row["track"]][:, place] += 1 / len(scored), values[i] / len(scored), row["labels"][i] / len(scored)
        wanted = key(row["title"] or "")
        groups = [row["track"], *(f"{row['track']} {row[by]}" for by in options.by)]
        done: dict[str, tuple[float, float]] = {}
        for threshold in thresholds:
            if options.behind_rules:
                text = piped(row, threshold, book, nets[held_out[row["id"]]["fold"]])
                if wanted and wanted in map(key, lines):
                    title = key(text.partition("\n")[0])
                    titles[row["track"], threshold]["found" if title == wanted else "another line" if title else "none"] += 1
            else:
                text = cut(lines, values, threshold)
            if text not in done:
                done[text] = score(row["gold_text"], text, row["title"])
            for group in groups:
                scores[group][threshold].append(done[text])
        if row["track"] == "page":  # each main text once
            articles.append((row["gold_text"].split("\n"), held_out[row["id"]]["article"]))
    for group, by_threshold in sorted(scores.items()):
        for threshold, pairs in by_threshold.items():
            if len(pairs) >= 10:
                print(f"{group:24} {'rules' if threshold is None else threshold:8}  {summary(pairs)}")
    for (track, setting), counts in titles.items():
        print(f"{track:8} {setting or 'rules':8}  titles: {dict(counts)}")
    for threshold in THRESHOLDS[1:]:
        print(f"{'clean article':24} {threshold:8}  {damage(articles, threshold)}")
    for track, (weight, said, right) in sorted(bins.items()):
        for place in range(10):
            print(
                f"{track:8} {place / 10:.1f}-{(place + 1) / 10:.1f}  said {said[place] / weight[place]:.3f}  "
                f"found {right[place] / weight[place]:.3f}  share of lines {weight[place] / weight.sum():.3f}"
            )


if __name__ == "__main__":
    main()
