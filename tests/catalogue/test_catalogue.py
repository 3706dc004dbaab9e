"""The catalogue holds all 18 accelerators, with sources, sensible modes, and loads without being noticed."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise

import pytest

from placement.catalogue import HOST_SHARE, catalogue_rows, load_catalogue

IDS = [
    "a100-80", "h100-sxm", "h200-sxm", "h20", "b200-sxm", "b300-sxm", "gb200-nvl72", "gb300-nvl72", "mi300x", "mi325x", "mi355x",
    "l40s", "tpu-v5e", "tpu-v5p", "tpu-v6e", "tpu-v7", "trn2", "trn3",
]  # fmt: skip


def test_all_accelerators() -> None:
    assert list(load_catalogue()) == IDS


@pytest.mark.parametrize("name", IDS)
def test_every_entry_states_its_source_and_what_is_assumed(name: str) -> None:
    part = load_catalogue()[name]
    assert part.source
    assert part.assumption
    assert part.certainty
    assert part.modes[0].id == "full"
    assert (part.modes[0].training_speed, part.modes[0].serving_speed) == (1, 1)


@pytest.mark.parametrize("name", IDS)
def test_a_cap_saves_power_and_costs_speed(name: str) -> None:
    modes = load_catalogue()[name].modes
    for full, capped in pairwise(modes):
        assert capped.training_kw < full.training_kw
        assert capped.serving_kw < full.serving_kw
        assert capped.training_speed < full.training_speed
        assert capped.serving_speed < full.serving_speed
        assert capped.source


def test_the_draw_at_a_cap_agrees_with_what_was_measured() -> None:
    measured = 0.77 / 1.05, 0.785 / 1.05  # H200 at 500 of 700 W against its typical draw
    assert measured[0] - 0.02 <= HOST_SHARE + (1 - HOST_SHARE) * 500 / 700 <= measured[1] + 0.02


def test_only_parts_with_a_known_cap_have_one() -> None:
    uncapped = {name for name, part in load_catalogue().items() if len(part.modes) == 1}
    assert uncapped == {name for name in IDS if name.startswith(("tpu", "trn"))}


def test_rows_are_the_catalogue() -> None:
    rows = catalogue_rows()
    modes = [(name, mode) for name, part in load_catalogue().items() for mode in part.modes]
    assert [(row["accelerator"], row["mode"], row["training_kw"]) for row in rows] == [
        (name, m.id, m.training_kw) for name, m in modes
    ]


def test_rows_import_nothing_heavy() -> None:
    code = "import sys, placement.catalogue as c; c.catalogue_rows(); print(*({'pydantic', 'numpy'} & set(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.split() == []
