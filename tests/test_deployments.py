"""prefect.yaml: every entrypoint loads, and the deployments run under a real server and a real worker."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.conftest import DUMPS, ROOT, balance, wait_for

PREFECT_YAML = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))
DEPLOYMENTS = PREFECT_YAML["deployments"]


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda deployment: deployment["name"])
def test_entrypoint_takes_the_parameters(deployment: dict[str, Any], monkeypatch: pytest.MonkeyPatch):
    from prefect.flows import Flow, load_flow_from_entrypoint

    monkeypatch.chdir(ROOT)
    flow: Flow[..., Any] = load_flow_from_entrypoint(deployment["entrypoint"])
    assert flow.name == "clean-folder"
    assert flow.validate_parameters(deployment["parameters"]).items() >= deployment["parameters"].items()


def test_form_explains_every_parameter():
    from prefect.utilities.callables import parameter_schema

    from flows.clean import clean_folder

    for name, field in parameter_schema(clean_folder).properties.items():
        assert field["description"], name


def test_deployments_run_on_demand_and_by_schedule(dumps: Path, tmp_path: Path):
    """As an operator does it, from a clone that nobody has seen before."""
    clone = tmp_path / "clone"
    shutil.copytree(ROOT / "flows", clone / "flows")
    shutil.copytree(ROOT / "cleaners", clone / "cleaners")
    shutil.copy(ROOT / "pyproject.toml", clone)
    dumps.rename(clone / "seeds")
    hourly = DEPLOYMENTS[0]
    # The hourly deployment once more, so that a schedule fires while the test looks on.
    every_15_s = hourly | {
        "name": "often",
        "schedules": [{"interval": 15}],
        "parameters": {"input": "seeds", "output": "out-often"},
    }
    deployments = PREFECT_YAML | {"deployments": [*DEPLOYMENTS, every_15_s]}
    (clone / "prefect.yaml").write_text(yaml.safe_dump(deployments, sort_keys=False), encoding="utf-8")

    port = free_port()
    api = f"http://127.0.0.1:{port}/api"
    settings = {"PREFECT_HOME": str(tmp_path / "home"), "PREFECT_API_URL": api, "PREFECT_WORKER_QUERY_SECONDS": "2"}
    prefect = Prefect(clone, settings, tmp_path / "log")

    with ExitStack() as running:
        running.enter_context(prefect.started("server", "start", "--host", "127.0.0.1", "--port", port))
        wait_for(lambda: answers(f"{api}/health"), 120)
        prefect.does("work-pool", "create", "copydesk", "--type", "process")
        prefect.does("--no-prompt", "deploy", "--all")
        running.enter_context(prefect.started("worker", "start", "--pool", "copydesk"))

        prefect.does("deployment", "run", "clean-folder/on-demand", "--param", "output=out-asked", "--watch")
        asked = balance(clone / "out-asked")
        assert flow_run(api, asked)["state_type"] == "COMPLETED"
        assert not flow_run(api, asked)["auto_scheduled"]

        wait_for((clone / "out-often" / "run.json").exists, 90)
        often = balance(clone / "out-often")  # once: the next run is about to replace it
        wait_for(lambda: flow_run(api, often)["state_type"] == "COMPLETED", 30)
        assert flow_run(api, often)["auto_scheduled"]
        assert often["documents"] == asked["documents"]

        # The folder grows, and the next run by schedule cleans what is new.
        (clone / "seeds" / "new.txt").write_text(DUMPS["harbour.txt"], encoding="utf-8")
        wait_for(lambda: files_of(clone / "out-often").get("unchanged") in (3, 4), 90)
        assert files_of(clone / "out-often")["changed"] == 0

        for name, cron in (("nightly", "0 2 * * *"), ("hourly", "0 * * * *")):
            deployed = httpx.get(f"{api}/deployments/name/clean-folder/{name}").json()
            assert [schedule["schedule"]["cron"] for schedule in deployed["schedules"]] == [cron]
            assert deployed["concurrency_options"]["collision_strategy"] == "CANCEL_NEW"

    texts = clone / "out-asked" / "text"
    assert {path.relative_to(texts).as_posix() for path in texts.rglob("*.txt")} == set(DUMPS)


class Prefect:
    """The `prefect` command, or another, in a folder and a home of its own."""

    def __init__(self, folder: Path, environment: dict[str, str], log: Path):
        self.folder, self.environment, self.log = folder, os.environ | environment, log

    def does(self, *arguments: str, module: str = "prefect"):
        """Run a command to its end; it has no terminal, so a question would be an error."""
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}{self.log.read_text()}"

    @contextmanager
    def started(self, *arguments: str, module: str = "prefect") -> Iterator[None]:
        """Keep a command running, and let nothing of it stay behind."""
        with self.log.open("a") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            yield
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(60)
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)


def free_port() -> str:
    """A port on which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])


def files_of(output: Path) -> dict[str, int]:
    """What the last run did with the files; nothing while it is being published."""
    with suppress(FileNotFoundError):
        files: dict[str, int] = balance(output)["run"]["files"]
        return files if sum(files.values()) == len(DUMPS) + 1 else {}
    return {}


def answers(url: str) -> bool:
    try:
        return httpx.get(url).is_success
    except httpx.TransportError:
        return False


def flow_run(api: str, of: dict[str, Any]) -> dict[str, Any]:
    """What the server knows of the run that ended in this balance."""
    known: dict[str, Any] = httpx.get(f"{api}/flow_runs/{of['run']['prefect_flow_run_id']}").json()
    return known
