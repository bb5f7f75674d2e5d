"""The pages that we made up: their form, and what the pipeline does to those that nothing is learned from."""

from pathlib import Path

import pytest

from benchmarks import made_up
from cleaners.model import Cut


def test_every_page_has_an_id_of_its_own_and_main_text() -> None:
    pages = [page for path in made_up.FOLDER.glob("*.txt") for page in made_up.pages(path)]
    assert len({page.id for page in pages}) == len(pages) > 1500
    assert all(any(page.labels) for page in pages)


def test_nothing_is_learned_from_the_test() -> None:
    learned, _ = made_up.to_learn(made_up.FOLDER)
    lines = {line for page in learned for line, label in zip(page.lines, page.labels, strict=True) if label and len(line) > 60}
    assert lines.isdisjoint(line for path in made_up.TESTS for page in made_up.pages(path) for line in page.lines)


def test_marks_are_no_part_of_the_page(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("=== a | en | brief, bare\n~~Home\n\nThe pier opens.\n??May 3\n\n=== b | de | Gedicht\nWind\n", "utf-8")
    assert list(made_up.pages(file)) == [
        ("a", "en", "brief, bare", ["Home", "", "The pier opens.", "May 3"], [False, None, True, None]),
        ("b", "de", "Gedicht", ["Wind"], [True]),
    ]


def test_a_faulty_head_is_named(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("=== a | en\nText\n", "utf-8")
    with pytest.raises(ValueError, match=r"'=== a \| en' is not"):
        list(made_up.pages(file))


@pytest.mark.parametrize(
    ("file", "cut", "lost", "left"),
    [
        ("test.txt", None, 2, 1170),
        ("test.txt", "cautious", 13, 655),
        ("test.txt", "balanced", 60, 115),
        ("test-whole.txt", None, 0, 515),
        ("test-whole.txt", "cautious", 3, 265),
        ("test-whole.txt", "balanced", 7, 90),
        ("test-more.txt", None, 0, 4740),
        ("test-more.txt", "cautious", 24, 3320),
        ("test-more.txt", "balanced", 125, 1250),
    ],
)
def test_what_goes_from_pages_that_nothing_is_learned_from(file: str, cut: Cut | None, lost: int, left: int) -> None:
    """These are what was reached when they were written down, with some lines to spare; none may be exceeded."""
    figures, lines = made_up.measure(made_up.FOLDER / file, cut)
    assert figures.lost <= lost, lines
    assert figures.left <= left
