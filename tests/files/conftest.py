"""The small instance in its forms: one YAML file, the same as JSON, the same in long tables; and a plan of it."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from placement.files import load
from placement.files.yaml_source import read_yaml
from placement.instance import Instance
from placement.plan import TERMS, Paths, Places, Plan, Replicas, Result, Runs, Serving, Shedding
from placement.program import LevelResult, Limit, Status

DATA = Path(__file__).parent / "data"


@pytest.fixture
def small_text() -> str:
    return (DATA / "small.yaml").read_text()


@pytest.fixture
def document(small_text: str) -> dict[str, Any]:
    """The small instance as plain data, to be changed and dumped as JSON."""
    return json.loads(json.dumps(read_yaml(small_text, "small.yaml")[0]))


@pytest.fixture
def small() -> Instance:
    return load(DATA / "small.yaml")


def write_tables(folder: Path, document: dict[str, Any]) -> None:
    """The small instance with whatever tables can hold moved into them; the job with a pace stays."""
    jobs = {job["id"]: job for job in document["jobs"]}
    document["jobs"] = [jobs["night"]]
    tabled = [jobs["pretrain"], jobs["tune"]]
    fields = sorted({name for job in tabled for name in job} - {"shapes"})
    rows(folder / "jobs.csv", fields, [[job.get(name, "") for name in fields] for job in tabled])
    shapes = [(job["id"], shape, mode) for job in tabled for shape in job["shapes"] for mode in shape.get("modes", [""])]
    header = ["job", "accelerator", "gpus", "duration_hours", "mode"]
    rows(folder / "shapes.csv", header, [[j, s["accelerator"], s["gpus"], s["duration_hours"], mode] for j, s, mode in shapes])
    agent = document["services"][1]
    rows(folder / "eligibility.csv", ["workload", "pool"], [["agent", name] for name in agent.pop("pools")])
    ramp = document["pools"][0].pop("online_gpus")
    rows(folder / "ramps.csv", ["pool", "from_date", "online_gpus"], [["north-h100", s["from_date"], s["value"]] for s in ramp])
    stream = document["streams"][1]
    demand, mean = stream.pop("demand_tokens_per_s"), stream.pop("mean_tokens_per_s")
    days = [f"2026-{m:02d}-{d:02d}" for m, d in ((3, 2), (3, 9), (3, 16), (3, 23), (3, 30), (4, 6), (4, 13), (4, 20))]
    rows(
        folder / "demand.csv", ["stream", "block", "band", "demand_tokens_per_s", "mean_tokens_per_s"],
        [["pro-agent", day, band, demand[band], mean[band]] for day in days for band in ("peak", "rest")],
    )  # fmt: skip
    document["tables"] = {name: f"{name}.csv" for name in ("jobs", "shapes", "eligibility", "demand", "ramps")}
    (folder / "fleet.json").write_text(json.dumps(document, indent=1))


def rows(path: Path, header: list[str], body: list[list[Any]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(body)


@pytest.fixture(scope="session")
def table_texts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Content of each file of that folder, by name."""
    folder = tmp_path_factory.mktemp("tables")
    write_tables(folder, json.loads(json.dumps(read_yaml((DATA / "small.yaml").read_text(), "small.yaml")[0])))
    return {path.name: path.read_text() for path in folder.iterdir()}


@pytest.fixture
def tabled(tmp_path: Path, document: dict[str, Any]) -> Path:
    """A folder with the small instance in tables."""
    write_tables(tmp_path, document)
    return tmp_path


def ints(*values: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.array(values, dtype=np.int64)


@pytest.fixture
def result(small: Instance) -> Result:
    """A made-up answer with rows in every table; no solver and no check has seen it."""
    plan = Plan(
        Runs(ints(0, 2), ints(1, len(small.jobs.shapes.job) - 1), ints(0, 1), ints(8, 2)),
        Places(ints(0, 0, 1), ints(0, 1, 2), ints(32, 16, 2)),
        Paths(ints(0), ints(0)),
        Replicas(ints(0, 1), ints(1, 0), ints(0, 3), ints(0, 3), ints(3, 4)),
        Serving(ints(0, 1), ints(0, 1), ints(1, 1), ints(3, 15), np.array([0.1 + 0.2, 1e13])),
        Shedding(ints(1), ints(1), np.array([True]), ints(15), np.array([5e-324])),
    )
    levels = (LevelResult("promises", 0.0, 0.0), LevelResult("net_cost", 1 / 3, float("-inf")))
    terms = dict.fromkeys(TERMS, 0.1)
    return Result(Status.FEASIBLE, Limit.TIME, plan, terms, levels, 1.5, "highs", 7, small.name, small.digest, {"columns": 12.0})
