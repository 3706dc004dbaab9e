"""The phases of one search: prices, a first plan, then improving it while its bound is raised beside."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from placement.program import Floats, Ints
from solvers.highs_process import HighsProcess
from solvers.prices import dual, kernels, warm
from solvers.prices.anneal import HOT, Annealer, anneal, work_of_move
from solvers.prices.construct import place
from solvers.prices.footing import Footing
from solvers.prices.improve import Improver, Pool, improve
from solvers.prices.layout import Layout
from solvers.prices.plan import Draft, empty, fill
from solvers.prices.prove import LP_CLOSED, by_lp, by_search
from solvers.prices.restricted import Part, columns_at
from solvers.prices.room import fill_or_make_room
from solvers.prices.rounding import columns_of, rounded
from solvers.prices.state import Choice, Run

ROUNDS = ((0.1, 40), (0.03, 60), (0.01, 100), (0.003, 150), (0.001, 200), (0.0003, 300))
"""Temperature and evaluations of each round of the dual before the first plan."""

SAMPLE = 1_200
"""With twice as many groups or more, prices begin from those of about so many."""

SAMPLE_ROUNDS = ((0.1, 30), (0.03, 60), (0.01, 80), (0.003, 100), (0.001, 100))
ROUNDS_AFTER_SAMPLE = ((0.001, 40),)

DEEPER = (0.01, 0.003, 0.001, 0.0003, 0.0001)
"""Temperatures of the rounds that go on beside the improvement, from the last one that there was time for before it."""

DEEPER_EVALUATIONS = 300
STALLED = 3e-5
"""Evaluations of such a round; one that raises the bound by less than ``STALLED``, relatively, is the last at its temperature."""

PRICING = 0.2
"""Share of the time, or work, that the first prices may take."""

PLACING = 10
"""Work of constructing a plan, in passes over all columns."""

EXPANSION = 3e-7
"""Work of writing out columns, for each entry."""

PROVEN_BY_SEARCH = 1e-5
"""Gap at which branch and cut ends."""

LP_SHARE, ALONE = 0.25, 0.6
"""What a single worker gives, of what is left, to the exact LP, then to improving; the rest is for branch and cut."""

HEAD_START = 0.08
"""Share of what is left before branch and cut begins beside the annealing: a better plan leaves it fewer columns."""

KEPT = 40
"""Columns of a group that a plan may choose from."""

KEPT_IN_ALL = 250_000

MEETINGS = 12
"""Most times that the walks meet and their best is made a plan; fewer where that takes long."""

ROUNDING = 0.2
"""Share of the allowed gap that rounding may take."""

QUICK_COLUMNS = 20_000
"""With at most so many columns of groups, an earlier plan's prices go through the LP before that plan is improved, where the
gap that is asked for is one that an LP can close."""

STALE = 1e-3
"""Annealing takes up new prices when these raise the bound by more, relatively, than those that it goes by."""

BLENDS = (1.0, 0.6, 0.3)
"""Shares of new prices against those known, at which the bound is tried."""

ENDLESS_MOVES, ENDLESS_WORK = 3_000_000, 600.0
"""Moves of annealing, and work on parts, after which improving ends where no limit is given."""


def search(run: Run, layout: Layout, processes: list[HighsProcess]) -> None:
    """Bound, plan and improvement for one layout; ends early where it finds no first plan, or one that strays at earlier levels."""
    state = dual.begin(layout, spend=run.clock.spend)
    dual.raise_bound(state)
    _first_prices(run, state)
    assert state.best is not None and state.best_prices is not None
    if not math.isfinite(state.best.value):
        return
    if run.closed and not run.strayed:  # earlier prices prove that the earlier plan will do
        return _end(run, state)
    prices = state.best_prices.copy()
    if not _first_plan(run, state, processes[0]) or run.strayed:
        return
    if run.standing is not None and layout.columns_upto[-1] <= QUICK_COLUMNS and run.clock.limits.gap >= LP_CLOSED:
        _quick_bound(run, state, processes[0])
        if run.closed:
            return _end(run, state)
    if run.guide is None:
        run.guide = warm.guide(state, lambda: run.clock.interrupted or run.left <= 0)
    if run.standing is not None:
        first = warm.FIRST_MOVES * len(layout.program.groups) * work_of_move(state.rest)
        _better(run, state, prices, processes, warm.FIRST_SHARE, first)
    if len(processes) > 1:
        with ThreadPoolExecutor(1) as side:
            proof = side.submit(_prove, run, state, processes[-1], beside=True)
            proof.add_done_callback(run.free_worker)
            try:
                _better(run, state, prices, processes[:-1], 1.0)
                if math.isinf(run.left):
                    proof.result()
            finally:
                run.done = True
            proof.result()
        run.spare_workers = 0
    else:
        until = run.clock.now + LP_SHARE * run.left
        by_lp(
            state,
            processes[0],
            allow=lambda: run.clock.allow(until - run.clock.now),
            stopped=lambda: run.clock.interrupted,
            heard=run.raise_bound,
        )
        _better(run, state, prices, processes, ALONE)
        _prove(run, state, processes[0], beside=False)
    if run.found is not None and run.draft is not None and run.found.cost() < run.draft.cost():
        keep(run, run.found, processes[0], "search")
    _end(run, state)


def _quick_bound(run: Run, state: dual.Dual, process: HighsProcess) -> None:
    """What the prices of the first plan's own filling prove, and then those of LPs that begin there, until the gap is closed."""
    assert run.draft is not None and state.best_prices is not None
    filled, known = run.draft.prices, state.best_prices
    if filled is not None:
        for share in BLENDS:
            if run.closed:
                return
            state.prices = state.layout.evened(share * filled + (1 - share) * known)
            run.raise_bound(dual.raise_bound(state).value)
    by_lp(
        state,
        process,
        allow=lambda: run.clock.allow(run.left),
        stopped=lambda: run.clock.interrupted,
        heard=run.raise_bound,
        footing=Footing.of_draft(run.draft),
        enough=lambda: run.closed,
    )


def _end(run: Run, state: dual.Dual) -> None:
    """Notes prices and figures of the search."""
    layout = state.layout
    assert state.best_prices is not None
    run.prices = np.zeros(len(layout.program.resources.limit))
    run.prices[layout.slot_of_row] = state.best_prices[: len(layout.slot_of_row)]
    run.facts |= {
        "evaluations": float(state.evaluations),
        "rows": float(layout.rows),
    }


def keep(run: Run, draft: Draft, process: HighsProcess, phase: str) -> bool:
    """Rounds a draft and offers it as the answer."""
    loss = ROUNDING * run.clock.limits.gap * max(1.0, abs(draft.cost()))
    whole = rounded(draft, process, run.for_answer, loss)
    return whole is not None and run.offer(columns_of(whole), phase)


def _first_prices(run: Run, state: dual.Dual) -> None:
    every = int((state.layout.classes.times > 0).sum()) // SAMPLE
    until = run.clock.now + PRICING * run.left

    def over() -> bool:
        return run.clock.over or run.clock.now > until

    earlier = warm.prices_of(state.layout, run.start)
    if earlier is not None:
        state.prices, run.guide = earlier, None
        run.raise_bound(dual.raise_bound(state).value)
        return
    rounds: tuple[tuple[float, int], ...] = ROUNDS
    if every > 1:
        sample = dual.sampled(state, every)
        for theta, evaluations in SAMPLE_ROUNDS:
            if over():
                break
            dual.smooth(sample, theta, evaluations, over)
        state.prices, state.theta, rounds = sample.prices, sample.theta, ROUNDS_AFTER_SAMPLE
        run.raise_bound(dual.raise_bound(state).value)
    for theta, evaluations in rounds:
        if over():
            break
        dual.smooth(state, theta, evaluations, over)
        run.raise_bound(dual.raise_bound(state).value)
    assert state.best is not None and state.best_prices is not None
    run.guide = state.best_prices.copy(), state.best.value


def _first_plan(run: Run, state: dual.Dual, process: HighsProcess) -> bool:
    """The plan to improve: the start's, repaired, or as it stands where that is better, or else what the prices construct."""
    assert state.best_prices is not None
    began = run.clock.now
    prices, given = state.best_prices, run.choice

    def drafts() -> Iterator[Draft]:
        if run.start is not None:
            run.standing = warm.standing(state, run.start)
            yield warm.repaired(state, run.standing, prices)
        if run.draft is None:
            run.standing = None
            yield _constructed(state, prices)
        if given is not None:
            yield _groups_of(given, state)

    for draft in drafts():
        if not fill_or_make_room(draft, process, run.for_answer) or not draft.feasible():
            continue
        if run.draft is None or draft.cost() < run.draft.cost():
            run.draft = draft
            keep(run, draft, process, "construct")
            if run.closed:
                break
    run.answer = run.clock.now - began
    return run.draft is not None


def _constructed(state: dual.Dual, prices: Floats) -> Draft:
    draft = empty(state.layout, state.rest)
    place(draft, prices)
    state.spend(PLACING * state.pass_work)
    return draft


def _groups_of(choice: Choice, state: dual.Dual) -> Draft:
    draft = empty(state.layout, state.rest)
    layout = state.layout
    row, _ = layout.program.split(choice[0])
    group = layout.program.options.group[row]
    mine = (group >= 0) & (choice[2] > 0.5) & (choice[1] >= layout.first[row]) & (choice[1] <= layout.last[row])
    draft.option[group[mine]], draft.start[group[mine]] = choice[0][mine], choice[1][mine]
    return draft


# ------------------------------------------------------------ the bound


def _prove(run: Run, state: dual.Dual, process: HighsProcess, *, beside: bool) -> None:
    """Raises the bound, ``beside`` the improvement or after it, until the gap is closed, or nothing is left or left to prove."""
    limits = run.clock.limits

    def stopped() -> bool:
        return run.clock.interrupted or run.done or run.closed

    def halted() -> bool:
        return run.clock.interrupted if limits.deterministic else stopped()

    def found(draft: Draft) -> None:
        if (run.found is None or draft.cost() < run.found.cost()) and draft.feasible():
            run.found = draft

    until = run.clock.seconds + HEAD_START * run.left

    def solved() -> bool:
        allow = run.clock.allow
        return not stopped() and by_lp(state, process, allow=lambda: allow(run.left), stopped=halted, heard=run.raise_bound)

    if run.standing is None or not solved():  # where prices are near already, the LP proves more than deeper rounds, and sooner
        _deepen(run, state, stopped)
        solved()
    while beside and math.isfinite(until) and run.clock.seconds < until and not stopped():
        time.sleep(0.05)
    best = run.draft
    if best is None or stopped():
        return
    # Where nobody watches the gap, HiGHS has to end by itself; half of what is allowed is left to rounding.
    gap = max(PROVEN_BY_SEARCH, 0.5 * limits.gap) if limits.deterministic else PROVEN_BY_SEARCH
    proof = by_search(
        state, best, process, value=best.cost(), gap=gap, seed=limits.seed, left=lambda: run.left, allow=run.clock.allow,
        stopped=halted, bounded=run.raise_bound, found=found,
    )  # fmt: skip
    if proof is not None:
        run.facts |= {"columns_searched": float(proof.columns), "columns_dropped": float(proof.considered - proof.columns)}
        run.facts["nodes"] = proof.nodes


def _deepen(run: Run, state: dual.Dual, stopped: Callable[[], bool]) -> None:
    """Colder rounds of the smooth dual, each temperature as long as it pays."""
    assert state.best is not None and state.best_prices is not None
    for theta in [theta for theta in DEEPER if theta <= state.theta]:
        gained = math.inf
        while gained > STALLED and not stopped() and run.left > 0:
            known = state.best.value
            dual.smooth(state, theta, DEEPER_EVALUATIONS, lambda: stopped() or run.left <= 0)
            found = dual.raise_bound(state).value
            run.raise_bound(found)
            if run.guide is None or found > run.guide[1]:
                run.guide = state.prices.copy(), found
            gained = (state.best.value - known) / max(1.0, abs(known))


# ------------------------------------------------------------ the plan


def _better(
    run: Run, state: dual.Dual, prices: Floats, processes: list[HighsProcess], share: float, most: float = math.inf
) -> None:
    """Improves ``run.draft``, by annealing where that knows the Program, else by sub-problems.

    Ends after a share of what is left, or ``most`` work.
    """
    until = run.clock.now + share * run.left

    def left() -> float:
        return min(until - run.clock.now, run.clock.left)

    if not kernels.AVAILABLE or not _anneal(run, state, processes, left, most):
        _improve(run, state, prices, processes, left, most)


def _anneal(run: Run, state: dual.Dual, processes: list[HighsProcess], left: Callable[[], float], most: float) -> bool:
    """Anneals ``run.draft``, anew whenever prices have become much better; false where annealing does not know the Program."""
    limits, layout, draft = run.clock.limits, state.layout, run.draft
    assert draft is not None
    whole, done = left(), 0.0
    if not math.isfinite(whole):
        most = min(most, ENDLESS_MOVES * work_of_move(state.rest))
    meetings = int(np.clip(0.1 * whole / max(run.answer, 1e-3), 3, MEETINGS)) if math.isfinite(whole) else MEETINGS
    each = int(np.clip(KEPT_IN_ALL // max(1, len(layout.program.groups)), 6, KEPT))

    def share() -> float:
        if run.clock.over or run.closed or left() <= 0:
            return 1.0
        return max(1 - left() / whole if math.isfinite(whole) else 0.0, done / most)

    def worked(moves: int) -> None:
        nonlocal done
        done += moves * work_of_move(state.rest)
        run.clock.spend(moves * work_of_move(state.rest))

    def moves_left() -> float:
        work = min(most - done, run.clock.work_left, left() if limits.deterministic else math.inf)
        return work / work_of_move(state.rest)

    run.facts.setdefault("moves", 0.0)
    while True:
        assert run.guide is not None and run.draft is not None
        (prices, known), since = run.guide, run.clock.now
        columns = Part.joined([columns_at(layout, prices, each), run.draft.chosen()]).distinct()
        columns = warm.nearer(columns, run.standing)
        run.clock.spend(EXPANSION * columns.matrix.nnz)
        annealer = Annealer.of(layout, columns, state.rest, prices, timed=not limits.deterministic)
        if annealer is None:
            return False
        pause = max(3.0, 5 * (run.clock.now - since)) + run.clock.now

        def heard(at: Ints, annealer: Annealer = annealer) -> None:
            assert run.draft is not None
            better = annealer.draft(at, run.draft)
            if fill(better, processes[0], run.for_answer) is not None and better.cost() < run.draft.cost():
                run.draft = better
                keep(run, better, processes[0], "anneal")

        def stale(known: float = known, pause: float = pause) -> bool:
            better = run.guide is not None and run.guide[1] - known > STALE * max(1.0, abs(known))
            return better and run.clock.now > pause

        hot, early = (HOT, 1.0) if run.standing is None else (warm.HOT, warm.EARLY)
        at, moves = anneal(
            annealer, annealer.positions(run.draft), walks=lambda: len(processes) + run.spare_workers,
            seed=limits.seed + int(run.facts["moves"]), share=share, meetings=meetings, hot=hot, early=early, stale=stale,
            moves_left=moves_left, worked=worked, heard=heard,
        )  # fmt: skip
        run.facts["moves"] = float(run.facts["moves"]) + moves
        heard(at)
        if share() >= 1.0 or moves_left() < 1:
            return True


def _improve(
    run: Run, state: dual.Dual, prices: Floats, processes: list[HighsProcess], left: Callable[[], float], most: float
) -> None:
    """Improves ``run.draft`` part by part with MIPs."""
    limits, layout, draft = run.clock.limits, state.layout, run.draft
    assert state.best is not None and draft is not None
    cost = draft.cost()
    columns = Part.joined([columns_at(layout, prices, KEPT), draft.chosen()]).distinct()
    pool = Pool.of(layout, columns, state.rest, prices, max(cost - state.best.value, 0.0), KEPT)
    improver = Improver(draft, pool, np.random.default_rng(limits.seed), limits.seed)
    most_work = run.clock.work + min(most, math.inf if math.isfinite(left()) else ENDLESS_WORK)
    last = run.clock.now

    def heard(better: Draft) -> None:
        nonlocal last
        run.draft = better
        if run.clock.now - last > max(2.0, 10 * run.answer):
            keep(run, better, processes[0], "improve")
            last = run.clock.now

    improve(
        improver, processes, cost=cost, left=left, allow=run.clock.allow, patient=limits.deterministic, heard=heard,
        enough=lambda: run.clock.over or run.closed or run.clock.work >= most_work,
    )  # fmt: skip
    run.facts |= {"neighbourhoods": float(improver.tried), "neighbourhoods_paid": float(improver.won)}
    keep(run, improver.draft, processes[0], "improve")
