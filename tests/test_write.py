"""The formats of the output: the same records in all, for us and for the programs that people read them with."""

import gzip
import json
import shutil
from collections.abc import Callable
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cleaners import cli, rules
from cleaners.run import clean_folder
from cleaners.settings import Settings
from cleaners.verify import verify
from cleaners.write import FORMATS, KINDS, Format, Kind, Output, Parts, parquet
from cleaners.write.texts import read_texts, remove_text, text_places, write_text
from tests.conftest import DUMPS

RECORDS: dict[Kind, list[dict[str, Any]]] = {
    "documents": [
        {"id": "a", "title": None, "text": "x\ny", "metadata": {"url": None}, "provenance": {"edits": {}, "n": 1.5}},
        {"id": "a#1", "title": "T", "text": "“é” 😀\0", "metadata": {}, "provenance": {"undecodable": [[3, "ff"]]}},
        {"id": "lone", "title": "T\udc80", "text": "\ud83d", "metadata": {"url": "\ud83d"}, "provenance": {"\ud83d": []}},
        {"id": "more", "title": None, "text": "", "metadata": {}, "provenance": {}, "quality": {"score": 1}, "rest": [1]},
    ],
    "ledger": [
        {
            "id": "a",
            "base": "decoded",
            "base_sha256": "0",
            "edits": [{"start": 0, "end": 1, "old": "é", "new": "", "rules": ["a.b"]}],
        },
        {"id": "none", "base": "extracted", "base_sha256": "0", "edits": []},
        {
            "id": "more",
            "base": "decoded",
            "base_sha256": "0",
            "edits": [{"start": 0, "end": 1, "old": "", "new": "", "rules": [], "score": 1}],
        },
        {
            "id": "lone",
            "base": "decoded",
            "base_sha256": "0",
            "edits": [{"start": 0, "end": 1, "old": "\ud83d", "new": "", "rules": []}],
        },
    ],
    "dropped": [
        {"id": "a", "source": {"path": "a"}, "rule": "drop.empty", "note": "n", "duplicate_of": None, "similarity": 0.93},
        {"id": "b", "source": {}, "rule": "drop.empty", "note": "n", "duplicate_of": "a", "similarity": 1},
    ],
    "quarantine": [
        {"id": "a", "source": {"path": "a", "bytes": None}, "stage": "read", "error": {"type": "Crash", "message": "m"}},
        {"id": "b", "source": None, "stage": "read", "error": {"type": "Crash", "message": "m", "more": True}},
    ],
}


def put(folder: Path, format_: Format, records: dict[Kind, list[dict[str, Any]]]) -> None:
    folder.mkdir(exist_ok=True)
    with Parts(folder, "part-00000", format_) as parts:
        for kind in KINDS:
            for record in records[kind]:
                parts.write(kind, record)
    assert parts.written == {kind: len(records[kind]) for kind in KINDS}


def written(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("format_", FORMATS)
def test_what_is_written_is_read_back(tmp_path: Path, format_: Format) -> None:
    put(tmp_path / "one", format_, RECORDS)
    assert {kind: list(Output(tmp_path / "one").read(kind)) for kind in KINDS} == RECORDS
    put(tmp_path / "two", format_, RECORDS)
    assert written(tmp_path / "one") == written(tmp_path / "two")


def test_groups_of_rows_lose_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pyarrow.parquet import ParquetFile

    monkeypatch.setattr(parquet, "_GROUP_ROWS", 2)
    monkeypatch.setattr(parquet, "_GROUP_CHARS", 100)
    lengths = [500, 1, 1, 1]
    many: list[dict[str, Any]] = [
        {"id": str(n), "title": None, "text": "x" * n, "metadata": {}, "provenance": {}} for n in lengths
    ]
    put(tmp_path, "parquet", {"documents": many, "ledger": [], "dropped": [], "quarantine": []})
    assert list(Output(tmp_path).read("documents")) == many
    [part] = (tmp_path / "documents").iterdir()
    assert ParquetFile(part).num_row_groups == 3
    assert not (tmp_path / "dropped").exists()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
# A record of any shape: that a later version adds or changes a field must not lose it.
ANY = st.dictionaries(st.sampled_from(["id", "title", "text", "metadata", "edits", "error", "similarity", "rest", "more"]), JSON)


@given(st.lists(ANY, max_size=4), st.sampled_from(KINDS))
@example([{"id": None, "edits": [None]}], "ledger")
@example([{"similarity": ""}], "dropped")
def test_parquet_gives_back_whatever_it_was_given(records: list[dict[str, Any]], kind: Kind) -> None:
    file = BytesIO()
    sink = parquet.ParquetSink(file, kind)
    for record in records:
        sink.write(record)
    sink.close()
    back = [record for record, _row in parquet.read_records(file)]
    assert [{name: value for name, value in record.items() if value is not None} for record in back] == [
        {name: value for name, value in record.items() if value is not None} for record in records
    ]


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> dict[Format, Path]:
    """The same input in every format: a document of every fate, and one that was damaged, with two types in one list."""
    folder = tmp_path_factory.mktemp("formats")
    source = folder / "in"
    source.mkdir()
    for name, text in DUMPS.items():
        (source / Path(name).name).write_text(text, "utf-8")
    (source / "damaged.txt").write_bytes(DUMPS["inland/bakery.txt"].encode().replace(b"bread", b"bre\xffad"))
    (source / "empty.txt").write_bytes(b"")
    (source / "picture.txt").write_bytes(b"\x89PNG\r\n\x1a\n\0")
    for format_ in FORMATS:
        clean_folder(Settings(source, folder / format_, format_), workers=1)
    return {format_: folder / format_ for format_ in FORMATS}


def test_every_format_holds_the_same_records(outputs: dict[Format, Path], capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    [damaged] = [r for r in Output(outputs["files"]).read("documents") if r["id"] == "damaged.txt"]
    assert damaged["provenance"]["source"]["undecodable"][0][1] == "ff"
    contents = {format_: {kind: list(Output(folder).read(kind)) for kind in KINDS} for format_, folder in outputs.items()}
    assert {kind: len(records) for kind, records in contents["jsonl"].items()} == {
        "documents": 4,
        "ledger": 4,
        "dropped": 1,
        "quarantine": 1,
    }
    for format_, folder in outputs.items():
        assert contents[format_] == contents["jsonl"]
        assert (folder / "text").is_dir() == (format_ in {"files", "markdown"})
        assert list(verify(folder, rules.load())) == []
        assert cli.main(["undo", str(folder), "harbour.txt"]) == 0
        assert capsysbinary.readouterr().out == DUMPS["harbour.txt"].encode()


def duckdb_reads(pattern: str) -> list[str]:
    duckdb = import_module("duckdb")
    return [row[0] for row in duckdb.sql(f"select id, * from '{pattern}'").fetchall()]


def pandas_reads(pattern: str) -> list[str]:
    pandas = import_module("pandas")
    if pattern.endswith(".parquet"):
        return list(pandas.read_parquet(Path(pattern).parent)["id"])
    parts = sorted(Path(pattern).parent.glob(Path(pattern).name))
    return list(pandas.concat(pandas.read_json(part, lines=True) for part in parts)["id"])


def polars_reads(pattern: str) -> list[str]:
    polars = import_module("polars")
    frame = polars.read_parquet(pattern) if pattern.endswith(".parquet") else polars.read_ndjson(pattern)
    return list(frame["id"])


def datasets_reads(pattern: str) -> list[str]:
    datasets = import_module("datasets")
    kind = "parquet" if pattern.endswith(".parquet") else "json"
    cache = str(Path(pattern).parents[2] / "cache")
    return list(datasets.load_dataset(kind, data_files=pattern, split="train", cache_dir=cache)["id"])


READERS = [duckdb_reads, pandas_reads, polars_reads, datasets_reads]


@pytest.mark.parametrize("reads", READERS)
@pytest.mark.parametrize("format_", ["jsonl", "jsonl.zst", "parquet"])
def test_what_people_use_reads_it(outputs: dict[Format, Path], format_: Format, reads: Callable[[str], list[str]]) -> None:
    for kind in KINDS:
        ids = [record["id"] for record in Output(outputs[format_]).read(kind)]
        assert reads(f"{outputs[format_]}/{kind}/part-*.{format_}") == ids


def test_duckdb_takes_the_json_columns_apart(outputs: dict[Format, Path]) -> None:
    duckdb = import_module("duckdb")
    part = outputs["parquet"] / "documents" / "*.parquet"
    query = f"select provenance->>'$.source.encoding', count(*) from '{part}' group by all"
    assert duckdb.sql(query).fetchall() == [("utf-8", 4)]


@pytest.mark.parametrize("format_", ["jsonl", "jsonl.zst", "parquet"])
def test_a_damaged_part_is_named(outputs: dict[Format, Path], tmp_path: Path, format_: Format) -> None:
    output = Output(tmp_path)
    shutil.copytree(outputs[format_] / "documents", tmp_path / "documents")
    [part] = (tmp_path / "documents").iterdir()
    raw = part.read_bytes()
    part.write_bytes(raw[:200] + bytes(100) + raw[300:])
    with pytest.raises(ValueError, match=part.name):
        list(output.read("documents"))
    part.write_bytes(gzip.compress(b"something else"))
    with pytest.raises(ValueError, match=part.name):
        list(output.read("documents"))


PLACES = [
    ("a/b.txt", None, "a/b.txt"),
    ("a b/100%.txt", None, "a b/100%.txt"),
    ("a.zip", "b.txt", "a.zip#b.txt"),
    ("x/a.zip", "b/c 100%.txt", "x/a.zip#b%2Fc 100%25.txt"),
    ("a.zip", "../../b.txt", "a.zip#..%2F..%2Fb.txt"),
    ("a.zip", "/etc/passwd", "a.zip#%2Fetc%2Fpasswd"),
    ("a.zip", "", "a.zip#"),
    ("folder/" * 100 + "b.txt", None, "folder/" * 100 + "b.txt"),
    ("x" * 251 + ".txt", None, "x" * 251 + ".txt"),
]
STRANGE = ["..", "../b", "a/../../b", "/etc/passwd", "a//b", "a/./b", ".", "", "nul\0", "x" * 300, "é" * 200, "lone\ud83d"]


def test_markdown_files_have_names_of_their_own(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    for name in ("a", "a.md"):
        (source / name).write_text(DUMPS["harbour.txt"].replace("Tuesday", name))
    clean_folder(Settings(source, tmp_path / "out", "markdown"))
    texts = {path.name: path.read_text() for path in (tmp_path / "out" / "text").iterdir()}
    assert {name: " sea on a night" in text for name, text in texts.items()} == {"a.md": True, "a.md.md": False}


@pytest.mark.parametrize(("path", "record", "wanted"), PLACES)
def test_where_texts_stand(tmp_path: Path, path: str, record: str | None, wanted: str) -> None:
    assert next(text_places(tmp_path, {"path": path, "record": record})) == tmp_path / wanted


def test_no_text_stands_outside_its_folder_and_none_is_lost(tmp_path: Path) -> None:
    """Whatever files and records are called, and where the one has the name of another's folder."""
    folder = tmp_path / "out" / "text"
    names = [*STRANGE, "a", "a/b", "a/b/c", *("y" * 251 + ending for ending in ("1234", "12345", "12346")), "z/" * 3000 + "z"]
    sources = [{"path": path, "record": record} for path in names for record in (None, "1", *STRANGE)]
    folder.mkdir(parents=True)
    for number, source in enumerate(sources):
        write_text(folder, source, str(number).encode())
    for number, source in enumerate(sources):
        assert str(number).encode() in read_texts(folder, source), source
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert all(path.resolve().is_relative_to(folder) for path in files)
    assert len(files) == len(sources)
    remove_text(folder, sources[0])
    assert read_texts(folder, sources[0]) == []
    for source in sources:
        remove_text(folder, source)
    assert not any(path.is_file() for path in tmp_path.rglob("*"))


def test_the_format_without_a_choice(dumps: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cleaners import read

    clean_folder(Settings(dumps, tmp_path / "files"))
    monkeypatch.setattr(read, "is_container", lambda found, _head: found.id == "harbour.txt")
    clean_folder(Settings(dumps, tmp_path / "jsonl"))
    for folder, has_text in (("files", True), ("jsonl", False)):
        assert json.loads((tmp_path / folder / "run.json").read_bytes())["config"]["format"] == folder
        assert (tmp_path / folder / "text").exists() == has_text
