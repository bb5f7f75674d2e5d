"""The network of the line model: a small convolutional net over the lines of a document, in NumPy.

Each line becomes a vector from its shape and its words; four layers look at wider and wider neighbourhoods (1, 2, 4 and 8 lines to
each side, 15 in all), and the mean and the maximum over the whole document come in between.

Values between layers are integers from 0 to 256, and weights multiples of 1/256.  So every product is a multiple of 1/256, every sum
stays below 2**24 of them, and float32 adds them up without rounding: no machine gives another score.
`benchmarks/fit_line_model.py` fits the weights, and refuses those that could leave this range.
"""

from functools import cache
from importlib.resources import files
from typing import IO, NamedTuple

import numpy as np
import numpy.typing as npt

from cleaners.model.features import FIRST_TOKENS, KINDS, LAST_TOKENS, Features, Floats, Table

DILATIONS = (1, 2, 4, 8)
CONTEXT_BEFORE = 2  # the layer before which the document as a whole comes in
SLOT_BITS = 18
WEIGHT, EMBEDDING = 256, 64  # steps to 1
UNIT = 32  # what was 1 while the weights were fitted
LARGEST = 256
LOGITS = 16  # steps to 1 in which a logit is looked up
LOGIT_RANGE = 8
DIMENSIONS = 8  # of a token


class Weights(NamedTuple):
    """What was fitted, as it is stored.

    Attributes:
        table: see `features.character_table`.
        vocabulary: the hashes that the model knows.  No two share the upper `SLOT_BITS` bits.
        embedding: a row for each of them, behind a row of zeros for all others; in steps of 1/64.
        shape, words, edges, first: the first layer, by what it reads.  edges: three times `KINDS` rows.
        layers, layer_biases: the convolutions, each (3 * width, width).
        context, context_bias: from mean and maximum.
        hidden, hidden_bias, out, out_bias: the last two layers.
        probability: for each step of the logit.
    """

    table: Table
    vocabulary: npt.NDArray[np.uint32]
    embedding: npt.NDArray[np.int8]
    shape: Floats
    words: Floats
    edges: Floats
    first: Floats
    layers: Floats
    layer_biases: Floats
    context: Floats
    context_bias: Floats
    hidden: Floats
    hidden_bias: Floats
    out: Floats
    out_bias: Floats
    probability: Floats


class Network:
    """Ready to be asked."""

    def __init__(self, weights: Weights) -> None:
        """Lay out the weights for use."""
        self.weights = weights
        rows = len(weights.vocabulary) + 1
        self._slots: npt.NDArray[np.uint32] = np.zeros(1 << SLOT_BITS, np.uint32)
        self._slots[weights.vocabulary >> np.uint32(32 - SLOT_BITS)] = np.arange(1, rows)
        self._check = np.concatenate((np.zeros(1, np.uint32), weights.vocabulary))
        # Four dimensions side by side in one integer, 16 bits each and none below zero: one sum adds up four.
        self._packed = (weights.embedding.astype("<i2") + 128).astype("<u2").view("<u8")
        most = 2 * (FIRST_TOKENS + LAST_TOKENS)
        self._scale = (np.rint(256 / np.sqrt(np.arange(most + 1) + 1.0)) / 256).astype(np.float32)
        # Side by side, so that one product serves the line before, the line itself and the line after.
        self._layers = np.ascontiguousarray(np.concatenate(np.split(weights.layers, 3, axis=1), axis=2).transpose(0, 2, 1))
        self._hidden, self._out = np.ascontiguousarray(weights.hidden.T), np.ascontiguousarray(weights.out.T)
        first, last, before_last = weights.edges.reshape(3, -1, weights.edges.shape[-1])
        self._first_edge = first + weights.first
        self._last_edges = (last[:, None] + before_last).reshape(-1, last.shape[1])  # a row for each two kinds
        self._observed = np.concatenate((weights.shape, weights.words))
        # A row of ones below the lines brings the biases into the product.
        biases = np.zeros((len(DILATIONS), self._layers.shape[1], 1), np.float32)
        width = weights.first.shape[0]
        biases[:, width : 2 * width, 0] = weights.layer_biases
        self._layers = np.concatenate((self._layers, biases), axis=2)

    def logits(self, seen: Features) -> Floats:
        """The score of each line that is not blank, before it is a probability."""
        w, width = self.weights, self.weights.first.shape[0]
        sizes = seen.sizes[seen.sizes > 0]
        starts = np.cumsum(sizes) - sizes
        doc = np.repeat(np.arange(len(sizes)), sizes)
        slot = self._slots.take(seen.tokens >> np.uint32(32 - SLOT_BITS))
        slot *= self._check.take(slot) == seen.tokens
        sums = np.zeros((len(slot) + 1, self._packed.shape[1]), np.uint64)
        np.cumsum(self._packed.take(slot, axis=0), axis=0, out=sums[1:])
        many = 2 * seen.counts
        packed = sums.take(np.cumsum(many), axis=0)
        packed[1:] -= packed[:-1].copy()
        words = packed.astype("<u8").view("<u2").astype(np.float32) - (128.0 * many[:, None]).astype(np.float32)
        words *= self._scale.take(many)[:, None]
        words *= np.float32(UNIT / EMBEDDING)
        np.rint(words, out=words)
        np.minimum(np.maximum(words, -LARGEST, out=words), LARGEST, out=words)
        rows = np.concatenate((seen.shape, words), axis=1) @ self._observed
        rows += self._first_edge.take(seen.edges[:, 0], axis=0)
        rows += self._last_edges.take(seen.edges[:, 1] * KINDS + seen.edges[:, 2], axis=0)
        # From here on a column for each line, so that shifts by lines are in one piece.
        whole = np.ones((width + 1, len(doc)), np.float32)
        h = whole[:width]
        np.rint(rows.T, out=h)
        np.minimum(np.maximum(h, 0, out=h), LARGEST, out=h)
        for layer, d in enumerate(DILATIONS):
            if layer == CONTEXT_BEFORE:
                mean = np.rint(np.add.reduceat(h, starts, axis=1, dtype=np.float64) / sizes).astype(np.float32)
                both = np.concatenate((mean, np.maximum.reduceat(h, starts, axis=1))).T @ w.context + w.context_bias
                h += np.maximum(both, 0).T.take(doc, axis=1)
                _settle(h)
            parts = self._layers[layer] @ whole
            new = parts[width : 2 * width]
            foreign = np.flatnonzero(doc[d:] != doc[:-d])  # a line and the one `d` lines further on, in another document
            parts[:width, foreign] = 0
            parts[2 * width :, foreign + d] = 0
            new[:, d:] += parts[:width, :-d]
            new[:, :-d] += parts[2 * width :, d:]
            np.maximum(new, 0, out=new)
            h += new
            np.rint(h, out=h)
            np.minimum(h, LARGEST, out=h)
        hidden = self._hidden @ h
        hidden += w.hidden_bias[:, None]
        logits: Floats = (self._out @ _settle(hidden) + w.out_bias)[0] / UNIT
        return logits

    def probabilities(self, seen: Features) -> Floats:
        """The probability for each line that is not blank that it is main text."""
        step = np.rint(np.clip(self.logits(seen), -LOGIT_RANGE, LOGIT_RANGE) * LOGITS) + LOGIT_RANGE * LOGITS
        return self.weights.probability.take(step.astype(np.intp))


def _settle(values: Floats) -> Floats:
    """Make integers from 0 to 256 of them, in place."""
    np.rint(values, out=values)
    np.maximum(values, 0, out=values)
    return np.minimum(values, LARGEST, out=values)


_FITTED = (
    "shape", "words", "edges", "first", "layers", "layer_biases", "context", "context_bias", "hidden", "hidden_bias", "out", "out_bias",
)  # fmt: skip


def store(weights: Weights) -> dict[str, npt.NDArray[np.generic]]:
    """The weights as small integers, to be saved."""
    return {
        name: np.rint(value * WEIGHT).astype(np.int32) if name in _FITTED else value for name, value in weights._asdict().items()
    }


@cache
def shipped() -> Network:
    """The network that is part of the package."""
    with (files("cleaners.model") / "weights.npz").open("rb") as file:
        return load(file)


def load(file: IO[bytes]) -> Network:
    """A network whose weights were stored."""
    with np.load(file, allow_pickle=False) as stored:
        return Network(
            Weights(
                **{
                    name: stored[name].astype(np.float32) / np.float32(WEIGHT) if name in _FITTED else stored[name]
                    for name in Weights._fields
                }
            )
        )
