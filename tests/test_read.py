"""Finding and reading documents: a small tree with everything that a folder may hold, then names as data."""

import os
import re
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleaners.read import Found, Unreadable, Unsupported, _valid, find, media_type, read


def make(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())


def test_documents_are_found_in_the_order_of_their_ids(tmp_path):
    make(tmp_path, "b.txt", "a/z.txt", "a.txt", "a/b/c.txt", "B.txt", "é.txt", "a-b.txt", "no suffix", "a b/100%.txt")
    assert find(tmp_path) == [
        Found(name, tmp_path / name, len(name.encode()))
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
    assert find(tmp_path / "a/b.txt") == [Found("b.txt", tmp_path / "a/b.txt", 7)]


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
        "dangling": Unreadable("FileNotFoundError", "No such file or directory"),
        "file": b"out/b.txt",
        "folder": Unreadable("NotAFile", "a link to a folder, not a regular file"),
        "itself": Unreadable("OSError", os.strerror(40)),
        "loop": Unreadable("NotAFile", "a link to a folder, not a regular file"),
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
        "link": Unreadable("NotAFile", "a named pipe, not a regular file"),
        "null": Unreadable("NotAFile", "a device, not a regular file"),
        "pipe": Unreadable("NotAFile", "a named pipe, not a regular file"),
        "socket": Unreadable("NotAFile", "a socket, not a regular file"),
    }


def test_a_file_that_vanished_is_a_value(tmp_path):
    make(tmp_path, "a.txt")
    found = find(tmp_path)
    (tmp_path / "a.txt").unlink()
    assert read(found[0]) == Unreadable("FileNotFoundError", "No such file or directory")


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
        "closed": Unreadable("PermissionError", "Permission denied"),
        "closed.txt": b"closed.txt",
    }
    with pytest.raises(PermissionError):
        find(tmp_path / "closed")


@pytest.mark.skipif(os.geteuid() == 0, reason="a superuser may read everything")
def test_a_file_without_permission_is_a_value(tmp_path):
    make(tmp_path, "a.txt")
    (tmp_path / "a.txt").chmod(0)
    assert read(find(tmp_path)[0]) == Unreadable("PermissionError", "Permission denied")


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
    id_ = _valid(os.fsdecode(name))
    back = re.sub("\ufffd([0-9A-F]{2})", lambda match: os.fsdecode(bytes.fromhex(match[1])), id_)
    assert os.fsencode(back) == name
    assert id_.encode().decode() == id_


MEDIA = [
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
    ("a.txt", b'{"@type": "NewsArticle"}\nText', "text/plain"),
]


@pytest.mark.parametrize(("name", "raw", "wanted"), MEDIA)
def test_what_counts_as_text(name, raw, wanted):
    assert media_type(Found(name, Path(name), len(raw)), raw) == wanted


UNSUPPORTED = [
    ("a.html", b"no tags", "text/html", "HTML"),
    ("a.HTM", b"", "text/html", "HTML"),
    ("a.txt", b"<!DOCTYPE html><title>", "text/html", "HTML"),
    ("a.txt", b"\xef\xbb\xbf\r\n  <!doctype HTML PUBLIC", "text/html", "HTML"),
    ("a", b"<html lang=en>", "text/html", "HTML"),
    ("a.md", b"<!-- saved from\nx --> <!-- y -->\n<HTML>", "text/html", "HTML"),
    ("a", '\ufeff<?xml version="1.0"?><html>'.encode("utf-16-le"), "text/html", "HTML"),
    ("a", b'<?xml version="1.0"?><rss>', "application/xml", "XML"),
    ("a.txt", b"WARC/1.1\r\nWARC-Type: response", "application/warc", "WARC"),
    ("a.json", b"{}", "application/json", "JSON"),
    ("a.jsonl", b"", "application/json", "JSON"),
    ("a.csv", b"a,b", "text/csv", "CSV"),
    ("a.parquet", b"PAR1", "application/vnd.apache.parquet", "Parquet"),
    ("a.warc.gz", b"\x1f\x8b", "application/gzip", "gzip"),
    ("a.zip", b"PK", "application/zip", "ZIP"),
]


@pytest.mark.parametrize(("name", "raw", "wanted", "word"), UNSUPPORTED)
def test_what_must_not_be_cleaned_as_text(name, raw, wanted, word):
    answer = media_type(Found(name, Path(name), len(raw)), raw)
    assert isinstance(answer, Unsupported)
    assert answer.media_type == wanted
    assert word in answer.reason
    assert "not supported yet" in answer.reason
