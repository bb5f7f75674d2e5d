"""Teachers of the line model: each a network that saw no page of a site, and trees that read its answers for all lines of a document.

What the trees add the network cannot see from a line: how far the next main text is, how much of it stands before, whether any is to
come.  On sites that neither has seen the log loss falls from 0.264 to 0.236.  They would take longer than all that the model may cost, so
they only teach.  Needs lightgbm.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import lightgbm
import numpy as np

from cleaners.model.features import Features, Floats
from cleaners.model.network import LOGIT_RANGE, Network

_AROUND = 8  # lines to each side whose answers are read
_FAR = 99.0  # lines to main text, where there is none
_LINES = 100  # of a document, about; of longer ones some are left out, and the others weigh more
_ROUNDS = 150
_PARAMETERS = {
    "objective": "binary",
    "learning_rate": 0.08,
    "num_leaves": 31,
    "min_data_in_leaf": 100,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "lambda_l2": 5,
    "verbose": -1,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "seed": 1,
}


class Answers(NamedTuple):
    """What trees are fitted on: the lines of a document that are scored."""

    seen: Any
    labels: Any


class Teacher(NamedTuple):
    """A network and its trees."""

    network: Network
    trees: Any

    def probabilities(self, seen: Features, lines: Sequence[str]) -> Floats:
        """How probable it is of each line of a document that is not blank that it is main text.

        Args:
            seen: what the network sees of the document.
            lines: the document.
        """
        read = answers(self.network, seen, lines)
        probable: Floats = self.trees.predict(read, num_threads=1).astype(np.float32)
        return probable


def answers(network: Network, seen: Features, lines: Sequence[str]) -> Floats:
    """What trees read of each line: the answers for it and around it, what the document as a whole is like, and its shape."""
    logits = np.clip(network.logits(seen), -LOGIT_RANGE, LOGIT_RANGE)
    probable = 1 / (1 + np.exp(-logits))
    sizes = np.array([len(lines[i]) for i in seen.lines], np.float32)
    n, place = len(logits), np.arange(len(logits))
    padded = np.pad(logits, _AROUND, constant_values=-LOGIT_RANGE - 1)
    sure = probable > 0.5
    last = np.maximum.accumulate(np.where(sure, place, -1))
    following = n - 1 - np.maximum.accumulate(np.where(sure[::-1], place, -1))[::-1]
    text, other = np.cumsum(probable * sizes), np.cumsum(sizes * ~sure)
    strongest = np.pad(np.maximum.accumulate(logits), (1, 0), constant_values=-LOGIT_RANGE - 1)[:-1]
    to_come = np.pad(np.maximum.accumulate(logits[::-1])[::-1], (0, 1), constant_values=-LOGIT_RANGE - 1)[1:]
    columns = [
        *(padded[k : k + n] for k in range(2 * _AROUND + 1)),
        strongest,
        to_come,
        np.where(last >= 0, place - last, _FAR),
        np.where(following < n, following - place, _FAR),
        text / (text[-1] + 1e-6),
        np.full(n, np.log1p(text[-1])),
        np.full(n, text[-1] / sizes.sum()),
        other / sizes.sum(),
        np.full(n, other[-1] / sizes.sum()),
        place / n,
        np.full(n, np.log(n)),
        np.log1p(sizes),
    ]
    return np.hstack([np.stack(columns, axis=1), seen.shape]).astype(np.float32)


def fit(networks: Mapping[int, Network], read: Mapping[int, Sequence[Answers]], seed: int) -> dict[int, Teacher]:
    """Fit trees for each network.

    Args:
        networks: for each fold one that saw no page of it.
        read: for each fold what its network answers about its pages.  The trees for a network are fitted on all folds but its own.
        seed: says which lines of long documents are left out.
    """
    teachers = {}
    for fold, network in networks.items():
        rng = np.random.default_rng(seed)
        seen, labels, weights = [], [], []
        for document in (document for other in networks if other != fold for document in read[other]):
            share = min(1.0, _LINES / max(1, len(document.labels)))
            drawn = rng.random(len(document.labels)) < share
            seen.append(document.seen[drawn])
            labels.append(document.labels[drawn])
            weights.append(np.full(drawn.sum(), 1 / max(1, len(document.labels)) / share))
        weight = np.concatenate(weights)
        data = lightgbm.Dataset(np.concatenate(seen), np.concatenate(labels), weight=weight / weight.mean())
        teachers[fold] = Teacher(network, lightgbm.train(_PARAMETERS, data, _ROUNDS))
    return teachers
