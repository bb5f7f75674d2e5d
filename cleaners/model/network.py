"""The network of the line model: a small convolutional net over the lines of a document, in NumPy.

Each line becomes a vector from its shape and its words; four layers look at wider and wider neighbourhoods (1, 2, 4 and 8 lines to
each side, 15 in all), and the mean and the maximum over the whole document come in between.

Weights are multiples of 1/64 and values between layers multiples of 1/32 below 8.  So every product is a multiple of 1/2048,
every sum stays below 2**24 of them, and float32 adds them up without rounding: no machine gives another score.
`benchmarks/fit_line_model.py` fits the weights, and refuses those that could leave this range.
"""

from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cleaners.model.features import FIRST_TOKENS, LAST_TOKENS, Features, Floats, Table

DILATIONS = (1, 2, 4, 8)
CONTEXT_BEFORE = 2  # the layer before which the document as a whole comes in
SLOT_BITS = 18
WEIGHT, VALUE = 64, 32  # steps to 1
LARGEST = 8.0
LOGITS = 16  # steps to 1 in which a logit is looked up
LOGIT_RANGE = 8
DIMENSIONS = 8  # of a token


class Weights(NamedTuple):
    """What was fitted, as it is stored.

    Attributes:
        table: see `features.character_table`.
        vocabulary: the hashes that the model knows.  No two share the upper `SLOT_BITS` bits.
        embedding: a row for each of them, behind a row of zeros for all others; int8, in steps of 1/64.
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
        self._edges = weights.edges.reshape(3, -1, weights.edges.shape[-1])

    def logits(self, seen: Features) -> Floats:
        """The score of each line that is not blank, before it is a probability."""
        w, n = self.weights, len(seen.lines)
        slot = self._slots.take(seen.tokens >> np.uint32(32 - SLOT_BITS))
        slot *= self._check.take(slot) == seen.tokens
        sums = np.zeros((len(slot) + 1, self._packed.shape[1]), np.uint64)
        np.cumsum(self._packed.take(slot, axis=0), axis=0, out=sums[1:])
        many = 2 * seen.counts
        packed = np.diff(sums.take(np.cumsum(many), axis=0), axis=0, prepend=sums[:1])
        words = packed.astype("<u8").view("<u2").astype(np.float32) - (128.0 * many[:, None]).astype(np.float32)
        words *= self._scale.take(many)[:, None]
        words = np.clip(np.rint(words * np.float32(VALUE / WEIGHT)) / np.float32(VALUE), -LARGEST, LARGEST)
        h = seen.shape @ w.shape + words @ w.words + w.first
        for place, edges in enumerate(self._edges):
            h += edges.take(seen.edges[:, place], axis=0)
        h = _settle(h)
        for layer, dilation in enumerate(DILATIONS):
            if layer == CONTEXT_BEFORE:
                mean = (np.rint(h.sum(axis=0, dtype=np.float64) * (VALUE / n)) / VALUE).astype(np.float32)
                h = _settle(h + np.maximum(np.concatenate((mean, h.max(axis=0))) @ w.context + w.context_bias, 0))
            padded = np.zeros((n + 2 * dilation, h.shape[1]), np.float32)
            padded[dilation:-dilation] = h
            around = np.concatenate((padded[: -2 * dilation], h, padded[2 * dilation :]), axis=1)
            h = _settle(h + np.maximum(around @ w.layers[layer] + w.layer_biases[layer], 0))
        logits: Floats = (_settle(h @ w.hidden + w.hidden_bias) @ w.out + w.out_bias)[:, 0]
        return logits

    def probabilities(self, seen: Features) -> Floats:
        """The probability for each line that is not blank that it is main text."""
        step = np.rint(np.clip(self.logits(seen), -LOGIT_RANGE, LOGIT_RANGE) * LOGITS) + LOGIT_RANGE * LOGITS
        return self.weights.probability.take(step.astype(np.intp))


def _settle(values: Floats) -> Floats:
    """Nothing below 0 or above 8, in steps of 1/32."""
    np.multiply(values, VALUE, out=values)
    np.rint(values, out=values)
    np.clip(values, 0, LARGEST * VALUE, out=values)
    np.multiply(values, np.float32(1 / VALUE), out=values)
    return values


_STEPS = {
    name: WEIGHT * VALUE if "bias" in name or name == "first" else WEIGHT
    for name in ("shape", "words", "edges", "first", "layers", "layer_biases", "context", "context_bias", "hidden", "hidden_bias",
                 "out", "out_bias")
}  # fmt: skip


def store(weights: Weights) -> dict[str, npt.NDArray[np.generic]]:
    """The weights as small integers, to be saved."""
    return {
        name: np.rint(value * _STEPS[name]).astype(np.int32) if name in _STEPS else value
        for name, value in weights._asdict().items()
    }


@cache
def shipped() -> Network:
    """The network that is part of the package."""
    with (files("cleaners.model") / "weights.npz").open("rb") as file, np.load(file, allow_pickle=False) as stored:
        return Network(
            Weights(
                **{
                    name: (stored[name] / _STEPS[name]).astype(np.float32) if name in _STEPS else stored[name]
                    for name in Weights._fields
                }
            )
        )
