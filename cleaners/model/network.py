"""The network of the line model: a small convolutional net over the lines of a document, in NumPy.

Each line becomes a vector from its shape and its words; four layers look at wider and wider neighbourhoods (1, 2, 4 and 8 lines to
each side, 15 in all).  In between come the mean and the maximum over the whole document, and what was strongest before and after the line:
how far away main text is, and whether any is to come.

Values between layers are integers from 0 to 256, and weights are multiples of 1/256.  So every product is a multiple of 1/256, every sum
stays below 2**24 of them, and float32 adds them up without rounding: every machine gives the same score.
`benchmarks/fit_line_model.py` fits the weights, and refuses those that could leave this range.
"""

from functools import cache
from importlib.resources import files
from typing import IO, NamedTuple

import numpy as np
import numpy.typing as npt
from threadpoolctl import ThreadpoolController

from cleaners.model.features import FIRST_TOKENS, KINDS, LAST_TOKENS, Features, Floats, Ints, Table

DILATIONS = (1, 2, 4, 8)
CONTEXT_BEFORE = 2  # the layer before which the document as a whole comes in
CARRIED_BEFORE = 3  # the layer before which comes in what is carried along from line to line
FADES = (0,) * 8 + (4,) * 8  # what each carried signal loses per line: nothing, or all of it in 64 lines
SLOT_BITS = 18
WEIGHT, EMBEDDING = 256, 64  # steps to 1
UNIT = 32  # what was 1 while the weights were fitted
LARGEST = 256
LOGITS = 16  # steps to 1 in which a logit is looked up
LOGIT_RANGE = 8
DIMENSIONS = 8  # of a token

_LOWER_BITS = np.uint32(32 - SLOT_BITS)
_LOWER = np.uint32((1 << 32 - SLOT_BITS) - 1)
_EVEN = np.uint64(0x00FF00FF00FF00FF)


class Weights(NamedTuple):
    """What was fitted, as it is stored.

    Attributes:
        table: see `features.character_table`.
        vocabulary: the hashes that the model knows.  No two share the upper `SLOT_BITS` bits.
        embedding: a row for each of them, after a row of zeros for all others; in steps of 1/64.
        shape, words, edges, first: the first layer, by what it reads.  edges: three times `KINDS` rows.
        layers, layer_biases: the convolutions, each (3 * width, width).
        context, context_bias: from mean and maximum.
        carried, carried_bias: from what is carried, before and behind.
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
    carried: Floats
    carried_bias: Floats
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
        # For the upper bits of a hash: its row in the embedding, and the lower bits that it must have.
        self._slots: npt.NDArray[np.uint32] = np.zeros(1 << SLOT_BITS, np.uint32)
        self._slots[weights.vocabulary >> _LOWER_BITS] = (
            np.arange(1, rows, dtype=np.uint32) << _LOWER_BITS | weights.vocabulary & _LOWER
        )
        # All dimensions side by side in one integer, none below zero.
        self._packed = (weights.embedding.astype(np.int16) + 128).astype(np.uint8).view("<u8")[:, 0].astype(np.uint64)
        most = 2 * (FIRST_TOKENS + LAST_TOKENS)
        self._scale = (np.rint(256 / np.sqrt(np.arange(most + 1) + 1.0)) / 256).astype(np.float32)
        self._hidden, self._out = np.ascontiguousarray(weights.hidden.T), np.ascontiguousarray(weights.out.T)
        first, last, before_last = weights.edges.reshape(3, -1, weights.edges.shape[-1])
        self._first_edge = first + weights.first
        self._last_edges = (last[:, None] + before_last).reshape(-1, last.shape[1])  # a row for each two kinds
        self._observed = np.concatenate((weights.shape, weights.words))
        # A row of ones below the lines adds the biases in the same product.
        self._layers = np.concatenate((weights.layers, weights.layer_biases[:, None]), axis=1).transpose(0, 2, 1).copy()

    def _words(self, seen: Features) -> Floats:
        """The words of each line: the sums of their embeddings."""
        slot = self._slots.take(seen.tokens >> _LOWER_BITS)
        row = slot >> _LOWER_BITS
        row *= (slot ^ seen.tokens) & _LOWER == 0
        each = np.zeros(len(row) + 1, np.uint64)  # a zero behind the last, for lines without words at the end
        self._packed.take(row, out=each[:-1], mode="clip")
        many = 2 * seen.counts
        begins = np.cumsum(many) - many
        words = np.empty((len(many), DIMENSIONS), np.float32)
        # Each dimension has spare bits beside it, so that one sum adds up four.
        words[:, 0::2] = np.add.reduceat(each & _EVEN, begins).astype("<u8").view("<u2").reshape(-1, 4)
        each >>= np.uint64(8)
        each &= _EVEN
        words[:, 1::2] = np.add.reduceat(each, begins).astype("<u8").view("<u2").reshape(-1, 4)
        words -= (128.0 * many[:, None]).astype(np.float32)
        words[many == 0] = 0  # `reduceat` has taken the next one for them
        words *= self._scale.take(many)[:, None] * np.float32(UNIT / EMBEDDING)
        np.rint(words, out=words)
        return np.clip(words, -LARGEST, LARGEST, out=words)

    def logits(self, seen: Features) -> Floats:
        """The score of each line that is not blank, before it is a probability."""
        # The products are too small for several threads, which would burn several times what the model costs while they wait.
        with _blas().limit(limits=1):
            return self._logits(seen)

    def _logits(self, seen: Features) -> Floats:
        w, width = self.weights, self.weights.first.shape[0]
        sizes = seen.sizes[seen.sizes > 0]
        starts = np.cumsum(sizes) - sizes
        n = len(seen.lines)
        rows = np.concatenate((seen.shape, self._words(seen)), axis=1) @ self._observed
        rows += self._first_edge.take(seen.edges[:, 0], axis=0)
        rows += self._last_edges.take(seen.edges[:, 1] * KINDS + seen.edges[:, 2], axis=0)
        # From here on each line is a column, so that a shift by lines is one copy: one product serves the line before (first rows),
        # the line itself and the line after.
        around = np.ones((3 * width + 1, n), np.float32)
        h = around[width : 2 * width]
        h[:] = _settle(rows).T
        for layer, d in enumerate(DILATIONS):
            if layer == CONTEXT_BEFORE:
                wide = np.float64 if sizes.max() * LARGEST > 1 << 24 else np.float32
                mean = np.rint(np.add.reduceat(h, starts, axis=1, dtype=wide) / sizes).astype(np.float32)
                both = np.concatenate((mean, np.maximum.reduceat(h, starts, axis=1))).T @ w.context + w.context_bias
                h += np.repeat(np.maximum(both, 0).T, sizes, axis=1)
                _settle(h)
            if layer == CARRIED_BEFORE:
                new = w.carried.T @ _carried(h, sizes) + w.carried_bias[:, None]
                h += np.clip(new, 0, np.inf, out=new)
                _settle(h)
            # A line in another document, or in none, counts as zeros.
            edge = starts[:, None] + np.arange(d)
            around[:width, d:] = h[:, :-d]
            around[:width, edge[edge < n]] = 0
            edge = starts[1:, None] - np.arange(1, d + 1)
            around[2 * width : -1, :-d] = h[:, d:]
            around[2 * width : -1, edge[edge >= 0]] = 0
            around[2 * width : -1, -d:] = 0
            new = self._layers[layer] @ around
            h += np.clip(new, 0, np.inf, out=new)
            _settle(h)
        hidden = self._hidden @ h
        hidden += w.hidden_bias[:, None]
        logits: Floats = (self._out @ _settle(hidden) + w.out_bias)[0] / UNIT
        return logits

    def probabilities(self, seen: Features) -> Floats:
        """The probability for each line that is not blank that it is main text."""
        step = np.rint(np.clip(self.logits(seen), -LOGIT_RANGE, LOGIT_RANGE) * LOGITS) + LOGIT_RANGE * LOGITS
        return self.weights.probability.take(step.astype(np.intp))


def _carried(h: Floats, sizes: Ints) -> Floats:
    """The first signals of each line, or of an earlier line of its document, whichever is stronger here; below, the same for later lines.

    One running maximum serves all documents: what is added to each is more than any signal of the one before.
    """
    rows, n = len(FADES), h.shape[1]
    both = np.empty((2 * rows, n), np.float32)
    step = np.array(FADES, np.int32)[:, None] * np.arange(n, dtype=np.int32)
    for part, way in ((both[:rows], slice(None)), (both[rows:], slice(None, None, -1))):
        above = step + np.repeat(np.arange(len(sizes), dtype=np.int32) * (LARGEST + 1), sizes[way])
        part[:, way] = np.maximum.accumulate(h[:rows, way].astype(np.int32) + above, axis=1) - above
    return both


@cache
def _blas() -> ThreadpoolController:
    """What multiplies the matrices."""
    return ThreadpoolController().select(user_api="blas")


def _settle(values: Floats) -> Floats:
    """Make integers from 0 to 256 of them, in place."""
    np.rint(values, out=values)
    return np.clip(values, 0, LARGEST, out=values)  # several times as fast as `maximum` and `minimum`


_FITTED = (
    "shape", "words", "edges", "first", "layers", "layer_biases", "context", "context_bias", "carried", "carried_bias",
    "hidden", "hidden_bias", "out", "out_bias",
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
