"""Picks the solver by the size of the Program."""

from solvers.highs import solve as solve
