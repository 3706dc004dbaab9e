"""``python -m benchmarks``: write instances of the families, run solvers and peers over them, draw the rows."""

import signal
import sys
from typing import Any

import click

from benchmarks import families, one_period, plots, resolve, run, suite
from benchmarks.mutations import command as mutations
from placement.cli.errors import ExitCode

TERMINATED = 128 + signal.SIGTERM


class Commands(click.Group):
    """Commands that end as ``placement`` does when they are stopped: 130 for Ctrl-C, 143 for SIGTERM."""

    def invoke(self, ctx: click.Context) -> Any:
        # Cases run in sessions of their own: only an exception here, and not the signal, ends them.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise click.exceptions.Exit(ExitCode.INTERRUPTED) from None


@click.group(cls=Commands)
def main() -> None:
    """Benchmarks of fleet-placement."""


main.add_command(families.main, "family")
main.add_command(run.main, "run")
main.add_command(plots.main, "plot")
main.add_command(one_period.main, "one-period")
main.add_command(resolve.main, "resolve")
main.add_command(suite.main, "suite")
main.add_command(mutations.main, "mutations")

if __name__ == "__main__":
    main()
