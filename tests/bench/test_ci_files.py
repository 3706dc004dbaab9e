"""The workflow files for users: their shell steps, taken from the files as they stand, run on a small repository of instances."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from placement.bench.results import read_document
from tests.bench.searches import TINY

ROOT = TINY.parents[1]
GITHUB = yaml.safe_load((ROOT / "benchmarks" / "ci" / "github-actions.yml").read_text())
GITLAB = yaml.safe_load((ROOT / "benchmarks" / "ci" / "gitlab-ci.yml").read_text())
INSTALL = 'python -m pip install "$PLACEMENT"'
SUITE = """
format: fleet-placement-suite/1
name: ours
defaults: {solvers: [highs], work_limit: 20}
cases: [{instances: [../fleets/*.yaml]}]
"""


def github_steps() -> list[str]:
    """Shell steps of the only job, in order."""
    (job,) = GITHUB["jobs"].values()
    return [step["run"] for step in job["steps"] if "run" in step]


def gitlab_steps() -> list[str]:
    return [*GITLAB["plans"]["before_script"], *GITLAB["plans"]["script"]]


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Path]:
    """A repository with two instances, a suite, its baseline, and ``placement`` on the PATH."""
    folder = tmp_path / "repository"
    for name in ("fleets", "bench", "bin"):
        (folder / name).mkdir(parents=True)
    for name in ("power", "sla"):
        (folder / "fleets" / f"{name}.yaml").write_text((TINY / f"{name}.yaml").read_text())
    (folder / "bench" / "suite.yaml").write_text(SUITE)
    command = folder / "bin" / "placement"
    command.write_text(
        f'#!{sys.executable}\nif __name__ == "__main__":\n    from placement.cli import main\n    main(prog_name="placement")\n'
    )
    command.chmod(0o755)
    run(folder, ["placement bench run bench/suite.yaml -o first.json -q"])
    run(folder, ["placement bench accept first.json bench/baseline.json --reason 'first'"])
    yield folder


def run(folder: Path, steps: list[str]) -> subprocess.CompletedProcess[str]:
    """Steps as the runners run them: each by bash -e, the first that fails ends the job."""
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "PYTHONPATH": str(ROOT), "GITHUB_STEP_SUMMARY": str(folder / "summary.md")}
    for step in steps:
        done = subprocess.run(
            ["bash", "-eo", "pipefail", "-c", step], cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            break
    return done


@pytest.mark.parametrize("steps", [github_steps(), gitlab_steps()], ids=["github", "gitlab"])
def test_the_steps_pass_on_what_is_as_good_and_fail_on_what_is_worse(repository: Path, steps: list[str]) -> None:
    assert steps[0] == INSTALL, "the only step that is not run here"
    good = run(repository, steps[1:])
    assert good.returncode == 0, good.stdout + good.stderr
    fleet = repository / "fleets" / "power.yaml"
    fleet.write_text(fleet.read_text().replace("value_usd: 700", "value_usd: 600"))
    worse = run(repository, steps[1:])
    assert worse.returncode == 1
    assert "fleets/power/highs/0" in worse.stdout
    assert "net_cost objective" in worse.stdout
    assert (repository / "junit.xml").exists() and (repository / "bench.html").exists()


def test_the_github_job_writes_its_summary_and_keeps_every_file_that_it_names(repository: Path) -> None:
    run(repository, github_steps()[1:])
    assert (repository / "summary.md").read_text().startswith("## ours: no regression in 2 cases")
    (job,) = GITHUB["jobs"].values()
    (upload,) = [step for step in job["steps"] if "upload-artifact" in step.get("uses", "")]
    assert upload["if"] == "${{ !cancelled() }}", "also after a regression"
    for name in upload["with"]["path"].split():
        assert (repository / name).stat().st_size > 0


def test_the_gitlab_job_keeps_its_files_whatever_the_outcome(repository: Path) -> None:
    run(repository, gitlab_steps()[1:])
    artifacts: dict[str, Any] = GITLAB["plans"]["artifacts"]
    assert artifacts["when"] == "always"
    for name in (*artifacts["paths"], artifacts["reports"]["junit"]):
        assert (repository / name).stat().st_size > 0


def test_the_version_to_install_is_that_of_the_project() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = f"{project['name']}[fast]=={project['version']}"
    (job,) = GITHUB["jobs"].values()
    assert [step["env"]["PLACEMENT"] for step in job["steps"] if "env" in step] == [wanted]
    assert GITLAB["plans"]["variables"]["PLACEMENT"] == wanted
    assert "fast" in project["optional-dependencies"]


def test_the_suite_and_the_commands_of_the_readme_are_as_they_are_read(repository: Path) -> None:
    section = (ROOT / "README.md").read_text().split("## Use it in your CI")[1].split("\n## ")[0]
    commands, suite = (block.split("```")[0].partition("\n")[2] for block in section.split("\n```")[1::2])
    (repository / "bench" / "suite.yaml").write_text(suite)
    (repository / "bench" / "baseline.json").unlink()
    fleet = yaml.safe_load((TINY / "power.yaml").read_text())
    late = {"id": "late-delivery", "changes": [{"path": "jobs[gang].value_usd", "value": 600}]}
    for path in (repository / "fleets").iterdir():
        path.unlink()
    (repository / "fleets" / "power.yaml").write_text(yaml.safe_dump(fleet | {"scenarios": [late]}))
    done = run(repository, [line for line in commands.splitlines() if line])
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no regression in 2 cases" in done.stdout


def test_the_result_says_which_commit_it_is_of(repository: Path) -> None:
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-C", str(repository)]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "fleets", "bench"], check=True)
    subprocess.run([*git, "commit", "-qm", "fleets"], check=True)
    head = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    run(repository, ["placement bench run bench/suite.yaml -o result.json -q"])
    assert read_document(repository / "result.json").commit == head
    (repository / "fleets" / "sla.yaml").write_text((TINY / "sla.yaml").read_text() + "# edited\n")
    run(repository, ["placement bench run bench/suite.yaml -o result.json -q"])
    assert read_document(repository / "result.json").commit == f"{head}+"
