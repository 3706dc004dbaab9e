"""Tables whose rows are sorted by option, such as ``Rates`` and ``Charges``."""

from __future__ import annotations

import numpy as np

from placement.program import Ints


def members(offset: Ints, option: Ints) -> tuple[Ints, Ints]:
    """(column, row of the table) for every row that belongs to the option of a column."""
    count = offset[option + 1] - offset[option]
    column = np.repeat(np.arange(len(option), dtype=np.int64), count)
    row = np.arange(len(column), dtype=np.int64) - np.repeat(np.cumsum(count) - count, count) + np.repeat(offset[option], count)
    return column, row
