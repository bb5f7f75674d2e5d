"""The flow takes what the command takes, and fails where the command warns."""

import argparse
import inspect
import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from cleaners import cli, history
from cleaners.balance import Balance, TooMuchError
from cleaners.read import Fields
from cleaners.run import clean_folder as by_library
from cleaners.settings import Cut, InputError, Settings
from cleaners.write import FORMATS
from tests.conftest import DUMPS, ROOT, balance, rule, written
from tests.test_flows import command


def options_of_clean() -> set[str]:
    return set(choices_of_clean()) - {"help"}


def choices_of_clean() -> dict[str, Any]:
    parser = argparse.ArgumentParser()
    cli.add_clean(parser)
    return {action.dest: action.choices for action in parser._actions}


def test_the_command_offers_what_the_library_takes() -> None:
    """It says so itself, since it does not import the library for --help."""
    choices = choices_of_clean()
    assert (choices["format"], choices["cut"]) == (FORMATS, get_args(Cut))


def test_the_flow_takes_what_the_command_takes() -> None:
    from flows.clean import clean_folder

    assert options_of_clean() <= set(inspect.signature(clean_folder.fn).parameters)
    said = command("--help").stdout
    assert {name for name in options_of_clean() if f"--{name.replace('_', '-')}" not in said} == {"input", "output"}


def test_what_the_flow_is_asked_for_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    from flows import clean

    class Seen(Exception):  # noqa: N818  it is none
        pass

    def seen(settings: Settings) -> None:
        raise Seen(settings)

    monkeypatch.setattr(clean, "plan", seen)
    options: dict[str, Any] = {
        "format": "parquet",
        "timeout": 7.0,
        "memory": 300,
        "cut": "off",
        "warn_cut": 0.5,
        "rules": ["c.toml"],
        "text_field": "a",
        "html_field": "b",
        "checksum": True,
        "keep_removed": True,
        "force": True,
    }
    monkeypatch.setenv("HOME", "/home/ida")
    asked = options | {"rules": (Path("c.toml"),), "fields": Fields("a", "b")}
    del asked["text_field"], asked["html_field"]
    for given, wanted in (({}, {}), (options, asked)):
        with pytest.raises(Seen) as error:
            clean.clean_folder.fn("in", "out", **given)
        assert error.value.args == (Settings("in", Path("out"), **wanted),)
    with pytest.raises(Seen) as error:  # in prefect.yaml, where no shell reads it
        clean.clean_folder.fn("~/in", "~/out", rules=["~/c.toml"])
    assert error.value.args == (Settings("/home/ida/in", Path("/home/ida/out"), rules=(Path("/home/ida/c.toml"),)),)
    assert set(options) == options_of_clean() - {"input", "output", "workers"}


def test_a_deployment_does_not_wait_for_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That of a worker may never end, and the run would hold the output until then."""
    from flows.clean import clean_folder

    monkeypatch.setenv("PREFECT__RUNTIME__DEPLOYMENT__ID", "some id")
    with pytest.raises(InputError, match="A deployment has no standard input"):
        clean_folder.fn("-", str(tmp_path / "out"))
    with pytest.raises(InputError, match="The output is an empty name"):
        clean_folder.fn(str(tmp_path), "")
    assert not (tmp_path / "out").exists()


def test_prefect_is_set_up_in_every_folder_as_in_that_of_the_clone(dumps: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Prefect reads pyproject.toml only where it is started; elsewhere the server that it starts would call out to the vendor."""
    from flows import clean

    def flat(prefix: str, table: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        for name, value in table.items():
            name = f"{prefix}_{name.upper()}"
            yield from flat(name, value) if isinstance(value, dict) else [(name, value)]

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = dict(flat("PREFECT", project["tool"]["prefect"]))
    assert {name: str(value).lower() for name, value in wanted.items()} == clean._PREFECT
    for name in clean._PREFECT:  # what `main` sets is gone behind this test
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    seen: dict[str, str] = {}
    monkeypatch.setattr(clean, "clean_folder", lambda **_: seen.update(os.environ) or Balance())
    assert clean.main([str(dumps), str(dumps.parent / "out")]) == 0
    assert clean._PREFECT.items() <= seen.items()
    ask = "from prefect.settings import get_current_settings as s; print(s().server.model_dump_json())"
    env = {name: value for name, value in seen.items() if name in clean._PREFECT or not name.startswith("PREFECT_")}
    said = subprocess.run([sys.executable, "-c", ask], cwd=dumps, env=env, capture_output=True, check=True).stdout
    assert wanted.items() <= dict(flat("PREFECT_SERVER", json.loads(said))).items()


@pytest.mark.usefixtures("prefect_server")
def test_rules_and_fields_reach_the_workers(tmp_path: Path) -> None:
    from flows.clean import clean_folder

    source, rules = tmp_path / "dump.jsonl", tmp_path / "mine.toml"
    text = DUMPS["harbour.txt"] + "\nCall our news desk at any hour of the day\n"
    source.write_text(json.dumps({"text": "not this", "mine": text}) + "\n", encoding="utf-8")
    rules.write_text(rule("my.hotline", "Call our news desk at any hour of the day"), encoding="utf-8")
    clean_folder(str(source), str(tmp_path / "flow"), rules=[str(rules)], text_field="mine", workers=1)
    by_library(Settings(source, tmp_path / "library", rules=(rules,), fields=Fields(text="mine")), workers=1)
    assert written(tmp_path / "flow") == written(tmp_path / "library")
    assert balance(tmp_path / "flow")["rules"]["my.hotline"]["edits"] == 1


@pytest.mark.usefixtures("prefect_server")
def test_the_flow_fails_where_far_more_is_cut(dumps: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from flows.clean import clean_folder

    monkeypatch.setattr(history, "_ENOUGH", 2)
    clean_folder(str(dumps), str(tmp_path / "out"))
    for number in range(2):
        (dumps / f"inland/{number}.txt").write_text(
            "Leave a Reply\n\nYour email address will not be published.\n", encoding="utf-8"
        )
    with pytest.raises(TooMuchError, match="inland: 100% of each of the last 2 documents"):
        clean_folder(str(dumps), str(tmp_path / "out"), warn_cut=0.3)
    assert balance(tmp_path / "out")["documents"]["in"] == 5


def test_a_faulty_rule_file_is_one_sentence(dumps: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("[[rule]]\n", encoding="utf-8")
    answer = command(dumps, tmp_path / "out", "--rules", tmp_path / "bad.toml")
    assert answer.returncode == 2
    assert answer.stderr.count("\n") == 1
    assert "bad.toml" in answer.stderr
