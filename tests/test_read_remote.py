"""Remote folders: against a server of the S3 protocol that the tests start, and in fsspec's own memory."""

from pathlib import Path

import pytest

from cleaners.read import Failed, documents, find
from tests import make_inputs

pytest.importorskip("s3fs")

KEYS = {
    "dumps/a.txt": make_inputs.TEXT.encode(),
    "dumps/lines.jsonl.zst": make_inputs.COMPRESSIONS[".zst"](make_inputs.json_lines(2)),
    "dumps/table.parquet": make_inputs.parquet(),
    "dumps/deep/er/all.zip": make_inputs.zip_(make_inputs.MEMBERS),
    "dumps/deep/../up.txt": b"a key is no path",
    "dumps/a#1.txt": b"a hash",
    "dumps/.hidden": b"left out",
    "dumps/folder/": b"",
    "other/b.txt": b"not asked for",
}
WANTED = [
    "a.txt",
    "a\ufffd231.txt",
    "deep/er/all.zip#inner/a.txt",
    "deep/er/all.zip#inner/b.jsonl#1",
    "deep/er/all.zip#inner/b.jsonl#2",
    "deep/er/all.zip#inner/c.html",
    "deep/er/all.zip#inner/d.txt.gz",
    "deep/\ufffd2E\ufffd2E/up.txt",
    "lines.jsonl.zst#1",
    "lines.jsonl.zst#2",
    "table.parquet#1",
    "table.parquet#2",
    "table.parquet#3",
]


@pytest.fixture(scope="module")
def bucket():
    """A bucket with the keys above, and the settings of a user who has one."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "AWS_ENDPOINT_URL": f"http://{host}:{port}",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        }.items():
            patch.setenv(name, value)
        client = boto3.client("s3")
        client.create_bucket(Bucket="archive")
        for key, content in KEYS.items():
            client.put_object(Bucket="archive", Key=key, Body=content)
        yield client
    server.stop()


@pytest.mark.usefixtures("bucket")
def test_a_remote_folder_reads_like_one_on_disk():
    found = find("s3://archive/dumps")
    assert [one.size for one in found if one.id == "a.txt"] == [len(KEYS["dumps/a.txt"])]
    came = [one for file in found for one in documents(file)]
    assert [one.id for one in came] == WANTED
    assert not [one for one in came if isinstance(one, Failed)]
    assert came[0].raw == KEYS["dumps/a.txt"]


@pytest.mark.usefixtures("bucket")
def test_an_address_that_went_through_a_path_is_understood():
    assert find(Path("s3://archive/dumps/")) == find("s3://archive/dumps")


@pytest.mark.usefixtures("bucket")
def test_one_remote_file_and_a_pattern():
    [found] = find("s3://archive/dumps/a.txt")
    assert (found.id, [one.raw for one in documents(found)]) == ("a.txt", [KEYS["dumps/a.txt"]])
    assert [one.id for one in find("s3://archive/*/*.txt")] == ["dumps/a.txt", "dumps/a\ufffd231.txt", "other/b.txt"]


@pytest.mark.usefixtures("bucket")
@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        ("s3://archive/o*", ["other/b.txt"]),
        ("s3://archive/dumps/d*", ["deep/er/all.zip", "deep/\ufffd2E\ufffd2E/up.txt"]),
        ("s3://archive/[do]*/[bl]*", ["dumps/lines.jsonl.zst", "other/b.txt"]),
        ("s3://archive/*/*/e*", ["dumps/deep/er/all.zip"]),
    ],
)
def test_a_pattern_matches_folders_too(pattern, wanted):
    assert [one.id for one in find(pattern)] == wanted


@pytest.mark.usefixtures("bucket")
def test_what_is_not_there_is_an_error_with_a_sentence():
    with pytest.raises(OSError, match="nothing at s3://archive/nowhere"):
        find("s3://archive/nowhere")
    with pytest.raises(OSError, match="cannot be listed") as error:
        find("s3://no-such-bucket/dumps")
    assert error.value.strerror
    with pytest.raises(OSError, match="cannot be opened"):
        find("nosuchprotocol://a/b")


def test_a_key_that_vanished_is_a_value(bucket):
    bucket.put_object(Bucket="archive", Key="gone/a.txt", Body=b"text")
    [found] = find("s3://archive/gone")
    bucket.put_object(Bucket="archive", Key="gone/a.txt", Body=b"tent")
    [changed] = find("s3://archive/gone")
    assert found._replace(stamp=changed.stamp) == changed != found  # by this a change is known, and nothing need be read
    bucket.delete_object(Bucket="archive", Key="gone/a.txt")
    [came] = documents(found)
    assert isinstance(came, Failed)
    assert (came.id, came.type) == ("a.txt", "FileNotFoundError")
    assert came.message


def test_other_systems_of_fsspec(tmp_path):
    import fsspec

    memory = fsspec.filesystem("memory")
    memory.pipe("/dumps/a.txt", b"text")
    assert [(found.id, [one.raw for one in documents(found)]) for found in find("memory://dumps")] == [("a.txt", [b"text"])]
    (tmp_path / "b.txt").write_bytes(b"local")
    assert [found.url for found in find(f"file://{tmp_path}")] == [None]


def test_a_remote_folder_that_cannot_be_listed_is_an_error_and_is_not_left_out(monkeypatch):
    from fsspec import AbstractFileSystem
    from fsspec.implementations.memory import MemoryFileSystem

    memory = MemoryFileSystem()
    memory.pipe({"/shelf/a.txt": b"text", "/shelf/deep/er/b.txt": b"text"})
    listed = MemoryFileSystem.ls

    def ls(system, path, *arguments, **options):
        if path.endswith("/er"):
            raise ConnectionRefusedError("connection refused")
        return listed(system, path, *arguments, **options)

    monkeypatch.setattr(MemoryFileSystem, "ls", ls)
    monkeypatch.setattr(MemoryFileSystem, "find", AbstractFileSystem.find)  # as systems have it that list folder by folder
    with pytest.raises(OSError, match="memory://shelf cannot be listed: connection refused"):
        find("memory://shelf")
    assert [one.id for one in find("memory://shelf/a.txt")] == ["a.txt"]
    with pytest.raises(OSError, match="nothing at memory://nowhere"):
        find("memory://nowhere")
