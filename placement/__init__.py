"""Decides which AI workloads run where, on what and when: load an instance, solve it, check the plan, save it.

The names below are imported when they are first used, so that ``import placement`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from placement.check import check as check_plan
    from placement.cli.solving import RejectedPlan, solve
    from placement.cli.sweeping import run_sweep, sweep_cases
    from placement.files import InputErrors, LoadedPlan, WrongInstance, load, load_plan, save_plan
    from placement.instance.objective import with_levels
    from placement.sweep.collect import frame as sweep_frame

__all__ = [
    "InputErrors",
    "LoadedPlan",
    "RejectedPlan",
    "WrongInstance",
    "check_plan",
    "load",
    "load_plan",
    "run_sweep",
    "save_plan",
    "solve",
    "sweep_cases",
    "sweep_frame",
    "with_levels",
]  # fmt: skip

_HOME = {
    "InputErrors": ("placement.files", "InputErrors"),
    "LoadedPlan": ("placement.files", "LoadedPlan"),
    "RejectedPlan": ("placement.cli.solving", "RejectedPlan"),
    "WrongInstance": ("placement.files", "WrongInstance"),
    "check_plan": ("placement.check", "check"),
    "load": ("placement.files", "load"),
    "load_plan": ("placement.files", "load_plan"),
    "run_sweep": ("placement.cli.sweeping", "run_sweep"),
    "save_plan": ("placement.files", "save_plan"),
    "solve": ("placement.cli.solving", "solve"),
    "with_levels": ("placement.instance.objective", "with_levels"),
    "sweep_cases": ("placement.cli.sweeping", "sweep_cases"),
    "sweep_frame": ("placement.sweep.collect", "frame"),
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'placement' has no attribute {name!r}")
    module, attribute = _HOME[name]
    return getattr(import_module(module), attribute)
