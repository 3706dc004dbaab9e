"""The solver for large Programs: prices, a priced plan, and its improvement part by part, with a bound from the prices."""

from solvers.prices.solve import solve

__all__ = ["solve"]
