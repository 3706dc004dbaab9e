"""Demand as it was planned for against what comes: by tenant, and what each is short of whatever the plan."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from placement.instance import Instance
from placement.program import Floats
from placement.report.outlook import Outlook
from placement.report.plan_figures import by_tenant
from placement.report.text import brief, count, table


def planned(instance: Instance) -> str:
    """Each tenant's peaks in the last block, and what of all demand, and of promises, is short; "" where nothing was planned."""
    if instance.planned_tokens_per_s is None:
        return ""
    rows = []
    bands, names = instance.calendar.band_count, list(instance.tenants)
    before, now = (by_tenant(instance, rate)[:, -bands:] for rate in (instance.planned_tokens_per_s, instance.demand_tokens_per_s))
    for t in np.flatnonzero(now.any(axis=1) | before.any(axis=1)).tolist():
        most = float(before[t].max())
        times = f"{now[t].max() / most:,.3g}x" if most > 0 else "-"
        rows.append((names[t], brief(most), brief(float(now[t].max())), times))
    figures = short_of_planned(instance)
    lines = [table(("tenant, last block", "planned", "comes", ""), rows)]
    for what, (as_planned, as_it_comes) in figures.items():
        short = f"short of {count(as_planned)} accelerators at worst as planned, of {count(as_it_comes)} as it comes"
        lines.append(f"  {what}: {short}")
    return "\n".join(lines)


def short_of_planned(instance: Instance) -> dict[str, tuple[float, float]]:
    """Accelerators of the best type that are short at worst, as planned and as it comes: of all demand, and of what is promised."""
    assert instance.planned_tokens_per_s is not None
    floors = []
    for stream in instance.streams.values():
        ladder = stream.ladder or instance.tenants[stream.tenant].ladder
        floors.append(0.0 if ladder is None else ladder.floor_share)
    promised = np.array(floors, dtype=np.float64)[:, None]
    paths = (instance.planned_tokens_per_s, instance.demand_tokens_per_s)
    shares = {"all demand": np.ones_like(promised), "what is promised": promised}
    return {what: (_short(instance, paths[0] * share), _short(instance, paths[1] * share)) for what, share in shares.items()}


def _short(instance: Instance, demand: Floats) -> float:
    return float(Outlook(replace(instance, demand_tokens_per_s=demand, mean_tokens_per_s=demand)).short_gpus.max(initial=0.0))
