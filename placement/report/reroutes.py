"""What is served over other ways than the cheapest, as text."""

from __future__ import annotations

import numpy as np

from placement.activities.crossings import ways_to_serve
from placement.instance import Instance
from placement.plan import Plan
from placement.report.text import brief, count, shortened, table

MOST_ROWS = 60


def reroutes(instance: Instance, plan: Plan) -> str:
    """A row for each stream, site and way: its links, in how many periods, and at most; "" where all takes the cheapest."""
    stated, links, rows = plan.reroutes, list(instance.links), list[tuple[object, ...]]()
    streams, sites = list(instance.streams), list(instance.sites)
    keys = np.stack([stated.stream, stated.site, stated.way])
    for t, x, way in np.unique(keys, axis=1).T.tolist():
        mine = (keys == np.array([[t], [x], [way]])).all(axis=0)
        over = " ".join(links[n] for n in ways_to_serve(instance, t, x)[way])
        rows.append((streams[t], sites[x], over, count(int(mine.sum())), brief(float(stated.tokens_per_s[mine].max()))))
    kept, more = shortened(rows, MOST_ROWS, "ways in the plan's table of reroutes")
    return table(("stream", "from", "over", "periods", "tokens/s at most"), kept, left=3) + more if rows else ""
