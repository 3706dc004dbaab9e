"""A mutation: one text in one file replaced by another, so that the code is wrong, or worse, in one way."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Room = Literal["law", "activity", "program", "check", "files", "solver", "prices"]
"""Part of the code that a mutation is in."""

RULES = "placement/rules"
ACTIVITIES = "placement/activities"
BOTH_SIDES = ("agreement", "tiny optima")
"""Most laws: the Program's side against the check's, then optima worked out by hand."""
CHECK_SIDE = ("violations", *BOTH_SIDES)
"""What is wrong in the check alone, or in what both sides read: plans broken by hand first."""
SERVICES = ("services", "tiny optima")
"""What services ask of their replicas."""
GRID = ("grid", "agreement")
"""What the grid asks for, in instances that have it."""

TESTS: dict[str, tuple[str, ...]] = {
    "agreement": (
        "tests/laws/test_agreement.py::test_choices_at_the_limits_agree",
        "tests/laws/test_policies_agree.py",
        "tests/laws/test_wan_agrees.py",
        "tests/laws/test_tenancy_agree.py",
        "tests/laws/test_levers_agree.py",
        "tests/laws/test_laws_meet.py",
        "tests/laws/test_levels_agree.py",
        "tests/laws/test_fairness_violations.py",
        "tests/laws/test_batch_agrees.py",
        "tests/laws/test_movement_agrees.py",
        "tests/laws/test_switch.py",
        "tests/laws/test_agreement.py::test_tiny_instances_agree",
        *(f"tests/laws/test_agreement.py::test_random_instances_agree[{seed}]" for seed in range(6)),
    ),
    "tiny optima": ("tests/test_tiny_optima.py",),
    "violations": tuple(
        f"tests/laws/test_{kind}violations.py"
        for kind in ("", "batch_", "policy_", "supply_", "tenancy_", "lever_", "flow_", "wan_", "movement_")
    ),
    "grid": ("tests/laws/test_grid_violations.py", "tests/laws/test_grid_agrees.py::test_choices_at_the_limits_agree"),
    "services": ("tests/laws/test_service_violations.py", "tests/laws/test_services_agree.py"),
    "order": ("tests/laws/test_order.py",),
    "quota": ("tests/laws/test_quota.py", "tests/laws/test_training_share.py"),
    "changes": ("tests/laws/test_changes.py",),
    "overrun": ("tests/laws/test_overrun.py",),
    "files": ("tests/files/test_plans.py",),
    "programs": ("tests/program",),
    "classes": ("tests/solvers/test_classes.py",),
    "conformance": ("tests/solvers/test_conformance.py", "tests/solvers/test_filtering.py", "tests/solvers/test_levels.py"),
    "bounds": ("tests/prices/test_bound_valid.py",),
}
"""Catchers that are tests, in the order in which they are tried: the cheap ones first."""

GATE = "gate"
"""The catcher that runs the suite ``ci`` against its baseline."""

CATCHERS = (*TESTS, GATE)


@dataclass(frozen=True)
class Mutation:
    """``find`` stands exactly once in ``file``. ``catchers`` are tried in order until one fails."""

    name: str
    kind: str
    """What is wrong: a sign, a coefficient, a rounding, ..."""
    room: Room
    file: str
    find: str
    replace: str
    catchers: tuple[str, ...]
    cases: tuple[str, ...] = ("*",)
    """Patterns of the gate's cases, run in this order; a part of the suite is quicker, and catches no more than all of it."""
    survives: str | None = None
    """Why nothing can catch it; None: something has to."""


class Stale(ValueError):
    """The text of a mutation does not stand exactly once in its file."""


def mutated(mutation: Mutation, root: Path) -> str:
    """The file's text with the mutation in it. Raises ``Stale``."""
    path = root / mutation.file
    if not path.exists():
        raise Stale(f"mutation '{mutation.name}': {mutation.file} does not exist; name the file that holds the code now")
    text = path.read_text(encoding="utf-8")
    count = text.count(mutation.find)
    if count != 1:
        raise Stale(
            f"mutation '{mutation.name}': {mutation.file} holds {mutation.find!r} {count} times, not once; "
            "state the text as it is now, with enough around it"
        )
    return text.replace(mutation.find, mutation.replace)


def apply(mutation: Mutation, root: Path) -> None:
    """Writes the mutation into a copy of the checkout. Raises ``Stale``."""
    text = mutated(mutation, root)
    (root / mutation.file).write_text(text, encoding="utf-8")
