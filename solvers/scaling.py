"""Powers of two that bring a model near 1 for a solver whose tolerances are absolute, and everything back again.

    x = column x',  y = row y' / cost:   minimise (cost column c) x'   subject to   row A column x',  bounds / column,  row sides

Divisible columns are measured against their upper bounds, so that their cost is what the whole of them costs, not a unit of it:
a token at 0.2 USD beside a promise at 1e8 USD is lost, a million tokens are not. Whole columns keep their unit. A row is never
scaled down by more than its own side, because that is what the Program's tolerance for the row grows with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

HIGHEST_COST = 1e5
"""Costs are scaled so that the largest is about this."""


@dataclass(frozen=True)
class Scaling:
    """Factors of columns [C] and rows [M], and of the cost, for the model with arrays ``cost`` ... ``row_upper`` of ``Linear``."""

    column: Floats
    row: Floats
    cost: float

    @staticmethod
    def of(model: dict[str, Any]) -> Scaling:
        upper = np.maximum(np.abs(model["lower"]), np.abs(model["upper"]))
        divisible = ~model["whole"] & np.isfinite(upper) & (upper > 0)
        column = np.where(divisible, nearest_power(np.where(divisible, upper, 1.0)), 1.0)
        rows = len(model["row_lower"])
        largest = np.zeros(rows)
        np.maximum.at(largest, model["row"], np.abs(model["value"]) * np.repeat(column, np.diff(model["offset"])))
        side = np.ones(rows)
        for known in (model["row_lower"], model["row_upper"]):
            side = np.maximum(side, np.where(np.isfinite(known), np.abs(known), 1.0))
        wanted = np.minimum(largest, side)
        row = np.where(wanted > 0, 1.0 / nearest_power(np.where(wanted > 0, wanted, 1.0)), 1.0)
        dearest = float((np.abs(model["cost"]) * column).max(initial=0.0))
        return Scaling(column, row, float(nearest_power(HIGHEST_COST / np.float64(dearest))) if dearest > 0 else 1.0)

    def apply(self, model: dict[str, Any]) -> dict[str, Any]:
        """The scaled model."""
        by_entry = np.repeat(self.column, np.diff(model["offset"])) * self.row[model["row"]]
        return model | {
            "cost": model["cost"] * self.column * self.cost,
            "constant": model["constant"] * self.cost,
            "lower": model["lower"] / self.column,
            "upper": model["upper"] / self.column,
            "value": model["value"] * by_entry,
            "row_lower": model["row_lower"] * self.row,
            "row_upper": model["row_upper"] * self.row,
        }

    def prices(self, scaled: Floats) -> Floats:
        """Row duals of the model from those of the scaled one."""
        return np.asarray(scaled * self.row / self.cost, dtype=np.float64)


def nearest_power(size: Any) -> Any:
    """The power of two nearest to ``size`` in ratio; multiplying by one is exact."""
    return np.exp2(np.round(np.log2(size)))
