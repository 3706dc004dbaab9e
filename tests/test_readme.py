"""The README keeps its word: its two lines come first, the checks run the second as it stands, and its Python runs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


def test_the_first_two_command_lines_are_the_main_job_and_the_tests() -> None:
    """Each is complete where there are only python3 and pip: no ensurepip, and a system Python that pip must not touch."""
    lines = BLOCKS[0][1].splitlines()
    assert len(lines) == 2
    main_job, tests = lines
    set_up = "python3 -m venv --without-pip .venv && python3 -m pip --python .venv install "
    assert main_job.startswith(set_up)
    assert "placement solve instances/frontier-2026" in main_job
    assert "placement check instances/frontier-2026" in main_job
    assert tests.startswith(set_up)
    assert "-m pytest" in tests
    assert README.index(main_job) < README.index("## ")


def test_the_checks_run_the_test_line_as_it_stands() -> None:
    """.ci/run takes it from here rather than repeating it."""
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "pytest" not in script
    (extract,) = re.findall(r"tests=\$\((.*)\)$", script, flags=re.MULTILINE)
    taken = subprocess.run(["bash", "-c", extract], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert taken.rstrip("\n") == BLOCKS[0][1].splitlines()[1]


def test_the_python_lines_run(tmp_path: Path) -> None:
    """As they stand, but for the instance, which is a tiny one."""
    (code,) = (body for language, body in BLOCKS if language == "python")
    assert len(code.splitlines()) == 5
    assert "instances/frontier-2026" in code
    code = code.replace("instances/frontier-2026", str(ROOT / "instances" / "tiny" / "sla.yaml"))
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, env={"PYTHONPATH": str(ROOT)}, timeout=60)
    assert (tmp_path / "plan.json").exists()


def test_files_that_it_links_to_exist() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
