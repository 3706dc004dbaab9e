"""Runs in an interpreter that has Rebalancer, apart from this project: a task in, the chosen pairs out. See ``external``."""

import os
import pickle
import sys
import time
from pathlib import Path

NOWHERE = "nowhere"
FEW_PAIRS = 50_000
SEARCH_SHARE = 0.3
"""Of the time, for local search where the integer program follows."""

ABSOLUTE, HIGHS = 0, 2
"""A kind of limit and a solver: the package's binding takes numbers, not the names that its type hints have."""

UNLIMITED = 1e15


def item(slot):
    """Name of a slot in its scope."""
    return "none" if slot < 0 else f"slot {slot}"


def problem(solver, task):
    """States objects, containers, capacities and costs."""
    objects, containers = range(task["objects"]), range(len(task["slot"][0]))
    solver.set_object_name("object").set_container_name("container")
    solver.set_assignment({NOWHERE: [str(o) for o in objects], **{str(c): [] for c in containers}})
    for d, slots in enumerate(task["slot"]):
        solver.add_scope(f"scope {d}", {NOWHERE: "none", **{str(c): item(slots[c]) for c in containers}})
        use = {}
        for o, c, amount in zip(task["object"], task["container"], task["amount"][d], strict=True):
            if slots[c] >= 0:
                use.setdefault(item(slots[c]), {})[str(o)] = amount
        same = {}
        for values in use.values():
            for name, amount in values.items():
                same.setdefault(name, set()).add(amount)
        if all(len(amounts) == 1 for amounts in same.values()):
            solver.add_object_dimension(f"dimension {d}", {name: min(amounts) for name, amounts in same.items()})
        else:
            solver.add_dynamic_object_dimension(f"dimension {d}", f"scope {d}", use)
        limits = {item(slot): task["limit"][slot] for slot in slots if slot >= 0}
        capacity = {
            "name": f"capacity {d}", "scope": f"scope {d}", "dimension": f"dimension {d}",
            "limit": {"type": ABSOLUTE, "globalLimit": UNLIMITED, "scopeItemLimits": {**limits, "none": UNLIMITED}},
        }  # fmt: skip
        solver.add_constraint({"capacitySpec": capacity})
    allowed = [set() for _ in objects]
    for o, c in zip(task["object"], task["container"], strict=True):
        allowed[o].add(c)
    avoided = [
        {"object": str(o), "scopeItems": [str(c) for c in containers if c not in allowed[o]]}
        for o in objects
        if len(allowed[o]) < len(containers)
    ]
    if avoided:
        solver.add_constraint({"avoidAssignmentsSpec": {"name": "allowed", "scope": "container", "assignments": avoided}})
    dear = 1.0 + 10.0 * max((abs(cost) for cost in task["cost"]), default=0.0)
    affinities = [
        {"objectName": str(o), "scopeItemName": str(c), "affinity": -cost}
        for o, c, cost in zip(task["object"], task["container"], task["cost"], strict=True)
    ]
    affinities += [{"objectName": str(o), "scopeItemName": NOWHERE, "affinity": -dear} for o in task["must"]]
    solver.add_goal({"assignmentAffinitiesSpec": {"name": "cost", "scope": "container", "affinities": affinities}})


def main(asked, answered):
    """Solves within what is left of the time once the model is stated."""
    began = time.monotonic()
    from rebalancer import ProblemSolver

    task = pickle.loads(Path(asked).read_bytes())
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: task["workers"]])
    solver = ProblemSolver(service_name="rebalancer", service_scope="benchmarks")
    solver.set_log_level("ERR")
    problem(solver, task)
    left = max(1, int(task["time_limit_s"] - (time.monotonic() - began)))
    few = len(task["object"]) <= FEW_PAIRS and left >= 3
    search = max(1, int(left * SEARCH_SHARE)) if few else left
    moves = [{"singleMoveTypeSpec": {}}, {"swapMoveTypeSpec": {}}]
    solver.add_solver({"localSearchSolverSpec": {"solveTime": search, "moveTypeList": moves}})
    if few:
        exact = {"solverPackage": HIGHS, "solveTime": left - search, "suppressLogs": True}
        solver.add_solver({"optimalSolverSpec": exact})
    place = solver.solve()["assignment"]
    pairs = [k for k, (o, c) in enumerate(zip(task["object"], task["container"], strict=True)) if place[str(o)] == str(c)]
    Path(answered).write_bytes(pickle.dumps({"pairs": pairs}))


if __name__ == "__main__":
    main(*sys.argv[1:])
