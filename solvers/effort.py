"""What an LP or MIP solver spends, estimated from what it counts, so that it is the same on every run.

    LP    START + SETUP size + PIVOT pivots + STEP size steps
    MIP   ROOT + 2 SETUP size + BRANCHING size^GROWTH pivots + NODE nodes

``size`` is the rows of a model and the entries of its columns that are not fixed; pivots are those of simplex and crossover, in all
LPs of a MIP together; steps are of interior points. The factors are fitted to seconds of one core, over the models that solving the
families S and M and the public instance takes. They are off by a factor of up to 2 for most, which will do: work is compared with
itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

START, ROOT = 2e-3, 2e-2
SETUP = 1e-6
PIVOT = 5e-5
STEP = 3e-7
BRANCHING, GROWTH = 4.5e-5, 0.15
NODE = 1e-4

MOST_PIVOTS = 2**31 - 1


@dataclass
class Meter:
    """Counts what one solve does; ``over`` where that is ``most`` or more."""

    size: float
    branches: bool
    most: float
    pivots: int = 0
    steps: int = 0
    nodes: int = 0

    @staticmethod
    def of(model: dict[str, Any], most: float) -> Meter:
        """For a model with arrays as in ``Linear``."""
        free = model["lower"] < model["upper"]
        size = len(model["row_lower"]) + float(np.diff(model["offset"])[free].sum())
        return Meter(size, bool(model["whole"].any()), most)

    def count(self, *, pivots: int = 0, steps: int = 0, nodes: int = 0) -> None:
        """Takes totals so far; those that went down count as they were."""
        self.pivots, self.steps, self.nodes = max(self.pivots, pivots), max(self.steps, steps), max(self.nodes, nodes)

    @property
    def work(self) -> float:
        if self.branches:
            each = BRANCHING * float(self.size**GROWTH)
            return ROOT + 2 * SETUP * self.size + each * self.pivots + NODE * self.nodes
        return START + SETUP * self.size + PIVOT * self.pivots + STEP * self.size * self.steps

    @property
    def over(self) -> bool:
        return self.work >= self.most

    @property
    def most_pivots(self) -> int:
        """Pivots after which an LP's work is used up, as far as solvers count."""
        return int(min(max(0.0, (self.most - START - SETUP * self.size) / PIVOT), MOST_PIVOTS))
