"""Importing this loads what numba needs before the first compiled pass, half a second: processes forked afterwards have it."""

from __future__ import annotations

import numpy as np

from solvers.prices import kernels

if kernels.AVAILABLE:
    none, no_room = np.empty(0, dtype=np.int64), np.empty(0)
    kernels.take_what_fits(none, none, np.zeros(1, dtype=np.int32), np.empty(0, dtype=np.int32), no_room, no_room, no_room, none)
