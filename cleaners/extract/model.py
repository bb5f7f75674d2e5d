"""How likely each block of a page is part of its article: boosted decision trees, with the trees as data.

`benchmarks/fit_blocks.py` fits the trees.  They are evaluated here with NumPy, so that
the product needs no library for them; all trees for many blocks at once, since block after block in plain Python takes three times as long.
"""

import json
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cleaners.extract.features import NAMES

_AT_ONCE = 512  # blocks, so that the arrays stay small on a page of 50,000
_STEPS = 100_000  # to 1, in which leaves are added up: whole numbers have the same sum in any order
# Log-odds of 0.3, which is enough if no block of a page reaches the threshold: losing a page is worse than keeping a teaser with it.
# On held-out sites all blocks from there on have F1 0.954, those from the threshold on 0.956.
_DOUBTFUL = round(-0.847 * _STEPS)


class Model(NamedTuple):
    """The fitted trees, as the nodes of all of them side by side.

    Attributes:
        threshold: the sum from which on a block is kept.
        roots: the node at which each tree begins.
        depth: of the deepest tree.
        feature, bound: which feature decides at a node, and the value up to which it leads to the lower of two nodes.
        lower: that node; the other is the next one.  A leaf leads to itself.
        value: what a leaf adds.
        fitted_on: the number of pages and the hash of the file.
    """

    threshold: int
    roots: npt.NDArray[np.intp]
    depth: int
    feature: npt.NDArray[np.intp]
    bound: npt.NDArray[np.float64]
    lower: npt.NDArray[np.intp]
    value: npt.NDArray[np.int64]
    fitted_on: str


@cache
def load() -> Model:
    """The model that comes with the package.

    In the file a leaf is a number; any other node is [number of the feature, bound, node up to the bound, node above it].
    """
    data = json.loads(files("cleaners.extract").joinpath("model.json").read_bytes())
    assert tuple(data["features"]) == NAMES, "model.json was fitted on other features; run benchmarks/fit_blocks.py"
    nodes: list[Any] = list(data["trees"])
    feature, bound, lower, value = [], [], [], []
    depths = [0] * len(nodes)
    for at, node in enumerate(nodes):  # grows as it goes
        is_leaf = not isinstance(node, list)
        feature.append(0 if is_leaf else node[0])
        bound.append(np.inf if is_leaf else node[1])
        lower.append(at if is_leaf else len(nodes))
        value.append(round(node * _STEPS) if is_leaf else 0)
        if not is_leaf:
            nodes += node[2:]
            depths += [depths[at] + 1] * 2
    return Model(
        round(data["threshold"] * _STEPS),
        np.arange(len(data["trees"])),
        max(depths),
        np.array(feature),
        np.array(bound),
        np.array(lower),
        np.array(value),
        data["fitted_on"],
    )


def keeps(model: Model, rows: Iterable[Sequence[float]]) -> list[bool]:
    """Which blocks, given by their features, the model keeps: those that reach the threshold, or else, where none does, the likelier ones."""
    sums: list[int] = []
    left = iter(rows)
    while some := list(islice(left, _AT_ONCE)):
        table = np.array(some, np.float64).ravel()
        row = np.arange(0, len(table), len(NAMES))[:, None]
        at = np.tile(model.roots, (len(some), 1))
        for _ in range(model.depth):
            at = model.lower.take(at) + (table.take(row + model.feature.take(at)) > model.bound.take(at))
        sums += model.value.take(at).sum(axis=1).tolist()
    bar = model.threshold if max(sums, default=0) >= model.threshold else _DOUBTFUL
    return [total >= bar for total in sums]
