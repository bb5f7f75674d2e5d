"""The five dumps that started the project come out right, line for line."""

import pytest

from cleaners import pipeline, rules
from cleaners.document import Document
from tests.conftest import SEEDS

# For each seed, read by eye: the line that holds the title, and the lines that are article, in numbers from 1.
EXPECTED = {
    "000_23530aef1b6899be.txt": (2, [1, *range(5, 11)]),
    "001_77f15919a8b3c2d7.txt": (2, [1, *range(5, 13)]),
    "002_111cfeb4160e1542.txt": (2, [1, *range(5, 13)]),
    "003_c04850de3b1b0f05.txt": (1, [*range(7, 34, 2)]),
    "004_da06f829ba32bcb2.txt": (1, [*range(3, 34, 2)]),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_seed(name: str) -> None:
    dump = (SEEDS / name).read_text(encoding="utf-8")
    lines = ["", *dump.split("\n")]
    title, article = EXPECTED[name]
    cleaned = pipeline.clean(Document(name, dump), rules.load())
    assert cleaned.title == lines[title]
    assert [line for line in cleaned.text.split("\n") if line] == [lines[number] for number in article]
    assert "\n\n\n" not in cleaned.text


def test_every_seed_is_expected() -> None:
    assert sorted(path.name for path in SEEDS.iterdir()) == sorted(EXPECTED)
