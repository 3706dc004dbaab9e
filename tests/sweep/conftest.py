"""What the tests of sweeps share: a sweep of a tiny instance as plain data, and its cases."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
TINY = ROOT / "instances" / "tiny"


def stated(**changes: Any) -> dict[str, Any]:
    """The fee of a lease against what a job is worth; see contract-lease.yaml."""
    return {
        "format": "fleet-placement-sweep/1",
        "name": "tiny",
        "instance": str(TINY / "contract-lease.yaml"),
        "limits": {"solver": "enumerate", "work_limit": 5.0, "gap": 0.0},
        "parameters": [
            {"id": "fee", "path": "contracts[lease].fee_usd_per_month", "values": [73000, 120000]},
            {"id": "worth", "path": "jobs[b].value_usd", "values": [8000, 2000]},
        ],
    } | changes


@pytest.fixture
def sweep_data() -> Callable[..., dict[str, Any]]:
    """A sweep as a file states it, with changes."""
    return stated
