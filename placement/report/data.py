"""Answers as plain data, for ``--json``: what is not known is null, never infinite and never zero."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from placement.explain.shortfall import Shortfall
from placement.instance import Instance
from placement.plan import Result, Violation
from placement.program import LevelResult


def result_data(result: Result, bill: Sequence[Shortfall], plan_path: str | None) -> dict[str, Any]:
    """A solve's answer. ``objective`` and ``bound`` are of the last level, in USD; ``gap``, a fraction, of the first not closed."""
    last = result.levels[-1]
    return {
        "status": str(result.status),
        "limit": None if result.limit is None else str(result.limit),
        "objective": number(result.objective),
        "bound": number(last.bound),
        "gap": None if result.plan is None else number(result.open_level.gap),
        "seconds": round(result.seconds, 3),
        "solver": result.solver,
        "seed": result.seed,
        "levels": [_level(level) for level in result.levels],
        "terms": result.terms,
        "plan": plan_path,
        "bill": [asdict(shortfall) for shortfall in bill],
        "instance": {"name": result.instance_name, "digest": result.instance_digest},
        "facts": {name: number(fact) if isinstance(fact, float) else fact for name, fact in result.facts.items()},
    }


def _level(level: LevelResult) -> dict[str, Any]:
    return {"name": level.name, "value": number(level.value), "bound": number(level.bound), "gap": number(level.gap)}


def check_data(instance: Instance, violations: Sequence[Violation], terms: dict[str, float]) -> dict[str, Any]:
    """A check's outcome: every violation, and what the plan costs by term."""
    return {
        "valid": not violations,
        "violations": [asdict(violation) for violation in violations],
        "terms": terms,
        "instance": {"name": instance.name, "digest": instance.digest},
    }


def number(value: float | None) -> float | None:
    """A finite number or None."""
    return None if value is None or not math.isfinite(value) else float(value)
