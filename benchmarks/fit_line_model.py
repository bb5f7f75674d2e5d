"""Fit the line model, and measure it on sites it was not fitted on.

usage: python -m benchmarks.fit_line_model DUMPS.jsonl.gz FOLDER [--also WEAK.jsonl.gz] [--made-up FOLDER]
       [--leave-out SOURCE]... [--folds 5] [--epochs 8] [--seed 4]

Writes FOLDER/held-out.jsonl (for each row the probability of each line, by a model that saw no page of its site), these models
(FOLDER/fold-0.npz and so on), and FOLDER/weights.npz.  `line_model_quality.py` makes the tables of docs/model-card.md out of all but the
last, which is what belongs in cleaners/model/.  Only rows with `train: true` are read, and the pages of `made_up.py`.  Needs
benchmarks/requirements-model.txt.

Most of what a model learns of a line is its label, and some is what a teacher says that saw no page of that site: labels follow the customs
of their source, and a model that cannot learn those by heart is told so.  A teacher is fitted on labels alone (see `teachers.py`).  For the models of the
folds there is one for each two folds, and for what is shipped one for each: (FOLDER/teacher-0-1.npz and so on).  Those networks that are there already are
not fitted again.

What is done against learning the pages by heart (2,300 pages of 1,300 sites are few):
    - rows of a site that has many weigh less: each has weight 1 / sqrt(rows of the site);
    - a word counts only if at least `_WORD_SITES` sites have it, a pair of words `_PAIR_SITES`;
    - half of the words are left out at each step, and a fifth of the values between layers;
    - every page is seen in another form each time: see `vary`;
    - few epochs, a falling rate, and the average of the weights over the last steps.
"""

import argparse
import hashlib
import json
import re
import textwrap
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from benchmarks import made_up, teachers
from benchmarks.dumps import rows
from benchmarks.quality import _TOKEN
from benchmarks.teachers import Answers, Teacher
from cleaners.model import network
from cleaners.model.features import COLUMNS, KINDS, character_table, observe
from cleaners.model.network import (
    CARRIED_BEFORE,
    CONTEXT_BEFORE,
    DILATIONS,
    DIMENSIONS,
    EMBEDDING,
    FADES,
    LARGEST,
    LOGIT_RANGE,
    LOGITS,
    UNIT,
    WEIGHT,
    Network,
    Weights,
)

_TABLE = character_table()
_WIDTH = 64
_TEACHER_WIDTH, _TEACHER_EPOCHS = 48, 6
_TAUGHT = 0.5  # the share of what a model learns that a teacher says; figures of others: line-model-errors.md
_MADE_UP = "made-up"  # the source of pages that we wrote
_TOP = LARGEST / UNIT
_WORD_SITES, _PAIR_SITES = 4, 8
_SHIFT = np.uint32(32 - network.SLOT_BITS)


@dataclass(frozen=True)
class Page:
    """A dump. `labels`, `scored` and `sizes` (in words) have an entry for each line; lines that are not scored teach nothing."""

    id: str
    site: str
    lang: str
    source: str
    track: str
    lines: list[str]
    labels: Any
    scored: Any
    sizes: Any
    gold: list[str]


@dataclass
class Sample:
    """A dump as arrays: what the model sees, and what it shall say."""

    inputs: Any
    tokens: Any
    counts: Any
    labels: Any
    weights: Any
    lines: Any


def read(path: Path, leave_out: Sequence[str]) -> tuple[list[Page], str]:
    """The rows to fit on, and the hash of the file."""
    pages = []
    for row in rows(path):
        if not row.get("train") or row["source"] in leave_out:
            continue
        lines = row["dump"].split("\n")
        scored = np.array([bool(line.strip()) for line in lines])
        scored[row["ignore"]] = False
        scored[row["dup_lines"]] = False
        pages.append(
            Page(
                row["id"],
                row["site"] or row["id"].split(":", 1)[1],
                row["lang"],
                row["source"],
                row["track"],
                lines,
                np.array(row["labels"], np.float32),
                scored,
                np.array([len(_TOKEN.findall(line)) for line in lines], np.float32),
                row["gold_text"].split("\n"),
            )
        )
    return pages, hashlib.sha256(path.read_bytes()).hexdigest()


def read_made_up(folder: Path) -> tuple[list[Page], str]:
    """The pages that we made up, and the hash of their files."""
    written, data = made_up.to_learn(folder)
    pages = [
        Page(
            page.id,
            page.id,
            page.lang.partition("-")[0],
            _MADE_UP,
            "page",
            page.lines,
            np.array([bool(label) for label in page.labels], np.float32),
            np.array([label is not None for label in page.labels]),
            np.array([len(_TOKEN.findall(line)) for line in page.lines], np.float32),
            [line for line, label in zip(page.lines, page.labels, strict=True) if label or not line.strip()],
        )
        for page in written
    ]
    return pages, data


def folds_of(pages: Sequence[Page], folds: int) -> dict[str, int]:
    """A fold for each site, so that the folds have about as many pages each."""
    size, fold_of = [0] * folds, {}
    for site, number in sorted(Counter(page.site for page in pages).items(), key=lambda item: (-item[1], _hash(item[0]))):
        fold_of[site] = size.index(min(size))
        size[fold_of[site]] += number
    return fold_of


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def sample(page: Page, teacher: Teacher | None = None) -> Sample | None:
    """What the model sees of a page, and what it shall say; None if it sees nothing."""
    seen = observe([page.lines], _TABLE)
    if seen is None:
        return None
    edges = np.eye(KINDS, dtype=np.float32)[seen.edges].reshape(len(seen.lines), -1)
    labels = page.labels[seen.lines].astype(np.float32)
    weights = (page.scored * np.sqrt(page.sizes + 1))[seen.lines].astype(np.float32)
    total = weights.sum()
    if teacher:
        # To lose a text costs the same however little it is on its page, so there it weighs more than its characters.
        text = labels > 0
        if of_text := weights[text].sum():
            weights[text] *= (total / of_text) ** 0.5
            total = weights.sum()
        labels = (1 - _TAUGHT) * labels + _TAUGHT * teacher.probabilities(seen, page.lines)
    return Sample(
        np.concatenate((seen.shape / np.float32(UNIT), edges), axis=1),
        seen.tokens,
        2 * seen.counts,
        labels,
        weights / total if total else weights,
        seen.lines,
    )


class Vary:
    """Gives pages in another form each time: as other scrapers would dump them, with the surroundings of other sites."""

    def __init__(self, pages: Sequence[Page]) -> None:
        """Take the pages from which surroundings are borrowed."""
        self._pages = pages
        self._of_lang = defaultdict(list)
        for i, page in enumerate(pages):
            self._of_lang[page.lang].append(i)

    def __call__(self, page: Page, rng: np.random.Generator) -> Page:
        """Another form of a page."""
        text = np.flatnonzero(page.labels)
        if len(text) and rng.random() < 0.06:  # the bare article
            page = self._whole(page)
        else:
            first, last = 0, len(page.lines)
            if len(text) and rng.random() < 0.3:  # closer around the article
                first = int(rng.integers(0, text[0] + 1)) if rng.random() < 0.6 else first
                last = int(rng.integers(text[-1] + 1, last + 1)) if rng.random() < 0.6 else last
            if last - first > 500:
                first += int(rng.integers(0, last - first - 499))
                last = first + 500
            page = _slice(page, first, last)
            if rng.random() < 0.35:
                page = self._among_others(page, rng)
        if rng.random() < 0.1:
            page = replace(page, lines=_in_another_script(page.lines, rng))
        return _reshape(page, rng) if rng.random() < 0.4 else page

    @staticmethod
    def _whole(page: Page) -> Page:
        scored = np.array([bool(line.strip()) for line in page.gold])
        sizes = np.array([len(_TOKEN.findall(line)) for line in page.gold], np.float32)
        return replace(page, lines=page.gold, labels=scored.astype(np.float32), scored=scored, sizes=sizes)

    def _among_others(self, page: Page, rng: np.random.Generator) -> Page:
        near = self._of_lang[page.lang]
        other = self._pages[int(rng.choice(near)) if rng.random() < 0.85 else int(rng.integers(len(self._pages)))]
        theirs, mine = np.flatnonzero(other.labels), np.flatnonzero(page.labels)
        if not len(theirs) or not len(mine):
            return page
        parts = [_slice(page, mine[0], mine[-1] + 1)]
        if rng.random() < 0.3:  # something between two paragraphs
            borders = np.flatnonzero(np.diff(other.labels * other.scored, prepend=1, append=1) < 0)
            if len(borders):
                at = int(rng.choice(borders))
                until = min(at + int(rng.integers(2, 25)), len(other.lines))
                until = next((i for i in range(at, until) if other.labels[i]), until)
                place = int(rng.choice(mine)) + 1 - mine[0]
                parts = [_slice(parts[0], 0, place), _slice(other, at, until), _slice(parts[0], place, len(parts[0].lines))]
        head, tail = rng.random() < 0.5, rng.random() < 0.7
        parts.insert(0, _slice(other, max(0, theirs[0] - 150), theirs[0]) if head else _slice(page, 0, mine[0]))
        parts.append(
            _slice(other, theirs[-1] + 1, min(theirs[-1] + 151, len(other.lines)))
            if tail
            else _slice(page, mine[-1] + 1, len(page.lines))
        )
        return replace(
            page,
            lines=[line for part in parts for line in part.lines],
            **{name: np.concatenate([getattr(part, name) for part in parts]) for name in ("labels", "scored", "sizes")},
        )


def _in_another_script(lines: Sequence[str], rng: np.random.Generator) -> list[str]:
    """Latin letters become others, so that the model can do without words, and without having seen the script."""
    lower = "abcdefghijklmnopqrstuvwxyz"
    first = int(rng.choice([ord("a"), 0x3B1, 0x430, 0x561, 0x5D0, 0x628, 0x905, 0xAC00]))  # Latin, Greek, …, Hangul
    step = 588 if first == 0xAC00 else 1
    letters = [chr(first + step * i) for i in rng.permutation(26 if step == 1 else 19)]
    table: dict[int, str | None] = {ord(char): letters[i % len(letters)] for i, char in enumerate(lower)}
    table |= {ord(char.upper()): letter.upper() for char in lower if (letter := table[ord(char)])}
    if step > 1:  # a syllable is a character there
        table |= dict.fromkeys(map(ord, "aeiouAEIOU"), None)
    return [line.translate(table) for line in lines]


def _slice(page: Page, first: int, last: int) -> Page:
    return replace(
        page,
        lines=page.lines[first:last],
        labels=page.labels[first:last],
        scored=page.scored[first:last],
        sizes=page.sizes[first:last],
    )


def _reshape(page: Page, rng: np.random.Generator) -> Page:
    """Other line ends: no blank lines, more of them, long lines wrapped, short ones joined, …"""
    how = rng.random()
    lines: list[tuple[str, float, bool, float]] = []
    for line, label, scored, size in zip(page.lines, page.labels, page.scored, page.sizes, strict=True):
        blank = not line.strip()
        if how < 0.2:
            if not blank:
                lines.append((line, label, scored, size))
        elif how < 0.4:
            if not blank:
                lines += [(line, label, scored, size), ("", 0, False, 0)]
        elif how < 0.5:
            if not blank or rng.random() < 0.5:
                lines.append((line, label, scored, size))
        elif how < 0.65:
            if blank:
                continue
            last = lines[-1] if lines else None
            if last and last[1:3] == (label, scored) and len(last[0]) < 120 and len(line) < 40 and rng.random() < 0.5:
                joint = str(rng.choice([" ", " | ", "  ", " · "]))
                lines[-1] = (last[0] + joint + line, label, scored, last[3] + size)
            else:
                lines.append((line, label, scored, size))
        elif how < 0.9:
            if how < 0.8:
                width = 50 + int(60 * (how - 0.65) / 0.15)
                parts = textwrap.wrap(line, width) if " " in line else [line[i : i + width] for i in range(0, len(line), width)]
            else:
                parts = re.split(r"(?<=[.!?。])\s+", line)
            lines += [(part, label, scored, size * len(part) / len(line)) for part in parts] if line else [("", 0, False, 0)]
        elif rng.random() > 0.08:
            lines.append((line, label, scored, size))
    if not lines:
        return page
    return replace(
        page,
        lines=[line for line, _, _, _ in lines],
        labels=np.array([label for _, label, _, _ in lines], np.float32),
        scored=np.array([bool(scored) for _, _, scored, _ in lines]),
        sizes=np.array([size for _, _, _, size in lines], np.float32),
    )


def vocabulary(pages: Sequence[Page], samples: Sequence[Sample]) -> Any:
    """The hashes of words and pairs that enough sites have; of two with the same upper bits, the one that more sites have."""
    of_site = defaultdict(list)
    for page, seen in zip(pages, samples, strict=True):
        of_site[page.site].append(seen.tokens.reshape(-1, 2))
    hashes, sites = [], []
    for column, least in ((0, _WORD_SITES), (1, _PAIR_SITES)):
        each = [np.unique(np.concatenate(tokens)[:, column]) for tokens in of_site.values()]
        found, number = np.unique(np.concatenate(each), return_counts=True)
        hashes.append(found[number >= least])
        sites.append(number[number >= least])
    order = np.lexsort((np.concatenate(hashes), -np.concatenate(sites)))
    ranked = np.concatenate(hashes)[order]
    _, best = np.unique(ranked >> _SHIFT, return_index=True)
    return np.sort(ranked[best])


class Net(nn.Module):
    """`network.Network` while it is being fitted."""

    def __init__(self, mean: Any, spread: Any, words: int, width: int, *, carries: bool) -> None:
        """Random weights.  A net that teaches carries nothing along: its trees see that for it."""
        super().__init__()
        self.mean, self.spread = nn.Buffer(torch.tensor(mean)), nn.Buffer(torch.tensor(spread))
        self.embedding = nn.Embedding(words + 1, DIMENSIONS, padding_idx=0)
        nn.init.normal_(self.embedding.weight, 0, 0.05)
        with torch.no_grad():
            self.embedding.weight[0] = 0
        self.first = nn.Linear(len(mean) + DIMENSIONS, width)
        self.layers = nn.ModuleList(nn.Conv1d(width, width, 3, dilation=d, padding=d) for d in DILATIONS)
        self.context = nn.Linear(2 * width, width)
        self.carried = nn.Linear(2 * len(FADES), width) if carries else None
        self.fades = nn.Buffer(torch.tensor(FADES, dtype=torch.float32)[None, :, None] / UNIT)
        self.hidden, self.out = nn.Linear(width, width), nn.Linear(width, 1)

    def forward(self, batch: dict[str, Any]) -> Any:
        """The logit of each line of a batch."""
        inputs = (batch["inputs"] - self.mean) / self.spread
        kept = torch.rand(len(batch["tokens"])) < 0.5 if self.training else torch.ones(len(batch["tokens"]))
        tokens = self.embedding(batch["tokens"]) * (kept * (2.0 if self.training else 1.0))[:, None]
        words = torch.zeros(len(inputs), DIMENSIONS).index_add_(0, batch["line"], tokens) / batch["norm"]
        words = functional.dropout(words.clamp(-_TOP, _TOP), 0.2, self.training)
        h = functional.dropout(self.first(torch.cat((inputs, words), 1)).clamp(0, _TOP), 0.2, self.training)
        mask = batch["mask"][:, None]
        pages, longest = batch["mask"].shape
        h = torch.zeros(pages * longest, h.shape[1]).index_copy(0, batch["place"], h).view(pages, longest, -1).transpose(1, 2)
        for i, layer in enumerate(self.layers):
            if i == CONTEXT_BEFORE:
                whole = torch.cat((h.sum(2) / mask.sum(2), h.amax(2)), 1)
                h = (h + torch.relu(self.context(whole))[:, :, None]).clamp(0, _TOP) * mask
            if self.carried and i == CARRIED_BEFORE:
                signals = h[:, : len(FADES)]
                both = torch.cat((self._carry(signals), self._carry(signals.flip(2)).flip(2)), 1)
                h = (h + torch.relu(self.carried(both.transpose(1, 2))).transpose(1, 2)).clamp(0, _TOP) * mask
            h = (h + torch.relu(layer(h))).clamp(0, _TOP) * mask
        h = functional.dropout(h.transpose(1, 2).reshape(pages * longest, -1)[batch["place"]], 0.2, self.training)
        return self.out(self.hidden(h).clamp(0, _TOP))[:, 0]

    def _carry(self, signals: Any) -> Any:
        """For each line the strongest of it and the lines before it, less what each has lost until here."""
        lost = self.fades * torch.arange(signals.shape[2])
        return (signals + lost).cummax(2).values - lost


def _batch(samples: Sequence[Sample]) -> dict[str, Any]:
    longest = max(len(s.labels) for s in samples)
    mask = torch.zeros(len(samples), longest)
    for i, s in enumerate(samples):
        mask[i, : len(s.labels)] = 1
    counts = np.concatenate([s.counts for s in samples])
    return {
        "inputs": torch.from_numpy(np.concatenate([s.inputs for s in samples])),
        "tokens": torch.from_numpy(np.concatenate([s.tokens for s in samples]).astype(np.int64)),
        "line": torch.from_numpy(np.repeat(np.arange(len(counts)), counts)),
        "norm": torch.from_numpy(np.sqrt(counts + 1.0).astype(np.float32))[:, None],
        "mask": mask,
        "place": torch.from_numpy(np.concatenate([np.arange(len(s.labels)) + i * longest for i, s in enumerate(samples)])),
        "labels": torch.from_numpy(np.concatenate([s.labels for s in samples])),
    }


def fit(
    pages: Sequence[Page], epochs: int, seed: int, width: int, teacher_of: Callable[[Page], Teacher | None] | None = None
) -> Weights:
    """Fit on pages, a teacher if there are none; the probabilities are not calibrated yet."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    known = [(page, seen) for page in pages if (seen := sample(page))]
    pages, samples = [page for page, _ in known], [seen for _, seen in known]
    words = vocabulary(pages, samples)
    slots = np.zeros(1 << network.SLOT_BITS, np.int64)
    slots[words >> _SHIFT] = np.arange(1, len(words) + 1)
    check = np.concatenate((np.zeros(1, np.uint32), words))
    rows_of = Counter(page.site for page in pages)
    share = [rows_of[page.site] ** -0.5 for page in pages]
    inputs = np.concatenate([seen.inputs for seen in samples[::7]])
    net = Net(inputs.mean(0), np.maximum(inputs.std(0), 0.1), len(words), width, carries=teacher_of is not None)
    del samples, known, inputs
    vary = Vary(pages)

    def batches() -> Iterator[list[tuple[Sample, float]]]:
        order = rng.permutation(len(pages))
        for start in range(0, len(order), 256):
            drawn = [
                (seen, share[i])
                for i in order[start : start + 256]
                if (seen := sample(vary(pages[i], rng), teacher_of and teacher_of(pages[i])))
            ]
            drawn.sort(key=lambda item: len(item[0].labels))
            groups: list[list[tuple[Sample, float]]] = [[]]
            for seen, weight in drawn:
                slot = slots.take(seen.tokens >> _SHIFT)
                seen.tokens = slot * (check.take(slot) == seen.tokens)
                groups[-1].append((seen, weight))
                if len(groups[-1]) * len(seen.labels) >= 2500:
                    groups.append([])
            for k in rng.permutation(len(groups)):
                if groups[k]:
                    yield groups[k]

    steps = epochs * sum(1 for _ in batches())
    parameters = [p for name, p in net.named_parameters() if name != "embedding.weight"]
    optimizer = torch.optim.AdamW([{"params": [net.embedding.weight], "weight_decay": 0.0}, {"params": parameters}], 3e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=int(1.05 * steps) + 20, pct_start=0.15)
    average: dict[str, Any] = {}
    step = 0
    for epoch in range(epochs):
        net.train()
        losses = []
        for group in batches():
            batch = _batch([seen for seen, _ in group])
            weights = torch.from_numpy(np.concatenate([seen.weights * weight for seen, weight in group]).astype(np.float32))
            loss = (
                functional.binary_cross_entropy_with_logits(net(batch), batch["labels"], weights, reduction="sum") / weights.sum()
            )
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
            step += 1
            state = net.state_dict()
            average = average or {name: value.clone() for name, value in state.items()}
            for name, value in state.items():
                average[name].lerp_(value, 1 - min(0.997, step / (step + 30)))
        print(f"  epoch {epoch + 1}: loss {np.mean(losses):.4f}", flush=True)
    net.load_state_dict(average)
    return _weights(net, words)


def _weights(net: Net, words: Any) -> Weights:
    """What was fitted, in the steps in which it is stored."""

    def steps(value: Any, scale: float = 1) -> Any:
        return (np.rint(np.asarray(value, np.float64) * scale * WEIGHT) / WEIGHT).astype(np.float32)

    state = {name: value.numpy().astype(np.float64) for name, value in net.state_dict().items()}
    first = state["first.weight"].T.copy()
    number = len(state["mean"])
    first[:number] /= state["spread"][:, None]
    bias = state["first.bias"] - state["mean"] @ first[:number]
    weights = Weights(
        table=_TABLE,
        vocabulary=words,
        embedding=np.clip(np.rint(state["embedding.weight"] * EMBEDDING), -128, 127).astype(np.int8),
        shape=steps(first[:COLUMNS]),
        words=steps(first[number:]),
        edges=steps(first[COLUMNS:number], UNIT),
        first=steps(bias, UNIT),
        layers=steps(
            np.stack([state[f"layers.{i}.weight"].transpose(2, 1, 0).reshape(-1, len(bias)) for i in range(len(DILATIONS))])
        ),
        layer_biases=steps(np.stack([state[f"layers.{i}.bias"] for i in range(len(DILATIONS))]), UNIT),
        context=steps(state["context.weight"].T),
        context_bias=steps(state["context.bias"], UNIT),
        carried=steps(state["carried.weight"].T if net.carried else np.zeros((2 * len(FADES), len(bias)))),
        carried_bias=steps(state["carried.bias"] if net.carried else np.zeros(len(bias)), UNIT),
        hidden=steps(state["hidden.weight"].T),
        hidden_bias=steps(state["hidden.bias"], UNIT),
        out=steps(state["out.weight"].T),
        out_bias=steps(state["out.bias"], UNIT),
        probability=(1 / (1 + np.exp(-np.arange(-LOGIT_RANGE * LOGITS, LOGIT_RANGE * LOGITS + 1) / LOGITS))).astype(np.float32),
    )
    # No sum may leave the range in which float32 is exact: 2**24 steps.
    for name in ("shape", "words", "layers", "context", "carried", "hidden", "out"):
        largest = float(np.abs(getattr(weights, name)).sum(axis=-2).max()) * 512
        if largest * WEIGHT >= 2**24:
            raise ValueError(f"the sums of {name} may reach {largest}; fit again with smaller weights")
    return weights


def calibrate(logits: Any, labels: Any, weights: Any) -> Any:
    """Isotonic regression (pool adjacent violators): for each step of the logit the share of lines that are main text."""
    size = 2 * LOGIT_RANGE * LOGITS + 1
    step = np.rint(np.clip(logits, -LOGIT_RANGE, LOGIT_RANGE) * LOGITS).astype(int) + LOGIT_RANGE * LOGITS
    total = np.bincount(step, weights, size) + 1e-9
    # The ends are thin: a whisper of what the logit itself says keeps every step above the one before.
    said = 1 / (1 + np.exp(-np.arange(-LOGIT_RANGE * LOGITS, LOGIT_RANGE * LOGITS + 1) / LOGITS))
    total += (prior := 1e-4 * total.sum() / size)
    right = np.bincount(step, weights * labels, size) + prior * said
    blocks: list[list[float]] = []
    for r, t in zip(right, total, strict=True):
        blocks.append([r, t, 1])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] >= blocks[-1][0] / blocks[-1][1]:
            r2, t2, n2 = blocks.pop()
            blocks[-1] = [blocks[-1][0] + r2, blocks[-1][1] + t2, blocks[-1][2] + n2]
    table = np.concatenate([np.full(int(n), r / t) for r, t, n in blocks])
    return np.clip(np.round(table, 4), 0.0001, 0.9999).astype(np.float32)


def logits_of(lines: Sequence[str], net: Network) -> tuple[Any, Any]:
    """The lines that are not blank, and their logits."""
    seen = observe([lines], _TABLE)
    return (seen.lines, net.logits(seen)) if seen else (np.zeros(0, int), np.zeros(0, np.float32))


def probabilities_of(lines: Sequence[str], logits: tuple[Any, Any], table: Any) -> list[float]:
    """The calibrated probability of each line; 1 for blank ones."""
    result = np.ones(len(lines))
    result[logits[0]] = table[np.rint(np.clip(logits[1], -LOGIT_RANGE, LOGIT_RANGE) * LOGITS).astype(int) + LOGIT_RANGE * LOGITS]
    return result.round(4).tolist()  # type: ignore[no-any-return]


def main() -> None:
    """Fit, measure, write."""
    parser = argparse.ArgumentParser(description="Fit the line model.")
    parser.add_argument("dumps", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--also", type=Path, help="rows of weak_labels.py: fitted on, never measured on")
    parser.add_argument("--made-up", type=Path, default=made_up.FOLDER, help="pages of made_up.py, likewise")
    parser.add_argument("--leave-out", action="append", default=[], metavar="SOURCE")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--seed", type=int, default=4)
    options = parser.parse_args()
    torch.set_num_threads(1)  # sums in another order would give other weights
    pages, data = read(options.dumps, options.leave_out)
    also, also_data = read(options.also, options.leave_out) if options.also else ([], None)
    print(f"{len(also)} rows with weak labels, sha256 {also_data}")
    ours, our_data = read_made_up(options.made_up)
    print(f"{len(ours)} pages made up, sha256 {our_data}")
    print(f"{len(pages)} rows of {len({page.site for page in pages})} sites, sha256 {data}")
    fold_of = folds_of(pages, options.folds)
    options.folder.mkdir(parents=True, exist_ok=True)

    def without(left_out: frozenset[int]) -> list[Page]:
        return [page for page in pages + also if fold_of.get(page.site) not in left_out]

    @cache
    def untaught(left_out: frozenset[int]) -> Network:
        path = options.folder / f"teacher-{'-'.join(map(str, sorted(left_out)))}.npz"
        if not path.exists():
            print(path.stem)
            fitted = fit(without(left_out), _TEACHER_EPOCHS, options.seed, _TEACHER_WIDTH)
            np.savez_compressed(path, **network.store(fitted))
        with path.open("rb") as file:
            return network.load(file)

    def student(left_out: frozenset[int]) -> Weights:
        known = [page for page in pages if fold_of[page.site] not in left_out]
        networks = {fold: untaught(left_out | {fold}) for fold in range(options.folds) if fold not in left_out}
        vary, rng = Vary(known), np.random.default_rng(options.seed)
        read: dict[int, list[Answers]] = defaultdict(list)
        for page in known:
            fold = fold_of[page.site]
            for form in (page, vary(page, rng)):
                if seen := observe([form.lines], _TABLE):
                    scored = form.scored[seen.lines]
                    given = teachers.answers(networks[fold], seen, form.lines)
                    read[fold].append(Answers(given[scored], form.labels[seen.lines][scored]))
        each = teachers.fit(networks, read, options.seed)
        any_of_them = next(iter(each.values()))  # for rows with weak labels: all saw them

        def teacher_of(page: Page) -> Teacher | None:  # labels of ours have no customs that the pages would not show
            return None if page.source == _MADE_UP else each.get(fold_of.get(page.site, -1), any_of_them)

        print(f"without fold {set(left_out)}" if left_out else "all rows")
        return fit([*without(left_out), *ours], options.epochs, options.seed, _WIDTH, teacher_of)

    of_fold = [student(frozenset({fold})) for fold in range(options.folds)]
    nets = [Network(weights) for weights in of_fold]
    held_out = [logits_of(page.lines, nets[fold_of[page.site]]) for page in pages]
    articles = [logits_of(page.gold, nets[fold_of[page.site]]) for page in pages]  # as an article that is clean already
    logits, labels, weights = [], [], []
    for page, (lines, values) in zip(pages, held_out, strict=True):
        scored = page.scored[lines]
        if scored.any():
            logits.append(values[scored])
            labels.append(page.labels[lines][scored])
            # Each document weighs the same, and so does each of its lines.
            weights.append(np.full(scored.sum(), 1 / scored.sum()))
    table = calibrate(np.concatenate(logits), np.concatenate(labels), np.concatenate(weights))
    for fold, fitted in enumerate(of_fold):
        np.savez_compressed(options.folder / f"fold-{fold}.npz", **network.store(fitted._replace(probability=table)))
    with (options.folder / "held-out.jsonl").open("w", encoding="utf-8") as file:
        for page, dump, article in zip(pages, held_out, articles, strict=True):
            row = {
                "id": page.id,
                "fold": fold_of[page.site],
                "probabilities": probabilities_of(page.lines, dump, table),
                "article": probabilities_of(page.gold, article, table),
            }
            file.write(json.dumps(row) + "\n")
    shipped = student(frozenset())._replace(probability=table)
    about = {
        "data_sha256": data,
        "rows": len(pages),
        "weak_data_sha256": also_data,
        "weak_rows": len(also),
        "made_up_sha256": our_data,
        "made_up_pages": len(ours),
        "seed": options.seed,
        "epochs": options.epochs,
        "left_out": options.leave_out,
    }
    np.savez_compressed(
        options.folder / "weights.npz", about=np.array(json.dumps(about, sort_keys=True)), **network.store(shipped)
    )


if __name__ == "__main__":
    main()
