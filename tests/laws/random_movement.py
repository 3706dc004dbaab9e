"""Random documents in which jobs run today."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from placement.formulate import formulate
from placement.instance import Instance
from tests.laws.random_instances import write_instance


def in_place(document: dict[str, Any], rng: np.random.Generator, folder: Path, share: float = 0.8) -> dict[str, Any]:
    """Most jobs that may run stand somewhere, with work left: frozen, pinned or free to move; here and there a freeze holds."""
    instance = write_instance(folder, document)
    gangs = formulate(instance).activities.gangs
    jobs = []
    for j, job in enumerate(document["jobs"]):
        rows = np.flatnonzero(gangs.job == j)
        if not len(rows) or rng.random() > share:
            jobs.append(job)
            continue
        row = int(rng.choice(rows))
        place: dict[str, Any] = {
            **standing(instance, gangs, row, int(rng.integers(gangs.copies[row]))),
            "remaining_hours": float(np.ceil(gangs.hours[row] * rng.choice([0.3, 0.7, 1.0]))),
        }
        if rng.random() < 0.15:
            place["frozen"] = True
        else:
            place |= {"move_usd": float(rng.integers(0, 300)), "overlap_blocks": int(rng.integers(0, 3))}
            place["lost_hours"] = float(rng.choice([0.0, 6.0, 30.0]))
            place |= {"move_tb": float(rng.choice([0.5, 40.0]))} if rng.random() < 0.5 else {}
            place |= {"pin": str(rng.choice(["pool", "site"]))} if rng.random() < 0.2 else {}
        jobs.append({**job, "current_place": place})
    policies = document.get("policies", [])
    if rng.random() < 0.25:
        policies = [*policies, {"id": "quiet", "kind": "freeze", "until_date": "2026-03-03"}]
    return {**document, "jobs": jobs, "policies": policies}


def standing(instance: Instance, gangs: Any, row: int, copy: int) -> dict[str, Any]:
    """Where an option and copy stand, as documents say it."""
    shapes, shape = instance.jobs.shapes, int(gangs.shape[row])
    accelerator = list(instance.accelerators.values())[int(shapes.accelerator[shape])]
    place = int(gangs.place[row])
    islands = [island + copy for side in gangs.places.sides[place] for island in side]
    links = [list(instance.links)[link] for link in gangs.places.links[place]]
    return {
        "islands": [instance.island_names[island] for island in islands],
        "gpus": int(shapes.gpus[shape]),
        "mode": accelerator.modes[int(shapes.mode[shape])].id,
        **({"links": links} if links else {}),
    }
