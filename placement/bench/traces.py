"""Traces: how a solve's plan and bound came about, and the primal integral, one figure for how soon plans became good."""

from __future__ import annotations

Trace = list[list[float | None]]
"""Events [at, incumbent, bound] in order of ``at``, seconds or units of work; None where there was none yet."""

LONGEST_TRACE = 400
"""Events kept of a trace; of the others only every so many, the first and the last always."""


def gap_between(value: float | None, bound: float | None) -> float | None:
    """(value - bound) / max(1, |value|), never below 0, as solvers report it."""
    if value is None or bound is None:
        return None
    return max(0.0, value - bound) / max(1.0, abs(value))


def thinned(trace: Trace) -> Trace:
    """A trace in which something changes at every event, with at most ``LONGEST_TRACE`` of them."""
    kept: Trace = []
    for event in trace:
        if not kept or event[1:] != kept[-1][1:]:
            kept.append(event)
    if len(kept) <= LONGEST_TRACE:
        return kept
    step = (len(kept) - 1) / (LONGEST_TRACE - 1)
    return [kept[round(k * step)] for k in range(LONGEST_TRACE)]


def primal_integral(trace: Trace, bound: float | None, horizon: float) -> float | None:
    """Mean over [0, ``horizon``] of the incumbent's gap to ``bound``: 1 while there is no plan, and at most 1.

    An incumbent counts from its event to the next one, the last one to the horizon; what comes after the horizon does not count.
    The bound is that of the end, so only plans move the figure. None without a bound or a horizon. After Berthold, "Measuring
    the impact of primal heuristics", 2013, divided by the horizon.
    """
    if bound is None or not horizon > 0:
        return None
    area, since, gap = 0.0, 0.0, 1.0
    for at, incumbent, _ in trace:
        if at is None or incumbent is None:
            continue
        until = min(max(at, since), horizon)
        area += gap * (until - since)
        since = until
        gap = min(1.0, gap_between(incumbent, bound) or 0.0)
    return (area + gap * (horizon - since)) / horizon
