"""Where a result is worse than its baseline, case by case and figure by figure, and by how much it may be.

All figures are better when smaller, but for bounds, which are better when larger. Levels are compared in order: a later one only
where the earlier ones are equal within their tolerance. What is missing is never zero: a lost plan, bound or figure is worse.
Where the instance has changed, its objective, gap, status and violations still count, since worse plans are what it is
about; its bound, size, work and primal integral are then those of another problem and only told. Of an instance that is proven
infeasible there are no levels to compare, and nothing of them is lost.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from placement.bench.case import ERROR, REFUSED, Information, Level, Row
from placement.bench.gates import LEAST_RELATIVE, Gate, Gates, Ratio
from placement.bench.judge import VALUE_TOLERANCE
from placement.bench.results import Document, quality_text
from placement.program import Status

Figure = float | str | None

RANK = {str(Status.OPTIMAL): 0, str(Status.FEASIBLE): 1, str(Status.INFEASIBLE): 2, str(Status.NO_PLAN): 3, REFUSED: 4, ERROR: 5}
"""Statuses from the best on, of one instance: a proof that there is no plan is an answer, to have found none is not."""

RANK_OF_CHANGED = RANK | {str(Status.NO_PLAN): 2, str(Status.INFEASIBLE): 3}
"""Of an instance that has changed: there may still be a plan, or it was changed so that there is none."""

PLANS = (str(Status.OPTIMAL), str(Status.FEASIBLE))


class Kind(enum.StrEnum):
    """What a finding means."""

    REGRESSION = "regression"
    BETTER = "better"
    NOTE = "note"


@dataclass(frozen=True)
class Finding:
    """One figure of one case that differs. ``by`` and ``allowed`` in the figure's own unit, None where that is no number."""

    kind: Kind
    case: str
    metric: str
    before: Figure = None
    after: Figure = None
    by: float | None = None
    allowed: float | None = None
    why: str = ""


@dataclass(frozen=True)
class Comparison:
    """A result against its baseline; ``findings`` in the order of the result's cases, missing ones first."""

    baseline: Document
    result: Document
    findings: tuple[Finding, ...]

    def of(self, kind: Kind) -> list[Finding]:
        """The findings of a kind."""
        return [finding for finding in self.findings if finding.kind is kind]

    @property
    def passed(self) -> bool:
        return not self.of(Kind.REGRESSION)


def compare(
    baseline: Document,
    result: Document,
    *,
    gates: dict[str, Gates] | None = None,
    reference: Document | None = None,
    exact: bool = False,
) -> Comparison:
    """``gates`` by case, default: those in the result. ``reference``: a run on the same machine, for the gates on time and memory.

    Where ``exact``, any difference of a quality is a regression.
    """
    findings: list[Finding] = []
    before = baseline.by_case
    after = result.by_case
    known = {} if reference is None else reference.by_case
    for name in before:
        if name not in after:
            why = "the run was interrupted" if not result.complete else "the suite or its instances no longer have it"
            findings.append(Finding(Kind.REGRESSION, name, "case", "there", None, why=f"missing: {why}"))
    if not result.complete and not findings:
        findings.append(Finding(Kind.NOTE, result.suite.name, "run", why="it was interrupted: cases may be missing"))
    used = {name: result.gates_of(name) if gates is None else gates.get(name, result.gates) for name in after}
    if any(name in before and baseline.gates_of(name) != mine for name, mine in used.items()):
        findings.append(
            Finding(Kind.NOTE, result.suite.name, "gates", why="they are not those that the baseline was accepted with")
        )
    for name, row in after.items():
        mine = used[name]
        if name not in before:
            findings += _new(row)
        else:
            findings += _compared(before[name], row, mine, exact=exact)
        if reference is not None:
            findings += _ratios(known.get(name), row, mine)
    return Comparison(baseline, result, tuple(findings))


def _new(row: Row) -> Iterator[Finding]:
    if row.quality.violations or row.error is not None:
        yield Finding(Kind.REGRESSION, row.case, ERROR, None, row.error, why="new, and not sound")
    else:
        yield Finding(Kind.NOTE, row.case, "case", None, "new", why="accept it to have it compared from then on")


def _compared(before: Row, after: Row, gates: Gates, *, exact: bool) -> Iterator[Finding]:
    name = after.case
    changed = _changed(before, after)
    if changed:
        why = "the instance has changed since: objective, gap and status are compared all the same"
        yield Finding(Kind.NOTE, name, "instance", _short(before.digest), _short(after.digest), why=why)
    if before.limits != after.limits:
        old, new = asdict(before.limits), asdict(after.limits)
        said = [f"{key} {old[key]} -> {new[key]}" for key in old if old[key] != new[key]]
        yield Finding(Kind.NOTE, name, "limits", why=f"the suite has changed since: {', '.join(said)}")
    if exact and quality_text(before.quality) != quality_text(after.quality):
        parts = [key for key, value in asdict(before.quality).items() if value != asdict(after.quality)[key]]
        yield Finding(Kind.REGRESSION, name, "exact", why=f"not the same bytes: {', '.join(parts)}")
    yield from _soundness(before, after)
    yield from _statuses(before, after, gates, changed=changed)
    if after.error is not None and not after.quality.levels:
        return  # The error says it all.
    if Status.INFEASIBLE not in (before.quality.status, after.quality.status):
        yield from _levels(before, after, gates, changed=changed)
    yield from _figures(before, after, gates, changed=changed)


def _changed(before: Row, after: Row) -> bool:
    """Whether both were read and are neither the same data nor the same files."""
    if before.digest is None or after.digest is None or before.digest == after.digest:
        return False
    return before.sources is None or before.sources != after.sources


def _soundness(before: Row, after: Row) -> Iterator[Finding]:
    """Errors and broken laws: nothing lets them through, but for what the baseline already has."""
    old, new = before.quality.violations or 0, after.quality.violations or 0
    if after.quality.status == ERROR and before.quality.status != ERROR:
        yield Finding(Kind.REGRESSION, after.case, ERROR, before.error, after.error)
        return
    if new != old:
        kind = Kind.REGRESSION if new > old else Kind.BETTER
        yield Finding(kind, after.case, "violations", old, new, new - old, 0, after.error or "")
    if after.error is not None and new == old:
        known = before.error == after.error
        why = "as in the baseline" if known else ""
        yield Finding(Kind.NOTE if known else Kind.REGRESSION, after.case, ERROR, before.error, after.error, why=why)
    elif before.error is not None and after.error is None and new == old:
        yield Finding(Kind.BETTER, after.case, ERROR, before.error, None, why="no longer")


def _statuses(before: Row, after: Row, gates: Gates, *, changed: bool) -> Iterator[Finding]:
    old, new = before.quality.status, after.quality.status
    if old == new or ERROR in (old, new):
        return
    if not changed and old == Status.INFEASIBLE and new in PLANS:
        why = "the baseline proved that there is no plan: one of the two is wrong"
        yield Finding(Kind.REGRESSION, after.case, "status", old, new, why=why)
        return
    if not changed and old in PLANS and new == Status.INFEASIBLE:
        why = "the baseline has a plan: one of the two is wrong, or a law is new"
        yield Finding(Kind.REGRESSION, after.case, "status", old, new, why=why)
        return
    rank = RANK_OF_CHANGED if changed else RANK
    worse = rank.get(new, len(rank)) > rank.get(old, len(rank))
    if old in PLANS and new in PLANS and gates.status == "off":
        yield Finding(Kind.NOTE, after.case, "status", old, new, why="its gate is off")
    else:
        yield Finding(Kind.REGRESSION if worse else Kind.BETTER, after.case, "status", old, new)


def _levels(before: Row, after: Row, gates: Gates, *, changed: bool) -> Iterator[Finding]:
    """Levels in order, until one differs: what comes after it is then of another choice."""
    relative = max(LEAST_RELATIVE, after.limits.gap)
    objective_gate = gates.objective or Gate(relative=relative)
    bound_gate = gates.bound or Gate(relative=relative)
    known = {level.name: level for level in after.quality.levels}
    equal = True  # So far levels cost the same in both: only then do bounds of one hold for plans of the other.
    for old in before.quality.levels:
        new = known.get(old.name, Level(old.name, None, None, None))
        contradicted = contradiction(old, new) if equal and not changed else None
        if contradicted is not None:
            was, now, why = contradicted
            yield Finding(Kind.REGRESSION, after.case, f"{old.name} contradiction", was, now, why=why)
        objective = _money(after.case, f"{old.name} objective", old.objective, new.objective, objective_gate, 1)
        if objective is not None:
            yield objective
        if objective is not None or (old.objective is None) != (new.objective is None):
            return
        equal = equal and not _beyond(abs((new.objective or 0.0) - (old.objective or 0.0)), old.objective or 0.0)
        bound = _money(after.case, f"{old.name} bound", old.bound, new.bound, "off" if changed else bound_gate, -1)
        if bound is not None and not (changed and bound.kind is not Kind.REGRESSION):
            yield bound
        if new.gap is None or new.gap > after.limits.gap or (old.gap is not None and old.gap > after.limits.gap):
            gap = _single(after.case, f"{old.name} gap", old.gap, new.gap, gates.gap, 1, scale=abs(old.gap or 0.0))
            if gap is not None:
                yield gap


def contradiction(old: Level, new: Level) -> tuple[Figure, Figure, str] | None:
    """A plan that is better than the other run's bound for the same instance: one of the two is wrong."""
    if new.objective is not None and old.bound is not None and _beyond(old.bound - new.objective, old.bound):
        return old.bound, new.objective, "better than the baseline proved possible: a law is lost, or its bound was wrong"
    if new.bound is not None and old.objective is not None and _beyond(new.bound - old.objective, old.objective):
        return old.objective, new.bound, "the bound is above the baseline's plan: it proves nothing, or a law is new"
    return None


def _beyond(by: float, size: float) -> bool:
    return by > VALUE_TOLERANCE * max(1.0, abs(size))


def _figures(before: Row, after: Row, gates: Gates, *, changed: bool) -> Iterator[Finding]:
    """What the Program and the search took; told only where the instance has changed."""
    old, new = before.quality, after.quality
    pairs: list[tuple[str, float | None, float | None, Gate | str]] = [
        (f"{key} of the Program", old.sizes.get(key), new.sizes.get(key), gates.sizes) for key in {**old.sizes, **new.sizes}
    ]
    if before.limits.deterministic and after.limits.deterministic:
        pairs.append(("work", old.work, new.work, gates.work))
        if Status.INFEASIBLE not in (old.status, new.status):  # It has none.
            pairs.append(("primal integral", old.primal_integral, new.primal_integral, gates.primal_integral))
    for metric, was, now, gate in pairs:
        finding = _single(after.case, metric, was, now, gate, 1, scale=abs(was or 0.0))
        if finding is None:
            continue
        if changed:
            finding = Finding(Kind.NOTE, after.case, metric, was, now, finding.by, None, "of another instance")
        yield finding


def _money(case: str, metric: str, old: float | None, new: float | None, gate: Gate | str, sense: int) -> Finding | None:
    return _single(case, metric, old, new, gate, sense, scale=max(1.0, abs(old or 0.0)))


def _single(
    case: str, metric: str, old: float | None, new: float | None, gate: Gate | str, sense: int, *, scale: float
) -> Finding | None:
    """One figure; ``sense`` is 1 where smaller is better, else -1. None where it is equal within its tolerance or off."""
    if old is None and new is None:
        return None
    if old is None:
        return Finding(Kind.BETTER, case, metric, None, new, why="there was none")
    if new is None:
        return Finding(Kind.REGRESSION, case, metric, old, None, why="lost")
    if isinstance(gate, str):
        return None
    by = sense * (new - old)
    allowed = max(gate.absolute, gate.relative * scale)
    if abs(by) <= allowed:
        return None
    kind = Kind.REGRESSION if by > 0 or gate.either else Kind.BETTER
    return Finding(kind, case, metric, old, new, abs(by), allowed, "no change is allowed" if by < 0 and gate.either else "")


def _ratios(reference: Row | None, after: Row, gates: Gates) -> Iterator[Finding]:
    """Time and memory; what has a gate and cannot be compared is told."""
    before = Information() if reference is None else reference.information
    pairs: tuple[tuple[str, float | None, float | None, Ratio | str], ...] = (
        ("seconds", before.seconds, after.information.seconds, gates.seconds),
        ("peak MB", before.peak_mb, after.information.peak_mb, gates.peak_mb),
    )
    for metric, was, now, gate in pairs:
        if isinstance(gate, str):
            continue
        if was is None or now is None:
            why = f"not compared: the {'reference run' if was is None else 'result'} does not have it"
            yield Finding(Kind.NOTE, after.case, metric, was, now, why=why)
            continue
        allowed = max((gate.ratio - 1) * was, gate.floor)
        if now - was > allowed:
            why = f"{now / was if was else float('inf'):.2f} times the reference run's"
            yield Finding(Kind.REGRESSION, after.case, metric, was, now, now - was, allowed, why)


def _short(digest: str | None) -> str | None:
    return None if digest is None else digest.removeprefix("sha256:")[:12]
