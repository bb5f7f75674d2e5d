"""The quality gate: on a small sample of made-up dumps no figure falls below its floor."""

import pytest

from benchmarks import quality

SAMPLE = quality.FLOORS.with_name("sample.jsonl")


def test_no_figure_is_below_its_floor() -> None:
    scores = quality.measure(SAMPLE)["column"]
    assert [found for name in scores if (found := quality.below(SAMPLE, "column", name, scores[name]))] == []
    assert quality.figures(scores["balanced"]) > quality.figures(scores["rules"]) > quality.figures(scores["keep everything"])


@pytest.mark.parametrize("name", ["rules", "cautious", "balanced", "eager"])
def test_a_worse_result_is_told(name: str) -> None:
    assert quality.below(SAMPLE, "column", name, [(0.5, 1.0), (1.0, 0.5)])
