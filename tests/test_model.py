"""The line model: what must survive, what must go, and the laws of the step."""

import json
import subprocess
import sys
from importlib.resources import files
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleaners import edits, model
from cleaners.document import Document
from cleaners.model import Cut, features, network, policy

CUTS = get_args(Cut)

SURVIVES = {
    "poem": """The harbour sleeps beneath a coat of grey,
The gulls are folded white along the wall,
A bell that no one rings is far away,
And slow as breath I hear the water fall.

My father's boat lay here when I was small,
Its blue was something that the sun could eat;
He named it for a girl he did not call
And tied it with a rope about his feet.

Now nothing moves but weed and patient foam,
And boys who fish for crabs with bits of thread,
And I, who came a thousand miles for home,
Sit on the stones and count the boats instead.""",
    "poem in short lines": """Snow

All night
the roof
held its breath

and the plum tree
that leans on the shed

put on
a second tree
of white

nobody
had asked for it""",
    "interview": """The new head of the city orchestra talks about empty seats, loud brass and why she conducts without a score.

You grew up in a village without a concert hall. How did you find your way to music?

My grandmother had a radio and a strict timetable. On Sundays at eleven there was a symphony, and nobody was allowed to speak.

Did you want to be a conductor then?

No, I wanted to be the radio.

What will change in the coming season?

We will play in the covered market on Thursdays. People can come with their shopping, and they can leave when the fish gets warm.

Really?

Really. We tried it in spring. The cellos liked it, and the butcher asked for more Brahms.

And the old hall?

It stays. It needs new seats and a better bar.""",
    "interview with names": """Anna: When did you first see the comet?

Piotr: On the second of March, a little before four in the morning.

Anna: Were you alone?

Piotr: My dog was with me. He was not impressed.

Anna: And then you called the observatory.

Piotr: I wrote an e-mail. They answered three days later, very politely, that I should clean my lens.

Anna: What did you say?

Piotr: I sent a second picture. Then they called.""",
    "live ticker": """The storm reaches the coast this afternoon. We report here what happens in the towns along the estuary.

17:42 The ferry between the two islands has stopped. The last boat came in with forty passengers.

17:20 The fire service reports the first fallen trees on the road to the lighthouse.

17:05 The mayor asks everyone to stay at home until midnight.

16:48 The tide gauge stands at 3.1 metres.

16:30 Schools closed an hour ago. Parents were told by telephone.

16:02 The wind has turned to the north-west.

15:55 The first gust above 100 kilometres an hour was measured at the airport.

15:30 Good afternoon. It is still calm, but not for long.""",
    "recipe": """Lentil soup with lemon

This is what we cook when the garden is under snow. It takes forty minutes and gets better overnight.

Ingredients

250 g red lentils
2 carrots
1 onion
2 cloves of garlic
1 tbsp olive oil
1 tsp cumin
1.2 l vegetable stock
Juice of 1 lemon
Salt and pepper

Method

1. Chop the onion, the garlic and the carrots.
2. Fry them gently in the oil for ten minutes, then stir in the cumin.
3. Add the lentils and the stock and simmer for twenty minutes.
4. Blend half of the soup, put it back, and season with lemon, salt and pepper.

Serve with flat bread.""",
    "list": """What we took with us on the crossing, and what we wish we had left at home

We packed for two weeks and were out for three. Here is the list, in the order in which things got wet.

The charts
Two sleeping bags
A box of matches
Grandfather's sextant
Eleven tins of beans
The guitar
One good knife
A spare rudder pin

The guitar still plays. The beans are gone, and nobody misses them.""",
    "match report": """Rovers come back from two down to hold the leaders

Two goals in the last ten minutes gave Rovers a point that hardly anyone in the stadium had expected after a poor first half.

The visitors went ahead in the ninth minute, when Okafor turned a low cross in at the near post. Lindqvist made it two with a free kick from twenty metres.

After the break it was a different game. Rovers pressed higher, won corner after corner, and were rewarded when Marsh headed in at last in the 81st minute. The equaliser was an own goal.

Rovers: Hale; Brandt, Osei, Kirk, Dunne; Marsh, Petrov, Lowe (60 Adeyemi); Finch, Castle (75 Roy), Munro
Town: Sato; Weiss, Boateng, Clarke, Ilic; Okafor, Lindqvist, Hart; Moreau, Bell, Santos

Goals: 0-1 Okafor (9), 0-2 Lindqvist (34), 1-2 Marsh (81), 2-2 Clarke (88, own goal)
Attendance: 11,204""",
    "code": """How to count the lines of a folder in Python

A colleague asked how to count the lines of all text files below a folder. This is what I sent her.

from pathlib import Path

def count(folder):
    total = 0
    for path in sorted(Path(folder).rglob("*.txt")):
        with path.open(encoding="utf-8") as file:
            total += sum(1 for _ in file)
    return total

print(count("notes"))

The files are read line by line, so that it does not matter how large they are. If you want the number for each file, print it inside the loop.""",
    "very short article": """The bridge over the Alme will be closed on Sunday from eight to noon. Buses stop at the mill.""",
    "short article with a heading": """Water main bursts in Mill Lane

A water main burst in Mill Lane on Tuesday night and flooded three cellars. Nobody was hurt. The road stays closed until Friday.""",
    "German": """Die Stadt will den alten Güterbahnhof zu einem Park umbauen. Das hat der Rat am Donnerstag nach langer Debatte beschlossen.

„Wir haben zehn Jahre darüber geredet“, sagte die Bürgermeisterin. „Jetzt fangen wir an.“

Was kostet das?

Rund vier Millionen Euro, die Hälfte davon zahlt das Land. Die Gleise bleiben als Wege erhalten, aus dem Lokschuppen wird ein Café.

Im Frühjahr sollen die ersten Bäume gepflanzt werden.""",
    "Russian": """В субботу в городе открылась новая библиотека. Она работает каждый день с девяти утра до восьми вечера.

«Мы ждали этого много лет», — сказала директор.

В здании три этажа, читальный зал и детская комната. На крыше посадили сад.

Запись бесплатная.""",
    "Chinese": """本月起，老城区的三条公交线路将延长运营时间，末班车推迟到晚上十一点。

市交通局表示，此举是为了方便下晚班的市民。

“以前下班只能骑车回家，现在方便多了。”一位护士说。

新的时刻表已经贴在各个站台。""",
}

ARTICLE = [
    "The town council has voted to rebuild the old swimming pool by the river instead of selling the land to a developer.",
    "Eleven of fifteen members were in favour after a debate that lasted until almost midnight, the clerk said on Wednesday.",
    "The pool was closed four years ago, when cracks were found in the basin, and since then the children of the town have had to take the bus.",
    "Work is to begin in April and to cost a little over two million, half of which comes from the state.",
    "“We learned to swim here, all of us,” said Maren Holt, who collected the signatures. “It would have been a shame.”",
    "If all goes well, the gates will open again in the summer after next, with a smaller basin and a longer slide.",
]
HEAD = ["Home", "News", "Sports", "Business", "Weather", "Jobs", "Log in", "Subscribe", "Search", "Menu"]
FOOT = [
    "Related articles",
    "Ten things to do this weekend",
    "Market square: new paving",
    "Follow us",
    "Facebook",
    "Twitter",
    "Instagram",
    "About us",
    "Contact",
    "Privacy policy",
    "Terms of use",
    "© 2024 The River Post. All rights reserved.",
]


@pytest.mark.parametrize("name", SURVIVES)
def test_survives(name: str) -> None:
    """Being cautious, the model takes no line of these."""
    doc = Document(name, SURVIVES[name])
    verdict = model.judge(doc, "cautious")
    assert [doc.lines[b.first : b.last + 1] for b in verdict.blocks] == []


@pytest.mark.parametrize("cut", ["balanced", "eager"])
def test_menu_and_footer_go_and_the_article_stays(cut: Cut) -> None:
    headline = "Council votes to rebuild the pool by the river"
    doc = Document("a", "\n".join([*HEAD, "", headline, "", "\n\n".join(ARTICLE), "", *FOOT]), headline)
    text, _ = edits.apply(doc.text, model.clean(doc, cut))
    assert [line for line in text.split("\n") if line] == [headline, *ARTICLE]


@pytest.mark.parametrize("cut", CUTS)
def test_without_a_title_the_likeliest_line_before_the_article_may_stay(cut: Cut) -> None:
    doc = Document("a", "\n".join([*HEAD, "", "\n\n".join(ARTICLE), "", *FOOT]))
    text, _ = edits.apply(doc.text, model.clean(doc, cut))
    left = [line for line in text.split("\n") if line]
    assert left[-len(ARTICLE) :] == ARTICLE
    assert len(left) <= len(ARTICLE) + 1


def test_contiguous_lines_are_one_edit_with_the_blank_lines_between() -> None:
    doc = Document("a", "\n\n".join([*HEAD, *ARTICLE, *FOOT]))
    changes = edits.apply(doc.text, model.clean(doc, "balanced"))[1]
    assert [change.old.split("\n\n")[0].strip() for change in changes] == ["Home", "Related articles"]
    assert {change.rules for change in changes} == {(model.RULE,)}


def test_the_title_stays() -> None:
    text = "\n".join(["News", "Menu", "[**Weather**](/weather)", "", *ARTICLE, "", *FOOT])
    for line in ("[**Weather**](/weather)", "Facebook"):
        left, _ = edits.apply(text, model.clean(Document("a", text, title=line.strip("[*").partition("*")[0]), "eager"))
        assert line in left.split("\n")
        assert "Contact" not in left


@pytest.mark.parametrize("cut", CUTS)
def test_without_main_text_nothing_goes_and_a_person_is_asked(cut: Cut) -> None:
    verdict = model.judge(Document("a", "\n".join(HEAD + FOOT)), cut)
    assert verdict.blocks == []
    assert verdict.review


MENU = [f"{word} {number}" for number in range(40) for word in ("Category", "Shop", "Archive", "Page")]


@pytest.mark.parametrize(
    ("lines", "low", "high", "review", "cuts"),
    [
        ([*HEAD, *ARTICLE], 0, 0.2, False, True),
        ([*HEAD, *MENU, *ARTICLE[:4], *MENU, *FOOT], 0.8, model.LIMIT, False, True),
        ([*HEAD, *MENU, *MENU, ARTICLE[0], *MENU, *MENU, *FOOT], model.LIMIT, 1, True, False),
    ],
)
def test_a_document_of_which_too_much_would_go_is_for_review(
    lines: list[str], low: float, high: float, review: bool, cuts: bool
) -> None:
    verdict = model.judge(Document("a", "\n".join(lines)), "eager")
    assert low < verdict.share <= high
    assert verdict.review == review
    assert bool(verdict.blocks) == cuts


def test_the_score_of_a_block_is_the_highest_of_its_lines() -> None:
    doc = Document("a", "\n".join([*HEAD, *ARTICLE, *FOOT]))
    probable = model.scores(doc.lines)
    for block in model.judge(doc, "balanced").blocks:
        highest = max(float(probable[i]) for i in range(block.first, block.last + 1) if doc.lines[i])
        assert block.score == round(highest, 4)
        assert block.score < max(policy.SETTINGS["balanced"])


def test_more_goes_the_eager_the_setting() -> None:
    doc = Document("a", "\n".join([*HEAD, *SURVIVES.values(), *FOOT]))
    gone = [model.judge(doc, cut).share for cut in CUTS]
    assert gone == sorted(gone)
    assert gone[0] > 0


# What goes of lines with these probabilities, being balanced: head 0.4, middle 0.2, tail 0.5.
CHOSEN = [
    ("below the threshold goes, at it stays", [0.39, 0.4, 0.9, 0.9], [0]),
    ("behind the last sure line more goes than before the first", [0.45, 0.9, 0.45], [2]),
    ("between two less goes", [0.3, 0.9, 0.3, 0.19, 0.2, 0.9], [0, 3]),
    ("no sure line", [0.2, 0.4], [0]),
]


@pytest.mark.parametrize(("name", "probable", "goes"), CHOSEN)
def test_what_goes_depends_on_the_place(name: str, probable: list[float], goes: list[int]) -> None:
    assert np.flatnonzero(policy.choose(np.array(probable, np.float32), "balanced", titled=True)).tolist() == goes, name


@pytest.mark.parametrize(
    ("titled", "probable", "goes"),
    [
        (True, [0.01, 0.2, 0.15, 0.9], [0, 1, 2]),
        (False, [0.01, 0.2, 0.15, 0.9], [0, 2]),
        (False, [0.09, 0.05, 0.9], [0, 1]),
        (
            False,
            [0.2, *[0.15] * 15, 0.9],
            [*range(15)],
        ),  # too far away; the nearest of equals
        (False, [0.2, *[0.15] * 14, 0.9], [*range(1, 15)]),
        (False, [0.2, 0.01, 0.02, 0.9], [1, 2]),
        (False, [0.9, 0.01], [1]),
    ],
)
def test_where_no_title_is_known_the_likeliest_headline_stays(titled: bool, probable: list[float], goes: list[int]) -> None:
    assert np.flatnonzero(policy.choose(np.array(probable, np.float32), "balanced", titled=titled)).tolist() == goes


@pytest.mark.parametrize(
    ("probable", "lines"),
    [
        ([0.2, 0.05, 0.1, 0.6, 0.9], [0, 2, 3]),
        ([0.6, 0.9], [0]),
        ([0.4] * 17 + [0.5], list(range(2, 18))),
        ([0.4, 0.3], []),
    ],
)
def test_where_the_headline_may_stand(probable: list[float], lines: list[int]) -> None:
    assert policy.may_be_headline(np.array(probable, np.float32)).tolist() == lines


def test_of_a_document_that_is_nearly_clean_the_cautious_take_only_what_is_surely_not_text() -> None:
    clean = np.array([*[0.9] * 9, 0.009, 0.09], np.float32)
    assert np.flatnonzero(policy.choose(clean, "cautious", titled=True)).tolist() == [9]
    assert np.flatnonzero(policy.choose(clean, "balanced", titled=True)).tolist() == [9, 10]


def test_what_the_cautious_take_depends_on_the_place() -> None:
    probable = np.array([0.06, 0.08, 0.9, 0.03, 0.05, 0.9, 0.25, 0.27], np.float32)
    assert np.flatnonzero(policy.choose(probable, "cautious", titled=True)).tolist() == [0, 3, 6]


@pytest.mark.parametrize(("sure", "goes"), [(6, [6, 7, 8, 9]), (7, [])])
def test_how_many_improbable_lines_a_document_has_that_is_nearly_clean(sure: int, goes: list[int]) -> None:
    probable = np.array([*[0.9] * sure, *[0.05] * (10 - sure)], np.float32)
    assert np.flatnonzero(policy.choose(probable, "cautious", titled=True)).tolist() == goes


@given(st.lists(st.floats(0, 1, width=32)), st.booleans())
def test_the_eager_take_what_the_cautious_take(probable: list[float], titled: bool) -> None:
    cautious, balanced, eager = (policy.choose(np.array(probable, np.float32), cut, titled=titled) for cut in CUTS)
    assert (cautious <= balanced).all()
    assert (balanced <= eager).all()


@given(st.lists(st.floats(0, 1, width=32)), st.sampled_from(CUTS))
def test_a_sure_line_never_goes(probable: list[float], cut: Cut) -> None:
    values = np.array(probable, np.float32)
    assert not policy.choose(values, cut, titled=False)[values >= policy.SURE].any()


# Line ends of a text are its "\n"; others do not occur in lines, for the step `repair.newlines` comes first.
LINES = st.lists(st.text(st.characters(exclude_characters="\n")), max_size=40)


@given(LINES)
def test_any_text_gets_probabilities(lines: list[str]) -> None:
    probable = model.scores(lines)
    assert probable.shape == (len(lines),)
    assert ((probable > 0) & (probable <= 1)).all()
    assert all(p == 1 for p, line in zip(probable, lines, strict=True) if not line.strip())


@given(LINES, st.sampled_from(CUTS))
def test_edits_fit_any_text(lines: list[str], cut: Cut) -> None:
    doc = Document("a", "\n".join(lines))
    text, changes = edits.apply(doc.text, model.clean(doc, cut))
    assert edits.undo(text, changes) == doc.text


@given(st.lists(LINES, max_size=8), st.sampled_from([1, 30, 10_000]))
def test_many_documents_at_once_have_the_scores_of_each_alone(docs: list[list[str]], group: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model, "GROUP_LINES", group)
        together = model.scores_all(docs)
    assert [probable.tolist() for probable in together] == [model.scores(lines).tolist() for lines in docs]


@given(st.lists(LINES, max_size=8), st.sampled_from(CUTS))
def test_many_documents_at_once_are_judged_as_each_alone(docs: list[list[str]], cut: Cut) -> None:
    pages = [
        Document("a", "\n".join([*lines, *HEAD, *ARTICLE, *lines, *FOOT]), title=lines[0] if lines else None) for lines in docs
    ]
    assert model.judge_all(pages, cut) == [model.judge(page, cut) for page in pages]


def test_real_texts_beside_each_other_keep_their_scores() -> None:
    docs = [text.split("\n") for text in SURVIVES.values()] + [[], ["", " "], ["x"], [*HEAD, *ARTICLE, *FOOT]]
    together = model.scores_all(docs)
    assert [probable.tolist() for probable in together] == [model.scores(lines).tolist() for lines in docs]


def test_a_line_end_within_a_line_is_refused() -> None:
    with pytest.raises(ValueError, match="line end"):
        model.scores(["one\ntwo"])


def test_sums_are_exact_in_any_order() -> None:
    """The same lines, computed with twice the precision and the other way round, have exactly the same logits."""
    net = network.shipped()
    seen = features.observe(
        [[*HEAD, *ARTICLE, *FOOT, *SURVIVES["recipe"].split("\n")], SURVIVES["Chinese"].split("\n")], net.weights.table
    )
    assert seen
    wide = network.Network(
        net.weights._replace(
            **{
                name: getattr(net.weights, name).astype(np.float64)
                for name in ("shape", "words", "layers", "context", "carried", "hidden", "out")
            }
        )
    )
    assert (net.logits(seen) == wide.logits(seen)).all()


def test_a_document_of_very_many_lines_is_let_be(monkeypatch: pytest.MonkeyPatch) -> None:
    docs = [Document("a", "\n".join(lines)) for lines in ([*HEAD, *ARTICLE, *FOOT], [*HEAD, *ARTICLE, *FOOT, "Home"])]
    monkeypatch.setattr(model, "MOST_LINES", len(docs[0].lines))
    short, long = model.judge_all(docs, "eager")
    assert short.blocks
    assert long == model.Verdict([], 0.0, review=True)


def test_what_is_carried_along_stays_in_its_document() -> None:
    rng = np.random.default_rng(3)
    sizes = np.array([1, 5, 120, 2, 40])
    signals = rng.integers(0, network.LARGEST + 1, (len(network.FADES), sizes.sum())).astype(np.float32)
    signals[rng.random(signals.shape) < 0.8] = 0
    carried = network._carried(signals, sizes)
    begin = 0
    for size in sizes:
        of_one = signals[:, begin : begin + size]
        for i in range(size):
            for row, fade in enumerate(network.FADES):
                left = of_one[row] - fade * np.abs(np.arange(size) - i)
                assert carried[row, begin + i] == left[: i + 1].max()
                assert carried[len(network.FADES) + row, begin + i] == left[i:].max()
        begin += size


def test_the_matrices_are_multiplied_in_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[list[int]] = []
    logits = network.Network._logits

    def watched(net: network.Network, seen: features.Features) -> features.Floats:
        calls.append([library["num_threads"] for library in network._blas().info()])
        return logits(net, seen)

    monkeypatch.setattr(network.Network, "_logits", watched)
    model.scores(ARTICLE)
    assert len(calls) == 1
    assert set(calls[0]) <= {1}  # there may be none that copydesk can ask


def test_only_lines_that_are_blank_for_python_are_left_out() -> None:
    lines = ["\u200b", " \u200b ", " \t", "\u2003\u2003", "", "x", " y ", "\x1f", "\ue000", "𝄞"]
    seen = features.observe([["", *lines], [], [" "], lines], network.shipped().weights.table)
    assert seen
    left = [i for i, line in enumerate(lines) if line.strip()]
    assert seen.lines.tolist() == [*(i + 1 for i in left), *left]
    assert seen.sizes.tolist() == [len(left), 0, 0, len(left)]


@pytest.mark.parametrize(
    "form",
    [
        "      {}",
        "\t{}  ",
        "  * {}",
        "- {}",
        "> {}",
        "### {}",
        "**{}**",
        "__{}__",
        "[{}](https://example.org/a_(b)?c=1)",
        '* [{}](/a "What this is")',
        "[![{}](/picture.png)](/a)",
        "   [12]{}",
    ],
)
def test_marks_of_scrapers_are_not_seen(form: str) -> None:
    plain = [*HEAD, *ARTICLE, *FOOT]
    marked = [form.format(line.strip()) if line.strip() else line for line in plain]
    assert model.scores(marked).tolist() == model.scores(plain).tolist()


def test_how_many_blank_lines_there_are_is_not_seen() -> None:
    plain = "\n\n".join(line for line in (*HEAD, *ARTICLE, *FOOT) if line.strip())
    for blank in ("\n\n\n", "\n \n\t\n\n"):
        wide = plain.replace("\n\n", blank)
        assert [p for p in model.scores(wide.split("\n")) if p < 1] == [p for p in model.scores(plain.split("\n")) if p < 1]


@given(st.lists(st.text('[]()!*_#>-•1ab/ \t"'), max_size=20))
def test_marks_never_make_a_line_blank(lines: list[str]) -> None:
    seen = features.observe([lines], network.shipped().weights.table)
    assert (seen.lines.tolist() if seen else []) == [i for i, line in enumerate(lines) if line.strip()]


def test_scores_do_not_depend_on_the_process() -> None:
    """Python's own hash of strings does; the model must not."""
    script = "import json,sys\nfrom cleaners import model\nprint(model.scores(json.load(sys.stdin)).tolist())"
    lines = [*HEAD, *ARTICLE, *FOOT]
    answers = {
        subprocess.run(
            [sys.executable, "-c", script],
            input=json.dumps(lines),
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert [json.loads(answer) for answer in answers] == [model.scores(lines).tolist()]


def test_the_probabilities_rise_with_the_logit() -> None:
    assert (np.diff(network.shipped().weights.probability) >= 0).all()


def test_the_weights_say_where_they_come_from_and_are_small() -> None:
    path = files("cleaners.model") / "weights.npz"
    assert len(path.read_bytes()) <= 5_000_000
    with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
        about = json.loads(str(stored["about"]))
    assert len(about["data_sha256"]) == 64
    assert isinstance(about["seed"], int)
