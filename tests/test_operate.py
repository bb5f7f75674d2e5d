"""docs/operate.md: every command there is run, as an operator does it, with a real server and a real worker; and a schedule runs unattended."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.conftest import DUMPS, ROOT, balance, wait_for, written
from tests.test_deployments import Prefect, answers, free_port

TEXT = (ROOT / "docs/operate.md").read_text(encoding="utf-8")
UNIT = re.compile(r"    # /etc/systemd/system/(\S+)\n((?:    .+\n)+)")


def sections() -> dict[str, list[str]]:
    """The commands of each section: lines of indented blocks, those of the units apart, and what stands in backquotes."""
    found = {}
    for section in UNIT.sub("", TEXT).split("\n## ")[1:]:
        heading, _, body = section.partition("\n")
        indented = [line.strip() for line in body.splitlines() if line.startswith("    ")]
        found[heading] = indented + re.findall(r"`(copydesk (?:clean|verify|undo|explain) [^`]+)`", body)
    return found


def units() -> dict[str, str]:
    return {name: re.sub("(?m)^    ", "", body) for name, body in UNIT.findall(TEXT)}


class Operator:
    """A shell in a clone that nobody has seen before, with a Prefect of its own."""

    def __init__(self, folder: Path) -> None:
        self.clone, self.log = folder / "clone", folder / "log"
        origin = folder / "origin"
        for name in ("flows", "cleaners"):
            shutil.copytree(ROOT / name, origin / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("pyproject.toml", "Makefile", "requirements.txt"):
            shutil.copy(ROOT / name, origin)
        # The hourly deployment once more, so that a schedule fires while the test looks on.
        deployments = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))
        parameters = {"input": "grows", "output": "out-often"}
        often = deployments["deployments"][0] | {"name": "often", "schedules": [{"interval": 15}], "parameters": parameters}
        deployments["deployments"].append(often)
        (origin / "prefect.yaml").write_text(yaml.safe_dump(deployments, sort_keys=False), encoding="utf-8")
        for folder_ in ("seeds", "grows"):
            for name, text in DUMPS.items():
                (origin / folder_ / name).parent.mkdir(parents=True, exist_ok=True)
                (origin / folder_ / name).write_text(text, encoding="utf-8")
        git = ["git", "-c", "user.name=test", "-c", "user.email=test@localhost"]
        for line in ((*git, "init", "-q"), (*git, "add", "-A"), (*git, "commit", "-q", "-m", "first")):
            subprocess.run(line, cwd=origin, check=True)
        subprocess.run([*git, "clone", "-q", origin, self.clone], check=True)
        # What stands in .venv: the Python of the tests, with the code of the clone.
        bin_ = self.clone / ".venv/bin"
        bin_.mkdir(parents=True)
        for name, module in (("prefect", "prefect"), ("copydesk", "cleaners"), ("python", "")):
            run = f"-m {module}" if module else ""
            (bin_ / name).write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {run} "$@"\n', encoding="utf-8")
            (bin_ / name).chmod(0o755)
        (self.clone / ".venv/run.stamp").touch()
        self.port = free_port()
        self.environment = {
            "PATH": f"{bin_}:{os.environ['PATH']}",
            "PYTHONPATH": str(self.clone),
            "PREFECT_HOME": str(folder / "home"),
            "PREFECT_SERVER_API_PORT": self.port,
            "PREFECT_WORKER_QUERY_SECONDS": "2",
        }
        self.done: list[str] = []

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.port}/api"

    def does(self, command: str, **names: str) -> str:
        """Run a command to its end; names stand for IN, OUT and so on."""
        self.done.append(command)
        command = command.replace(":4200", f":{self.port}")
        for name, value in names.items():
            command = re.sub(rf"\b{name}\b", value, command)
        if command.startswith("export "):
            name, _, value = command.removeprefix("export ").partition("=")
            self.environment[name] = value
            return ""
        for _ in range(3):
            run = subprocess.run(
                ["sh", "-c", command],
                cwd=self.clone,
                env=os.environ | self.environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=240,
                check=False,
            )
            if "500 Internal Server Error" not in run.stdout + run.stderr:
                break  # or the SQLite of the server is locked, on a machine that is busy
        assert run.returncode == 0, f"{command}: {run.stdout}{run.stderr}"
        return run.stdout

    @contextmanager
    def keeps_running(self, command: str) -> Iterator[None]:
        """Start a command that stays."""
        self.done.append(command)
        prefect, *arguments = shlex.split(command, comments=True)
        assert prefect.rpartition("/")[2] == "prefect"
        with Prefect(self.clone, self.environment, self.log).started(*arguments):
            yield


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    """A server, a pool, the deployments and a worker, as "Set it up" says."""
    operator = Operator(tmp_path_factory.mktemp("operate"))
    with ExitStack() as running:
        for command in sections()["Set it up"]:
            if command.startswith(("prefect server start", "prefect worker start")):
                running.enter_context(operator.keeps_running(command))
            else:
                operator.does(command)
        yield operator


@pytest.mark.faults
def test_a_schedule_runs_unattended_over_a_folder_that_grows(operator: Operator) -> None:
    """Each run cleans only what is new, and the result is that of a run over everything."""
    output = operator.clone / "out-often"
    runs = [run_of(output, len(DUMPS), 0)]
    for number in range(3):
        new = operator.clone / f"grows/new-{number}.txt"
        aside = new.with_name(f".{new.name}")
        aside.write_text(DUMPS["harbour.txt"].replace("Forty", str(number)), encoding="utf-8")
        aside.rename(new)
        runs.append(run_of(output, 1, len(DUMPS) + number))
    for run in runs:
        assert (run["files"]["changed"], run["files"]["moved"], run["files"]["removed"]) == (0, 0, 0)
        wait_for(lambda id_=run["prefect_flow_run_id"]: flow_run(operator, id_)["state_type"] == "COMPLETED", 60)  # type: ignore[misc]
        assert flow_run(operator, run["prefect_flow_run_id"])["auto_scheduled"]
    assert len({run["prefect_flow_run_id"] for run in runs}) == 4
    operator.does("prefect deployment delete clean-folder/often")
    operator.does("copydesk clean grows full")
    assert written(output) == written(operator.clone / "full")


@pytest.mark.faults
def test_every_command_of_the_guide_is_run(operator: Operator) -> None:
    said = [operator.does(command, IN="seeds", OUT="out-cron", SHARE="0.3") for command in sections()["The schedule"]]
    assert any("0 * * * *" in one for one in said)
    run = balance(operator.clone / "out-on-demand")["run"]["prefect_flow_run_id"]
    said = [operator.does(command, ID=run) for command in sections()["Logs"]]
    assert "All files were new or changed." in said[-1]
    run = re.findall(r"UUID: (\S+)", operator.does("prefect deployment run clean-folder/on-demand --start-in '1 hour'"))[-1]
    for command in sections()["Stop a run"]:
        operator.does(command, ID=run)
    for command in sections()["When something went wrong"]:
        operator.does(command, IN="seeds", OUT="out-cron", FILE="seeds/harbour.txt")
    for command in sections()["Backup and upgrade"]:
        operator.does(command, OUT="out-on-demand", BACKUP="backup")
    assert written(operator.clone / "backup") == written(operator.clone / "out-on-demand")
    everything = [command for commands in sections().values() for command in commands]
    assert set(everything) <= set(operator.done)
    assert len(everything) > 20


@pytest.mark.faults
def test_the_units_start_a_server_and_a_worker(operator: Operator) -> None:
    for name, unit in units().items():
        [line] = re.findall("(?m)^ExecStart=(.+)$", unit)
        program, *arguments = shlex.split(line)
        assert program == "/srv/copydesk/.venv/bin/prefect", name
        if "server" in arguments:  # one is running already
            arguments += ["--port", str(int(operator.port) + 1)]
        here = f"{operator.clone}/.venv/bin/prefect {shlex.join(arguments)}"
        before = operator.log.read_text()
        with operator.keeps_running(here):
            if "server" in arguments:
                wait_for(lambda: answers(f"http://127.0.0.1:{int(operator.port) + 1}/api/health"), 120)
            else:
                wait_for(lambda log=before: "Worker 'ProcessWorker" in operator.log.read_text()[len(log) :], 60)  # type: ignore[misc]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_understands_the_units(tmp_path: Path) -> None:
    program = tmp_path / "prefect"
    program.write_text("#!/bin/sh\n", encoding="utf-8")
    program.chmod(0o755)
    assert len(units()) == 2
    for name, unit in units().items():
        (tmp_path / name).write_text(unit.replace("/srv/copydesk/.venv/bin/prefect", str(program)), encoding="utf-8")
    line = ["systemd-analyze", "verify", *(str(tmp_path / name) for name in units())]
    said = subprocess.run(line, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    assert not [line for line in said.stderr.splitlines() if "copydesk" in line], said.stderr


def test_the_units_agree_with_the_rest_of_the_guide() -> None:
    commands = [shlex.split(command, comments=True) for command in sections()["Set it up"]]
    for unit in units().values():
        [line] = re.findall("(?m)^ExecStart=(.+)$", unit)
        plain = ["prefect", *shlex.split(line)[1:]]
        assert any(command[: len(plain)] == plain for command in commands)
    assert "Environment=PREFECT_API_URL=http://127.0.0.1:4200/api" in units()["copydesk-worker.service"]
    assert "RestartSec=" in units()["copydesk-worker.service"]  # it ends at once while the server starts


def run_of(output: Path, new: int, unchanged: int) -> dict[str, Any]:
    """The first run that finds so many files new, and so many as they were."""
    seen: list[dict[str, Any]] = []

    def look() -> bool:
        try:
            run = json.loads((output / "run.json").read_bytes())["run"]
        except FileNotFoundError:  # it is being published
            return False
        seen.append(run)
        return (run["files"]["new"], run["files"]["unchanged"]) == (new, unchanged)

    wait_for(look, 240)
    return seen[-1]


def flow_run(operator: Operator, id_: str) -> dict[str, Any]:
    known: dict[str, Any] = httpx.get(f"{operator.api}/flow_runs/{id_}").json()
    return known
