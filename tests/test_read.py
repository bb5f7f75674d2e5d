"""Finding and reading documents: a small tree with everything that a folder may hold, then names as data."""

import errno
import gzip
import os
import re
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleaners.read import Failed, Found, Raw, documents, find, is_read_alike, valid
from cleaners.read.formats import recognise
from cleaners.read.values import DOCUMENT_BYTES


def read(found: Found) -> bytes | tuple[str, str]:
    """The bytes of a file that is one document, or what is wrong with it."""
    [came] = documents(found)
    assert (came.id, came.path, came.record) == (found.id, found.id, None)
    return (came.type, came.message) if isinstance(came, Failed) else came.raw


def make(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())


def test_documents_are_found_in_the_order_of_their_ids(tmp_path):
    make(tmp_path, "b.txt", "a/z.txt", "a.txt", "a/b/c.txt", "B.txt", "é.txt", "a-b.txt", "no suffix", "a b/100%.txt")
    assert find(tmp_path) == [
        Found(name, tmp_path / name, len(name.encode()), None, (tmp_path / name).stat().st_mtime_ns)
        for name in ["B.txt", "a b/100%.txt", "a-b.txt", "a.txt", "a/b/c.txt", "a/z.txt", "b.txt", "no suffix", "é.txt"]
    ]
    assert all(read(found) == found.id.encode() for found in find(tmp_path))


def test_hidden_files_and_folders_are_left_out(tmp_path):
    make(tmp_path, ".hidden", ".git/config", "a/.DS_Store", "a/b.txt", "...")
    assert [found.id for found in find(tmp_path)] == ["a/b.txt"]


def test_an_empty_folder_holds_nothing(tmp_path):
    (tmp_path / "empty").mkdir()
    assert find(tmp_path) == []


def test_a_single_file_is_named_after_itself(tmp_path):
    make(tmp_path, "a/b.txt")
    path = tmp_path / "a/b.txt"
    assert find(path) == [Found("b.txt", path, 7, None, path.stat().st_mtime_ns)]


def test_a_missing_root_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        find(tmp_path / "nowhere")


def test_links_to_files_are_read_and_links_to_folders_are_not_entered(tmp_path):
    make(tmp_path, "in/a.txt", "out/b.txt")
    root = tmp_path / "in"
    (root / "file").symlink_to(tmp_path / "out/b.txt")
    (root / "folder").symlink_to(tmp_path / "out")
    (root / "loop").symlink_to(root)
    (root / "dangling").symlink_to(tmp_path / "nothing")
    (root / "itself").symlink_to(root / "itself")
    results = {found.id: read(found) for found in find(root)}
    assert results == {
        "a.txt": b"in/a.txt",
        "dangling": ("FileNotFoundError", "No such file or directory"),
        "file": b"out/b.txt",
        "folder": ("NotAFile", "this is a link to a folder, not a regular file"),
        "itself": ("OSError", os.strerror(errno.ELOOP)),
        "loop": ("NotAFile", "this is a link to a folder, not a regular file"),
    }
    assert find(tmp_path / "in/file")[0].id == "file"


def test_what_is_no_file_is_listed_but_not_opened(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the path of a socket must be short
    os.mkfifo("pipe")
    (tmp_path / "link").symlink_to("pipe")
    (tmp_path / "null").symlink_to("/dev/null")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        results = {found.id: read(found) for found in find(tmp_path)}
    assert results == {
        "link": ("NotAFile", "this is a named pipe, not a regular file"),
        "null": ("NotAFile", "this is a device, not a regular file"),
        "pipe": ("NotAFile", "this is a named pipe, not a regular file"),
        "socket": ("NotAFile", "this is a socket, not a regular file"),
    }


@pytest.mark.parametrize("now", [b"shorter", b"", b"much longer than it was when it was found, by several lines\n" * 50])
def test_a_file_that_changed_is_read_as_it_is_now(tmp_path, now):
    (tmp_path / "a.txt").write_bytes(b"as it was when it was found")
    [found] = find(tmp_path)
    (tmp_path / "a.txt").write_bytes(now)
    [came] = documents(found)
    assert isinstance(came, Raw)
    assert came.raw == now


def test_a_file_that_grew_beyond_the_limit_is_too_large(tmp_path):
    make(tmp_path, "a.txt")
    [found] = find(tmp_path)
    os.truncate(found.path, DOCUMENT_BYTES)  # a hole: it takes no space
    assert isinstance(read(found), bytes)
    os.truncate(found.path, DOCUMENT_BYTES + 1)
    assert read(found) == ("TooLarge", "the document has more than 33,554,432 bytes")


def test_a_file_that_vanished_is_a_value(tmp_path):
    make(tmp_path, "a.txt")
    found = find(tmp_path)
    (tmp_path / "a.txt").unlink()
    assert read(found[0]) == ("FileNotFoundError", "No such file or directory")


def test_a_folder_that_cannot_be_listed_does_not_disappear(tmp_path, monkeypatch):
    make(tmp_path, "a.txt", "closed/b.txt", "closed.txt")
    scandir = os.scandir

    def refuse(path):  # permissions would not stop a superuser
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert {found.id: read(found) for found in find(tmp_path)} == {
        "a.txt": b"a.txt",
        "closed": ("PermissionError", "Permission denied"),
        "closed.txt": b"closed.txt",
    }
    with pytest.raises(PermissionError):
        find(tmp_path / "closed")


@pytest.mark.skipif(os.geteuid() == 0, reason="a superuser may read everything")
def test_a_file_without_permission_is_a_value(tmp_path):
    make(tmp_path, "a.txt")
    (tmp_path / "a.txt").chmod(0)
    assert read(find(tmp_path)[0]) == ("PermissionError", "Permission denied")


NAMES = [
    (b"plain.txt", "plain.txt"),
    (b"100%25.txt", "100%25.txt"),
    ("Łódź 今朝.txt".encode(), "Łódź 今朝.txt"),
    (b"caf\xe9.txt", "caf\ufffdE9.txt"),
    (b"\xff\xfe\xc3\xa9", "\ufffdFF\ufffdFEé"),
    ("\ufffdE9".encode(), "\ufffdEF\ufffdBF\ufffdBDE9"),
    (b"new\nline\\", "new\nline\\"),
]


@pytest.mark.parametrize(("name", "wanted"), NAMES)
def test_ids_are_valid_unicode(tmp_path, name, wanted):
    folder = tmp_path / "in"
    folder.mkdir()
    try:
        (folder / os.fsdecode(name)).write_bytes(b"text")
    except OSError:
        pytest.skip("this file system has no such names")
    [found] = find(folder)
    assert found.id == wanted
    assert read(found) == b"text"


@given(st.binary().filter(lambda name: b"\0" not in name))
def test_ids_lead_back_to_the_name(name):
    id_ = valid(os.fsdecode(name))
    back = re.sub("\ufffd([0-9A-F]{2})", lambda match: os.fsdecode(bytes.fromhex(match[1])), id_)
    assert os.fsencode(back) == name
    assert id_.encode().decode() == id_


def test_a_hash_in_a_name_never_looks_like_a_record(tmp_path):
    make(tmp_path, "a.jsonl", "a.jsonl#1", "a.jsonl#b/c#d.txt", "b#1.txt")
    assert [found.id for found in find(tmp_path)] == ["a.jsonl", "a.jsonl\ufffd231", "a.jsonl\ufffd23b/c#d.txt", "b#1.txt"]


def test_a_pattern_finds_what_it_matches(tmp_path):
    make(tmp_path, "in/a/1.txt", "in/a/2.md", "in/b/c/3.txt", "in/b/.4.txt", "in/5.txt", "other/6.txt")
    assert [found.id for found in find(f"{tmp_path}/in/*/*.txt")] == ["a/1.txt"]
    assert [found.id for found in find(f"{tmp_path}/in/**/*.txt")] == ["5.txt", "a/1.txt", "b/c/3.txt"]
    assert [found.id for found in find(f"{tmp_path}/in/**/[bc]/**/*.txt")] == ["b/c/3.txt"]
    (tmp_path / "in/b/loop").symlink_to(tmp_path / "in")
    assert [found.id for found in find(f"{tmp_path}/in/**")] == ["5.txt", "a/1.txt", "a/2.md", "b/c/3.txt", "b/loop"]
    (tmp_path / "in/b/loop").unlink()
    assert [found.id for found in find(tmp_path / "in" / "[ab]")] == ["a/1.txt", "a/2.md", "b/c/3.txt"]
    assert [read(found) for found in find(f"{tmp_path}/*/5.txt")] == [b"in/5.txt"]
    for pattern in ("*.csv", "in/*.TXT"):
        with pytest.raises(FileNotFoundError, match="nothing matches"):
            find(f"{tmp_path}/{pattern}")


def test_a_file_whose_name_is_a_pattern_is_that_file(tmp_path):
    make(tmp_path, "[a].txt", "a.txt")
    assert [found.id for found in find(tmp_path / "[a].txt")] == ["[a].txt"]


def test_standard_input():
    script = "from cleaners.read import *; [print(d.id, d.media_type, len(d.raw)) for f in find('-') for d in documents(f)]"
    answers = {
        b"Text": "stdin text/plain 4",
        b'{"text": "a"}\n{"text": "b"}': "stdin#1 text/plain 13\nstdin#2 text/plain 13",
        gzip.compress(b"<html>"): "stdin text/html 6",
        b"url;text\nu;a\n": "stdin#1 text/plain 1",
        b"": "stdin text/plain 0",
    }
    for content, answer in answers.items():
        done = subprocess.run([sys.executable, "-c", script], input=content, capture_output=True, check=True)
        assert done.stdout.decode().strip() == answer


def test_text_files_alone_import_no_reader_of_another_format(tmp_path):
    make(tmp_path, "a.txt", "b.md", "c.html")
    script = f"""if True:
        import sys
        from cleaners.read import documents, find
        [list(documents(found)) for found in find({str(tmp_path)!r})]
        print(*sorted({{"pyarrow", "fastwarc", "fsspec", "brotli", "zipfile", "backports.zstd", "email"}} & set(sys.modules)))
    """
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True).stdout.strip() == ""


FORMATS = [
    ("a.txt", b"Text", "text/plain"),
    ("a.TXT", b"Text", "text/plain"),
    ("a", b"", "text/plain"),
    ("v1.2", b"Text", "text/plain"),
    ("www.example.com", b"Text", "text/plain"),
    ("readme.md", b"# Text", "text/markdown"),
    ("a.txt", b"<p>A tag alone is no page", "text/plain"),
    ("a.txt", b"<3 is what she wrote", "text/plain"),
    ("a.txt", b"<!-- draft --> The <html> tag", "text/plain"),
    ("a.txt", b"<!-- -->" * 1000, "text/plain"),
    ("a.txt", b"The <html> tag", "text/plain"),
    ("a.txt", b"[Advertisement]\nText", "text/plain"),
    ("a", b"[1] Notes\nText", "text/plain"),
    ("a.txt", b'{"@type": "NewsArticle"}\nText', "text/plain"),
    ("a.txt", b'{"@type": "NewsArticle"}\n{"a": 1} Text\nText', "text/plain"),
    ("a.txt", b'[{"@type": "NewsArticle"}]\nText', "text/plain"),
    ("a.txt", b"PARIS (AP)", "text/plain"),
    ("a.txt", b"PAR1 is what the file begins with", "text/plain"),
    ("a.txt", b"Box 7", "text/plain"),
    ("a.txt", b"BZh9 is not bzip2", "text/plain"),
    ("a.txt", b"PK", "text/plain"),
    ("a.txt", b"WARC is a format", "text/plain"),
    ("a.txt", b"From: Ada\nContent-Type: text/plain\n\nText", "text/plain"),
    ("a.txt", b"About multipart/related content", "text/plain"),
    ("a.txt", b"Note: x\n" * 500 + b"multipart/related", "text/plain"),
    ("a.html", b"no tags", "text/plain"),
    ("a.html", b"", "text/html"),
    ("a.html", b"text <p>", "text/html"),
    ("a.HTM", b"", "text/html"),
    ("a.txt", b"<!DOCTYPE html><title>", "text/html"),
    ("a.txt", b"\xef\xbb\xbf\r\n  <!doctype HTML PUBLIC", "text/html"),
    ("a", b"<html lang=en>", "text/html"),
    ("a.csv", b"<html lang=en>", "text/html"),
    ("a.md", b"<!-- saved from\nx --> <!-- y -->\n<HTML>", "text/html"),
    ("a", '\ufeff<?xml version="1.0"?><html>'.encode("utf-16-le"), "text/html"),
    ("a", b'<?xml version="1.0"?><rss>', "application/rss+xml"),
    ("a.xml", b"<!-- a --><?b?>\n<feed xmlns='x'>", "application/rss+xml"),
    ("a.xml", b"<!-- <rss> --><urlset>", "application/xml"),
    ("a.html", b"<!-- <rss> --><html>", "text/html"),
    ("a", b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n\r\n", "multipart/related"),
    ("a", b"From: x\r\nSubject: a\r\n b\r\nContent-Type: multipart/related;\r\n boundary=x\r\n\r\n", "multipart/related"),
    ("a.txt", b"WARC/1.1\r\nWARC-Type: response", "application/warc"),
    ("a.wet", b"", "application/warc"),
    ("a.json", b"{}", "application/json"),
    ("a.jsonl", b"", "application/json"),
    ("a", b'{"text": "a"}', "application/json"),
    ("a.log", b'[\n {"text": "a"}', "application/json"),
    ("a.txt", b'{"text": "a"}\n{"text": "b"}\n', "application/json"),
    ("a.txt", b'{"text": "a"}\n{"text": "cut of', "application/json"),
    ("a.txt", b'[{"text": "a"},\n {"text": "b"}]\n', "application/json"),
    ("a.csv", b"a,b", "text/csv"),
    ("a.tsv", b"a\tb", "text/csv"),
    ("a.parquet", b"", "application/vnd.apache.parquet"),
    ("a", b"PAR1\x15\x04", "application/vnd.apache.parquet"),
    ("a.warc.gz", b"\x1f\x8b\x08", "application/gzip"),
    ("a.txt", b"\x28\xb5\x2f\xfd", "application/zstd"),
    ("a.txt", b"BZh91AY&SY", "application/x-bzip2"),
    ("a.txt", b"\xfd7zXZ\0", "application/x-xz"),
    ("a.zip", b"PK", "application/zip"),
    ("a.txt", b"PK\x03\x04", "application/zip"),
    ("a.docx", b"PK\x03\x04", "application/vnd.openxmlformats-officedocument"),
    ("a", b"\0" * 257 + b"ustar", "application/x-tar"),
    ("a", b"name" + b"\0" * 253 + b"ustar", "application/x-tar"),
    ("a.rar", b"", "application/vnd.rar"),
    ("a", b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    # What lies beside pages that were saved; and as wget writes names
    ("a.css", b"a{}", "text/css"),
    ("style.css?ver=6.1", b"a{}", "text/css"),
    ("app.js@v=2", b"x()", "text/javascript"),
    ("all-about-node.js", b"<!doctype html>", "text/html"),
    ("a.svg", b"<svg>", "image/svg+xml"),
    ("what?.txt", b"Text", "text/plain"),
    ("posts.json?page=2", b"", "application/json"),
    # Tables without a name
    ("-", b'"Title","Text"\r\na,b\r\n', "text/csv"),
    ("-", "\ufefftitle\ttext\n".encode("utf-16-le"), "text/csv"),
    ("a.txt", b"title,text\na,b\n", "text/plain"),
    ("-", b"Title, text, and what else there is\n", "text/plain"),
    ("-", b"text, html and markdown\n", "text/plain"),
]


@pytest.mark.parametrize(("name", "head", "wanted"), FORMATS)
def test_formats_are_known_by_content_and_by_name(name, head, wanted):
    assert recognise(name, head).media_type == wanted


@given(
    st.binary(max_size=300), st.sampled_from(["", ".txt", ".json", ".csv", ".zip", ".warc", ".parquet", ".gz", ".tar", ".mhtml"])
)
def test_any_bytes_under_any_name_give_documents_or_failures(content, suffix):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a" + suffix)
        path.write_bytes(content)
        [found] = find(path)
        came = list(documents(found))
    assert came
    assert all(isinstance(one, (Raw, Failed)) for one in came)
    assert len({one.id for one in came}) == len(came)


def test_a_file_is_read_alike_under_a_name_of_the_same_format(tmp_path):
    make(tmp_path, "a.txt", "b.css?v=6.1", "c.txt.gz")
    text, sheet, packed = find(tmp_path)
    assert is_read_alike(text, "folder/b.txt")
    assert not is_read_alike(text, "a.csv")
    assert is_read_alike(sheet, "c.css?v=7.1")
    assert not is_read_alike(sheet, "c?v=6.1")
    packed.path.write_bytes(gzip.compress(b"text"))
    assert is_read_alike(packed, "d.txt.gz")
    assert not is_read_alike(packed, "c.jsonl.gz")
