"""Runs in an interpreter that has PyJobShop, apart from this project: a task in, modes and starts out. See ``external``."""

import pickle
import sys
import time
from pathlib import Path


def main(asked, answered):
    """Places every job within the horizon at the least makespan."""
    began = time.monotonic()
    from pyjobshop import Model

    task = pickle.loads(Path(asked).read_bytes())
    model = Model()
    resources = [
        (model.add_consumable if consumable else model.add_renewable)(capacity=limit)
        for limit, consumable in zip(task["limit"], task["consumable"], strict=True)
    ]
    tasks = [model.add_task(latest_end=task["horizon"]) for _ in range(task["jobs"])]
    modes = []
    for mode, job in enumerate(task["job"]):
        if task["last"][mode] < task["first"][mode]:
            continue
        modes.append(mode)
        used = [k for k, demand in enumerate(task["demand"][mode]) if demand]
        demands = [task["demand"][mode][k] for k in used]
        model.add_mode(tasks[job], [resources[k] for k in used], task["duration"][mode], demands=demands)
    for first, second in task["before"]:
        model.add_end_before_start(tasks[first], tasks[second])
    model.set_objective(weight_makespan=1)
    left = max(0.1, task["time_limit_s"] - (time.monotonic() - began))
    result = model.solve(solver="ortools", time_limit=left, num_workers=task["workers"], display=False)
    placed = result.best.tasks if result.best is not None and len(result.best.tasks) else None
    out = {"status": str(result.status.value if hasattr(result.status, "value") else result.status), "mode": None, "start": None}
    if placed is not None:
        out["mode"] = [modes[entry.mode] for entry in placed]
        out["start"] = [int(entry.start) for entry in placed]
    Path(answered).write_bytes(pickle.dumps(out))


if __name__ == "__main__":
    main(*sys.argv[1:])
