"""Long tables mean the same as the document, and their mistakes are blamed on line, column and value."""

# ruff: noqa: E501 -- one case, one line

from __future__ import annotations

import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from placement.files import InputErrors, load


def errors(path: Path) -> list[str]:
    with pytest.raises(InputErrors) as caught:
        load(path)
    return [str(problem) for problem in caught.value.problems]


def test_tables_mean_what_the_document_means(tabled: Path, small_text: str, document: dict[str, Any]) -> None:
    order = {"night": 0, "pretrain": 1, "tune": 2}
    document["jobs"].sort(key=lambda job: order[job["id"]])
    (tabled / "plain.json").write_text(json.dumps(json.loads((tabled / "fleet.json").read_text()) | _plain(small_text, order)))
    assert load(tabled).digest == load(tabled / "plain.json").digest


def _plain(text: str, order: dict[str, int]) -> dict[str, Any]:
    from placement.files.yaml_source import read_yaml

    whole = json.loads(json.dumps(read_yaml(text, "small.yaml")[0]))
    whole["jobs"].sort(key=lambda job: order[job["id"]])
    return {"tables": {}, **whole}


def test_parquet_means_the_same(tabled: Path) -> None:
    pytest.importorskip("pyarrow")
    from pyarrow import csv, parquet

    before = load(tabled).digest
    document = json.loads((tabled / "fleet.json").read_text())
    for name in document["tables"]:
        parquet.write_table(csv.read_csv(tabled / f"{name}.csv"), tabled / f"{name}.parquet")
        document["tables"][name] = f"{name}.parquet"
    (tabled / "fleet.json").write_text(json.dumps(document))
    assert load(tabled).digest == before


def test_parquet_without_pyarrow(tabled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    document = json.loads((tabled / "fleet.json").read_text())
    document["tables"]["ramps"] = "ramps.parquet"
    (tabled / "fleet.json").write_text(json.dumps(document))
    (tabled / "ramps.parquet").write_bytes(b"PAR1")
    assert any("pip install 'fleet-placement[parquet]'" in text for text in errors(tabled))


def test_not_parquet(tabled: Path) -> None:
    pytest.importorskip("pyarrow")
    document = json.loads((tabled / "fleet.json").read_text())
    document["tables"]["ramps"] = "ramps.parquet"
    (tabled / "fleet.json").write_text(json.dumps(document))
    (tabled / "ramps.parquet").write_bytes(b"PAR1" + bytes(100))
    assert any("not Parquet" in text for text in errors(tabled))


def with_after(tabled: Path, cell: str) -> None:
    """The table of jobs, in which tune waits."""
    header, pretrain, tune = (tabled / "jobs.csv").read_text().splitlines()
    (tabled / "jobs.csv").write_text(f"{header},after\n{pretrain},\n{tune},{cell}\n")


def test_jobs_of_a_table_wait_for_others(tabled: Path) -> None:
    with_after(tabled, "night pretrain")
    jobs = load(tabled).jobs
    night, pretrain, tune = (jobs.id.index(name) for name in ("night", "pretrain", "tune"))
    assert sorted(jobs.waits.tolist()) == sorted([[tune, night], [tune, pretrain]])


@pytest.mark.parametrize(
    ("cell", "what", "remedy"),
    [
        ("pretrian", "jobs[tune].after = 'pretrian'", "did you mean 'pretrain'?"),
        ("night;pretrain", "jobs[tune].after = 'night;pretrain'", "letters, digits"),
        ("tune", "jobs[tune].after", "tune"),
    ],
)
def test_jobs_of_a_table_that_wait_for_what_is_no_other_job(cell: str, what: str, remedy: str, tabled: Path) -> None:
    with_after(tabled, cell)
    assert any("jobs.csv:3" in text and what in text and remedy in text for text in errors(tabled)), errors(tabled)


CASES = [
    # table, old, new, place, what the error says
    ("demand.csv", "pro-agent,2026-03-09,peak,6000", "pro-agent,2026-03-09,peak,", "demand.csv:4: demand_tokens_per_s = ''", "never zero"),
    ("demand.csv", "2026-03-09,peak,6000", "2026-03-09,peak,nan", "demand.csv:4: demand_tokens_per_s = 'nan'", "a number"),
    ("demand.csv", "2026-03-09,peak,6000", "2026-03-09,peak,1e999", "demand.csv:4: demand_tokens_per_s = 'inf'", "from 0 to 1e+14"),
    ("demand.csv", "2026-03-09,peak,6000", "2026-03-09,peak,-1", "demand.csv:4: demand_tokens_per_s = '-1'", "from 0 to 1e+14"),
    ("demand.csv", "2026-03-09,peak,6000", "2026-03-09,peak,6_000", "demand.csv:4: demand_tokens_per_s = '6_000'", "digits only"),
    ("demand.csv", "2026-03-09,peak", "2026-03-10,peak", "demand.csv:4: block = '2026-03-10'", "the first day of a week"),
    ("demand.csv", "2026-03-09,peak", "09.03.2026,peak", "demand.csv:4: block = '09.03.2026'", "YYYY-MM-DD"),
    ("demand.csv", "2026-03-09,peak", "2026-03-09,paek", "demand.csv:4: band = 'paek'", "did you mean 'peak'?"),
    ("demand.csv", "2026-03-09,peak", "2026-03-09,rest", "demand.csv:5: block = '2026-03-09'", "each stream, block and band once"),
    ("demand.csv", "pro-agent,2026-03-09,peak,6000,5000\n", "", "demand.csv:2: stream", "1 periods missing, the first 2026-03-09 peak"),
    ("demand.csv", "pro-agent,2026-03-09,peak", "pro-agnet,2026-03-09,peak", "demand.csv:4: stream = 'pro-agnet'", "did you mean 'pro-agent'?"),
    ("demand.csv", "2026-03-09,peak,6000,5000", "2026-03-09,peak,6000,7000", "demand.csv:4: mean_tokens_per_s", "at most the demand"),
    ("demand.csv", "2026-03-09,peak,6000,5000", "2026-03-09,peak,6000", "demand.csv:4: row = '4 cells'", "5 cells, as in the header"),
    ("demand.csv", "2026-03-09,peak,6000,5000", "2026-03-09,peak,6000,5000,", "demand.csv:4: row = '6 cells'", "5 cells"),
    ("demand.csv", "pro-agent,2026-03-09,peak", '"pro-agent,2026-03-09,peak', "demand.csv:2: not CSV", "quotes"),
    ("demand.csv", "pro-agent,2026-03-09,peak", "pro-\udcffagent,2026-03-09,peak", "demand.csv:4: the byte 0xff", "UTF-8"),
    ("demand.csv", "mean_tokens_per_s", "mean_tokens_per_minute", "demand.csv:1: header", "60 tokens per minute"),
    ("demand.csv", "mean_tokens_per_s", "stream", "demand.csv:1: header = 'stream'", "each column once"),
    ("demand.csv", "stream,block,band", "stream,bloc,band", "demand.csv:1: header = 'bloc'", "did you mean block?"),
    ("demand.csv", "stream,block,band,demand_tokens_per_s", "stream,block,band,mean", "demand.csv:1: header", "the column demand_tokens_per_s"),
    ("eligibility.csv", "agent,north-h100", "agent,north-toy", "eligibility.csv:2: pool = 'north-toy'", "one of the service's profiles"),
    ("eligibility.csv", "agent,north-h100", "agent,north-h100\nagent,north-h100", "eligibility.csv:3: pool", "each pair of workload and pool once"),
    ("eligibility.csv", "agent,north-h100", "aegnt,north-h100", "eligibility.csv:2: workload = 'aegnt'", "did you mean 'agent'?"),
    ("eligibility.csv", "agent,north-h100", "night,north-toy", "fleet.json:", "rows in the eligibility table"),
    ("eligibility.csv", "agent,north-h100", "tune,north-h100\npretrain,north-toy", "eligibility.csv:3: pool", "one of the job's shapes"),
    ("ramps.csv", "2026-04-06,512", "2026-04-06,513", "ramps.csv:3: pools[north-h100].online_gpus = 513", "at most the GPUs of the pool's islands, 512"),
    ("ramps.csv", "2026-04-06,512", "2026-04-06,51.5", "ramps.csv:3: online_gpus = '51.5'", "a whole number"),
    ("ramps.csv", "2026-04-06,512", "2026-04-27,512", "ramps.csv:3: pools[north-h100].from_date", "before the calendar's end"),
    ("ramps.csv", "2026-04-06,512", "2026-01-01,512", "ramps.csv:3: pools[north-h100].from_date", "each date once"),
    ("ramps.csv", "north-h100,2026-04-06,512", "north-toy,2026-04-06,64", "fleet.json:", "rows in the ramps table"),
    ("shapes.csv", "tune,toy,32", "tune,toy,32.5", "shapes.csv:4: gpus = '32.5'", "a whole number"),
    ("shapes.csv", "tune,toy,32", "tune,toi,32", "shapes.csv:4: accelerator = 'toi'", "did you mean 'toy'?"),
    ("shapes.csv", "384,300,cap80", "384,300,cap81", "shapes.csv:3: mode = 'cap81'", "did you mean 'cap80'?"),
    ("shapes.csv", "384,300,cap80", "384,300,full", "shapes.csv:3: gpus", "one shape for an accelerator"),
    ("shapes.csv", "tune,toy,32,200,", "night,toy,32,200,", "fleet.json:", "rows in the shapes table"),
    ("shapes.csv", "duration_hours", "duration_days", "shapes.csv:1: header = 'duration_days'", "1 day is 24 hours"),
    ("jobs.csv", "optional", "optnal", "jobs.csv:3: jobs[tune].commitment = 'optnal'", "'optional', 'promised' or 'must'"),
    ("jobs.csv", "20000", "20_000", "jobs.csv:3: jobs[tune].value_usd = '20_000'", "write 20000"),
    ("jobs.csv", "20000", "", "jobs.csv:3: jobs[tune].value_usd = (nothing)", "missing is never zero"),
    ("jobs.csv", "2026-04-13", "2026-04-31", "jobs.csv:2: jobs[pretrain].due_date", "YYYY-MM-DD"),
    ("jobs.csv", "tune,", "pretrain,", "jobs.csv:3: jobs[pretrain].id", "no other of its family"),
    ("jobs.csv", "research", "reserch", "jobs.csv:2: jobs[pretrain].tenant = 'reserch'", "did you mean 'research'?"),
    ("jobs.csv", "due_date", "current_place", "jobs.csv:1: header = 'current_place'", "stated in the document"),
    ("jobs.csv", "due_date", "pace", "jobs.csv:1: header = 'pace'", "stated in the document"),
]  # fmt: skip


@pytest.mark.parametrize(("table", "old", "new", "place", "says"), CASES, ids=[f"{row[0]} {row[3]} {row[4]}"[:70] for row in CASES])
def test_malformed_tables(tabled: Path, table: str, old: str, new: str, place: str, says: str) -> None:
    text = (tabled / table).read_text()
    assert old in text
    (tabled / table).write_bytes(text.replace(old, new, 1).encode(errors="surrogateescape"))
    found = errors(tabled)
    assert any(text.startswith(place) and says in text for text in found), "\n\n".join(found)
    if place.endswith(":"):
        assert len(found) == 1


NAMES = [
    "../jobs.csv",
    "/etc/passwd",
    "sub/jobs.csv",
    "..",
    "C:\\jobs.csv",
    "a:b.csv",
    ".hidden.csv",
    "",
    "link.csv",
    "jobs.csv\x00",
    "fifo.csv",
    "sub",
]


@pytest.mark.parametrize("name", NAMES)
def test_names_that_leave_the_folder(tabled: Path, name: str) -> None:
    (tabled / "link.csv").symlink_to("/etc/passwd")
    (tabled / "sub").mkdir()
    os.mkfifo(tabled / "fifo.csv")
    document = json.loads((tabled / "fleet.json").read_text())
    document["tables"]["ramps"] = name
    (tabled / "fleet.json").write_text(json.dumps(document))
    found = errors(tabled)
    assert any(
        says in text for text in found for says in ("same folder", "plain file name", "regular file", "ending in", "control")
    ), found


def test_many_bad_cells_are_counted(tabled: Path) -> None:
    body = "".join(f"agent,pool-{n}\n" for n in range(70_000))
    (tabled / "eligibility.csv").write_text("workload,pool\n" + body)
    found = errors(tabled)
    assert len(found) == 21
    assert "69980 more cells like this" in found[-1]
    assert found[3].startswith("eligibility.csv:5: pool = 'pool-3'")


def test_quotes_blank_lines_and_line_ends(tabled: Path) -> None:
    before = load(tabled).digest
    text = (tabled / "ramps.csv").read_text()
    (tabled / "ramps.csv").write_bytes(
        b"\xef\xbb\xbf" + text.replace("north-h100", '"north-h100"').replace("\n", "\r\n").encode() + b"\r\n"
    )
    assert load(tabled).digest == before
    (tabled / "eligibility.csv").write_text("workload,pool\n\nagent,north-h100\n\nagent,nowhere")
    assert errors(tabled)[0].startswith("eligibility.csv:5: pool = 'nowhere'")


def test_lines_below_a_cell_with_line_breaks(tabled: Path) -> None:
    lines = (tabled / "jobs.csv").read_text().splitlines()
    lines = [lines[0] + ",assumption", lines[1] + ',"one\ntwo\nthree"', lines[2].replace("research", "nobody") + ","]
    (tabled / "jobs.csv").write_text("\n".join(lines) + "\n")
    assert errors(tabled)[0].startswith("jobs.csv:5: jobs[tune].tenant = 'nobody'")


def test_size(tmp_path: Path) -> None:
    path = Path(__file__).parent / "make_large.py"
    spec = importlib.util.spec_from_file_location("make_large", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.make(tmp_path, jobs=500, pools=20, streams=100, blocks=52, shapes=4, eligible=10)
    instance = load(tmp_path)
    assert len(instance.jobs) == 500
    assert len(instance.jobs.shapes.job) == 2000
    assert len(instance.jobs.pools) == 5000
    assert instance.demand_tokens_per_s.shape == (100, 156)
    assert np.all(instance.mean_tokens_per_s * 2 == instance.demand_tokens_per_s)
    assert instance.pool_ramp_gpus[:, 0].tolist() == [4096.0] * 20
    assert instance.pool_ramp_gpus[:, -1].tolist() == [8192.0] * 20


def test_parquet_of_other_types(tabled: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    from pyarrow import csv, parquet

    before = load(tabled).digest
    document = json.loads((tabled / "fleet.json").read_text())
    demand, jobs = csv.read_csv(tabled / "demand.csv"), csv.read_csv(tabled / "jobs.csv")
    demand = demand.set_column(0, "stream", demand["stream"].dictionary_encode())
    demand = demand.set_column(1, "block", demand["block"].cast(pa.timestamp("ns")))
    jobs = jobs.set_column(jobs.column_names.index("value_usd"), "value_usd", jobs["value_usd"].cast(pa.float64()))
    parquet.write_table(demand, tabled / "demand.parquet")
    parquet.write_table(jobs, tabled / "jobs.parquet")
    document["tables"] |= {"demand": "demand.parquet", "jobs": "jobs.parquet"}
    (tabled / "fleet.json").write_text(json.dumps(document))
    assert load(tabled).digest == before


@pytest.mark.parametrize(
    ("column", "values", "says"),
    [
        ("online_gpus", [256.0, None], "ramps.parquet:2: online_gpus"),
        ("online_gpus", ["256", "512"], "a column of numbers"),
        ("online_gpus", [256.0, float("nan")], "ramps.parquet:2: online_gpus"),
        ("pool", ["north-h100", None], "ramps.parquet:2: pool"),
        ("pool", [1, 2], "a column of text or days"),
        ("pool", ["north-h100", "nowhere"], "ramps.parquet:2: pool = 'nowhere'"),
    ],
)
def test_malformed_parquet(tabled: Path, column: str, values: list[Any], says: str) -> None:
    pa = pytest.importorskip("pyarrow")
    from pyarrow import csv, parquet

    ramps = csv.read_csv(tabled / "ramps.csv")
    ramps = ramps.set_column(ramps.column_names.index(column), column, pa.array(values))
    parquet.write_table(ramps, tabled / "ramps.parquet")
    document = json.loads((tabled / "fleet.json").read_text())
    document["tables"]["ramps"] = "ramps.parquet"
    (tabled / "fleet.json").write_text(json.dumps(document))
    found = errors(tabled)
    assert any(says in text for text in found), found


def test_jobs_of_a_table_state_their_data(tabled: Path) -> None:
    path = tabled / "jobs.csv"
    lines = path.read_text().splitlines()
    more = ["data_tb,data_at,move_blocks", "5,north,2", *[",,"] * (len(lines) - 2)]
    path.write_text("\n".join(",".join(pair) for pair in zip(lines, more, strict=True)) + "\n")
    instance = load(tabled)
    first = instance.jobs.id.index(lines[1].split(",")[lines[0].split(",").index("id")])
    stated = np.zeros((len(instance.jobs), 2))
    stated[first, 0] = 5
    assert np.array_equal(instance.jobs.load_tb, stated)
    assert np.array_equal(instance.jobs.load_site, np.where(stated > 0, list(instance.sites).index("north"), -1))
    assert instance.jobs.move_blocks.tolist() == [2 if j == first else 1 for j in range(len(instance.jobs))]
    path.write_text(path.read_text().replace("5,north,2", "5,norht,2"))
    assert any("jobs.csv:2" in text and "data_at = 'norht'" in text and "did you mean 'north'?" in text for text in errors(tabled))
