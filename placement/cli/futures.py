"""``placement futures``: what to sign now when several futures may come, and what knowing which one would be worth."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from placement.cli.errors import BadInput, InternalError, ending
from placement.cli.inputs import instance_argument, json_option
from placement.cli.output import print_json, require_writable
from placement.cli.progress import LogFormat, reporter
from placement.cli.signals import Interrupts, in_thread
from placement.cli.solve import ABOVE_ZERO, Number
from placement.report.text import clean
from solvers import SOLVERS

if TYPE_CHECKING:
    from placement.cli.solving_futures import Search
    from placement.explain.futures import ContractWorth, Decision
    from placement.futures import FuturesResult, Signing
    from placement.instance import Futures, Instance


@click.command()
@instance_argument
@click.option("--solver", type=click.Choice(sorted(SOLVERS)), default="auto", show_default=True)
@click.option(
    "--time-limit", metavar="S", type=ABOVE_ZERO, help="Seconds for what to sign, and for each comparison; default: until proven."
)
@click.option("--gap", metavar="G", type=Number(0, 1, max_open=True), default=1e-4, show_default=True, help="Stop this close.")
@click.option("--workers", metavar="N", type=click.IntRange(1, 1024), help="Threads; default: every usable core.")
@click.option("--seed", metavar="N", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True)
@click.option("--regret", is_flag=True, help="What each decision costs in each future beyond the best for it.")
@click.option(
    "--contract", "contracts", metavar="ID", multiple=True,
    help="What having this contract, and waiting with it, is worth; may be given more than once.",
)  # fmt: skip
@click.option(
    "-o", "--output", metavar="FOLDER", type=click.Path(path_type=Path), help="Save the plan of each future in this new folder."
)
@json_option
@click.option("--log-format", type=click.Choice(["text", "json", "none"]), default="text", show_default=True)
@click.pass_context
def futures(
    ctx: click.Context, /, *, instance: Path, regret: bool, contracts: tuple[str, ...], output: Path | None, as_json: bool,
    log_format: LogFormat, time_limit: float | None, **tuning: Any,
) -> None:  # fmt: skip
    """Decide what to sign now for all futures of INSTANCE, and in each of them everything else."""
    from placement.cli.solving_futures import Search

    stated, cases = _read(instance)
    unknown = [name for name in contracts if name not in cases[0].contracts or not cases[0].contracts[name].decided]
    if unknown:
        raise click.UsageError(f"--contract {unknown[0]!r} is not a contract of {clean(instance)} that is decided")
    if output is not None and (output.exists() or not output.parent.is_dir()):
        raise BadInput(f"cannot write {output}: it exists, or its parent does not; name a new folder in one that exists")
    if output is not None:
        require_writable(output)
    with Interrupts(announce=log_format == "text") as interrupts:
        with reporter(log_format) as on_progress:
            search = Search(**tuning, interrupt=interrupts.event, on_progress=on_progress)
            answer = in_thread(lambda: _answer(stated, cases, search, time_limit, regret, contracts))
        result = answer[0]
        if output is not None and result.plans is not None:
            _save(result, stated, cases, output)
    if as_json:
        from placement.report.futures import futures_data

        print_json(futures_data(stated, cases, *answer))
    else:
        from placement.report.futures import futures_report

        click.echo(futures_report(stated, cases, *answer), nl=False)
        if output is not None:
            click.echo(f"\nplans saved in {clean(output)}" if result.plans is not None else f"nothing saved in {clean(output)}")
    ctx.exit(ending(result.status, result.plans is not None, interrupts.exit_code))


def _read(path: Path) -> tuple[Futures, tuple[Instance, ...]]:
    from placement.files import InputErrors, load_futures

    try:
        return load_futures(path)
    except InputErrors as errors:
        raise BadInput(str(errors)) from None


def _answer(
    stated: Futures, cases: Sequence[Instance], search: Search, time_limit: float | None, regret: bool, contracts: Sequence[str]
) -> tuple[FuturesResult, tuple[Decision, ...], tuple[ContractWorth, ...]]:
    """What to sign for all futures and, as far as asked for, what each alternative would cost."""
    from placement.cli.solving import CannotSolve
    from placement.cli.solving_futures import RejectedFutures, solve_futures
    from placement.explain.futures import regrets, worth_of_contracts
    from placement.futures import NothingInCommon, Signing, stated_tail

    tail = stated_tail(stated)

    def solve(some: Sequence[Instance], names: Sequence[str], probability: Sequence[float], signing: Signing) -> FuturesResult:
        mine = tail if len(some) > 1 else None
        return solve_futures(some, names, probability, signing, tail=mine, search=search, time_limit_s=time_limit)

    names, probability = [case.id for case in stated.cases], [case.probability for case in stated.cases]
    try:
        result = solve(cases, names, probability, Signing(later=frozenset(stated.decided_later)))
        asked = regret and result.plans is not None and not (search.interrupt and search.interrupt.is_set())
        decisions = regrets(stated, cases, result, solve) if asked else ()
        return result, decisions, worth_of_contracts(stated, cases, result, contracts, solve)
    except (CannotSolve, NothingInCommon) as error:
        raise BadInput(str(error)) from error
    except RejectedFutures as error:
        raise InternalError(str(error)) from error


def _save(result: FuturesResult, stated: Futures, cases: Sequence[Instance], folder: Path) -> None:
    """One plan file for each future, in a folder that appears whole or not at all."""
    from placement.files import save_plan
    from placement.futures import results_of

    try:
        draft = Path(tempfile.mkdtemp(prefix=f".{folder.name[:100]}.", dir=folder.parent))
        try:
            for case, instance, one in zip(stated.cases, cases, results_of(result, cases), strict=True):
                save_plan(replace(one, facts={"future": case.id}), instance, draft / f"{case.id}.json")
            draft.chmod(0o755)
            draft.rename(folder)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
    except OSError as error:
        raise BadInput(f"cannot write {folder}: {error.strerror}; choose another place with -o") from None
