"""Prices come back from a plan's file, and a plan is carried over to an instance that has changed since."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from placement.files import InputErrors, WrongInstance, load, load_plan, save_plan
from placement.formulate import formulate
from placement.instance import Instance
from placement.plan import Prices, Result


def priced(result: Result, instance: Instance) -> tuple[Result, np.ndarray]:
    """The answer with a price for every shared slot in three."""
    program = formulate(instance).program
    slots = np.arange(len(program.resources.limit))
    usd = np.where(slots % 3 == 0, 0.1 + slots / 7, 0.0)
    return replace(result, prices=Prices.of_slots(program, usd)), usd


def price_table(folder: Path) -> Path:
    (found,) = folder.glob("plan.prices.*.csv")
    return found


def test_prices_come_back_as_they_were(tmp_path: Path, result: Result, small: Instance) -> None:
    answer, usd = priced(result, small)
    save_plan(answer, small, tmp_path / "plan.json")
    loaded = load_plan(tmp_path / "plan.json", small)
    assert loaded.prices is not None
    np.testing.assert_array_equal(loaded.prices.of_program(formulate(small).program), usd)
    save_plan(result, small, tmp_path / "plan.json")
    assert load_plan(tmp_path / "plan.json", small).prices is None, "a plan without prices is a plan"
    assert list(tmp_path.glob("plan.prices.*.csv")) == [], "prices of the plan before are removed"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("usd_per_unit\n", "usd\n", "header"),
        ("0.1\n", "nan\n", "a number"),
        ("0.1\n", "1e300\n", "a number from"),
        ("0.1\n", "\n", "missing is never zero"),
        (",2026-03-02,", ",2026-03-03,", "the first day of a"),
        (",peak,", ",noon,", "a band"),
    ],
)
def test_malformed_prices(tmp_path: Path, result: Result, small: Instance, old: str, new: str, says: str) -> None:
    save_plan(priced(result, small)[0], small, tmp_path / "plan.json")
    path = price_table(tmp_path)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(InputErrors) as caught:
        load_plan(tmp_path / "plan.json", small)
    assert any(str(problem).startswith(path.name) and says in str(problem) for problem in caught.value.problems)


def test_a_slot_has_one_price(tmp_path: Path, result: Result, small: Instance) -> None:
    save_plan(priced(result, small)[0], small, tmp_path / "plan.json")
    path = price_table(tmp_path)
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines, lines[1]]) + "\n")
    with pytest.raises(InputErrors, match="each slot of a resource once"):
        load_plan(tmp_path / "plan.json", small)


def test_prices_of_what_is_gone_are_dropped_and_new_ones_are_nothing(small: Instance) -> None:
    program = formulate(small).program
    usd = np.arange(len(program.resources.limit), dtype=np.float64)
    prices = Prices.of_slots(program, usd)
    names = tuple(f"was {name}" if n == 0 else name for n, name in enumerate(prices.names))
    carried = replace(prices, names=names).of_program(program)
    gone = list(program.resources.name).index(prices.names[0])
    assert not carried[program.resources.of_slot == gone].any()
    others = program.resources.of_slot != gone
    np.testing.assert_array_equal(carried[others], usd[others])


def test_a_plan_is_carried_to_a_changed_instance(tmp_path: Path, result: Result, small: Instance, small_text: str) -> None:
    save_plan(priced(result, small)[0], small, tmp_path / "plan.json")
    assert "id: pretrain" in small_text
    (tmp_path / "fleet.yaml").write_text(small_text.replace("pretrain", "pretrained").replace("pue: 1.2", "pue: 1.25"))
    changed = load(tmp_path / "fleet.yaml")
    with pytest.raises(WrongInstance):
        load_plan(tmp_path / "plan.json", changed)
    loaded = load_plan(tmp_path / "plan.json", changed, changed=True)
    assert loaded.plan is not None
    assert result.plan is not None
    assert loaded.lost["runs"] == 1
    assert loaded.lost["places"] == 2, "those of the run that is gone"
    assert loaded.lost["serving"] == 0
    assert [changed.jobs.id[job] for job in loaded.plan.runs.job] == ["night"]
    assert loaded.plan.places.run.tolist() == [0]
    assert loaded.plan.serving.tokens_per_s.tolist() == result.plan.serving.tokens_per_s.tolist()
    assert loaded.prices is not None


def test_malformed_tables_are_errors_for_a_changed_instance_too(
    tmp_path: Path, result: Result, small: Instance, small_text: str
) -> None:
    save_plan(priced(result, small)[0], small, tmp_path / "plan.json")
    (tmp_path / "fleet.yaml").write_text(small_text.replace("pue: 1.2", "pue: 1.25"))
    path = price_table(tmp_path)
    path.write_text(path.read_text().replace("0.1\n", "a lot\n"))
    with pytest.raises(InputErrors, match="a number"):
        load_plan(tmp_path / "plan.json", load(tmp_path / "fleet.yaml"), changed=True)


def test_a_plan_of_which_nothing_is_left_is_refused(tmp_path: Path, result: Result, small: Instance, small_text: str) -> None:
    save_plan(result, small, tmp_path / "plan.json")
    for table in ("runs", "places", "paths", "serving"):
        (path,) = tmp_path.glob(f"plan.{table}.*.csv")
        header, *rows = path.read_text().splitlines()
        path.write_text("\n".join([header, *(f"other-{row}" for row in rows)]) + "\n")
    (tmp_path / "fleet.yaml").write_text(small_text.replace("pue: 1.2", "pue: 1.25"))
    with pytest.raises(WrongInstance, match="nothing that it runs or serves"):
        load_plan(tmp_path / "plan.json", load(tmp_path / "fleet.yaml"), changed=True)


def test_a_document_without_prices_is_valid(tmp_path: Path, result: Result, small: Instance) -> None:
    save_plan(result, small, tmp_path / "plan.json")
    assert "prices" not in json.loads((tmp_path / "plan.json").read_text())["tables"]
