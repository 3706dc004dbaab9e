"""The identity of an instance: a digest of what it means, not of how it is written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import astuple, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from placement.instance.base import Noun

if TYPE_CHECKING:
    from placement.instance.instance import Instance

_LATER = ("waits", "quota", "reclaimable")
_IGNORED = {"source", "assumption", "certainty", "description"}


def _plain(value: Any) -> Any:
    if isinstance(value, Noun):
        # Fields by name: iterating a model would also yield what it has cached.
        stated = {name: getattr(value, name) for name in type(value).model_fields if name not in _IGNORED}
        return {name: _plain(v) for name, v in stated.items() if v is not None}
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, tuple):
        return [_plain(v) for v in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)


def digest(instance: Instance) -> str:
    """sha256 over nouns and arrays, as ``sha256:<hex>``."""
    kinds = list(instance.accelerators)
    used = {pool.accelerator for pool in instance.pools.values()} | {kinds[a] for a in np.unique(instance.jobs.shapes.accelerator)}
    nouns: dict[str, Any] = {
        "calendar": _plain(instance.calendar),
        "settings": _plain(instance.settings),
        "accelerators": {name: _plain(a) for name, a in instance.accelerators.items() if name in used},
    }
    for family in (
        "providers", "regions", "sites", "feeds", "contracts", "links", "tenants", "latency_classes", "losses", "policies",
    ):  # fmt: skip
        nouns[family] = [_plain(noun) for noun in getattr(instance, family).values()]
    if instance.levers:
        nouns["levers"] = [_plain(lever) for lever in instance.levers.values()]
    if instance.objective:
        nouns["objective"] = [_plain(level) for level in instance.objective.values()]
    if instance.batch_jobs:
        nouns["batch_jobs"] = [_plain(job) for job in instance.batch_jobs.values()]
    if any(instance.jobs.switch_hours):
        nouns["switch_hours"] = list(instance.jobs.switch_hours)
    in_arrays = {"online_gpus", "demand_tokens_per_s", "mean_tokens_per_s", "base_tokens_per_s", "growth", "daily_profile", "pools"}
    in_arrays |= {"tokens_factor"}
    for family in ("pools", "streams", "services"):
        nouns[family] = [{k: v for k, v in _plain(n).items() if k not in in_arrays} for n in getattr(instance, family).values()]
    nouns["jobs"] = list(instance.jobs.id)
    if instance.jobs.running:
        nouns["running"] = [[j, *map(str, astuple(place))] for j, place in sorted(instance.jobs.running.items())]
    if instance.today is not None:
        nouns["today"] = _plain(astuple(instance.today))
    total = hashlib.sha256(json.dumps(nouns, sort_keys=True, separators=(",", ":")).encode())
    jobs, shapes = instance.jobs, instance.jobs.shapes
    names = np.array(kinds, dtype="U100")
    arrays: list[np.ndarray[Any, Any]] = [instance.pool_ramp_gpus, instance.demand_tokens_per_s, instance.mean_tokens_per_s]
    of_jobs = {f.name: getattr(jobs, f.name) for f in fields(jobs)}
    arrays += [value for name, value in of_jobs.items() if isinstance(value, np.ndarray) and name not in _LATER]
    arrays += [shapes.job, names[shapes.accelerator], shapes.gpus, shapes.hours, shapes.mode, *instance.service_pools]
    arrays += [instance.spot_times_longer, *([jobs.waits] if len(jobs.waits) else [])]
    arrays += [jobs.quota, jobs.reclaimable] if np.any(jobs.quota != jobs.tenant) or jobs.reclaimable.any() else []
    for array in arrays:
        total.update(str(array.shape).encode())  # So that no array can pass for a part of the next.
        total.update(np.ascontiguousarray(array).tobytes())
    return f"sha256:{total.hexdigest()}"
