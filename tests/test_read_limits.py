"""Hostile sizes, depths and names: nothing grows, nothing is lost but the document that is at fault."""

import io
import lzma
import os
import random
import stat
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleaners.read import Failed, Raw, compression, documents, feed, find, json_, source
from cleaners.read.compression import zstd_module
from cleaners.read.values import DOCUMENT_BYTES, Names, is_hidden, safe_name
from tests.make_inputs import COMPRESSIONS, TEXT, json_lines, link, parquet, tar, warc_record, write_giant, zip_
from tests.test_read_formats import came

MB = 1 << 20
zstd = zstd_module()


def outcome(document: Raw | Failed) -> str:
    return document.type if isinstance(document, Failed) else "read"


# The middle one of three documents is a few hundred MB of one letter: before it, behind it, and what comes of the three.
GIANTS = {
    "a.jsonl.zst": (b'{"text": "a"}\n{"text": "', b'"}\n{"text": "c"}\n', ["read", "TooLarge", "read"]),
    "a.json.zst": (b'[{"text": "a"}, {"text": "', b'"}, {"text": "c"}]', ["read", "TooLarge", "read"]),
    "b.json.zst": (b'{"n": 2, "articles": [{"text": "a"}, {"text": "', b'"}, {"text": "c"}], "m": 3}', ["read", "TooLarge", "read"]),
    "a.csv.zst": (b"text\na\n", b"\nc\n", ["read", "TooLarge", "read"]),
    "a.rss.zst": (
        b"<rss><item><description>a</description></item><item><description>",
        b"</description></item><item><description>c</description></item></rss>",
        ["read", "TooLarge", "read"],
    ),
    "a.txt.zst": (b"", b"", ["TooLarge"]),
    "a.html.zst": (b"<html>", b"", ["TooLarge"]),
    "a.warc.zst": (
        warc_record(b"a", "conversion") + warc_record(b"", "conversion", length=300_000_000)[:-4],
        b"\r\n\r\n" + warc_record(b"c", "conversion"),
        ["read", "TooLarge", "read"],
    ),
    "b.warc.zst": (warc_record(b"a", "conversion") + b"WARC/1.0\r\nX: ", b"\r\n\r\n" + warc_record(b"c", "conversion"), ["read", "Damaged", "read"]),
}  # fmt: skip

READ = """if True:
    import sys
    from pathlib import Path
    from cleaners.read import Failed, documents, find
    [found] = find(Path(sys.argv[1]))
    import pyarrow.parquet, fastwarc.warc, backports.zstd
    now = lambda: int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) // 1024
    before = now()
    print(*[came.type if isinstance(came, Failed) else "read" for came in documents(found)])
    print(now() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is looked up as Linux has it")
@pytest.mark.parametrize("name", GIANTS)
def test_a_giant_document_fails_alone_and_is_never_held(tmp_path, name):
    before, behind, wanted = GIANTS[name]
    path = tmp_path / name
    write_giant(path, before, 300, behind)
    done = subprocess.run([sys.executable, "-c", READ, str(path)], capture_output=True, text=True, check=True)
    outcomes, grown = done.stdout.splitlines()
    assert outcomes.split() == wanted
    assert int(grown) < 5 * DOCUMENT_BYTES // MB


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", b'[{"text": "a"}, {"text": "%b"}, {"text": "c"}]'),
        ("a.jsonl", b'{"text": "a"}\n{"text": "%b"}\n{"text": "c"}\n'),
        ("a.rss", b"<rss><item><description>a</description></item><item><description>%b</description></item><item><title/><description>c</description></item></rss>"),
    ],
)  # fmt: skip
def test_a_document_that_is_just_too_large_fails_alone(tmp_path, monkeypatch, name, content):
    """It is in sight as a whole, and not more than is read at a time."""
    for module in (source, json_, feed):
        monkeypatch.setattr(module, "DOCUMENT_BYTES", 200)
    for letters, wanted in ((100, "read"), (300, "TooLarge")):
        assert [outcome(one) for one in came(tmp_path, name, content % (b"b" * letters))] == ["read", wanted, "read"]


def test_a_giant_member_of_a_tar_archive(tmp_path):
    path = tmp_path / "a.tar.gz"
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        for name, size in (("a.txt", 1), ("b.txt", 40 * MB), ("c.txt", 1)):
            info = tarfile.TarInfo(name)
            info.size = size
            archive.addfile(info, io.BytesIO(b"a" * size))
    [found] = find(path)
    assert [(one.record, outcome(one)) for one in documents(found)] == [
        ("a.txt", "read"),
        ("b.txt", "TooLarge"),
        ("c.txt", "read"),
    ]


def test_a_large_plain_file_is_not_read(tmp_path):
    path = tmp_path / "a.txt"
    with path.open("wb") as file:
        file.truncate(DOCUMENT_BYTES + 1)  # a hole: it takes no space
    [found] = find(path)
    assert [outcome(one) for one in documents(found)] == ["TooLarge"]


def test_a_compression_bomb_ends_and_its_neighbours_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(compression, "_BOMB_BYTES", 10 * MB)
    bomb = io.BytesIO()
    write_giant(bomb, b"", 12, b"")
    content = tar([("a.txt", b"a"), ("bomb.jsonl.zst", bomb.getvalue()), ("c.txt", b"c")])
    assert [(one.record, outcome(one)) for one in came(tmp_path, "a.tar", content)] == [
        ("a.txt", "read"),
        ("bomb.jsonl.zst", "Bomb"),
        ("c.txt", "read"),
    ]


@pytest.mark.parametrize(
    ("name", "content", "wanted"),
    [
        ("a.txt.gz", b"a" * 900_000, ["read"]),
        ("a.txt.gz", b"a" * 2_000_000, ["Bomb"]),
        ("a.txt.gz", random.Random(1).randbytes(1_000_000).hex().encode(), ["read"]),  # it is large, and has few bytes for each
        ("a.jsonl.gz", (b'{"text": "%b"}\n' % (b"a" * 100_000)) * 40, ["read"] * 40),  # each is small
    ],
)
def test_what_a_compression_bomb_is(tmp_path, monkeypatch, name, content, wanted):
    monkeypatch.setattr(compression, "_BOMB_BYTES", MB)
    monkeypatch.setattr(compression, "_BOMB_RATIO", 100)
    assert [outcome(one) for one in came(tmp_path, name, COMPRESSIONS[".gz"](content))] == wanted


def test_a_window_that_is_too_large_is_no_damage(tmp_path):
    options = {zstd.CompressionParameter.window_log: 28, zstd.CompressionParameter.enable_long_distance_matching: 1}
    by_zstd = zstd.ZstdCompressor(options=options)
    by_xz = lzma.compress(b"text", filters=[{"id": lzma.FILTER_LZMA2, "preset": 9, "dict_size": 256 << 20}])
    for name, content in (("a.txt.zst", by_zstd.compress(b"text") + by_zstd.flush()), ("a.txt.xz", by_xz)):
        [one] = came(tmp_path, name, content)
        assert isinstance(one, Failed)
        assert (one.type, "with a smaller window" in one.message) == ("TooLarge", True)


def test_archives_in_archives_have_an_end(tmp_path):
    content = TEXT.encode()
    for depth in range(8):
        content = zip_([("a.zip" if depth else "a.txt", content)])
    [one] = came(tmp_path, "a.zip", content)
    assert outcome(one) == "TooDeep"
    for _ in range(12):
        content = COMPRESSIONS[".gz"](content)
    assert [outcome(one) for one in came(tmp_path, "a.gz", content)] == ["TooDeep"]


@pytest.mark.parametrize(
    ("archives", "compressed", "wanted"), [(0, 8, "read"), (0, 9, "TooDeep"), (4, 0, "read"), (4, 1, "TooDeep")]
)
def test_an_archive_lies_twice_as_deep_as_what_is_compressed(tmp_path, archives, compressed, wanted):
    content = TEXT.encode()
    for number in range(archives):
        content = zip_([("a.zip" if number else "a.txt", content)])
    for _ in range(compressed):
        content = COMPRESSIONS[".gz"](content)
    assert [outcome(one) for one in came(tmp_path, "a.gz" if compressed else "a.zip", content)] == [wanted]


def test_what_is_laid_aside_to_be_read_from_its_end_has_a_limit(tmp_path, monkeypatch):
    content = tar([("a.parquet", parquet()), ("b.txt", b"b")])
    for most, wanted in ((len(parquet()), ["read"] * 4), (len(parquet()) - 1, ["TooLarge", "read"])):
        monkeypatch.setattr(source, "_MAX_ASIDE", most)
        assert [outcome(one) for one in came(tmp_path, "a.tar", content)] == wanted


def test_headers_of_archives_have_an_end(tmp_path):
    info = tarfile.TarInfo("a")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 1 << 32
    content = tar([("a.txt", b"a")])[:1024] + info.tobuf(tarfile.GNU_FORMAT)
    assert [outcome(one) for one in came(tmp_path, "a.tar", content)] == ["read", "TooLarge"]


def test_links_and_devices_in_archives_are_not_followed(tmp_path):
    members = [
        ("a", link("/etc/passwd")),
        ("b", link("a", tarfile.LNKTYPE)),
        ("c", link("", tarfile.BLKTYPE)),
        ("d", link("", tarfile.FIFOTYPE)),
    ]
    got = came(tmp_path, "a.tar", tar(members))
    assert [(one.record, outcome(one)) for one in got] == [(name, "NotAFile") for name in "abcd"]
    assert [one.message for one in got if isinstance(one, Failed)] == [
        f"this is {what}, not a regular file" for what in ("a link", "a link", "a device", "a named pipe")
    ]


def test_links_in_zip_and_files_with_holes_are_told(tmp_path):
    info = zipfile.ZipInfo("a.txt")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(info, "/etc/passwd")
    holes = tarfile.TarInfo()
    holes.size, holes.pax_headers = 4, {"GNU.sparse.map": "0,4", "GNU.sparse.size": "4000"}
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive_:
        holes.name = "a.txt"
        archive_.addfile(holes, io.BytesIO(b"text"))
    for name, content, what in (
        ("a.zip", packed, "a link, which is not followed"),
        ("a.tar", out, "a file with holes, not a regular file"),
    ):
        [one] = came(tmp_path, name, content.getvalue())
        assert isinstance(one, Failed)
        assert (one.record, one.type, one.message) == ("a.txt", "NotAFile", f"this is {what}")


def test_an_archive_that_goes_on_as_something_else_is_told(tmp_path):
    content = tar([("a.txt", b"a")])[:1024] + b"no header" * 200
    assert [outcome(one) for one in came(tmp_path, "a.tar", content)] == ["read", "Truncated"]


@pytest.mark.parametrize("name", ["a.zip", "a.parquet", "a.jsonl", "a.warc"])
def test_a_file_that_shrinks_while_it_is_read(tmp_path, name):
    rng = random.Random(1)
    many = [{"text": f"{TEXT} {n} {rng.randbytes(400).hex()}"} for n in range(2000)]
    content = {
        "a.zip": lambda: zip_((f"{n}.txt", record["text"].encode()) for n, record in enumerate(many)),
        "a.parquet": lambda: parquet(many),
        "a.jsonl": lambda: json_lines(2000),
        "a.warc": lambda: b"".join(warc_record(record["text"].encode(), "conversion") for record in many),
    }[name]()
    path = tmp_path / name
    path.write_bytes(content)
    [found] = find(path)
    reading = documents(found)
    first = next(reading)
    os.truncate(path, len(content) // 2)
    rest = list(reading)
    assert outcome(first) == "read"
    assert outcome(rest[-1]) != "read"
    assert sum(outcome(one) == "read" for one in rest) < 2000


def test_a_file_that_cannot_be_opened_is_a_value(tmp_path, monkeypatch):
    (tmp_path / "a.jsonl").write_bytes(json_lines())
    (tmp_path / "b.txt").write_bytes(b"text")

    def refuse(self, *_args, **_kwargs):  # permissions would not stop a superuser
        raise PermissionError(13, "Permission denied", str(self))

    found = find(tmp_path)
    monkeypatch.setattr(Path, "open", refuse)
    assert [list(documents(one)) for one in found] == [
        [Failed(name, name, None, "PermissionError", "Permission denied")] for name in ("a.jsonl", "b.txt")
    ]


NAMES = [
    ("a/b.txt", "a/b.txt"),
    ("./a//b.txt", "a/b.txt"),
    ("../a", "\ufffd2E\ufffd2E/a"),
    ("a/..", "a/\ufffd2E\ufffd2E"),
    ("..\\a", "\ufffd2E\ufffd2E/a"),
    ("/a", "\ufffd2Fa"),
    ("//a/b", "\ufffd2F\ufffd2Fa/b"),
    ("C:/a", "C\ufffd3A/a"),
    ("c:a", "c\ufffd3Aa"),
    ("http://a", "http:/a"),
    ("a\0b", "a\ufffd00b"),
    ("a#1", "a\ufffd231"),
    ("caf\udce9", "caf\ufffdE9"),
    ("\ud800", "\ufffdED\ufffdA0\ufffd80"),
    ("", "\ufffd2E"),
    ("/", "\ufffd2F"),
    ("...", "..."),
    ("a\r\nb", "a\r\nb"),
]


@pytest.mark.parametrize(("name", "wanted"), NAMES)
def test_names_of_others_are_made_safe(name, wanted):
    assert safe_name(name) == wanted


def test_names_that_come_again_are_numbered():
    names = Names()
    assert [names.unique(name) for name in ("a", "b", "a", "a~2", "./a")] == ["a", "b", "a~2", "a~2~2", "a~3"]


@given(st.lists(st.text(st.sampled_from("ab./\\:#~2\0\udce9\ud800é"), max_size=6) | st.text(max_size=8)))
def test_names_of_others_lead_nowhere_and_stay_apart(names):
    unique = Names()
    made = [unique.unique(name) for name in names]
    assert len(set(made)) == len(made)
    for name in made:
        assert name.encode()
        assert not name.startswith("/")
        assert "\0" not in name
        assert "\\" not in name
        assert ".." not in name.split("/")
        assert name[1:2] != ":" or not name[0].isascii() or not name[0].isalpha()


def test_hidden_names():
    assert [is_hidden(name) for name in (".a", "a/.b/c", "a\\.b", "...", "..", "../a", "./a", "a.b", "")] == [True] * 4 + [
        False
    ] * 5
