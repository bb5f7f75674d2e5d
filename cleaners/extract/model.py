"""How likely each block of a page is part of its article: boosted decision trees, with the trees as data.

The trees are fitted by `benchmarks/fit_blocks.py`.  They are evaluated here in plain Python, which takes a few
milliseconds a page, so that the product needs no library for them.
"""

import json
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from cleaners.extract.features import NAMES


class Model(NamedTuple):
    """The fitted trees.

    Attributes:
        threshold: the sum from which on a block is kept.
        trees: a leaf is a number; any other node is [number of the feature, bound, node up to the bound, node above it].
        fitted_on: the number of pages and the hash of the file.
    """

    threshold: float
    trees: list[Any]
    fitted_on: str


@cache
def load() -> Model:
    """The model that comes with the package."""
    data = json.loads(files("cleaners.extract").joinpath("model.json").read_bytes())
    assert tuple(data["features"]) == NAMES, "model.json was fitted on other features; run benchmarks/fit_blocks.py"
    return Model(data["threshold"], data["trees"], data["fitted_on"])


def keeps(model: Model, rows: Iterable[Sequence[float]]) -> list[bool]:
    """Which blocks, given by their features, the model keeps."""
    kept = []
    for row in rows:
        total = 0.0
        for node in model.trees:
            while type(node) is list:
                node = node[2] if row[node[0]] <= node[1] else node[3]
            total += node
        kept.append(total >= model.threshold)
    return kept
