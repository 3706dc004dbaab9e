"""Re-planning as text: the steps from today's plan to the new one, and what today's plan breaks until which of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from placement.instance import Instance
from placement.move import Moves
from placement.plan import Plan, Violation
from placement.replanning import rows_of_moves
from placement.report.text import plural, shortened, table

MOST_ROWS = 60


@dataclass(frozen=True)
class Mended:
    """A limit that today's plan breaks, over all periods in which it does."""

    law: str
    subject: str
    periods: int
    most: float
    unit: str
    after_step: int | None
    """The step after which it holds in every period, 0: before the first; None where it does not in the end."""
    until: str | None = None
    """The last period in which it does not in the end."""


def moves(instance: Instance, plan: Plan, listed: Sequence[Moves], today: Plan) -> str:
    """Every move, step by step."""
    kept, more = shortened(rows_of_moves(instance, plan, listed, today), MOST_ROWS, "moves in the plan's tables")
    return table(("step", "job", "was", "is"), kept, left=4) + more if kept else ""


def by_limit(mended: Iterable[tuple[Violation, int | None]]) -> list[Mended]:
    """One row for each law, subject and unit, of ``placement.moves.mended``."""
    groups: dict[tuple[str, str, str], list[tuple[Violation, int | None]]] = {}
    for violation, step in mended:
        groups.setdefault((violation.law, violation.subject, violation.unit), []).append((violation, step))
    found = []
    for (law, subject, unit), rows in groups.items():
        steps = [step for _, step in rows if step is not None]
        open_in = [violation.period for violation, step in rows if step is None]
        after = max(steps) if len(steps) == len(rows) else None
        found.append(Mended(law, subject, len(rows), max(v.amount for v, _ in rows), unit, after, open_in[-1] if open_in else None))
    return found


def mending(limits: Sequence[Mended], steps: int) -> str:
    """What today's plan breaks, by how much, and after which of so many steps it no longer does; "" where it breaks nothing."""
    if not limits:
        return ""
    rows = [(m.law, m.subject, m.periods, f"{m.most:,.6g} {m.unit}", _when(m)) for m in limits]
    kept, more = shortened(rows, MOST_ROWS, "limits")
    held = [m.after_step for m in limits if m.after_step is not None]
    end = f"from step {max(held)} of {steps} on" if any(held) else "before the first step"
    told = f"the new plan keeps them all, {end}" if len(held) == len(limits) else "not all of them are kept in the end"
    head = f"  {plural(len(limits), 'limit')}; {told}"
    return f"{head}\n{table(('law', 'of', 'periods', 'by at most', 'holds'), kept, left=2)}{more}"


def _when(limit: Mended) -> str:
    step = limit.after_step
    if step is None:
        return "never" if limit.until is None else f"not up to {limit.until}"
    return "before the first step" if step == 0 else f"after step {step}"
