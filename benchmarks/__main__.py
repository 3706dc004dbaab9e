"""``python -m benchmarks``: write instances of the families, run solvers and peers over them, draw the rows."""

import click

from benchmarks import families, one_period, plots, resolve, run


@click.group()
def main() -> None:
    """Benchmarks of fleet-placement."""


main.add_command(families.main, "family")
main.add_command(run.main, "run")
main.add_command(plots.main, "plot")
main.add_command(one_period.main, "one-period")
main.add_command(resolve.main, "resolve")

if __name__ == "__main__":
    main()
