"""The command line: one module per command. The composition root: nothing else in placement imports solvers.

Commands import what is heavy when they run, so that ``placement --help`` answers at once.
"""

from __future__ import annotations

import click

from placement.cli.bench import bench
from placement.cli.catalogue import catalogue
from placement.cli.check import check
from placement.cli.errors import Commands
from placement.cli.explain import explain
from placement.cli.futures import futures
from placement.cli.replan import replan
from placement.cli.schema import schema
from placement.cli.show import show
from placement.cli.solve import solve
from placement.cli.sweep import sweep

EPILOG = """Exit codes: 0 plan, or a valid check; 1 violations or regressions found; 2 bad input, or the plan of another instance;
3 infeasible; 4 no plan within the limits; 70 internal error; 130 and 143 stopped by Ctrl-C and SIGTERM, with the best plan so far
saved."""


@click.group(cls=Commands, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="fleet-placement", prog_name="placement")
def main() -> None:
    """Decide which AI workloads run where, on what and when, with a proof of how good the plan is."""


for command in (solve, replan, futures, check, show, explain, schema, catalogue, bench, sweep):
    main.add_command(command)
