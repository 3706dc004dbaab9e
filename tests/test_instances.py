"""The instances that come with the project: what is generated is generated as it stands, and the hand-worked optima are optima."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from placement import load, solve

INSTANCES = Path(__file__).resolve().parents[1] / "instances"
FRONTIER = INSTANCES / "frontier-2026"
SCENARIOS = (
    None, "planned-10x", "80x-all-year", "no-lease", "one-quarter-slip", "two-quarter-slip", "deliveries-p90", "lease-to-decide",
    "lease-to-decide-late", "lease-to-decide-slow", "lease-180-days", "lease-reclaimed", "survive-any-provider",
    "must-jobs-survive", "spread-providers", "power-modes", "grid-events", "wan-priced", "build-abernathy", "spot-v6e",
    "maintenance", "discounted",
)  # fmt: skip
BEST = json.loads((INSTANCES / "best.json").read_text(encoding="utf-8"))
TINY = sorted(path.stem for path in (INSTANCES / "tiny").glob("*.yaml"))


def test_frontier_is_written_by_its_script_byte_for_byte() -> None:
    spec = importlib.util.spec_from_file_location("frontier_2026_build", FRONTIER / "build.py")
    assert spec is not None and spec.loader is not None
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    written = build.files()
    assert sorted(written) == sorted(path.name for path in FRONTIER.iterdir() if path.suffix in {".yaml", ".csv"})
    for name, text in written.items():
        assert (FRONTIER / name).read_bytes() == text.encode(), f"run {FRONTIER / 'build.py'}"


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_frontier_loads_with_every_scenario(scenario: str | None) -> None:
    instance = load(FRONTIER, scenario=scenario)
    assert instance.calendar.period_count == 52 * 3
    assert len(instance.jobs) == 40
    gpus = instance.jobs.shapes.gpus
    assert (gpus.min(), gpus.max()) == (256, 100_000)
    online = instance.pool_online_gpus[[name.startswith("colossus") for name in instance.pools]]
    assert online.any() == (scenario != "no-lease")


def test_every_instance_has_a_best_known_plan() -> None:
    named = {f"tiny/{name}" for name in TINY} | {"frontier-2026"}
    named |= {f"frontier-2026 + {scenario}" for scenario in SCENARIOS if scenario}
    assert set(BEST) == named


@pytest.mark.parametrize("name", TINY)
def test_the_optimum_of_a_tiny_instance_is_the_one_worked_out_by_hand(name: str) -> None:
    result = solve(load(INSTANCES / "tiny" / f"{name}.yaml"), time_limit_s=30, gap=1e-6)
    known = BEST[f"tiny/{name}"]["levels"]
    assert result.status == "optimal"
    for level in result.levels:
        assert level.value == pytest.approx(known[level.name]["objective"], abs=1e-4)
        assert level.bound == pytest.approx(known[level.name]["bound"], abs=1e-3)
