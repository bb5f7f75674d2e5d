"""`verify` finds every law that is broken: one damage at a time, on a sound output."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cleaners import pipeline, rules
from cleaners.run import clean_folder
from cleaners.settings import Settings
from cleaners.verify import verify
from tests.conftest import SEEDS, rule

Record = dict[str, Any]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sound")
    source = folder / "in"
    source.mkdir()
    for seed in SEEDS.iterdir():
        (source / seed.name).write_bytes(seed.read_bytes())
    (source / "empty.txt").write_bytes(b"")
    (source / "picture").write_bytes(b"\x89PNG\r\n\x1a\n\0")
    clean_folder(Settings(source, folder / "out"), workers=1)
    assert messages(folder / "out") == []
    return folder / "out"


@pytest.fixture
def output(sound: Path, tmp_path: Path) -> Path:
    """A copy to damage."""
    return shutil.copytree(sound, tmp_path / "out")


def messages(output: Path) -> list[str]:
    return [f"{fault.where}: {fault.message}" for fault in verify(output, rules.load())]


def edit(path: Path, change: Callable[[list[Record]], object]) -> None:
    records = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    change(records)
    path.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")


def lengthen(records: list[Record]) -> None:
    records[0]["text"] += " more"


def extend(records: list[Record], more: str) -> None:
    records[0]["text"] += more


NO_OP = {"start": 7, "end": 7, "old": "", "new": "", "rules": ["layout.foot"], "score": None}


def change_old(records: list[Record]) -> None:
    records[0]["edits"][0]["old"] = records[0]["edits"][0]["old"][::-1]


def unknown_rule(records: list[Record]) -> None:
    records[0]["edits"][0]["rules"] = ["no.such-rule"]


def no_rule(records: list[Record]) -> None:
    records[0]["edits"][0]["rules"] = []


def repeat_title(records: list[Record]) -> None:
    records[4]["title"] = records[4]["text"].split("\n")[0]


def miscount(records: list[Record]) -> None:
    records[0]["provenance"]["chars"]["kept"] += 1


def forget_edit(records: list[Record]) -> None:
    records[0]["provenance"]["edits"] = {}


def other_source(records: list[Record]) -> None:
    records[0]["provenance"]["source"]["sha256"] = "0" * 64


def other_base(records: list[Record]) -> None:
    records[0]["base_sha256"] = "0" * 64


def lose_first(records: list[Record]) -> None:
    del records[0]


def double(records: list[Record]) -> None:
    records.append(records[0])


def no_chars(records: list[Record]) -> None:
    del records[0]["provenance"]["chars"]


def no_error(records: list[Record]) -> None:
    records[0]["error"] = None


def drop_by_nobody(records: list[Record]) -> None:
    records[0]["rule"] = "nobody"


def other_kind_of_base(records: list[Record]) -> None:
    records[0]["base"] = "extracted"


DAMAGES = [
    ("documents", lengthen, "law 2: undoing the edits does not give the base text"),
    ("ledger", change_old, "law 2: undoing the edits does not give the base text"),
    ("ledger", lambda records: records[0]["edits"][0].update(new="x"), "law 1: "),
    ("ledger", unknown_rule, "law 4: the edit at 141 bears ('no.such-rule',)"),
    ("ledger", no_rule, "law 4: the edit at 141 bears ()"),
    ("ledger", lambda records: records[0]["edits"].insert(0, NO_OP), "the edit at 7 changes nothing"),
    ("ledger", lambda records: records[0]["edits"].append(NO_OP), "the edit at 7 overlaps another one"),
    ("ledger", lambda records: records[0]["edits"][0].update(end=9999), "its span is not that of its text"),
    ("documents", lambda records: extend(records, "\nn\u0303o"), "the text is not in normal form C"),
    ("documents", lambda records: extend(records, "\ra line"), "the text has a carriage return"),
    ("documents", lambda records: extend(records, " \na line"), "the text has a trailing blank"),
    ("documents", lambda records: extend(records, "\n"), "the text has a trailing blank"),
    ("ledger", other_base, "law 2"),
    ("ledger", other_kind_of_base, "the base is said to be 'extracted'"),
    ("documents", miscount, "law 3"),
    ("documents", forget_edit, "the edits are"),
    ("documents", repeat_title, "repeats the title"),
    ("documents", other_source, "does not lead back to the raw bytes"),
    ("documents", lose_first, "do not hold the same documents"),
    ("ledger", lose_first, "do not hold the same documents"),
    ("documents", no_chars, "lacks a field"),
    ("dropped", double, "more than once"),
    ("dropped", drop_by_nobody, "not known"),
    ("dropped", lose_first, "do not add up"),
    ("quarantine", lose_first, "do not add up"),
    ("quarantine", no_error, "lacks a field: error.type, error.message"),
    ("quarantine", lambda records: records[0].update(stage="lunch"), "without a stage or an error"),
    ("quarantine", lambda records: records[0].pop("source"), "lacks a field: source.path"),
    ("dropped", lambda records: records[0].pop("duplicate_of"), "lacks a field: duplicate_of"),
    ("documents", lambda records: records[0]["metadata"].pop("url"), "lacks a field: metadata.url"),
    ("documents", lambda records: records[0]["provenance"].update(source="here"), "lacks a field: provenance.source.path"),
    ("ledger", lambda records: records[0].pop("base"), "lacks a field: base"),
    ("documents", lambda records: records[0].update(title="Another title of our own"), "no edit took it out"),
    ("documents", lambda records: records[0]["provenance"].update(title="dreamt"), "provenance.title is 'dreamt'"),
    ("documents", lambda records: records[0]["metadata"].update(url=5), "metadata.url is no text, but 5"),
    ("documents", lambda records: records[0]["provenance"]["pipeline"].update(version="0"), "another pipeline than run.json"),
    ("documents", lambda records: records[0]["provenance"]["source"].update(path="b"), "the id is not that of the file 'b'"),
    ("documents", lambda records: records[0]["provenance"]["source"].update(media_type=None), "the media type is None"),
    (
        "documents",
        lambda records: records[0]["provenance"]["source"].update(evidence="record", sha256="0" * 64),
        "does not lead back to the raw bytes",
    ),
    (
        "documents",
        lambda records: records[0]["provenance"].update(extraction={"extractor": "x"}),
        "provenance.extraction.version",
    ),
    ("ledger", lambda records: records[0]["edits"][0].update(score="high"), "has the score 'high'"),
    ("dropped", lambda records: records[0].update(note=None), "without a note"),
    ("dropped", lambda records: records[0].update(similarity="high"), "its similarity is no number"),
    ("documents", lambda records: records[0]["provenance"]["source"].update(bytes=3), "does not lead back to the raw bytes"),
    ("dropped", lambda records: records[0]["source"].update(bytes=-3), "cannot have the SHA-256"),
    ("quarantine", lambda records: records[0]["error"].update(message=""), "without a stage or an error"),
    ("dropped", lambda records: records[0].update(rule=["drop.empty"]), "dropped by the rule ['drop.empty'], which is not known"),
    ("documents", lambda records: records[0].pop("id"), "cannot be read: "),
    ("quarantine", lambda records: records.append([]), "holds something that is no record with an id"),
]


@pytest.mark.parametrize(("kind", "damage", "message"), DAMAGES)
def test_a_damaged_record_is_found(output: Path, kind: str, damage: Callable[[list[Record]], object], message: str) -> None:
    edit(output / kind / "part-00000.jsonl", damage)
    assert any(message in found for found in messages(output)), messages(output)


def test_text_that_cleaning_would_change_again_is_found(output: Path) -> None:
    """A ledger that is right in itself, over a text that still holds a form."""

    def keep_form(records: list[Record]) -> None:
        edits = records[4]["edits"]
        keep_form.kept = edits[-1]["old"]  # type: ignore[attr-defined]
        del edits[-1]

    edit(output / "ledger" / "part-00000.jsonl", keep_form)

    def append(records: list[Record]) -> None:
        records[4]["text"] += keep_form.kept  # type: ignore[attr-defined]

    edit(output / "documents" / "part-00000.jsonl", append)
    assert any("law 5" in found for found in messages(output))


def test_a_changed_text_file_is_found(output: Path) -> None:
    path = next((output / "text").iterdir())
    path.write_text("something else")
    assert messages(output) == [f"{path.name}: the file under text/ does not hold what the record holds"]


def test_a_lost_text_file_is_found(output: Path) -> None:
    path = next((output / "text").iterdir())
    path.unlink()
    assert messages(output) == [f"{path.name}: has no file under text/"]


def test_texts_that_are_lost_together_or_belong_to_nothing_are_found(output: Path) -> None:
    (output / "text" / "surplus.txt").touch()
    assert messages(output) == ["text/: holds files that belong to no document: 6, for 5 documents"]
    shutil.rmtree(output / "text")
    assert messages(output) == ["text/: is missing, though the run wrote clean texts as files"]


@pytest.mark.parametrize("content", ["{", "[]", "3", '{"config": 1}', "[" * 100_000])
def test_a_run_file_that_is_none_is_a_fault_and_no_traceback(output: Path, content: str) -> None:
    (output / "run.json").write_text(content, "utf-8")
    [message] = messages(output)
    assert message.startswith("run.json: is ")


def test_a_part_that_cannot_be_read_is_a_fault_and_no_traceback(output: Path) -> None:
    part = output / "documents" / "part-00000.jsonl"
    part.write_bytes(part.read_bytes()[:3000])
    [message] = messages(output)
    assert message.startswith(f"cannot be read: {part}, line 1: ")
    part.write_text('{"id": ' + "[" * 100_000, "utf-8")
    [message] = messages(output)
    assert message.startswith("cannot be read: ")
    part.unlink()
    part.symlink_to("nowhere")
    [message] = messages(output)
    assert str(part) in message


def test_a_text_on_which_cleaning_again_fails_is_found(output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise pipeline.UnstableError("the steps do not come to rest")

    monkeypatch.setattr(pipeline, "clean", fail)
    assert len(messages(output)) == 5
    assert all("law 5: cleaning again fails: the steps do not come to rest" in found for found in messages(output))


@pytest.mark.parametrize("name", ["chars", "version", "run"])
def test_a_run_file_that_lacks_a_field_is_found(output: Path, name: str) -> None:
    run = json.loads((output / "run.json").read_text("utf-8"))
    del run[name]
    (output / "run.json").write_text(json.dumps(run), "utf-8")
    [message] = [found for found in messages(output) if "lacks a field" in found]
    assert message.startswith(f"run.json: lacks a field: {name}")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda run: run["config"].update(format=[]), "run.json: its config names the format []"),
        (lambda run: run["config"].update(rules=None) or run["pipeline"].update(rules_sha256="0"), "other rules"),
        (lambda run: run.update(version="0"), "run.json: names two versions"),
    ],
)
def test_a_run_file_that_says_something_else_is_found(output: Path, change: Callable[[Record], object], message: str) -> None:
    run = json.loads((output / "run.json").read_text("utf-8"))
    change(run)
    (output / "run.json").write_text(json.dumps(run), "utf-8")
    assert any(message in found for found in messages(output))


def test_what_a_run_writes_beside_the_records_must_be_there_and_nothing_else(output: Path) -> None:
    (output / "report.html").unlink()
    (output / "documents" / "more.jsonl").write_text("{}\n", "utf-8")
    assert messages(output) == ["report.html: is missing", "documents/more.jsonl: is no part of the output"]


def test_a_part_that_breaks_off_is_found(output: Path) -> None:
    part = output / "dropped" / "part-00000.jsonl"
    part.write_bytes(part.read_bytes()[:-1])
    assert messages(output) == [f"cannot be read: {part}, line 1: it breaks off"]


@pytest.mark.parametrize(("name", "field"), [("documents", "dropped"), ("chars", "removed"), ("rules", "title.line")])
def test_wrong_totals_are_found(output: Path, name: str, field: str) -> None:
    run = json.loads((output / "run.json").read_text("utf-8"))
    right = run[name][field]
    wrong = run[name][field] = right | {"edits": 0} if name == "rules" else right + 1
    (output / "run.json").write_text(json.dumps(run), "utf-8")
    assert messages(output) == [f"run.json: {name} do not add up: the output holds {field} {right} (run.json says {wrong})"]


def test_an_unfinished_run_is_told(output: Path) -> None:
    (output / "run.json").unlink()
    told = "run.json: is missing: this is no output of a finished run"
    assert messages(output) == [told]
    (output / ".copydesk/staging-x/new").mkdir(parents=True)
    assert messages(output) == [
        f"{told}; a run was broken off while it published, and the next `copydesk clean` will finish that"
    ]


def test_other_rules_are_told(output: Path, tmp_path: Path) -> None:
    extra = tmp_path / "mine.toml"
    extra.write_text(rule("my.rule", "abc"), "utf-8")
    told = "was written with other rules than those at hand, so cleaning again cannot be checked"
    assert [f.message for f in verify(output, rules.load((extra,)))] == [f"{told}; they may be those of another version"]
    run = json.loads((output / "run.json").read_text("utf-8"))
    run["config"]["rules"] = ["a.toml", "b.toml"]
    (output / "run.json").write_text(json.dumps(run), "utf-8")
    assert [f.message for f in verify(output, rules.load((extra,)))] == [f"{told}; the run used --rules a.toml --rules b.toml"]


def test_a_title_that_was_repaired_is_the_one_that_was_taken_out(tmp_path: Path) -> None:
    body = "The café in the harbour stays open until the autumn, the council said on Tuesday, as long as the ferry sails."
    (tmp_path / "in.txt").write_text(f"CafÃ© stays open until the autumn\n\n{body}\n", "utf-8")
    clean_folder(Settings(tmp_path / "in.txt", tmp_path / "out"))
    assert json.loads((tmp_path / "out/documents/part-00000.jsonl").read_bytes())["title"] == "Café stays open until the autumn"
    assert messages(tmp_path / "out") == []


def test_a_text_of_nothing_is_found(output: Path) -> None:
    edit(output / "documents" / "part-00000.jsonl", lambda records: records[0].update(text=""))
    edit(output / "ledger" / "part-00000.jsonl", lambda records: records[0].update(edits=[]))
    assert any("the text is empty: such a document is dropped" in found for found in messages(output))


def test_what_is_kept_from_other_rules_is_not_measured_by_those_at_hand(tmp_path: Path) -> None:
    """The rule that made the cut is gone, and a new one would cut more; the rest of the laws hold for what is kept, too."""
    body = "The ferry leaves from the north quay again, and the first boat went out on Monday at six."
    books = [tmp_path / "one.toml", tmp_path / "two.toml"]
    for path in books:
        path.write_text(rule(f"tides.{path.stem}", f"Note of {path.stem}"), "utf-8")
    dumps, out = tmp_path / "in", tmp_path / "out"
    dumps.mkdir()
    for name in ("gone.txt", "there.txt"):
        (dumps / name).write_text(f"{body}\n\nNote of one\n\nNote of two\n", "utf-8")
    clean_folder(Settings(dumps, out, rules=(books[0],)))
    (dumps / "gone.txt").unlink()
    clean_folder(Settings(dumps, out, rules=(books[1],), keep_removed=True))
    assert [json.loads(line)["text"][-11:] for line in (out / "documents" / "part-00000.jsonl").open("rb")] == [
        "Note of two",
        "Note of one",
    ]
    book = rules.load((books[1],))
    assert list(verify(out, book)) == []
    edit(out / "documents" / "part-00000.jsonl", lengthen)
    assert [fault.where for fault in verify(out, book)][:1] == ["gone.txt"]
