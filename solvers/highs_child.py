"""The process that HiGHS lives in: takes models from a pipe, sends back incumbents, bounds and results.

It is started by ``solvers.highs_process`` and imports little beside numpy and highspy, because highspy and ortools cannot share a
process. Messages in: ("solve", job, model, options, start, most work, basis), ("offer", job, x), ("stop", job). Messages out:
("incumbent", job, work, x), ("bound", job, work, bound), ("done", job, work, result). All figures are those of the model as it was
sent; HiGHS sees it scaled.

HiGHS counts iterations of all LPs of branch and bound but tells them in the lines of its log alone, so they are read there. It asks
whether to go on at the same points of every run; a solve that work ends, ends at the first of these at which that much is done.

Bounds of branch and bound are handed on less what HiGHS's tolerances may have added. That it lets rows be broken a little only
lowers them. But an LP counts as optimal while reduced costs are wrong in sign by up to ``DUAL_TOLERANCE``, and each such column
could lower the cost by that times its range; so the sum of this over all columns is taken off. What remains is rounding in 64 bits.
"""

from __future__ import annotations

import os
import queue
import signal
import threading
from multiprocessing.connection import Connection
from typing import Any

import highspy
import numpy as np

from solvers.effort import Meter
from solvers.scaling import Scaling

DUAL_TOLERANCE = 1e-7
"""What HiGHS lets reduced costs be wrong by, its default; in scaled costs."""

WORK_BETWEEN_BOUNDS = 0.1

IN_COST = ("mip_abs_gap", "objective_target")
"""Options in the model's cost."""

FEWEST_WORDS = 9
"""Of a line of branch and bound."""


class Child:
    """One HiGHS at a time, fed by a listening thread."""

    def __init__(self, inbox: Connection, outbox: Connection) -> None:
        self.inbox = inbox
        self.outbox = outbox
        self.jobs: queue.Queue[tuple[int, dict[str, Any], dict[str, Any], Any, float, Any]] = queue.Queue()
        self.stopped = -1
        self.offers: dict[int, Any] = {}

    def listen(self) -> None:
        """Sorts messages; the end of the pipe is the end of this process, so that none outlives its parent."""
        try:
            while True:
                kind, job, *rest = self.inbox.recv()
                if kind == "solve":
                    self.jobs.put((job, *rest))
                elif kind == "stop":
                    self.stopped = max(self.stopped, job)
                elif kind == "offer":
                    self.offers = {job: rest[0]}
        except (EOFError, OSError):
            os._exit(0)

    def serve(self) -> None:
        threading.Thread(target=self.listen, daemon=True).start()
        while True:
            job, model, options, start, most, basis = self.jobs.get()
            meter = Meter.of(model, most)
            try:
                result = self.solve(job, model, options, start, meter, basis)
            except MemoryError:
                result = {"status": "memory"}
            self.outbox.send(("done", job, meter.work, result))

    def solve(
        self, job: int, model: dict[str, Any], options: dict[str, Any], start: Any, meter: Meter, basis: Any = None
    ) -> dict[str, Any]:
        if self.stopped >= job:
            return {"status": "interrupted"}
        highspy.Highs.resetGlobalScheduler(True)  # else a second solve with another thread count fails
        highs: Any = highspy.Highs()  # type: ignore[no-untyped-call]
        highs.setOptionValue("output_flag", True)
        highs.setOptionValue("log_to_console", False)
        highs.setOptionValue("timeless_log", True)  # with no interval, a line of the log comes by the same nodes in every run
        highs.setOptionValue("mip_min_logging_interval", 0.0)
        whole = bool(model["whole"].any())
        scaling = Scaling.of(model)
        model = scaling.apply(model)
        for name, value in options.items():
            highs.setOptionValue(name, value * scaling.cost if name in IN_COST else value)
        highs.setOptionValue("dual_feasibility_tolerance", DUAL_TOLERANCE)
        highs.passModel(_model(model))
        if start is not None:
            solution = highspy.HighsSolution()
            solution.col_value = (start / scaling.column).tolist()
            highs.setSolution(solution)
        if basis is not None:
            highs.setBasis(_basis(*basis))
        doubt = dual_doubt(model)
        self._subscribe(highs, job, scaling, doubt, meter)
        highs.run()
        return self._result(highs, scaling, doubt, whole, meter)

    def _subscribe(self, highs: Any, job: int, scaling: Scaling, doubt: float, meter: Meter) -> None:
        last = [-1.0]

        def check(event: Any) -> None:
            if self.stopped >= job or meter.over:
                event.interrupt()

        def pivoted(event: Any) -> None:
            meter.count(pivots=event.data_out.simplex_iteration_count)
            check(event)

        def stepped(event: Any) -> None:
            meter.count(steps=event.data_out.ipm_iteration_count)
            check(event)

        def improved(event: Any) -> None:
            self.outbox.send(("incumbent", job, meter.work, np.array(event.data_out.mip_solution) * scaling.column))

        def logged(event: Any) -> None:
            meter.count(pivots=pivots_told(event.message))

        def searched(event: Any) -> None:
            meter.count(nodes=event.data_out.mip_node_count)
            check(event)
            if meter.work - last[0] >= WORK_BETWEEN_BOUNDS:
                last[0] = meter.work
                self.outbox.send(("bound", job, meter.work, (event.data_out.mip_dual_bound - doubt) / scaling.cost))

        def offered(event: Any) -> None:
            x = self.offers.pop(job, None)
            if x is not None:
                event.data_in.setSolution(x / scaling.column)

        highs.cbLogging += logged
        highs.cbMipInterrupt += searched
        highs.cbSimplexInterrupt += pivoted
        highs.cbIpmInterrupt += stepped
        highs.cbMipImprovingSolution += improved
        highs.cbMipUserSolution += offered

    def _result(self, highs: Any, scaling: Scaling, doubt: float, whole: bool, meter: Meter) -> dict[str, Any]:
        info = highs.getInfo()
        pivots = info.simplex_iteration_count + max(0, info.crossover_iteration_count)
        meter.count(pivots=pivots, steps=info.ipm_iteration_count, nodes=info.mip_node_count if whole else 0)
        status = highs.getModelStatus()
        names = {
            highspy.HighsModelStatus.kOptimal: "optimal",
            highspy.HighsModelStatus.kInfeasible: "infeasible",
            highspy.HighsModelStatus.kUnboundedOrInfeasible: "infeasible",
            highspy.HighsModelStatus.kModelEmpty: "optimal",
            highspy.HighsModelStatus.kTimeLimit: "time",
            highspy.HighsModelStatus.kInterrupt: "work" if meter.over else "interrupted",
            highspy.HighsModelStatus.kSolutionLimit: "work",
            highspy.HighsModelStatus.kObjectiveTarget: "target",
        }
        solution = highs.getSolution()
        # A model without columns is optimal with a plan of nothing, though HiGHS says that it has no solution.
        empty = status == highspy.HighsModelStatus.kModelEmpty
        has_primal = empty or info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        # An LP may be optimal as HiGHS scales it and a hair beyond its tolerance as it was stated: ours, by row, then decides.
        has_primal |= not whole and status == highspy.HighsModelStatus.kOptimal
        has_dual = not whole and solution.dual_valid
        return {
            "status": names.get(status, str(status)),
            "x": np.array(solution.col_value) * scaling.column if has_primal else None,
            "bound": (info.mip_dual_bound - doubt) / scaling.cost if whole and status in names else None,
            "prices": scaling.prices(np.array(solution.row_dual)) if has_dual else None,
            "nodes": meter.nodes,
            "basis": _standing(highs.getBasis()) if has_dual and status == highspy.HighsModelStatus.kOptimal else None,
        }


def pivots_told(message: str) -> int:
    """Pivots in all LPs so far, the last word of a line of branch and bound in HiGHS's log without times; 0 in other lines."""
    words = message.split()
    if len(words) < FEWEST_WORDS or "%" not in message:
        return 0
    digits = words[-1].rstrip("km")
    return int(digits) * {"k": 1_000, "m": 1_000_000}.get(words[-1][-1], 1) if digits.isdecimal() else 0


def dual_doubt(model: dict[str, Any]) -> float:
    """The most by which an LP of this model that counts as optimal can lie above its true optimum; see the module."""
    room = model["upper"] - model["lower"]
    return DUAL_TOLERANCE * float(room[np.isfinite(room)].sum())


BASIC, LOWER, UPPER = (getattr(highspy.HighsBasisStatus, name) for name in ("kBasic", "kLower", "kUpper"))


def _basis(columns: Any, rows: Any) -> Any:
    """HiGHS's form of a basis, which may lack columns or have too many."""
    names = (LOWER, BASIC, UPPER)
    basis = highspy.HighsBasis()
    basis.col_status, basis.row_status = ([names[k + 1] for k in side.tolist()] for side in (columns, rows))
    basis.valid = basis.alien = True
    return basis


def _standing(basis: Any) -> Any:
    """Where columns and rows stand, -1, 0 or 1 each; None without a basis."""
    if not basis.valid:
        return None
    signs = {BASIC: 0, UPPER: 1}
    return tuple(np.array([signs.get(one, -1) for one in side], dtype=np.int8) for side in (basis.col_status, basis.row_status))


def _model(model: dict[str, Any]) -> Any:
    """HiGHS's form of a model."""
    lp = highspy.HighsLp()
    lp.num_col_ = len(model["cost"])
    lp.num_row_ = len(model["row_lower"])
    lp.offset_ = model["constant"]
    lp.col_cost_ = model["cost"]
    lp.col_lower_, lp.col_upper_ = model["lower"], model["upper"]
    lp.row_lower_, lp.row_upper_ = model["row_lower"], model["row_upper"]
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = model["offset"], model["row"], model["value"]
    if model["whole"].any():
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[k] for k in model["whole"].astype(int)]
    return lp


def main(inbox: int, outbox: int) -> None:
    """Serves until the pipe closes. Ctrl-C is the parent's to handle, and HiGHS's own output must not reach the terminal."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Child(Connection(inbox, writable=False), Connection(outbox, readable=False)).serve()
