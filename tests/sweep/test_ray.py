"""The engine on a Ray cluster: equal rows, and a machine that is lost in the middle."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from placement.cli.solving import solve
from placement.cli.sweeping import run_sweep as run_here
from placement.cli.sweeping import sweep_cases
from placement.plan import Result
from placement.sweep.ray_engine import Ray, instance_files
from placement.sweep.run import Local, run_sweep
from placement.sweep.store import Store, create

ROOT = Path(__file__).resolve().parents[2]
Data = Callable[..., dict[str, Any]]


@pytest.fixture
def cluster() -> Iterator[Any]:
    """Two machines of one core each, as far as Ray can tell, and the driver's without any."""
    ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'fleet-placement[ray]'")
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    made.nodes = [made.add_node(num_cpus=1), made.add_node(num_cpus=1)]
    ray.init(address=made.address, log_to_driver=False, runtime_env={"env_vars": {"PYTHONPATH": str(ROOT)}})
    yield made
    ray.shutdown()
    made.shutdown()


def slowly(instance: Any, **options: Any) -> Result:
    """Long enough for a machine to be lost meanwhile."""
    time.sleep(1.0)
    return solve(instance, **options)


def comparable(store: Store) -> list[dict[str, Any]]:
    return [row.data() | {"information": None} for row in store.rows()]


def test_rows_are_those_of_a_local_run_though_a_machine_is_lost(cluster: Any, tmp_path: Path, sweep_data: Data) -> None:
    values = [73000, 120000, 150000]
    data = sweep_data(parameters=[{"id": "fee", "path": "contracts[lease].fee_usd_per_month", "values": values}])
    cases = sweep_cases(data)
    here = run_here(cases, tmp_path / "local", engine=Local(1))
    lost = threading.Event()

    def lose(progress: object) -> None:
        if not lost.is_set():
            lost.set()
            cluster.remove_node(cluster.nodes[0], allow_graceful=False)

    away = create(tmp_path / "ray", cases)
    run_sweep(cases, away, slowly, Ray(None, 2), stop=threading.Event(), on_row=lose)
    assert lost.is_set()
    assert comparable(away) == comparable(here)
    assert {row.error for row in away.rows()} == {None}


def test_files_of_an_instance_are_all_that_it_needs(tmp_path: Path) -> None:
    document = tmp_path / "mine.json"
    document.write_text('{"format": "fleet-placement/1", "tables": {"jobs": "jobs.csv", "demand": "absent.csv"}}')
    (tmp_path / "jobs.csv").write_text("id\n")
    (tmp_path / "other.csv").write_text("id\n")
    assert instance_files(document) == {"fleet.json": document.read_bytes(), "jobs.csv": b"id\n"}


def test_without_ray_the_engine_says_how_to_get_it() -> None:
    if os.environ.get("RAY_ADDRESS") is None:
        try:
            import ray  # noqa: F401
        except ImportError:
            with pytest.raises(ImportError, match="pip install 'fleet-placement"):
                Ray(None, 1)
            return
    pytest.skip("Ray is installed")
