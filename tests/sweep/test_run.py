"""Runs: rows, starts, crashes, limits, resuming, sharing a folder, and what is kept."""

from __future__ import annotations

import csv
import io
import json
import os
import platform
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from placement.cli.solving import solve
from placement.cli.sweeping import sweep_cases
from placement.files import InputErrors, load, load_plan
from placement.plan import Result
from placement.sweep.case import Files, Outcome, Row, Solve, Task, failed, run_case
from placement.sweep.collect import RUN, collected, csv_text
from placement.sweep.expand import Expanded
from placement.sweep.run import DIED, contained, run_sweep
from placement.sweep.store import STALE_SECONDS, Store, create

ROOT = Path(__file__).resolve().parents[2]
TINY = ROOT / "instances" / "tiny"
Data = Callable[..., dict[str, Any]]


class Here:
    """An engine that runs each case in this process, for tests."""

    def __init__(self, slots: int = 1, work: Callable[[Task], tuple[Row, Files]] = run_case) -> None:
        self.slots, self.work = slots, work
        self.ran: list[str] = []

    def submit(self, task: Task, stop: threading.Event) -> Future[tuple[Row, Files]]:
        done: Future[tuple[Row, Files]] = Future()
        self.ran.append(task.case.digest)
        try:
            done.set_result(self.work(task))
        except Exception as error:
            done.set_result((failed(task.case, str(error)), {}))
        return done

    def close(self) -> None:
        pass


def run(cases: Expanded, folder: Path, engine: Here, shard: tuple[int, int] = (1, 1), solver: Solve = solve) -> Store:
    store = create(folder, cases)
    run_sweep(cases, store, solver, engine, shard=shard, stop=threading.Event())
    return store


def comparable(store: Store) -> list[dict[str, Any]]:
    return [row.data() | {"information": None} for row in store.rows()]


def test_rows_are_the_optima_that_the_instance_works_out(tmp_path: Path, sweep_data: Data) -> None:
    """Two days of lease cost 1000 + 2 x fee x 24 / 730; job b is worth 8000 or 2000; job a earns 9000 on what is owned."""
    store = run(sweep_cases(sweep_data()), tmp_path, Here())
    rows = store.rows()
    assert [row.outcome.objective for row in rows] == pytest.approx([-11200.0, -9000.0, -9000.0, -9000.0])
    assert [row.outcome.signed["lease"] for row in rows] == [True, False, False, False]
    assert [row.outcome.jobs_run for row in rows] == [2, 1, 1, 1]
    assert all(row.outcome.status == "optimal" and row.error is None and row.outcome.gap == 0 for row in rows)
    by_digest = {row.digest: row.index for row in rows}
    assert [None if row.start is None else by_digest[row.start] for row in rows] == [None, 0, 0, 1]
    instance = load(TINY / "contract-lease.yaml", changes=sweep_cases(sweep_data()).cases[1].changes)
    plan = load_plan(store.place(rows[1].digest) / "plan.json", instance)
    assert plan.objective == rows[1].outcome.objective


def test_a_case_in_its_own_process_is_the_same_row(tmp_path: Path, sweep_data: Data) -> None:
    cases = sweep_cases(sweep_data())
    task = Task(cases.cases[0], solve, cases.sweep.instance)
    (apart, files), (here, _) = contained(task), run_case(task)
    assert replace(apart, information=here.information) == here
    assert apart.information.peak_mb is not None
    assert any(name.startswith("plan.") for name in files)


def dies(instance: Any, **options: Any) -> Result:
    """Is killed from outside, as a machine without memory does it."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def sleeps(instance: Any, **options: Any) -> Result:
    """Never ends."""
    time.sleep(600)
    raise AssertionError


@pytest.mark.parametrize(("solver", "limits", "told"), [(dies, {}, f"{DIED} -9"), (sleeps, {"wall_limit_s": 1.0}, "time limit"),
                                                         (sleeps, {"memory_limit_mb": 5.0}, "held")])  # fmt: skip
def test_a_case_that_dies_is_a_row(solver: Solve, limits: dict[str, Any], told: str, sweep_data: Data) -> None:
    cases = sweep_cases(sweep_data(limits={"solver": "highs", "work_limit": 5.0} | limits))
    row, files = contained(Task(cases.cases[0], solver, cases.sweep.instance))
    assert row.outcome == Outcome("error")
    assert told in str(row.error)
    assert files == {}


def test_an_infeasible_case_and_one_that_cannot_be_read_are_rows_and_children_start_further_up(
    tmp_path: Path, sweep_data: Data
) -> None:
    """Two jobs that must run at once have no room on what is owned alone."""
    leased = {"id": "leased", "path": "pools[q].online_gpus", "values": [8, 0, -1, -2]}
    must = [{"path": f"jobs[{job}].commitment", "value": "must"} for job in ("a", "b")]
    both = {"id": "both", "levels": [{"id": "must", "changes": must}]}
    store = run(sweep_cases(sweep_data(parameters=[leased, both])), tmp_path, Here())
    fine, short, wrong, worse = store.rows()
    assert (fine.outcome.status, short.outcome.status, wrong.outcome.status) == ("optimal", "infeasible", "error"), fine.error
    assert short.outcome.objective is None
    assert "online_gpus" in str(wrong.error)
    assert wrong.start == worse.start == fine.digest


def test_a_run_goes_on_where_one_ended_and_runs_nothing_twice(tmp_path: Path, sweep_data: Data) -> None:
    cases = sweep_cases(sweep_data())
    whole = run(cases, tmp_path / "whole", Here())
    stop = threading.Event()
    first = Here()
    store = create(tmp_path / "parts", cases)
    run_sweep(cases, store, solve, first, stop=stop, on_row=lambda progress: progress.done == 2 and stop.set())
    assert len(first.ran) == 2
    second = Here()
    again = run(cases, tmp_path / "parts", second)
    assert sorted(first.ran + second.ran) == sorted(case.digest for case in cases.cases)
    assert comparable(again) == comparable(whole)
    third = Here()
    run(cases, tmp_path / "parts", third)
    assert third.ran == []


def test_shards_on_one_folder_give_the_same_rows(tmp_path: Path, sweep_data: Data) -> None:
    cases = sweep_cases(sweep_data())
    whole = run(cases, tmp_path / "whole", Here())
    engines = [Here(), Here()]
    for number, engine in zip((2, 1), engines, strict=True):  # The second shard finds its parents not run, and runs them.
        shared = run(cases, tmp_path / "shared", engine, (number, 2))
    assert comparable(shared) == comparable(whole)
    ran = engines[0].ran + engines[1].ran
    assert sorted(ran) == sorted(case.digest for case in cases.cases)


def test_a_case_that_another_run_holds_is_waited_for(tmp_path: Path, sweep_data: Data) -> None:
    cases = sweep_cases(sweep_data(design="list", cases=[{}]))
    store = create(tmp_path, cases)
    digest = cases.cases[0].digest
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as other:
        state = Path(f"/proc/{other.pid}/stat").read_text().rpartition(")")[2].split() if Path("/proc").exists() else []
        began = state[19] if state else "running"
        claim = tmp_path / "claims" / digest[:16]
        claim.write_text(json.dumps({"host": os.uname().nodename, "pid": other.pid, "began": began}))
        assert store.claimed(digest)
        assert not store.claim(digest)
        other.kill()
        other.wait()
    assert not store.claimed(digest)
    assert store.claim(digest)
    claim.write_text(json.dumps({"host": "elsewhere", "pid": 1, "began": "1"}))
    assert not store.claim(digest), "what runs elsewhere shows that it is alive by touching its claim"
    old = time.time() - STALE_SECONDS - 5
    os.utime(claim, (old, old))
    assert store.claim(digest)


def test_a_row_is_complete_or_absent(tmp_path: Path, sweep_data: Data, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = sweep_cases(sweep_data(design="list", cases=[{}]))
    store = create(tmp_path, cases)
    row, files = run_case(Task(cases.cases[0], solve, cases.sweep.instance))

    def fails(*arguments: object) -> None:
        raise OSError("no room on purpose")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fails)
        with pytest.raises(OSError, match="on purpose"):
            store.put(row, files)
    assert list((tmp_path / "cases").iterdir()) == []
    store.put(row, files)
    store.put(replace(row, start="later"), files)
    assert store.rows() == [row], "the first one stands"


def test_a_folder_of_another_sweep_is_refused(tmp_path: Path, sweep_data: Data) -> None:
    run(sweep_cases(sweep_data(design="list", cases=[{}])), tmp_path, Here())
    with pytest.raises(InputErrors, match="another sweep"):
        create(tmp_path, sweep_cases(sweep_data(design="list", cases=[{"worth": 1}])))
    with pytest.raises(InputErrors, match="no sweep"):
        Store(tmp_path / "cases")


EDITS: list[Callable[[dict[str, Any]], object]] = [
    lambda d: d.pop("cases"), lambda d: d.pop("name"), lambda d: d.update(cases=5), lambda d: d.update(parameters=None),
    lambda d: d["cases"][0].pop("digest"), lambda d: d["cases"][0].pop("settings"), lambda d: d["cases"][0].update(settings={}),
    lambda d: d["cases"][0].update(digest="../../../../etc"), lambda d: d["parameters"][0]["figures"].pop(),
]  # fmt: skip
ROW_EDITS: list[Callable[[dict[str, Any]], object]] = [
    lambda d: d["outcome"].update(objective="x"), lambda d: d["outcome"].update(objective=float("inf")),
    lambda d: d.update(index=1),
    lambda d: d["outcome"].update(terms=[1]), lambda d: d["outcome"].update(status=5), lambda d: d.update(settings={}),
    lambda d: d["outcome"].update(more=1), lambda d: d.pop("outcome"),
]  # fmt: skip


def test_what_was_edited_by_hand_is_bad_input(tmp_path: Path, sweep_data: Data) -> None:
    cases = sweep_cases(sweep_data(parameters=[{"id": "fee", "path": "contracts[lease].fee_usd_per_month", "values": [73000]}]))
    store = run(cases, tmp_path, Here())
    for path, edits in ((tmp_path / "sweep.json", EDITS), (store.place(cases.cases[0].digest) / "row.json", ROW_EDITS)):
        text = path.read_text()
        for edit in edits:
            edit(data := json.loads(text))
            path.write_text(json.dumps(data))
            with pytest.raises(InputErrors, match=path.name):
                Store(tmp_path).rows()
        path.write_text(text)
    assert len(Store(tmp_path).rows()) == 1


@pytest.mark.parametrize("owner", ["{}", '{"pid": "x"}', '{"pid": 1.5}', "[]", ""])
def test_a_claim_that_names_nobody_holds_until_it_is_old(owner: str, tmp_path: Path, sweep_data: Data) -> None:
    cases = sweep_cases(sweep_data())
    store, digest = create(tmp_path, cases), cases.cases[0].digest
    claim = tmp_path / "claims" / digest[:16]
    claim.write_text(owner.replace("{", f'{{"host": "{platform.node()}"' + ("" if owner == "{}" else ", ")))
    assert store.claimed(digest)
    os.utime(claim, (0, 0))
    assert not store.claimed(digest)


def test_collected_texts_are_no_formulas_and_move_no_cursor() -> None:
    table: dict[str, list[Any]] = {
        "index": [0, 1, 2], "parameter.who": ["=cmd|' /C calc'!A0", "@SUM(1)", "a\x1b[31m"], "objective_usd": [-1.5, None, -2]}
    cells = list(csv.reader(io.StringIO(csv_text(table))))[1:]
    assert [cell[1] for cell in cells] == ["'=cmd|' /C calc'!A0", "'@SUM(1)", "a\N{REPLACEMENT CHARACTER}[31m"]
    assert [cell[2] for cell in cells] == ["-1.5", "", "-2"]


def test_collected_rows_have_every_figure(tmp_path: Path, sweep_data: Data) -> None:
    store = run(sweep_cases(sweep_data()), tmp_path, Here())
    rows = list(csv.DictReader(io.StringIO(csv_text(collected(store)))))
    assert [row["parameter.fee"] for row in rows] == ["73000", "73000", "120000", "120000"]
    first = rows[0]
    assert (float(first["objective_usd"]), float(first["term.fixed_fees_usd"])) == pytest.approx((-11200, 5800))
    assert float(first["term.training_value_usd"]) == -17000
    assert first["signed.lease"] == "true"
    assert set(RUN) < set(first)
    assert float(first["gap"]) == 0
    assert sum(float(value) for name, value in first.items() if name.startswith("term.")) == pytest.approx(-11200)


def test_parquet_holds_the_same_table(tmp_path: Path, sweep_data: Data) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    from placement.sweep.collect import parquet_bytes

    table = collected(run(sweep_cases(sweep_data()), tmp_path / "s", Here()))
    (tmp_path / "t.parquet").write_bytes(parquet_bytes(table))
    assert parquet.read_table(tmp_path / "t.parquet").to_pydict() == table


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_a_run_that_is_killed_is_taken_up_by_the_same_command(tmp_path: Path) -> None:
    """SIGKILL in the middle: what had ended stays, the rest is run, nothing twice."""
    instance, fees = str(TINY / "contract-lease.yaml"), "fee:contracts[lease].fee_usd_per_month=1,2,3,4"
    limits = ["--work-limit", "5", "--solver", "enumerate", "--jobs", "1"]
    options = ["sweep", "run", instance, "--vary", fees, "-o", str(tmp_path / "s"), *limits]
    command = [sys.executable, "-c", "from placement.cli import main; main()", *options]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stderr is not None
        process.stderr.readline()
        process.kill()
    before = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "s" / "cases").glob("[!.]*")}
    assert 1 <= len(before) < 4
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True, timeout=120)
    assert "4 of 4 cases ended, 0 errors" in done.stdout
    assert "of an earlier run taken up" in done.stderr
    after = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "s" / "cases").iterdir()}
    assert len(after) == 4
    assert before.items() <= after.items()
    assert list((tmp_path / "s" / "claims").glob("[!.]*")) == []
