"""Agreement: what the Program allows is what no law objects to, and both cost the same, over the choices of small instances."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from placement.activities import Columns
from placement.check import check
from placement.formulate import Formulation, formulate
from placement.program import Floats, Ints
from solvers.columns import expand
from tests.laws.random_instances import decided, on_spot, random_document, write_instance
from tests.laws.seeds import seeds

TINY = sorted(Path("instances/tiny").glob("*"))
GANG_CHOICES = len(seeds(150))
CHOICES_PER_GANG_CHOICE = 4
EDGES, NUDGES = 8, 4


def gang_choices(formulation: Formulation, rng: np.random.Generator) -> list[Ints]:
    """Rows of gang columns (option, start) to choose together: all of them where they are few, else a sample; some break groups."""
    gangs, program = formulation.activities.gangs, formulation.program
    starting = gangs.option[: gangs.leaves_from]
    first, last = program.first_copy[starting], program.first_copy[starting + 1]
    option, start = program.unfolded().columns(np.concatenate([np.arange(0), *map(np.arange, first, last)]))
    job = gangs.job[np.searchsorted(gangs.option[: gangs.leaves_from], program.split(option)[0])]
    per_job = [[-1, *np.flatnonzero(job == j).tolist()] for j in np.unique(job)]
    total = int(np.prod([len(c) for c in per_job])) if per_job else 1
    if total <= GANG_CHOICES:
        chosen = [np.array([c for c in choice if c >= 0], dtype=np.int64) for choice in product(*per_job)]
    else:
        picks = [[int(rng.choice(c)) for c in per_job] for _ in range(GANG_CHOICES)]
        chosen = [np.array([c for c in pick if c >= 0], dtype=np.int64) for pick in picks]
    if len(option) > 1:
        chosen.append(np.arange(2))
    return [np.stack([option[rows], start[rows]]) for rows in chosen]


def random_choice(formulation: Formulation, gang: Ints, rng: np.random.Generator) -> tuple[Ints, Ints, Floats]:
    """The gang columns, dropped promises where none runs, and replicas, serving and shedding that mostly balance."""
    program, activities = formulation.program, formulation.activities
    gangs = activities.gangs
    running = gangs.job[np.searchsorted(gangs.option[: gangs.leaves_from], program.split(gang[0])[0])]
    dropped = gangs.drop_option[~np.isin(gangs.drop_job, running)]
    dropped = program.first_copy[dropped]
    parts = [(gang[0], gang[1], np.ones(gang.shape[1])), (dropped, np.zeros_like(dropped), np.ones(len(dropped)))]

    option, start = program.columns(activities.replicas.option)
    upper = program.upper(option, start)
    crowd = rng.choice([0.05, 0.2, 0.6])
    count = np.floor(rng.random(len(option)) * (upper + 1.2) * (rng.random(len(option)) < crowd))
    parts.append((program.first_copy[option], start, count))
    supplied = -program.use(program.first_copy[option], start, count)[0]

    options = np.concatenate([activities.serve.option, activities.shed.option])
    option, start = program.columns(options)
    upper = program.upper(option, start)
    stream_of = np.concatenate([activities.serve.stream, activities.shed.stream])
    stream = stream_of[np.searchsorted(options, option)]
    value = np.zeros(len(option))
    throughput = {c: r for r, c in zip(*_throughput_rows(formulation, option, start), strict=True)}
    careful = rng.random() < 0.8
    for key in np.unique(np.stack([stream, start]), axis=1).T:
        mine = np.flatnonzero((stream == key[0]) & (start == key[1]))
        rng.shuffle(mine)
        left = formulation.instance.demand_tokens_per_s[key[0], key[1]]
        for c in mine:
            most = upper[c] * (1.0 if rng.random() < 0.7 else rng.random())
            if careful and c in throughput:
                most = min(most, max(supplied[throughput[c]], 0.0))
                supplied[throughput[c]] -= min(left, most)
            value[c] = min(left, most)
            left -= value[c]
        if rng.random() < 0.1 and len(mine):
            value[mine[0]] += 1.0
    parts.append((program.first_copy[option], start, value))
    parts += [_random_terms(formulation, rng), _random_sublets(formulation, rng), _random_responses(formulation, rng)]
    parts += [_random_maintenance(formulation, rng), _random_backups(formulation, gang, rng), _random_kept(formulation, rng)]
    parts.append(_random_recourse(formulation, parts, rng))
    columns = [np.concatenate([part[n] for part in parts]) for n in range(3)]
    keep = columns[2] > 0
    option, start, value = columns[0][keep].astype(np.int64), columns[1][keep].astype(np.int64), columns[2][keep]
    return settled(formulation, option, start, value)


def _random_terms(formulation: Formulation, rng: np.random.Generator) -> tuple[Ints, Ints, Floats]:
    """A term of most decided contracts; now and then none where one must be, or two."""
    terms = formulation.activities.terms
    chosen: list[int] = []
    for c in np.unique(terms.contract):
        mine = np.flatnonzero(terms.contract == c)
        chosen += rng.choice(mine, 1 if rng.random() < 0.8 else min(len(mine), int(rng.integers(0, 3))), replace=False).tolist()
    rows = np.array(chosen, dtype=np.int64)
    return formulation.program.first_copy[terms.option[rows]], terms.signed[rows], np.ones(len(rows))


def _random_maintenance(formulation: Formulation, rng: np.random.Generator) -> tuple[Ints, Ints, Floats]:
    """Some start of most tasks."""
    tasks = formulation.activities.maintenance
    chosen = [int(rng.choice(np.flatnonzero(tasks.task == n))) for n in np.unique(tasks.task) if rng.random() < 0.95]
    rows = np.array(chosen, dtype=np.int64)
    return formulation.program.first_copy[tasks.option[rows]], tasks.start[rows], np.ones(len(rows))


def _random_kept(formulation: Formulation, rng: np.random.Generator) -> tuple[Ints, Ints, Floats]:
    """A few of the replicas that a landlord may leave."""
    program = formulation.program
    option, start = program.columns(formulation.activities.kept.option)
    count = np.floor(rng.random(len(option)) * (program.upper(option, start) + 1.2) * (rng.random(len(option)) < 0.2))
    return program.first_copy[option], start, count


def _random_backups(formulation: Formulation, gang: Ints, rng: np.random.Generator) -> tuple[Ints, Ints, Floats]:
    """A backup for most losses and jobs that have any, as a rule from the block in which the job starts."""
    program, backups = formulation.program, formulation.activities.backups
    gangs = formulation.activities.gangs
    job = gangs.job[np.searchsorted(gangs.option[: gangs.leaves_from], program.split(gang[0])[0])]
    starts = dict(zip(job.tolist(), gang[1].tolist(), strict=True))
    chosen: list[tuple[int, int]] = []
    for key in np.unique(np.stack([backups.case, backups.job]), axis=1).T.tolist():
        mine = backups.option[(backups.case == key[0]) & (backups.job == key[1])]
        row, start = program.columns(mine)
        fitting = np.flatnonzero(start == starts.get(key[1], -1))
        if len(fitting) and rng.random() < 0.9:
            n = int(rng.choice(fitting if rng.random() < 0.9 else np.arange(len(row))))
            copy = int(rng.integers(program.options.copies[row[n]]))
            chosen.append((int(program.first_copy[row[n]]) + copy, int(start[n])))
    option, begin = np.array(chosen, dtype=np.int64).reshape(len(chosen), 2).T
    return option, begin, np.ones(len(option))


def _random_recourse(
    formulation: Formulation, parts: list[tuple[Ints, Ints, Floats]], rng: np.random.Generator
) -> tuple[Ints, Ints, Floats]:
    """What is needed after losses, from what the replicas that stay can give as a rule, and short of the rest."""
    program, options, resources = formulation.program, formulation.activities.recourse, formulation.program.resources
    both = np.concatenate([options.option, options.short_option])
    option, start = program.columns(both)
    columns = [np.concatenate([part[n] for part in parts]) for n in range(3)]
    use = program.use(columns[0].astype(np.int64), columns[1].astype(np.int64), columns[2])[0]
    left, value = resources.limit - use, np.zeros(len(option))
    entries = program.entries(option, start)
    upper, careful = program.upper(option, start), rng.random() < 0.8
    for c in range(len(option)):
        mine = entries.column == c
        cover, draws = entries.row[mine & (entries.value < 0)], entries.row[mine & (entries.value > 0)]
        wanted = min(upper[c], max(-left[cover[0]], 0.0)) if len(cover) else 0.0
        if careful and len(draws):
            wanted = min(wanted, max(left[draws].min(), 0.0))
        value[c] = wanted
        left[cover] += wanted
        left[draws] -= wanted
    return program.first_copy[option], start, value


def _random_sublets(formulation: Formulation, rng: np.random.Generator) -> tuple[Ints, Ints, Floats]:
    program = formulation.program
    option, start = program.columns(formulation.activities.sublets.option)
    count = np.floor(rng.random(len(option)) * (program.upper(option, start) + 1.2) * (rng.random(len(option)) < 0.1))
    return program.first_copy[option], start, count


def _random_responses(formulation: Formulation, rng: np.random.Generator) -> tuple[Ints, Ints, Floats]:
    """What is asked for in some periods, a part of it where that is allowed, now and then more."""
    program, responses = formulation.program, formulation.activities.responses
    option, start = program.columns(responses.option)
    most = program.upper(option, start) * (rng.random(len(option)) < 0.4) * rng.choice([1.0, 1.0, 1.0, 2.0], len(option))
    whole = responses.whole[np.searchsorted(responses.option, option)]
    return program.first_copy[option], start, np.where(whole, most, most * rng.random(len(option)))


def _throughput_rows(formulation: Formulation, option: Ints, start: Ints) -> tuple[list[int], list[int]]:
    """(slot, column) of the throughput that each serve column draws on."""
    entries = formulation.program.entries(option, start)
    resources = formulation.program.resources
    drawn = ~resources.equality[resources.of_slot[entries.row]]
    return entries.row[drawn].tolist(), entries.column[drawn].tolist()


def assert_agreement(formulation: Formulation, seed: int) -> tuple[int, int]:
    """Try many choices; returns how many were allowed and how many not."""
    rng = np.random.default_rng(seed)
    allowed = refused = 0
    for gang in gang_choices(formulation, rng):
        for _ in range(CHOICES_PER_GANG_CHOICE):
            if agreed(formulation, random_choice(formulation, gang, rng), seed):
                allowed += 1
            else:
                refused += 1
    return allowed, refused


def agreed(formulation: Formulation, choice: tuple[Ints, Ints, Floats], seed: int) -> bool:
    """Whether both sides allow a choice; asserts that they say the same, and find the same costs in what is allowed."""
    broken = formulation.program.infeasibility(*choice)
    plan = formulation.decode(*choice)
    judged = check(formulation.instance, plan)
    said = [violation.message for violation in judged.violations]
    assert bool(broken) == bool(said), (seed, broken, said)
    if broken:
        return False
    levels, costs = formulation.instance.levels, formulation.program.objective(*choice)
    for t, term in enumerate(levels.terms):
        assert costs[:, t] == pytest.approx(levels.weights[:, t] * judged.terms[term], rel=1e-9, abs=1e-6), (seed, term)
    again = formulation.encode(plan)
    assert not formulation.program.infeasibility(*again)
    assert formulation.program.objective(*again) == pytest.approx(costs, rel=1e-9, abs=1e-6)
    return True


# ------------------------------------------------------------ choices that limits only just allow


def cheapest_choice(formulation: Formulation, rng: np.random.Generator) -> tuple[Ints, Ints, Floats] | None:
    """The cheapest choice at random costs, which goes to the limits of whatever earns; None where nothing is allowed."""
    columns = expand(formulation.program.unfolded())
    if not len(columns):
        return settled(formulation, *columns.choice(np.empty(0)))
    model = columns.linear(0)
    earns = rng.choice([-1.0, 1.0], len(columns.program.options))[columns.option] * (1 + rng.random(len(columns)))
    found = milp(
        earns,
        integrality=model.whole,
        bounds=Bounds(model.lower, model.upper),
        constraints=LinearConstraint(model.matrix, model.row_lower, model.row_upper),
    )
    if found.x is None:
        return None
    x = np.clip(np.where(model.whole, np.round(found.x), found.x), model.lower, model.upper)
    return settled(formulation, *columns.choice(np.where(x > 1e-9, x, 0.0)))


def nudged(formulation: Formulation, choice: tuple[Ints, Ints, Floats], rng: np.random.Generator) -> tuple[Ints, Ints, Floats]:
    """The choice with one count of a replica or sublet more, or less: now and then one too many, or too few."""
    activities = formulation.activities
    row, start = formulation.program.columns(np.concatenate([activities.replicas.option, activities.sublets.option]))
    if not len(row):
        return choice
    n = int(rng.integers(len(row)))
    option = formulation.program.first_copy[row[n]]
    same = (choice[0] == option) & (choice[1] == start[n])
    count = max(float(choice[2][same].sum()) + rng.choice([-1.0, 1.0]), 0.0)
    columns = [np.append(column[~same], more) for column, more in zip(choice, (option, start[n], count), strict=True)]
    kept = columns[2] > 0
    return settled(formulation, columns[0][kept].astype(np.int64), columns[1][kept].astype(np.int64), columns[2][kept])


def settled(formulation: Formulation, option: Ints, start: Ints, value: Floats) -> tuple[Ints, Ints, Floats]:
    """The choice with the overuse and the reserved places that it needs: they are what the rest leaves them to be."""
    program, activities = formulation.program, formulation.activities
    row, copy = program.split(option)
    sums = activities.least_sums
    chosen = ~np.isin(row, np.concatenate([activities.overuse.option, activities.isolation.option, activities.spreads.option]))
    chosen &= ~np.isin(row, np.concatenate([activities.batch.active_option, sums.last_option, sums.short_option]))
    columns = activities.settled(program, Columns(row[chosen], start[chosen], value[chosen], copy[chosen]))
    return program.joined(columns.option, columns.copy), columns.start, columns.value


def assert_agreement_at_limits(
    formulation: Formulation, rng: np.random.Generator, seed: int, edges: int = EDGES, nudges: int = NUDGES
) -> None:
    """Program and check agree on the cheapest choices at random costs, and on some a step from each."""
    for _ in range(edges):
        choice = cheapest_choice(formulation, rng)
        if choice is None:
            return
        agreed(formulation, choice, seed)
        for _ in range(nudges):
            agreed(formulation, nudged(formulation, choice, rng), seed)


@pytest.mark.parametrize("seed", seeds(12))
def test_random_instances_agree(seed: int, tmp_path: Path) -> None:
    allowed, refused = assert_agreement(formulate(write_instance(tmp_path, random_document(seed))), seed)
    assert allowed + refused > 0


@pytest.mark.parametrize("seed", seeds(8))
def test_random_instances_with_contracts_to_decide_agree(seed: int, tmp_path: Path) -> None:
    document = decided(random_document(500 + seed), np.random.default_rng(seed))
    allowed, refused = assert_agreement(formulate(write_instance(tmp_path, document)), seed)
    assert allowed + refused > 0


@pytest.mark.parametrize("seed", seeds(5))
def test_random_instances_on_spot_capacity_agree(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    document = random_document(800 + seed)
    document = on_spot(decided(document, rng) if seed % 2 else document, rng)
    allowed, refused = assert_agreement(formulate(write_instance(tmp_path, document)), seed)
    assert allowed + refused > 0


@pytest.mark.parametrize("seed", seeds(20))
def test_choices_at_the_limits_agree(seed: int, tmp_path: Path) -> None:
    """Random choices of decided contracts are hardly ever allowed: these are, but for what a step beyond them breaks."""
    document = random_document(500 + seed)
    formulation = formulate(write_instance(tmp_path, decided(document, np.random.default_rng(seed)) if seed % 3 else document))
    rng = np.random.default_rng(seed)
    assert_agreement_at_limits(formulation, rng, seed)


def test_random_instances_show_both_sides(tmp_path: Path) -> None:
    """The sample is worth something only if it holds allowed and refused choices in number."""
    totals = np.zeros(2)
    for seed in range(20):
        totals += assert_agreement(formulate(write_instance(tmp_path, random_document(1000 + seed))), seed)
        if totals.min() > 50:
            return
    pytest.fail(f"allowed and refused: {totals}")


@pytest.mark.parametrize("path", TINY, ids=lambda path: path.stem)
def test_tiny_instances_agree(path: Path) -> None:
    from placement.files import load

    assert_agreement(formulate(load(path)), 7)
