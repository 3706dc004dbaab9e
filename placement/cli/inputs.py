"""What commands read: the instance, the scenario and plans, with every complaint turned into exit code 2."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from placement.cli.errors import BadInput

if TYPE_CHECKING:
    from placement.files import LoadedPlan
    from placement.instance import Instance
    from placement.plan import Plan

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

instance_argument: Decorator = click.argument("instance", metavar="INSTANCE", type=click.Path(path_type=Path))
scenario_option: Decorator = click.option("--scenario", metavar="NAME", help="A named patch of the instance.")
levels_option: Decorator = click.option(
    "--levels", metavar="A,B+C,...",
    help="Minimise these levels in this order: of the objective, groups (promises, net_cost) or terms; W*A weighs, A+B merges.",
)
json_option: Decorator = click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout, nothing else.")


def read_instance(path: Path, scenario: str | None, levels: str | None = None) -> Instance:
    """The instance at a path, with the levels that ``--levels`` states. Raises ``BadInput`` with all errors at once."""
    from placement.files import InputErrors, load
    from placement.instance.objective import with_levels

    try:
        instance = load(path, scenario=scenario)
    except InputErrors as errors:
        raise BadInput(str(errors)) from None
    try:
        return instance if levels is None else with_levels(instance, levels)
    except ValueError as error:
        raise BadInput(f"--levels {levels}: {error}") from None


def read_plan(path: Path, instance: Instance, *, changed: bool = False) -> tuple[Plan, LoadedPlan]:
    """A plan of this instance, and what its file states. Raises ``BadInput`` if it is malformed, empty or of another instance.

    Where ``changed``, the instance may have changed since: see ``load_plan``.
    """
    from placement.files import InputErrors, WrongInstance, load_plan

    try:
        loaded = load_plan(path, instance, changed=changed)
    except (InputErrors, WrongInstance) as error:
        raise BadInput(str(error)) from None
    if loaded.plan is None:
        raise BadInput(f"{path} holds no plan: its status is {loaded.status}; give one that was found")
    return loaded.plan, loaded
