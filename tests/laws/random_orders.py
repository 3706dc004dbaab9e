"""Jobs in order over random instances."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np


def ordered(document: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """Three jobs or four, some of them alike, each waiting for some of those before it; mostly short."""
    while len(document["jobs"]) < 3 or (len(document["jobs"]) < 4 and rng.random() < 0.5):
        twin = deepcopy(document["jobs"][int(rng.integers(len(document["jobs"])))])
        document["jobs"].append({**twin, "id": f"j{len(document['jobs'])}"})
    for n, job in enumerate(document["jobs"]):
        job.pop("deadline_date", None)
        job.pop("release_date", None)
        job.pop("due_date", None)
        job["commitment"] = "promised" if job["commitment"] == "must" else job["commitment"]
        for shape in job["shapes"]:
            if rng.random() < 0.8:
                shape["duration_hours"] = float(rng.choice([10.0, 20.0]))
        before = [other["id"] for other in document["jobs"][:n] if rng.random() < 0.5]
        if before:
            job["after"] = before
    # Whatever follows in a row fits the horizon, which loading asks for.
    document["calendar"]["blocks"] = max(document["calendar"]["blocks"], 4)
    return document
