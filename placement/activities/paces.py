"""How fast gangs get on: the pace of their job, less what their tenant gives way in the hours of events above their place.

    progress in a period = pace of the band x (hours of the period - flexibility share x hours of events in it - hours of switching)

Hours of switching are held without progress after each pause, which is a band in which the pace is 0.

A gang gives way at every event above any of its islands, whether or not its kW are needed: its end then holds whatever the grid
calls for. Events in one period follow each other; together they last no longer than it does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from placement.activities.places import Places
from placement.instance import Instance
from placement.program import Bools, Floats, Ints


@dataclass(frozen=True)
class Paces:
    """Rows of pace, one for each combination of a job's own pace, its tenant's flexibility and the events above its place."""

    per_hour: Floats
    """Progress per hour in each period, [n, P]."""
    progress: Floats
    """Hours of progress before each block boundary, [n, B + 1]."""
    row_of: Ints
    """Row of each combination, [paces of jobs, flexibilities, sets of events]."""
    job_pace: Ints
    job_share: Ints
    """Which flexibility each job has, [J]."""
    place_events: Ints
    """Which set of events lies above each place, [places]."""

    @classmethod
    def of(cls, instance: Instance, places: Places) -> Paces:
        """All combinations; where no feed has events, these are the paces of jobs."""
        jobs, calendar, cases = instance.jobs, instance.calendar, instance.grid_events
        flexible = [tenant.flexibility_share if cases else 0.0 for tenant in instance.tenants.values()]
        shares, tenant_share = np.unique(np.array(flexible), return_inverse=True)
        sets, place_events = np.unique(_events_above(instance, places), axis=0, return_inverse=True)
        hours = np.array([case.hours for case in cases]).reshape(len(cases), calendar.period_count)
        slowed = np.minimum(sets @ hours, calendar.hours) / calendar.hours
        own = np.tile(jobs.paces, calendar.blocks)
        switching = (jobs.hours_switching(calendar) / calendar.hours)[:, None, None]
        per_hour = own[:, None, None] * np.maximum(1 - shares[:, None, None] * slowed - switching, 0.0)
        per_hour = per_hour.reshape(-1, calendar.period_count)
        made = (per_hour * calendar.hours).reshape(len(per_hour), calendar.blocks, calendar.band_count).sum(axis=2)
        progress = np.concatenate([np.zeros((len(made), 1)), np.cumsum(made, axis=1)], axis=1)
        row_of = np.arange(len(per_hour), dtype=np.int64).reshape(len(own), len(shares), len(sets))
        return cls(per_hour, progress, row_of, jobs.pace, tenant_share.reshape(-1)[jobs.tenant], place_events.reshape(-1))

    def rows(self, job: Ints, place: Ints) -> Ints:
        """Row of each gang, [n]."""
        if self.row_of.shape[1:] == (1, 1):
            return self.job_pace[job]
        return np.asarray(self.row_of[self.job_pace[job], self.job_share[job], self.place_events[place]])


def _events_above(instance: Instance, places: Places) -> Bools:
    """Whether each event lies above any island of each place, [places, E]."""
    islands = instance.island_pool
    above = np.zeros((len(places.sides), len(instance.grid_events)), dtype=np.bool_)
    for e, case in enumerate(instance.grid_events):
        above[: len(islands), e] = case.below[islands]
    for place in range(len(islands), len(above)):
        above[place] = above[[island for side in places.sides[place] for island in side]].any(axis=0)
    return above
