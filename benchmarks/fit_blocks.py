"""Fit the model that decides about the blocks of a page.

usage: python -m benchmarks.fit_blocks PAGES.jsonl.gz FOLDER [--write]

Needs lightgbm, which the package does not.  PAGES is described in benchmarks/README.md.  FOLDER is where `fit_line_model.py` has
left a network for each fold: what the line model says about a page is asked of one that has not seen its site.

A block of a page with `gold_text` is article if at least half of its token 4-grams are in that text; of blocks that stand on
the page more often than in the text, those count that stand among other blocks of the article.  A page with snippets alone
says something about the blocks that hold one.  A block weighs as much as its share of the text, since pages weigh the same in the measure.

The figures printed are of pages of sites that the trees have not seen: five parts by site, each judged by trees fitted on
the other four.  With --write the trees are then fitted on all pages and written to cleaners/extract/model.json.
"""

import argparse
import json
import zlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import lightgbm
import numpy as np

from benchmarks.dumps import rows
from benchmarks.line_model_quality import networks
from benchmarks.pages import digest, snippets
from benchmarks.quality import grams, score, summary, tokens
from cleaners import extract
from cleaners.extract import blocks, features
from cleaners.model import network

_FOLDS = 5
# Held-out sites, the mean of four seeds: F1 0.952 with 80 rounds of 0.1, 0.952 with 120 of 0.07, 0.953 with 160 of 0.05, which take longer to
# ask.  Smaller trees are no better.  Without the line model and the rules it was 0.947.  With copies, likes by tags, distances to named
# elements and counts for the boxes farther up it is 0.956.  No more by the mean of four fits, a share of 0.25 of the features at a time,
# how far the most paragraphs are, what the heading above says, or the place within the boxes.
_ROUNDS = 120
_BLIND = 0.3  # share of the pages shown a second time without trafilatura's verdict, so that the trees do not trust it blindly
_THRESHOLD = 0.4  # a block is kept from this probability on; from 0.4 to 0.5 F1 is the same, and 13 to 16 % of the pages are hurt
_SNIPPET = 0.02  # weight of a block that a snippet decides about: a page of full text has a weight of one in all
_MOST = 0.5  # weight of a block that is more than half of its text
_PARAMETERS = {
    "objective": "binary",
    "learning_rate": 0.07,
    "num_leaves": 24,
    "min_data_in_leaf": 40,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 5,
    "verbose": -1,
    "num_threads": 1,
    "deterministic": True,
    "seed": 1,
}
_MODEL = Path(extract.__file__).parent / "model.json"


@dataclass
class Page:
    """A page with what is known about its blocks: label 1 (article), 0 or -1 (unknown)."""

    row: dict[str, Any]
    texts: list[str]
    table: Any
    blind: Any  # the same without the text of the other extractor
    labels: Any
    weights: Any

    @property
    def fold(self) -> int:
        """The part that all pages of its site belong to."""
        site = self.row.get("site") or urlsplit(self.row.get("url") or "").hostname or self.row["id"]
        return zlib.crc32(site.removeprefix("www.").encode()) % _FOLDS


def labels(texts: Sequence[str], gold: str, title: str | None) -> list[int]:
    """Which blocks are part of the gold text; -1 for the title and blocks without words."""
    wanted, words, name = grams(gold, None), f" {' '.join(tokens(gold))} ", tokens(title or "")
    parts = [tokens(text) for text in texts]
    keys = [" ".join(part) for part in parts]
    often = Counter(keys)
    found: list[int] = []
    unsure = defaultdict(list)  # blocks that may be in the text by chance, or as another copy
    for i, (key, part) in enumerate(zip(keys, parts, strict=True)):
        if not part or part == name:
            found.append(-1)
        elif len(part) < 4:
            found.append(int(f" {key} " in words))
        else:
            own = [tuple(part[j : j + 4]) for j in range(len(part) - 3)]
            found.append(int(sum(gram in wanted for gram in own) * 2 >= len(own)))
        if found[i] == 1 and (often[key] > 1 or len(part) < 4):
            unsure[key].append(i)
    all_unsure = {i for group in unsure.values() for i in group}

    def company(i: int) -> float:
        """How much of the text near block `i` is article, near blocks counting more."""
        near = [j for j in range(max(i - 8, 0), min(i + 9, len(found))) if found[j] >= 0 and j not in all_unsure]
        weights = [len(parts[j]) / (1 + abs(i - j)) for j in near]
        return sum(w * found[j] for w, j in zip(weights, near, strict=True)) / (sum(weights) or 1)

    for key, group in unsure.items():
        group.sort(key=lambda i: -company(i))
        copies = max(words.count(f" {key} "), 1)
        for place, i in enumerate(group):
            if place >= copies or (len(parts[i]) < 4 and company(i) < 0.2):
                found[i] = 0
    return found


def read(path: Path, folder: Path) -> list[Page]:
    """The pages of the file with their features."""
    nets = networks(folder)
    with (folder / "held-out.jsonl").open(encoding="utf-8") as lines:
        unseen = {row["id"].partition(":")[2]: row["fold"] for row in map(json.loads, lines)}  # by the id of the page
    pages = []
    for row in rows(path):
        net = nets[unseen.get(row["id"], 0)]
        network.shipped = lambda net=net: net  # type: ignore[assignment,misc]
        root = blocks.parse(row["html"])
        found = blocks.find(root)
        if not found:
            continue
        other, _ = extract.second_opinion(root, row.get("url"))
        texts = [block.text for block in found]
        if "gold_text" in row:
            label = labels(texts, row["gold_text"], row.get("title"))
            total = len(tokens(row["gold_text"])) or 1
            weights = [min(max(len(tokens(text)), 1) / total, _MOST) for text in texts]
        else:
            label = [
                1 if any(s in text for s in row["gold_with"]) else 0 if any(s in text for s in row["gold_without"]) else -1
                for text in texts
            ]
            weights = [_SNIPPET] * len(texts)
        as_lines = extract.as_lines(found)
        table = np.array(list(features.table(found, other, *as_lines)), float)
        blind = np.array(list(features.table(blocks.find(root), "", *as_lines)), float)
        pages.append(Page(row, texts, table, blind, np.array(label), np.array(weights)))
    return pages


def fit(pages: Sequence[Page]) -> Any:
    """Trees for these pages."""
    shown = [(page.table, page.labels, page.weights) for page in pages]
    shown += [
        (page.blind, page.labels, page.weights) for page in pages if zlib.crc32(page.row["id"].encode()) % 100 < _BLIND * 100
    ]
    table, label, weights = (np.concatenate(column) for column in zip(*shown, strict=True))
    known = label >= 0
    data = lightgbm.Dataset(table[known], label[known], weight=weights[known] / weights[known].mean())
    return lightgbm.train(_PARAMETERS, data, _ROUNDS)


def report(pages: Sequence[Page]) -> None:
    """Print the figures of held-out sites, at several thresholds."""
    held_out = {}
    for fold in range(_FOLDS):
        trees = fit([page for page in pages if page.fold != fold])
        held_out.update({page.row["id"]: trees.predict(page.table) for page in pages if page.fold == fold})
    for threshold in (0.3, _THRESHOLD, 0.45, 0.5, 0.6):
        scores, seen = [], []
        for page in pages:
            text = "\n".join(t for t, p in zip(page.texts, held_out[page.row["id"]], strict=True) if p >= threshold)
            if "gold_text" in page.row:
                scores.append(score(page.row["gold_text"], text, page.row.get("title")))
            else:
                seen.append((page.row, text))
        print(f"from {threshold:.2f} on   {summary(scores)}   snippets {snippets(seen)}")


def plain(node: dict[str, Any]) -> Any:
    """A tree as nested lists; `cleaners.extract.model` says how to read them."""
    if "leaf_value" in node:
        return round(node["leaf_value"], 5)
    assert node["decision_type"] == "<="
    return [node["split_feature"], float(f"{node['threshold']:.6g}"), plain(node["left_child"]), plain(node["right_child"])]


def main() -> None:
    """Fit, print, write."""
    parser = argparse.ArgumentParser(description="Fit the model that decides about the blocks of a page.")
    parser.add_argument("pages", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    pages = read(options.pages, options.folder)
    report(pages)
    if options.write:
        trees = fit(pages).dump_model()["tree_info"]
        model = {
            "fitted_on": f"{len(pages)} pages, sha256 {digest(options.pages)[:16]}",
            "features": features.NAMES,
            "threshold": round(float(np.log(_THRESHOLD / (1 - _THRESHOLD))), 5),
            "trees": [plain(tree["tree_structure"]) for tree in trees],
        }
        _MODEL.write_text(json.dumps(model, separators=(",", ":")).replace('],"trees"', '],\n"trees"') + "\n")


if __name__ == "__main__":
    main()
