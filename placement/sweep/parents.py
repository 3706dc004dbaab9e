"""Which case each case starts from: a tree over all cases in which every one hangs on its nearest neighbour, fixed before the run.

Distance: over parameters, the sum of how far two settings lie apart. Figures above zero by how many times one is the other, in
natural logarithms: 5 % more power is a small step, twice the growth a large one, however far their ranges reach. Figures of an axis
with zero or less on it by their share of the range, 0 to 1, and others by whether they are equal, 0 or 1. The root is the first
case; the tree is a minimum spanning tree (Prim), of equal distances the shallowest parent, so that many cases can run at once.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from placement.program import Floats
from placement.sweep.document import Parameter, Value


def coordinates(settings: Sequence[dict[str, Value | None]], parameter: Parameter) -> tuple[Floats, bool]:
    """Where each case stands on one parameter, [n], and whether that is an axis; without one, equal numbers mean equal settings."""
    values = [one[parameter.id] for one in settings]
    if parameter.levels is not None:
        stated = {level.id: level.value for level in parameter.levels}
        figures = [stated[str(value)] for value in values]
    else:
        figures = [None if value is None or isinstance(value, bool | str) else float(value) for value in values]
    if all(figure is not None for figure in figures):
        line = np.array(figures, dtype=np.float64)
        if (line > 0).all():
            return np.log(line), True
        span = line.max() - line.min()
        return (line - line.min()) / span if span > 0 else np.zeros(len(line)), True
    known = {word: n for n, word in enumerate(dict.fromkeys(map(repr, values)))}
    return np.array([known[repr(value)] for value in values], dtype=np.float64), False


def parents_of(
    settings: Sequence[dict[str, Value | None]], parameters: Sequence[Parameter]
) -> tuple[list[int | None], list[int]]:
    """The parent of each case, and an order in which every parent comes before its children, shallow ones first."""
    count = len(settings)
    if not count:
        return [], []
    places = [coordinates(settings, parameter) for parameter in parameters]
    parents: list[int | None] = [None] * count
    depth = np.zeros(count, dtype=np.int64)
    nearest = np.full(count, np.inf)
    depth_of_nearest = np.zeros(count, dtype=np.int64)
    inside = np.zeros(count, dtype=bool)
    at = 0
    for _ in range(count):
        inside[at] = True
        if np.isfinite(nearest[at]):
            depth[at] = depth_of_nearest[at] + 1
        distance = np.zeros(count)
        for place, axis in places:
            distance += np.abs(place - place[at]) if axis else place != place[at]
        distance = np.round(distance, 9)
        closer = ~inside & ((distance < nearest) | ((distance == nearest) & (depth[at] < depth_of_nearest)))
        for n in np.flatnonzero(closer).tolist():
            parents[n] = at
        nearest[closer], depth_of_nearest[closer] = distance[closer], depth[at]
        left = np.flatnonzero(~inside)
        if not len(left):
            break
        at = int(left[np.lexsort((left, depth_of_nearest[left], nearest[left]))[0]])
    return parents, [int(n) for n in np.lexsort((np.arange(count), depth))]
