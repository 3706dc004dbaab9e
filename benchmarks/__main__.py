"""``python -m benchmarks``: write instances of the families, and run solvers over them."""

import click

from benchmarks import families, run


@click.group()
def main() -> None:
    """Benchmarks of fleet-placement."""


main.add_command(families.main, "family")
main.add_command(run.main, "run")

if __name__ == "__main__":
    main()
