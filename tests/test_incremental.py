"""Runs that do only what is new: after whatever happened to the input, the output is what a run that does everything writes."""

import errno
import io
import json
import os
import shutil
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cleaners import planning, publish, read, rules, run, shards, state
from cleaners.balance import Balance
from cleaners.read import remote
from cleaners.run import clean_folder
from cleaners.settings import InputError, OutputError, Settings
from cleaners.verify import verify
from cleaners.workers import Watch
from cleaners.write import KINDS, Format
from tests.conftest import rule, written
from tests.steps import steps

ARTICLE = (
    "Ferry number {} returns\n\n"
    "The ferry number {} came back from the yard on Tuesday with a new engine, the harbour master said, and sails again from June.\n\n"
    "Leave a Reply\n\nYour email address will not be published. Required fields are marked *\n"
)


def here(settings: Settings) -> Balance:
    """A whole run in this process: faster than with workers."""
    with planning.plan(settings) as job:
        return run.finish(job, [shards.clean_shard(Watch(), job.settings, shard) for shard in job.shards])


def folders(output: Path) -> set[str]:
    """Those of the texts, of which none is empty."""
    return {path.relative_to(output).as_posix() for path in (output / "text").rglob("*") if path.is_dir()}


def write(path: Path, content: str | bytes) -> None:
    """Write a file that was not changed just now, since the time of one that was is not trusted."""
    raw = content.encode() if isinstance(content, str) else content
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw)
    os.utime(path, (1_700_000_000 + zlib.crc32(raw) % 1_000_000,) * 2)


def lines(*numbers: object) -> str:
    return "".join(json.dumps({"id": str(n), "text": ARTICLE.format(n, n)}) + "\n" for n in numbers)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Twenty documents in two folders, one that is dropped, one in quarantine, a page and a container."""
    folder = tmp_path / "in"
    for number in range(20):
        write(folder / f"{'ab'[number % 2]}/{number:02}.txt", ARTICLE.format(number, number))
    write(folder / "a/empty.txt", "")
    write(folder / "b/form.txt", "Leave a Reply\n\nYour email address will not be published. Required fields are marked *\n")
    write(folder / "picture.txt", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")
    write(folder / "many.jsonl", lines(*range(9)))
    return folder


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shards of a few files, parts of a few documents; nobody turns the power off."""
    monkeypatch.setattr(os, "fsync", lambda _file: None)
    monkeypatch.setattr(publish, "sync_all", lambda _folder: None)
    monkeypatch.setattr(planning, "_SHARD_DOCUMENTS", 6)
    monkeypatch.setattr(shards, "_PART_BYTES", 4000)


def cleaned(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of the files that are read from now on."""
    seen: list[str] = []
    documents = read.documents

    def watched(found: read.Found, fields: read.Fields) -> Any:
        seen.append(found.id)
        return documents(found, fields)

    monkeypatch.setattr(read, "documents", watched)
    return seen


def add(source: Path) -> None:
    write(source / "a/055.txt", ARTICLE.format("new", "new"))


def remove(source: Path) -> None:
    (source / "b/07.txt").unlink()


def change(source: Path) -> None:
    write(source / "b/07.txt", ARTICLE.format("another", "another"))


def change_and_keep_size_and_time(source: Path) -> None:
    status = (source / "b/07.txt").stat()
    (source / "b/07.txt").write_text(ARTICLE.format(8, 8))
    os.utime(source / "b/07.txt", ns=(status.st_mtime_ns, status.st_mtime_ns))


def drop(source: Path) -> None:
    write(source / "b/07.txt", " ")


def touch(source: Path) -> None:
    os.utime(source / "b/07.txt")


def rename(source: Path) -> None:
    (source / "b/07.txt").rename(source / "b/zz.txt")


def swap(source: Path) -> None:
    for old, new in (("07", "aside"), ("09", "07"), ("aside", "09")):
        (source / f"b/{old}.txt").rename(source / f"b/{new}.txt")


def mix_up(source: Path) -> None:
    """Every file gets another name, in another order, and one of them another file's."""
    for number in range(20):
        path = source / f"{'ab'[number % 2]}/{number:02}.txt"
        path.rename(path.with_name(f"{number * 7 % 20:02}-{number}.TXT"))
    (source / "b/01.txt").write_bytes((source / "a/02-6.TXT").read_bytes())


def rename_all_that_is_left_out(source: Path) -> None:
    for name in ("a/empty.txt", "b/form.txt", "picture.txt"):
        (source / name).rename(source / name.replace(".", "-2."))


def rename_to_another_kind(source: Path) -> None:
    (source / "b/07.txt").rename(source / "b/07.md")
    (source / "many.jsonl").rename(source / "many.txt")


def rename_and_write_another(source: Path) -> None:
    (source / "b/07.txt").rename(source / "a/zz.txt")
    write(source / "b/07.txt", ARTICLE.format("another", "another"))


def rename_container(source: Path) -> None:
    (source / "many.jsonl").rename(source / "b/0.jsonl")


def rename_to_a_copy(source: Path) -> None:
    for name in ("b/70.txt", "b/71.txt"):
        shutil.copy2(source / "b/07.txt", source / name)
    (source / "b/07.txt").unlink()


def rename_folder(source: Path) -> None:
    (source / "a").rename(source / "c")


def folder_for_file(source: Path) -> None:
    (source / "b/07.txt").unlink()
    write(source / "b/07.txt/deep.txt", ARTICLE.format("deep", "deep"))


def longer_container(source: Path) -> None:
    write(source / "many.jsonl", lines(*range(12)))


def shorter_container(source: Path) -> None:
    write(source / "many.jsonl", lines(1, 2))


def beside_container(source: Path) -> None:
    write(source / "many.a.txt", ARTICLE.format("before", "before"))
    write(source / "many.z.txt", ARTICLE.format("after", "after"))


def much(source: Path) -> None:
    for number in range(0, 40, 3):
        write(source / f"a/{number:02}+.txt", ARTICLE.format(number, "much"))
    shutil.rmtree(source / "b")


# What happens, and which files are read after it.
CHANGES: list[tuple[Callable[[Path], None], set[str]]] = [
    (add, {"a/055.txt"}),
    (remove, set()),
    (change, {"b/07.txt"}),
    (drop, {"b/07.txt"}),
    (touch, set()),
    (rename, set()),
    (swap, set()),
    (mix_up, {"b/01.txt"}),
    (rename_all_that_is_left_out, {"a/empty-2.txt"}),
    (rename_to_another_kind, {"b/07.md", "many.txt"}),
    (rename_and_write_another, {"b/07.txt"}),
    (rename_container, set()),
    (rename_to_a_copy, {"b/71.txt"}),
    (rename_folder, {"c/empty.txt"}),
    (folder_for_file, {"b/07.txt/deep.txt"}),
    (longer_container, {"many.jsonl"}),
    (shorter_container, {"many.jsonl"}),
    (beside_container, {"many.a.txt", "many.z.txt"}),
    (much, {f"a/{n:02}+.txt" for n in range(0, 40, 3)}),
]


@pytest.mark.parametrize("format_", ["files", "jsonl.zst", "parquet"])
@pytest.mark.parametrize(("happens", "read_"), CHANGES, ids=[happens.__name__ for happens, _ in CHANGES])
def test_only_what_is_new_is_done_and_the_result_is_the_same(
    source: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    happens: Callable[[Path], None],
    read_: set[str],
    format_: Format,
) -> None:
    here(Settings(source, tmp_path / "out", format_))
    happens(source)
    seen = cleaned(monkeypatch)
    total = here(Settings(source, tmp_path / "out", format_))
    assert set(seen) == read_
    full = here(Settings(source, tmp_path / "full", format_))
    assert written(tmp_path / "out") == written(tmp_path / "full")
    assert total.as_record() == full.as_record()
    if format_ == "files":
        assert folders(tmp_path / "out") == folders(tmp_path / "full")
        assert list(verify(tmp_path / "out", rules.load())) == []
    seen.clear()
    here(Settings(source, tmp_path / "out", format_))
    assert seen == []


@pytest.mark.parametrize("format_", ["jsonl", "markdown", "parquet"])
def test_a_moved_record_is_what_it_was_but_for_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format_: Format) -> None:
    """Numbers that no reader of JSON keeps, half characters, a path that stands in the record, too, headings, quarantine inside."""
    source = tmp_path / "in"
    odd = {
        "text": ARTICLE.format("\ud83d", 1),
        "source": {"path": "odd.jsonl", "n": 123456789012345678901234567890},
        "path": "odd.jsonl",
        "floats": [1e16, 1e-7, 0.1, -0.0, 1e400],
    }
    page = (
        "<html><body><h1>Ferry</h1>" + "<h2>Back</h2><p>The ferry came back from the yard on Tuesday with a new engine.</p>" * 9
    )
    records_ = [odd, {"text": ARTICLE.format(2, 2), "big": 2**70}, {"text": ARTICLE.format("\ud83d", 3)}, {"html": page}]
    write(source / "odd.jsonl", "".join(json.dumps(record) + "\n" for record in records_) + '{"text": "broken\n{"n": 1}\n')
    write(source / "page.html", page)
    write(source / "stays.txt", ARTICLE.format(1, 1))
    here(Settings(source, tmp_path / "out", format_))
    (source / "odd.jsonl").rename(source / 'zz "\udcff" é.jsonl')
    (source / "page.html").rename(source / "0.html")
    seen = cleaned(monkeypatch)
    total = here(Settings(source, tmp_path / "out", format_))
    assert (seen, +total.work) == ([], {"moved": 2, "unchanged": 1})
    here(Settings(source, tmp_path / "full", format_))
    assert written(tmp_path / "out") == written(tmp_path / "full")
    assert json.loads((tmp_path / "out/run.json").read_bytes())["run"]["files"]["moved"] == 2


def hashed_by(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that a module opens to know them by their content: a list that grows."""
    opened: list[Path] = []
    sha256 = state.file_sha256
    monkeypatch.setattr(module, "file_sha256", lambda path: (opened.append(path), sha256(path))[1])  # type: ignore[func-returns-value]
    return opened


def test_a_remote_file_that_could_not_be_read_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"a.txt": ARTICLE.format(1, 1).encode(), "b.txt": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"}
    is_up = False

    def open_(address: str) -> io.BufferedReader:
        if not is_up:
            raise OSError(errno.EIO, "the network is down")
        opened.append(address)
        return io.BufferedReader(io.BytesIO(files[address.rpartition("/")[2]]))

    opened: list[str] = []
    found = [read.Found(name, Path(name), len(raw), f"s3://bucket/{name}", f"etag of {name}") for name, raw in files.items()]
    monkeypatch.setattr(remote, "find", lambda _address: found)
    monkeypatch.setattr(remote, "open_", open_)
    settings = Settings("s3://bucket", tmp_path / "out", "jsonl")
    assert here(settings).documents["quarantined"] == 2
    is_up = True
    assert here(settings).documents == {"in": 2, "published": 1, "dropped": 0, "quarantined": 1}
    assert opened == ["s3://bucket/a.txt", "s3://bucket/b.txt"]
    assert here(settings).work == {"unchanged": 2}  # what is no text will be none tomorrow
    assert here(replace(settings, checksum=True)).work == {"unchanged": 2}  # the other system has looked at the content
    assert len(opened) == 2


def test_only_what_is_as_large_is_opened_to_see_whether_it_was_renamed(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here(Settings(source, tmp_path / "out"))
    opened = hashed_by(planning, monkeypatch)
    rename(source)
    write(source / "a/larger.txt", ARTICLE.format("another", "another"))
    write(source / "a/as-large.txt", ARTICLE.format("x", "y"))
    total = here(Settings(source, tmp_path / "out"))
    assert opened == [source / "a/as-large.txt", source / "b/zz.txt"]
    assert +total.work == {"unchanged": 23, "moved": 1, "new": 2}
    opened.clear()
    write(source / "a/07.txt", ARTICLE.format(7, 7))
    here(Settings(source, tmp_path / "out"))  # nothing is gone
    assert opened == []


def test_records_are_moved_from_no_more_shards_than_it_pays(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "_MOST_ORIGINS", 1)
    here(Settings(source, tmp_path / "out"))
    mix_up(source)
    total = here(Settings(source, tmp_path / "out"))
    assert total.work["moved"] + total.work["new"] == 20
    assert total.work["moved"] > 5
    assert total.work["new"] > 5
    assert 0 < total.work["removed"] <= 20 - total.work["moved"]
    here(Settings(source, tmp_path / "full"))
    assert written(tmp_path / "out") == written(tmp_path / "full")


NAMES = st.sampled_from(
    [f"{folder}{number}{suffix}" for folder in ("", "x/", "y/") for number in "0123" for suffix in (".txt", ".jsonl")]
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(st.dictionaries(NAMES, st.integers(0, 3), max_size=16), min_size=2, max_size=4),
    format_=st.sampled_from(["files", "jsonl.zst"]),
)
def test_whatever_the_input_becomes(
    tmp_path_factory: pytest.TempPathFactory, steps: list[dict[str, int]], format_: Format
) -> None:
    """Each step is the whole input: names, and for each which content it has."""
    folder = tmp_path_factory.mktemp("steps")
    for step in steps:
        shutil.rmtree(folder / "in", ignore_errors=True)
        for name, content in {"always.txt": 1, **step}.items():
            text = " " if content == 0 else ARTICLE.format(content, name if content == 3 else "the same")
            write(folder / "in" / name, lines(*range(3 * content)) if name.endswith("l") else text)
        here(Settings(folder / "in", folder / "out", format_))
    here(Settings(folder / "in", folder / "full", format_))
    assert written(folder / "out") == written(folder / "full")


def test_no_file_is_opened_whose_size_and_time_are_unchanged(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here(Settings(source, tmp_path / "out"))
    opened = hashed_by(state, monkeypatch)
    work = here(Settings(source, tmp_path / "out")).work
    assert (opened, work) == ([], {"unchanged": 24})
    change_and_keep_size_and_time(source)
    os.utime(source / "a/00.txt")
    assert here(Settings(source, tmp_path / "out")).work == {"unchanged": 24}
    assert opened == [source / "a/00.txt"]
    opened.clear()
    assert here(Settings(source, tmp_path / "out", checksum=True)).work == {"unchanged": 23, "changed": 1}
    assert len(opened) == 24


def test_a_file_that_was_changed_just_now_is_opened(source: Path, tmp_path: Path) -> None:
    """It may be changed again within the same tick of the clock."""
    path = source / "a/00.txt"
    path.write_text(ARTICLE.format(1, 1))
    time_ = path.stat().st_mtime_ns
    here(Settings(source, tmp_path / "out"))
    path.write_text(ARTICLE.format(2, 2))
    os.utime(path, ns=(time_, time_))
    assert here(Settings(source, tmp_path / "out")).work == {"unchanged": 23, "changed": 1}


def test_of_a_run_that_was_broken_off_nothing_is_taken_over_that_may_have_changed(source: Path, tmp_path: Path) -> None:
    def staged(**options: Any) -> set[str]:
        with planning.plan(Settings(source, tmp_path / "out", **options)) as job:
            for shard in job.shards:
                shards.clean_shard(Watch(), job.settings, shard)
            return {one.id for shard in job.staged for one in shard.documents}

    (source / "a/00.txt").write_text(ARTICLE.format(1, 1))  # just now: it may change again in the same tick of the clock
    assert staged() == set()
    taken_over = staged()
    assert len(taken_over) > 10
    assert "a/00.txt" not in taken_over
    assert staged(force=True) == set()


def test_what_a_rule_or_an_option_decides_is_done_again(source: Path, tmp_path: Path) -> None:
    here(Settings(source, tmp_path / "out"))
    for phrase in ("my own phrase", "another phrase"):
        mine = tmp_path / f"{phrase}.toml"  # rules are read once in a process
        mine.write_text(rule("my.rule", phrase))
        assert here(Settings(source, tmp_path / "out", rules=(mine,))).work == {"again": 24}
    assert here(Settings(source, tmp_path / "out", rules=(mine,))).work == {"unchanged": 24}
    assert here(Settings(source, tmp_path / "out", rules=(mine,), timeout=5)).work == {"unchanged": 24}
    fields = read.Fields(text="text")
    assert here(Settings(source, tmp_path / "out", rules=(mine,), fields=fields)).work == {"again": 24}
    assert here(Settings(source, tmp_path / "out", "markdown", rules=(mine,), fields=fields)).work == {"again": 24}
    assert here(Settings(source, tmp_path / "out", "markdown", rules=(mine,), fields=fields, force=True)).work == {"again": 24}
    here(Settings(source, tmp_path / "full", "markdown", rules=(mine,), fields=fields))
    assert written(tmp_path / "out") == written(tmp_path / "full")


def test_other_code_is_another_pipeline(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here(Settings(source, tmp_path / "out"))
    monkeypatch.setattr(state, "_code", lambda: "another")
    assert here(Settings(source, tmp_path / "out")).work == {"again": 24}


def test_what_python_and_the_rules_leave_beside_the_code_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "__file__", str(tmp_path / "state.py"))
    (tmp_path / "rules" / "__pycache__").mkdir(parents=True)
    (tmp_path / "rules" / "a.toml").write_text("1")
    before = state._code.__wrapped__()
    for name in "a.pyc", "b.kept", "temporary":
        (tmp_path / "rules" / "__pycache__" / name).write_text(name)
    assert state._code.__wrapped__() == before
    (tmp_path / "rules" / "a.toml").write_text("2")
    assert state._code.__wrapped__() != before


@pytest.mark.parametrize("format_", ["files", "parquet"])
def test_what_is_gone_from_the_input_can_be_kept(source: Path, tmp_path: Path, format_: Format) -> None:
    output = tmp_path / "out"
    here(Settings(source, output, format_))
    before = written(output)
    shutil.copytree(source, tmp_path / "copy")
    (source / "many.jsonl").unlink()
    shutil.rmtree(source / "a")
    for _ in range(2):
        assert here(Settings(source, output, format_, keep_removed=True)).work == {"unchanged": 12, "kept": 12}
        assert written(output) == before
    # Cleaned by another pipeline they cannot be; when they are back, they are.
    mine = tmp_path / "mine.toml"
    mine.write_text(rule("my.rule", "x y"))
    total = here(Settings(source, output, format_, rules=(mine,), keep_removed=True))
    assert total.work == {"again": 12, "kept": 12}
    assert total.documents["in"] == 32
    total = here(Settings(tmp_path / "copy", output, format_, rules=(mine,), keep_removed=True))
    assert total.work == {"unchanged": 12, "again": 12}
    here(Settings(tmp_path / "copy", tmp_path / "full", format_, rules=(mine,)))
    assert written(output) == written(tmp_path / "full")
    (source / "picture.txt").unlink()
    here(Settings(source, output, format_))
    here(Settings(source, tmp_path / "full", format_))
    assert written(output) == written(tmp_path / "full")


def test_what_cannot_be_kept_is_said(source: Path, tmp_path: Path) -> None:
    here(Settings(source, tmp_path / "out"))
    remove(source)
    before = written(tmp_path / "out")
    with pytest.raises(InputError, match=r"b/07.txt, which .* cannot be kept: the output is jsonl, .* Run with --format jsonl"):
        here(Settings(source, tmp_path / "out", "parquet", keep_removed=True))
    assert written(tmp_path / "out") == before


def test_what_is_lost_cannot_be_kept(source: Path, tmp_path: Path) -> None:
    here(Settings(source, tmp_path / "out", "files"))
    remove(source)
    lose_part(tmp_path / "out")
    with pytest.raises(InputError, match=r"b/07.txt, which is gone from the input, cannot be kept"):
        here(Settings(source, tmp_path / "out", "files", keep_removed=True))


def file_for_folder(source: Path) -> None:
    shutil.rmtree(source / "a")
    write(source / "a", ARTICLE.format("flat", "flat"))


@pytest.mark.parametrize("happens", [folder_for_file, file_for_folder])
def test_what_is_kept_and_what_is_new_may_have_the_place_of_each_other(
    source: Path, tmp_path: Path, happens: Callable[[Path], None]
) -> None:
    here(Settings(source, tmp_path / "out", "files"))
    happens(source)
    total = here(Settings(source, tmp_path / "out", "files", keep_removed=True))
    assert total.work["new"] == 1
    assert total.work["kept"] >= 1
    assert list(verify(tmp_path / "out", rules.load())) == []


def test_a_folder_of_texts_goes_with_its_last_one(source: Path, tmp_path: Path) -> None:
    write(source / "c/deep/only.txt", ARTICLE.format("only", "only"))
    here(Settings(source, tmp_path / "out", "files"))
    assert folders(tmp_path / "out") == {"text/a", "text/b", "text/c", "text/c/deep"}
    shutil.rmtree(source / "c")
    here(Settings(source, tmp_path / "out", "files"))
    assert folders(tmp_path / "out") == {"text/a", "text/b"}


def test_texts_that_are_not_written_again_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where all files are in one shard, of which one is cleaned."""
    monkeypatch.setattr(planning, "_SHARD_DOCUMENTS", 2000)
    for number in range(3):
        write(tmp_path / f"in/{number}.txt", ARTICLE.format(number, number))
    here(Settings(tmp_path / "in", tmp_path / "out"))
    write(tmp_path / "in/1.txt", ARTICLE.format("another", "another"))
    assert here(Settings(tmp_path / "in", tmp_path / "out")).work == {"unchanged": 2, "changed": 1}
    here(Settings(tmp_path / "in", tmp_path / "full"))
    assert written(tmp_path / "out") == written(tmp_path / "full")


def test_state_is_written_whole_or_not_at_all(source: Path, tmp_path: Path) -> None:
    def full() -> Iterator[state.NewShard]:
        yield state.NewShard(9, {}, {}, [("z.txt", 1, 1, "0", 0)])
        raise OSError(errno.ENOSPC, "No space left on device")

    here(Settings(source, tmp_path / "out"))
    with closing(state.State(tmp_path / "out" / publish.FOLDER)) as known:
        before = list(known.files()), known.shards(), known.about("fingerprint")
        with pytest.raises(OSError, match="No space left"):
            known.record("run", "another", {}, full(), (), {})
        assert (list(known.files()), known.shards(), known.about("fingerprint")) == before


def test_state_that_cannot_be_opened_is_not_thrown_away(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    here(Settings(source, tmp_path / "out"))
    with monkeypatch.context() as patch:
        patch.setattr(sqlite3, "connect", full)
        with pytest.raises(OutputError, match="database or disk is full"):
            here(Settings(source, tmp_path / "out"))
    assert here(Settings(source, tmp_path / "out")).work == {"unchanged": 24}


def test_state_of_another_version_is_not_read(source: Path, tmp_path: Path) -> None:
    here(Settings(source, tmp_path / "out"))
    state_of_another_version(tmp_path / "out")
    assert here(Settings(source, tmp_path / "out")).work == {"new": 24}
    assert here(Settings(source, tmp_path / "out")).work == {"unchanged": 24}


def test_run_json_goes_first_and_comes_last(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And all that is old goes before anything new comes: who reads meanwhile knows that this is no finished run."""
    output = tmp_path / "out"
    here(Settings(source, output))
    add(source)
    moves: list[tuple[Path, str]] = []
    rename = Path.rename

    def watched(path: Path, target: Path) -> Path:
        moves.append((path.parent, path.name))
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", watched)
    here(Settings(source, output))
    published = ["run.json", "report.html", *KINDS]
    gone = [n for n, (folder, name) in enumerate(moves) if folder == output and name in published]
    come = [n for n, (folder, name) in enumerate(moves) if folder.name == "new" and name in published]
    assert sorted(moves[n][1] for n in gone) == sorted(moves[n][1] for n in come) == sorted(published)
    assert moves[gone[0]][1] == moves[come[-1]][1] == "run.json"
    assert gone[-1] < come[0]


def lose_part(output: Path) -> None:
    sorted((output / "ledger").iterdir())[1].unlink()


def shorten_part(output: Path) -> None:
    part = sorted((output / "documents").iterdir())[1]
    part.write_bytes(part.read_bytes()[:-10])


def lose_texts(output: Path) -> None:
    shutil.rmtree(output / "text")


def lose_state(output: Path) -> None:
    (output / publish.FOLDER / "state.sqlite").unlink()


def damage_state(output: Path) -> None:
    (output / publish.FOLDER / "state.sqlite").write_bytes(b"no database" * 1000)


def state_of_another_version(output: Path) -> None:
    with sqlite3.connect(output / publish.FOLDER / "state.sqlite") as db:
        db.execute("PRAGMA user_version = 999")
    db.close()


@pytest.mark.parametrize("harm", [lose_part, shorten_part, lose_texts, lose_state, damage_state, state_of_another_version])
def test_what_somebody_took_away_is_made_again(source: Path, tmp_path: Path, harm: Callable[[Path], None]) -> None:
    here(Settings(source, tmp_path / "out", "files"))
    whole = written(tmp_path / "out")
    harm(tmp_path / "out")
    remove(source)
    write(source / "b/07.txt", ARTICLE.format(7, 7))
    here(Settings(source, tmp_path / "out", "files"))
    assert written(tmp_path / "out") == whole


def test_a_file_that_could_not_be_read_is_tried_again(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing about the file says that it can be read now."""

    def denied(path: Path, *_: object, **__: object) -> Any:
        raise PermissionError(13, "Permission denied", str(path))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", lambda path, *a, **k: (denied if path.name == "00.txt" else open)(path, *a, **k))
        assert here(Settings(source, tmp_path / "out")).documents["quarantined"] == 2
    total = here(Settings(source, tmp_path / "out"))
    assert total.work == {"unchanged": 23, "again": 1}
    assert total.documents["quarantined"] == 1


def test_what_is_no_file_is_not_tried_again(source: Path, tmp_path: Path) -> None:
    os.mkfifo(source / "pipe")
    (source / "link").symlink_to("nowhere")
    (source / "folder").symlink_to("a")
    assert here(Settings(source, tmp_path / "out")).documents["quarantined"] == 4
    assert here(Settings(source, tmp_path / "out")).work == {"unchanged": 27}
    (source / "link").unlink()
    (source / "link").symlink_to("a/00.txt")
    assert here(Settings(source, tmp_path / "out")).work == {"unchanged": 26, "changed": 1}


def test_a_run_with_nothing_to_do_leaves_the_parts_alone(source: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    clean_folder(Settings(source, output))
    before = {path: path.stat().st_ino for path in output.rglob("part-*")}
    first = orjson.loads((output / "run.json").read_bytes())
    clean_folder(Settings(source, output))
    second = orjson.loads((output / "run.json").read_bytes())
    assert {path: path.stat().st_ino for path in output.rglob("part-*")} == before
    none = dict.fromkeys(("changed", "again", "moved", "unchanged", "removed", "kept", "resumed"), 0)
    assert first.pop("run")["files"] == {"new": 24, **none}
    assert second.pop("run")["files"] == {"new": 0, **none, "unchanged": 24}
    assert first == second
    assert sorted(path.name for path in (output / publish.FOLDER).iterdir()) == ["lock", "state.sqlite"]


def test_a_file_that_comes_changes_one_shard(tmp_path: Path) -> None:
    """Wherever it comes: most parts are the same files under another name."""
    for number in range(120):
        write(tmp_path / f"in/{number:03}.txt", " ")
    here(Settings(tmp_path / "in", tmp_path / "out"))
    for name in ("000a", "060a", "119a"):
        before = {path.stat().st_ino for path in (tmp_path / "out").rglob("part-*")}
        write(tmp_path / f"in/{name}.txt", " ")
        here(Settings(tmp_path / "in", tmp_path / "out"))
        after = {path.stat().st_ino for path in (tmp_path / "out").rglob("part-*")}
        assert len(after) > 20
        assert len(after - before) <= 4


def test_a_shard_of_which_nothing_is_left_goes(source: Path, tmp_path: Path) -> None:
    """There is nothing to clean, then, and still something to publish."""
    with planning.plan(Settings(source, tmp_path / "out", "jsonl")) as job:
        last = [one.path for one in job.shards[-1].documents]
    here(Settings(source, tmp_path / "out", "jsonl"))
    for path in last:
        path.unlink()
    assert +here(Settings(source, tmp_path / "out", "jsonl")).work == {"unchanged": 24 - len(last), "removed": len(last)}
    here(Settings(source, tmp_path / "full", "jsonl"))
    assert written(tmp_path / "out") == written(tmp_path / "full")


def test_the_lock_says_who_holds_it(source: Path, tmp_path: Path) -> None:
    here(Settings(source, tmp_path / "out"))  # who had it before is not said
    message = rf"being written by another run \(process {os.getpid()} on .+, since 20"
    with planning.plan(Settings(source, tmp_path / "out")), pytest.raises(InputError, match=message):
        clean_folder(Settings(source, tmp_path / "out"))
    clean_folder(Settings(source, tmp_path / "out"))


def test_an_output_that_cannot_be_written_is_a_sentence(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(folder: Path) -> None:
        raise OSError(errno.EROFS, "Read-only file system", str(folder))

    monkeypatch.setattr(planning, "locked", refuse)
    with pytest.raises(OutputError, match=r"out.* cannot be written: Read-only file system"):
        clean_folder(Settings(source, tmp_path / "out"))


@pytest.mark.parametrize(("size", "most"), [(3000, 6), (8_000_000, 4)])
def test_shards_hold_all_files_and_no_more_than_they_may(size: int, most: int) -> None:
    files = [read.Found(f"{number:06}", Path("x"), size, None, 1) for number in range(2000)]
    cuts = list(planning._cuts(files))
    assert [first for first, _ in cuts] == [0, *(last for _, last in cuts[:-1])]
    assert cuts[-1][1] == len(files)
    assert max(last - first for first, last in cuts) == most


def test_there_is_ten_times_as_much_to_do_for_ten_times_the_files() -> None:
    """A million files are cut in seconds, then."""
    inputs = ([read.Found(f"{number:06}", Path("x"), 3000, None, 1) for number in range(count)] for count in (1000, 10_000))
    few, many = (steps(lambda files: list(planning._cuts(files)), files) for files in inputs)
    assert many < 11 * few


def test_a_run_that_died_behind_its_last_rename_keeps_its_balance(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next run may take hours: the output is whole meanwhile."""
    output = tmp_path / "out"

    class Died(BaseException):
        pass

    def die(path: Path) -> None:
        if path == output:
            raise Died

    with monkeypatch.context() as patch:
        patch.setattr(publish, "sync", die)
        with pytest.raises(Died):
            here(Settings(source, output))
    before = (output / "run.json").read_bytes()
    with planning.plan(Settings(source, output)):
        assert (output / "run.json").read_bytes() == before
