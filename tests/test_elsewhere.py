"""A shard that is cleaned on another machine, which may be wrong about where things are, or not alone."""

import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from cleaners import elsewhere, planning, run
from cleaners.planning import Job
from cleaners.settings import InputError, OutputError, Settings
from tests.conftest import written


@pytest.fixture
def job(dumps: Path, tmp_path: Path) -> Iterator[Job]:
    with planning.plan(Settings(str(dumps), tmp_path / "out")) as planned:
        yield planned


def folders(job: Job) -> list[str]:
    return [path.name for path in (job.settings.staging / "shards").iterdir()]


def test_two_at_the_same_shard_give_it_once(job: Job, dumps: Path, tmp_path: Path):
    [shard] = job.shards
    with ThreadPoolExecutor(2) as threads:
        one, two = threads.map(elsewhere.clean_shard, [job.settings] * 2, [job.fingerprint] * 2, [shard] * 2)
    assert one == two
    assert one.documents["published"] == 3
    assert folders(job) == [shard.key]
    run.finish(job, [one])
    run.clean_folder(Settings(str(dumps), tmp_path / "here"), workers=1)
    assert written(tmp_path / "out") == written(tmp_path / "here")


def test_what_is_done_is_not_done_again(job: Job, dumps: Path):
    [shard] = job.shards
    first = elsewhere.clean_shard(job.settings, job.fingerprint, shard)
    shutil.rmtree(dumps)
    assert elsewhere.clean_shard(job.settings, job.fingerprint, shard) == first


def test_half_a_shard_is_not_in_the_way(job: Job):
    [shard] = job.shards
    half = job.settings.folder(shard.key) / "documents"
    half.mkdir(parents=True)
    (half / "part_00007.jsonl").write_bytes(b"{")
    elsewhere.clear(job)
    elsewhere.clean_shard(job.settings, job.fingerprint, shard)
    assert [path.name for path in half.iterdir()] == ["part.jsonl"]


def test_what_others_did_may_be_seen_late_but_must_be_seen(job: Job, monkeypatch: pytest.MonkeyPatch):
    [shard] = job.shards
    elsewhere.clean_shard(job.settings, job.fingerprint, shard)
    folder = job.settings.folder(shard.key)
    hidden = folder.rename(folder.with_name("not yet"))
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    with pytest.raises(OutputError, match="Not all that was cleaned"):
        elsewhere.look(job)
    assert sum(slept) > 60
    monkeypatch.setattr(time, "sleep", lambda _seconds: hidden.rename(folder))
    elsewhere.look(job)


def test_other_code_cleans_nothing(job: Job):
    with pytest.raises(InputError, match="has another copydesk, Python or packages"):
        elsewhere.clean_shard(job.settings, job.fingerprint.replace("ftfy-", "ftfy-0."), job.shards[0])
    assert not (job.settings.staging / "shards").exists()


def test_an_output_that_is_not_there_is_not_made(job: Job, tmp_path: Path):
    with pytest.raises(OutputError, match=r"does not find .*OUT must be one folder that all machines see"):
        elsewhere.clean_shard(replace(job.settings, output=tmp_path / "not mounted"), job.fingerprint, job.shards[0])
    assert not (tmp_path / "not mounted").exists()


def test_an_input_that_is_not_there_is_no_quarantine(job: Job, dumps: Path):
    dumps.rename(dumps.with_name("not mounted"))
    with pytest.raises(InputError, match=r"does not find .*IN must be one folder that all machines see"):
        elsewhere.clean_shard(job.settings, job.fingerprint, job.shards[0])


def test_paths_become_absolute_and_addresses_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    assert elsewhere.absolute("in/*.txt") == f"{tmp_path}/in/*.txt"
    for root in ("s3://archive/in", "file:///in", "-"):
        assert elsewhere.absolute(root) == root
