"""Makes room for what must be: groups that leave too little for hard demands give way, those that free the most first.

    least  sum of relief(r) / |limit(r)|   so that the ungrouped columns fit under  limit - use of groups + relief,
    0 <= relief <= use of groups

Only rows that groups use are relieved, so this has an answer wherever there is one without them. Its prices say what each
group takes of what is short; groups leave until they make up for the relief, and it is asked again.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from placement.program import Floats, Ints
from solvers.highs_process import HighsProcess, Tuning
from solvers.linear import Linear
from solvers.prices.plan import Draft, fill, model_of
from solvers.solver import Allowance

ROUNDS = 12
"""After so many, all that uses anything of what is short leaves."""

NONE = 1e-9
"""What counts as no relief, and no gain."""


def fill_or_make_room(draft: Draft, process: HighsProcess, allowance: Allowance) -> bool:
    """``fill``, with as few groups taken out as it needs. False where they are not what keeps the rest from fitting."""
    must = draft.layout.program.groups.must
    for attempt in range(ROUNDS + 1):
        if fill(draft, process, allowance) is not None:
            return True
        placed = draft.placed
        if must[placed].all():
            return False
        found = _relief(draft, process, allowance)
        if found is None:
            return False
        relief, prices = found
        gain = np.where(must[placed], 0.0, draft.chosen().matrix.T @ prices)
        order = np.argsort(-gain, kind="stable")
        enough = int(np.searchsorted(np.cumsum(gain[order]), relief * (1 - NONE))) + 1
        leaving = order if attempt == ROUNDS - 1 else order[:enough]
        leaving = leaving[gain[leaving] > NONE]
        if not len(leaving):
            return False
        draft.option[placed[leaving]] = -1
    return False


def _relief(draft: Draft, process: HighsProcess, allowance: Allowance) -> tuple[float, Floats] | None:
    """The least relief with which the rest fits, and what a unit less of each row would ask for, [rows]; None where none helps."""
    layout, use = draft.layout, draft.group_use()
    model, touched = model_of(layout, draft.rest, layout.limit - use, np.zeros(len(draft.rest), dtype=bool))
    which = np.flatnonzero((use[touched] > 0) & ~layout.equality[touched])
    relieved = _with_relief(model, which, use[touched[which]], layout.limit[touched[which]])
    outcome = process.solve(relieved, Tuning(allowance=allowance))
    if outcome.status != "optimal" or outcome.x is None or outcome.prices is None:
        return None
    prices = np.zeros(layout.rows)
    prices[touched[which]] = np.maximum(-outcome.prices[which], 0.0)
    return float(relieved.cost @ outcome.x), prices


def _with_relief(model: Linear, rows: Ints, most: Floats, limit: Floats) -> Linear:
    """The model with a column that relieves each of ``rows``, which alone costs something."""
    n = len(rows)
    return replace(
        model,
        cost=np.concatenate([np.zeros(model.columns), 1.0 / np.maximum(1.0, np.abs(limit))]),
        lower=np.concatenate([model.lower, np.zeros(n)]),
        upper=np.concatenate([model.upper, most]),
        whole=np.zeros(model.columns + n, dtype=bool),
        offset=np.concatenate([model.offset, model.offset[-1] + np.arange(1, n + 1)]),
        row=np.concatenate([model.row, rows.astype(np.int32)]),
        value=np.concatenate([model.value, np.full(n, -1.0)]),
    )
