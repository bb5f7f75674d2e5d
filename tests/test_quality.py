"""The quality gate: on a small sample of made-up dumps no figure falls below its floor."""

import json
import sys
from pathlib import Path

import pytest

from benchmarks import quality
from cleaners.pipeline import Cleaned

SAMPLE = quality.FLOORS.with_name("sample.jsonl")


def test_no_figure_is_below_its_floor() -> None:
    scores = quality.measure(SAMPLE)["column"]
    assert [found for name in scores if (found := quality.below(SAMPLE, "column", name, scores[name]))] == []
    assert quality.figures(scores["balanced"]) > quality.figures(scores["rules"]) > quality.figures(scores["keep everything"])


@pytest.mark.parametrize("name", ["rules", "cautious", "balanced", "eager"])
def test_a_worse_result_is_told(name: str) -> None:
    assert quality.below(SAMPLE, "column", name, [(0.5, 1.0), (1.0, 0.5)])


def test_figures_are_printed_by_track_language_and_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    dumps = tmp_path / "dumps.jsonl"
    row = {"track": "column", "source": "wire", "title": None, "dump": "A short text.", "gold_text": "A short text."}
    rows = [row | {"id": str(n), "lang": "de" if n else "fr"} for n in range(11)]
    dumps.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    monkeypatch.setattr(sys, "argv", ["quality", str(dumps), "--by", "lang", "--by", "source"])
    assert quality.main() == 0
    *lines, _ = capsys.readouterr().out.splitlines()
    assert lines[-3:] == [
        f"{'clean article':28} {name:25} characters gone 0.0000  lose a sentence 0.000  n 1"
        for name in ("rules", "cautious", "balanced")
    ]
    del lines[-3:]
    assert {line.partition("  ")[0] for line in lines} == {"column", "column lang=de", "column source=wire"}
    assert {line[29:54].strip() for line in lines} >= {"keep everything", "C4's lines", "rules", "cautious", "balanced", "eager"}


def test_what_a_clean_article_loses_is_told() -> None:
    gold = "A line that stays, said the mayor.\n\nA line that goes, he said.\nShort\nA line that stays, said the mayor."
    cleaned = Cleaned(gold, "Short", "A line that stays, said the mayor.", [])
    assert quality.damage(gold, cleaned) == (99, 26, True)
