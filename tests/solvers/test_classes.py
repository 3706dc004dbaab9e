"""Groups that are alike, and only they, form classes; answers are those of every group by itself, dealt out to its members."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from importlib import import_module
from typing import Any

import numpy as np
import pytest
from programs import INFEASIBLE, PROGRAMS, builder, jobs, random_program

import solvers
from placement.program import CostRow, Program, Solution, Status
from solvers import classes as module
from solvers.classes import alone, classes_of
from solvers.columns import expand
from solvers.linear import Linear
from solvers.master import Master, MasterLimits, MasterResult
from solvers.projection import Projection
from solvers.solver import Limits, Start, TooLarge
from tests.prices.assorted import assorted_program, features
from tests.prices.tiny import copied_program
from tests.solvers.identical import repeated

LIMITS = Limits(time_limit_s=20, gap=1e-6, workers=1)
EXACT = ["highs", "cpsat"]
SOLVERS = [*EXACT, "prices"]


def partition(first: np.ndarray[Any, Any]) -> list[int]:
    """The first of its class for every group, so that equal partitions are equal lists."""
    names = first.tolist()
    return [names.index(name) for name in names]


def twice(seed: int = 0, most: int = 3) -> tuple[Program, np.ndarray[Any, Any]]:
    program, rng = random_program(seed), np.random.default_rng(seed)
    return repeated(program, rng.integers(1, most, len(program.groups)), rng)


# ------------------------------------------------------------ which groups are alike


def test_repeated_groups_are_alike_whatever_their_order() -> None:
    found = 0
    for seed in range(60):
        program = random_program(seed) if seed % 3 == 2 else assorted_program(seed)
        rng = np.random.default_rng(seed)
        many, was = repeated(program, rng.integers(1, 4, len(program.groups)), rng)
        classes = classes_of(many)
        whole = np.ones(len(many.groups), dtype=bool)
        whole[many.options.group[(many.options.group >= 0) & ~many.options.whole]] = False
        expected = [k if not whole[k] else partition(was)[k] for k in range(len(was))]
        before = classes_of(program)
        if before.alike:  # such as two jobs that differ in nothing but their names
            continue
        assert partition(classes.first) == expected, f"seed {seed}"
        assert classes.times.sum() == len(was)
        found += int(classes.alike)
        option = np.flatnonzero(classes.counted(many.options.group) > 0)
        option = option[many.options.group[option] >= 0]
        at, everyone = classes.every_member(option)
        assert sorted(everyone) == np.flatnonzero(many.options.group >= 0).tolist()
        assert np.array_equal(classes.at_first(everyone), option[at])
    assert found > 30


def one_rate(p: Program, o: int) -> Program:
    amount = p.rates.amount.copy()
    amount[p.rates.offset[o]] *= 1 + 1e-15
    amount[p.rates.offset[o]] = np.nextafter(amount[p.rates.offset[o]], np.inf)
    return replace(p, rates=replace(p.rates, amount=amount))


def one_charge(p: Program, o: int) -> Program:
    amount = p.charges.amount.copy()
    amount[p.charges.offset[o]] += 1e-9
    return replace(p, charges=replace(p.charges, amount=amount))


def changed(table: str, name: str, to: Callable[[Any], Any]) -> Callable[[Program, int], Program]:
    """A Program in which one figure of option o, or of its first rate or charge, is another."""

    def change(p: Program, o: int) -> Program:
        whole = getattr(p, table)
        column = getattr(whole, name).copy()
        row = o if table == "options" else int(whole.offset[o])
        column[row] = to(column[row])
        return replace(p, **{table: replace(whole, **{name: column})})

    return change


def in_a_cost_row(p: Program, o: int) -> Program:
    return replace(p, cost_rows=(*p.cost_rows, CostRow("of one", 1, 50.0, np.array([o]))))


def must_run(p: Program, o: int) -> Program:
    must = p.groups.must.copy()
    must[p.options.group[o]] ^= True
    return replace(p, groups=replace(p.groups, must=must))


DIFFERENCES = {
    "rate": one_rate,
    "charge": one_charge,
    "must": must_run,
    "cost row": in_a_cost_row,
    "last": changed("options", "last", lambda v: v - 1),
    "hours": changed("options", "hours", lambda v: v + 1e-6),
    "upper": changed("options", "upper", lambda v: 2.0),
    "whole": changed("options", "whole", lambda v: False),
    "running": changed("options", "running", lambda v: not v),
    "copies": changed("options", "copies", lambda v: 2),
    "resource": changed("rates", "resource", lambda v: 1 - v),
    "lump": changed("rates", "lump", lambda v: True),
    "step": changed("rates", "step", lambda v: True),
    "anchor": changed("rates", "from_anchor", lambda v: 0),
    "offset": changed("rates", "to_offset", lambda v: v - 1),
    "level": changed("charges", "level", lambda v: 1 - v),
    "anchor of a charge": changed("charges", "anchor", lambda v: 3 - v),
}


@pytest.mark.parametrize("name", DIFFERENCES)
def test_one_difference_sets_a_group_apart(name: str) -> None:
    program, _ = repeated(random_program(1), np.full(len(random_program(1).groups), 3), np.random.default_rng(0))
    before = classes_of(program)
    o = int(np.flatnonzero(program.options.group == 0)[-1])
    assert before.times[before.first[0]] == 3
    after = classes_of(DIFFERENCES[name](program, o))
    apart = after.first == after.first[0]
    assert apart.sum() == 1
    assert partition(after.first[~apart]) == partition(before.first[~apart])


def test_rates_of_equal_sum_are_not_equal() -> None:
    b = builder()
    pool = b.add_resources(["pool"], "gpu", 5.0)
    option = jobs(b, (4, 4), (10.0, 10.0))
    b.add_rates(option[:1], pool, 4.0)
    for _ in range(2):
        b.add_rates(option[1:], pool, 2.0)
    assert not classes_of(b.build()).alike


def test_groups_without_options_and_programs_without_groups() -> None:
    b = builder()
    b.add_groups(["a", "b"], False)
    classes = classes_of(b.build())
    assert classes.first.tolist() == [0, 1] and not classes.alike
    nothing = builder().build()
    assert not classes_of(nothing).alike
    assert classes_of(PROGRAMS["divisible alone"]()).times.shape == (0,)


def test_marks_that_tell_nothing_apart_make_no_classes_that_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Marks only suggest: with all of them equal, groups are still compared figure by figure."""
    for seed in range(20):
        many, was = twice(seed, 4)
        with monkeypatch.context() as patch:
            patch.setattr(module, "_mixed", np.zeros_like)
            first = classes_of(many).first
        assert all(was[g] == was[first[g]] for g in range(len(was)))


# ------------------------------------------------------------ dealing out


def test_columns_are_dealt_to_members_and_kept_where_they_were() -> None:
    for seed in range(100):
        rng = np.random.default_rng(seed)
        many, _ = repeated(random_program(seed), rng.integers(1, 6, len(random_program(seed).groups)), rng)
        classes = classes_of(many)
        group = np.repeat(np.flatnonzero(classes.times > 1), 3)
        count = rng.multinomial(1, [0.3, 0.3, 0.4], len(group))[:, 0]
        had = np.full(len(many.groups), -1)
        for g in range(len(had)):
            mine = np.flatnonzero(group == classes.first[g])
            if len(mine) and rng.random() < 0.7:
                had[g] = rng.choice(mine)
        count = np.minimum(count, 1) if seed % 2 else rng.integers(0, 2, len(group))
        for g in np.unique(group):
            mine = np.flatnonzero(group == g)
            while count[mine].sum() > classes.times[g]:
                count[rng.choice(mine[count[mine] > 0])] -= 1
        column, member = classes.dealt(group, count, had)
        assert np.array_equal(np.bincount(column, minlength=len(group)), count)
        assert len(set(member)) == len(member)
        assert np.array_equal(classes.first[member], group[column])
        for c in range(len(group)):
            stayed = (had[member[column == c]] == c).sum()
            assert stayed == min(count[c], (had == c).sum())


def test_more_than_there_are_cannot_be_dealt() -> None:
    many, _ = repeated(random_program(1), np.full(len(random_program(1).groups), 2), np.random.default_rng(0))
    classes = classes_of(many)
    first = np.flatnonzero(classes.times > 1)[:1]
    with pytest.raises(ValueError, match="more columns of a class"):
        classes.dealt(first, np.array([3]), np.full(len(many.groups), -1))


def test_a_plan_goes_to_columns_of_classes_and_back() -> None:
    for seed in range(30):
        many, _ = twice(seed, 4)
        columns, every = expand(many, by_class=True), expand(many)
        rng = np.random.default_rng(seed)
        grouped = np.flatnonzero(many.options.group[every.option] >= 0)
        picked = np.unique(many.options.group[every.option[rng.permutation(grouped)]], return_index=True)[1]
        x = np.zeros(len(every))
        x[rng.permutation(grouped)[picked]] = 1.0
        option, start, value = every.choice(x)
        _, once = np.unique(many.options.group[option], return_index=True)
        plan = Start(option[once], start[once], value[once])
        again = columns.choice(columns.vector(plan), plan)
        for one, other in zip(again, (plan.option, plan.start, plan.value), strict=True):
            assert np.array_equal(one[np.argsort(again[0])], other[np.argsort(plan.option)])
        without = columns.choice(columns.vector(plan))
        np.testing.assert_allclose(many.use(*without)[0], many.use(*again)[0])
        np.testing.assert_allclose(many.objective(*without), many.objective(*again))


# ------------------------------------------------------------ answers


@pytest.fixture
def every_group_by_itself(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    def switch() -> None:
        for name in ("solvers.columns", "solvers.prices.layout"):
            monkeypatch.setattr(import_module(name), "classes_of", alone)

    return switch


def values(program: Program, answer: Solution) -> list[float] | None:
    """What a proven answer costs by level, checked by the Program itself."""
    if answer.status is Status.INFEASIBLE:
        return None
    assert answer.status is Status.OPTIMAL, answer
    assert answer.option is not None and answer.start is not None and answer.value is not None
    assert program.infeasibility(answer.option, answer.start, answer.value) == []
    return program.objective(answer.option, answer.start, answer.value).sum(axis=1).tolist()  # type: ignore[no-any-return]


@lru_cache
def judged() -> list[tuple[Program, list[float] | None]]:
    """Ten Programs with groups that are alike, and the oracle's values of each."""
    cases: list[tuple[Program, list[float] | None]] = []
    for seed in range(100):
        program, _ = twice(seed)
        try:
            truth = solvers.load("enumerate")(program, limits=Limits(work_limit=1.0))
        except TooLarge:
            continue
        if classes_of(program).alike and truth.status in (Status.OPTIMAL, Status.INFEASIBLE):
            cases.append((program, values(program, truth)))
        if len(cases) == 10:
            return cases
    raise AssertionError("too few Programs are small enough")


@pytest.mark.parametrize("name", EXACT)
def test_optima_are_the_oracles_with_and_without_classes(name: str, every_group_by_itself: Callable[[], None]) -> None:
    solve = solvers.load(name)
    by_class = [values(program, solve(program, limits=LIMITS)) for program, _ in judged()]
    every_group_by_itself()
    by_group = [values(program, solve(program, limits=LIMITS)) for program, _ in judged()]
    for one, other, (_, truth) in zip(by_class, by_group, judged(), strict=True):
        assert (one is None) == (other is None) == (truth is None)
        if truth is not None:
            assert one == pytest.approx(truth, rel=1e-5, abs=1e-5)
            assert other == pytest.approx(truth, rel=1e-5, abs=1e-5)


def test_prices_by_class_enclose_the_optimum(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = [solvers.load("highs")(copied(seed), limits=LIMITS) for seed in range(2)]
    cases = [*judged()[:6], *((copied(seed), values(copied(seed), answer)) for seed, answer in enumerate(exact))]
    monkeypatch.setattr(import_module("solvers.prices.solve"), "SMALL", 0)
    near = 0
    for program, truth in cases:
        answer = solvers.load("prices")(program, limits=Limits(time_limit_s=1, gap=1e-6, workers=1))
        if truth is None:
            assert answer.option is None
            continue
        assert answer.option is not None and answer.start is not None and answer.value is not None
        assert program.infeasibility(answer.option, answer.start, answer.value) == []
        assert answer.levels[0].value == pytest.approx(truth[0], abs=1e-6)
        assert answer.levels[1].value is not None and answer.levels[1].value >= truth[1] - 1e-5 * max(1.0, abs(truth[1]))
        near += answer.levels[1].value <= truth[1] + 1e-3 * max(1.0, abs(truth[1]))
        for level, value in zip(answer.levels, truth, strict=True):
            assert level.bound is None or level.bound <= value + 1e-6 * max(1.0, abs(value))
    assert near >= len(cases) // 2


def copied(seed: int) -> Program:
    """Jobs that are alike in threes, on places of which three are copies."""
    program = copied_program(seed, jobs=3)
    many, _ = repeated(program, np.full(3, 3), np.random.default_rng(seed))
    assert many.folded and classes_of(many).times.max() == 3
    return many


@pytest.mark.parametrize("feature", ["must group", "must without room", "copies", "cost row", "supply", "anchored window"])
@pytest.mark.parametrize("name", SOLVERS)
def test_features_with_every_group_five_times(name: str, feature: str, every_group_by_itself: Callable[[], None]) -> None:
    """Classes of five choose, however large their bound: the answer is that of every group by itself."""
    program = PROGRAMS[feature]()
    many, _ = repeated(program, np.full(len(program.groups), 5), np.random.default_rng(0))
    assert classes_of(many).times.max() >= 5
    solve = solvers.load(name)
    by_class = values(many, solve(many, limits=LIMITS))
    every_group_by_itself()
    by_group = values(many, solve(many, limits=LIMITS))
    assert (by_class is None) == (by_group is None)
    assert by_class is None or by_class == pytest.approx(by_group, rel=1e-5, abs=1e-5)
    assert feature not in INFEASIBLE or by_class is None


@pytest.mark.parametrize("name", SOLVERS)
def test_who_runs_in_the_start_runs_in_the_answer(name: str) -> None:
    b = builder()
    option = jobs(b, (3,) * 6, (10.0,) * 6, hours=96.0)
    b.add_rates(option, b.add_resources(["pool"], "gpu", 7.0), 3.0)
    program = b.build()
    start = Start(option[[3, 5]].astype(np.int64), np.zeros(2, dtype=np.int64), np.ones(2))
    answer = solvers.load(name)(program, limits=LIMITS, start=start)
    assert values(program, answer) == [0.0, -20.0]
    assert answer.option is not None and sorted(answer.option) == sorted(start.option)


def test_models_hold_one_group_of_each_class() -> None:
    program = PROGRAMS["must group"]()
    many, _ = repeated(program, np.array([5, 7]), np.random.default_rng(0))
    by_class, every, once = expand(many, by_class=True), expand(many), expand(program)
    assert len(by_class) == len(once) < len(every)
    assert sorted(set(by_class.upper)) == [5.0, 7.0]
    model = by_class.linear(1)
    assert model.whole.all() and not model.counts.any()
    rows = by_class.row_group >= 0
    assert sorted(zip(by_class.row_lower[rows], by_class.row_upper[rows], strict=True)) == [(-np.inf, 7.0), (5.0, 5.0)]


def test_divisible_groups_stay_by_themselves() -> None:
    seed = next(
        seed for seed in range(100) if "divisible group" in features(seed) and not assorted_program(seed).options.whole.all()
    )
    program = assorted_program(seed)
    many, _ = repeated(program, np.full(len(program.groups), 2), np.random.default_rng(0))
    classes = classes_of(many)
    divisible = np.unique(many.options.group[(many.options.group >= 0) & ~many.options.whole])
    assert len(divisible) and np.array_equal(classes.first[divisible], divisible)


def test_choices_that_do_not_fit_are_not_tried_again_though_they_count() -> None:
    """CP-SAT's model forbids a choice of columns that may be taken several times, and that choice alone."""
    model = Linear(
        cost=np.array([-1.0, -1.0]), constant=0.0, lower=np.zeros(2), upper=np.array([3.0, 1.0]), whole=np.ones(2, dtype=bool),
        offset=np.arange(3), row=np.zeros(2, dtype=np.int32), value=np.ones(2),
        row_lower=np.full(1, -np.inf), row_upper=np.full(1, 9.0),
    )  # fmt: skip
    master = Master(Projection(model, model.whole, lambda work: None))
    limits = MasterLimits(time_s=10.0, work=None, workers=1, seed=0, gap=0.0)

    def searched() -> MasterResult:
        return master.solve(model.whole, None, np.inf, -np.inf, limits, stopped=lambda: False, heard=lambda bound: None)

    for _ in range(8):
        result = searched()
        assert result.proven and not result.empty
        master.forbidden.append(result.choices[-1])
    assert [float(choice.sum()) for choice in master.forbidden] == [4.0, 3.0, 3.0, 2.0, 2.0, 1.0, 1.0, 0.0]
    assert len({tuple(choice) for choice in master.forbidden}) == 8
    assert searched().empty
