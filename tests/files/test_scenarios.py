"""Scenarios change the plain document before it is validated; what does not apply is an error at the scenario's line."""

# ruff: noqa: E501 -- one case, one line

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from placement.files import InputErrors, load
from placement.scenario import apply, steps_of


def with_changes(folder: Path, text: str, changes: str) -> Path:
    body = text[: text.index("scenarios:")]
    (folder / "fleet.yaml").write_text(f"{body}scenarios:\n  - id: what-if\n    changes:\n{changes}")
    return folder


def errors(folder: Path) -> list[str]:
    with pytest.raises(InputErrors) as caught:
        load(folder, scenario="what-if")
    return [str(problem) for problem in caught.value.problems]


def line(folder: Path, marker: str) -> int:
    text = (folder / "fleet.yaml").read_text()
    return text[: text.index(marker)].count("\n") + 1


def test_remove(tmp_path: Path, small_text: str) -> None:
    (tmp_path / "fleet.yaml").write_text(small_text)
    instance = load(tmp_path, scenario="no-lease")
    assert instance.name == "small + no-lease"
    assert list(instance.pools) == ["north-h100", "north-toy"]
    assert list(instance.contracts) == ["owned"]


def test_money_and_supply_of_all_kinds_are_patched(tmp_path: Path, small_text: str) -> None:
    bought = "purchase: {capex_usd: 100, lead_time_days: 7, life_days: 900}, price_usd_per_kwh: 0.1, brings_kw: [{feed: grid, kw: 10}]"
    text = small_text.replace("fee_usd_per_month: 1000}", f"{bought}, spot: {{mean_hours_between_interruptions: 50, outage_hours: 5}}}}")
    changes = """
      - {path: settings, value: {discount_rate_per_year: 0.1}}
      - {path: "contracts[lease].purchase.capex_usd", action: scale, value: 2}
      - {path: "contracts[lease].purchase.lead_time_days", value: 14}
      - {path: "contracts[lease].price_usd_per_kwh", action: scale, value: 3}
      - {path: "contracts[lease].brings_kw[0].kw", action: scale, value: 0.5}
      - {path: "contracts[lease].spot", action: remove}
"""
    lease = load(with_changes(tmp_path, text, changes)).contracts["lease"]
    instance = load(tmp_path, scenario="what-if")
    patched = instance.contracts["lease"]
    assert lease.spot is not None and patched.spot is None
    assert lease.purchase is not None and patched.purchase is not None and patched.brings_kw is not None
    assert (patched.purchase.capex_usd, patched.purchase.lead_time_days) == (200, 14)
    assert (patched.price_usd_per_kwh, patched.brings_kw[0].kw) == (pytest.approx(0.3), 5)
    assert instance.settings.discount_rate_per_year == 0.1
    assert instance.discount_after(np.array(365.25)) == pytest.approx(1 / 1.1)


def test_set_and_scale(tmp_path: Path, small_text: str) -> None:
    (tmp_path / "fleet.yaml").write_text(small_text)
    plain, slower = load(tmp_path), load(tmp_path, scenario="slower")
    assert slower.digest != plain.digest
    limit = slower.feeds["hall"].limit_kw
    assert isinstance(limit, tuple)
    assert [step.value for step in limit] == [400.0, 600.0]
    assert [step.from_date for step in limit] == [step.from_date for step in plain.feeds["hall"].limit_kw]  # type: ignore[union-attr]
    assert np.all(slower.demand_tokens_per_s[0] < plain.demand_tokens_per_s[0])


def test_scenarios_do_not_change_the_digest(tmp_path: Path, small_text: str) -> None:
    (tmp_path / "fleet.yaml").write_text(small_text[: small_text.index("scenarios:")])
    alone = load(tmp_path).digest
    (tmp_path / "fleet.yaml").write_text(small_text)
    assert load(tmp_path).digest == alone


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ('{path: "sites[north].pue", value: 1.5}', lambda i: i.sites["north"].pue == 1.5),
        ('{path: "sites[0].pue", value: 1.5}', lambda i: i.sites["north"].pue == 1.5),
        ('{path: "feeds[grid].price_usd_per_kwh.peak", action: scale, value: 2}', lambda i: i.feeds["grid"].price_usd_per_kwh["peak"] == 0.18),
        ('{path: "feeds[grid].price_usd_per_kwh", action: scale, value: 2}', lambda i: i.feeds["grid"].price_usd_per_kwh["rest"] == 0.1),
        ('{path: "feeds[south].reserve_kw", action: remove}', lambda i: i.feeds["south"].reserve_kw == 0),
        ('{path: "feeds[grid].non_firm_kw", value: 300}', lambda i: i.feeds["grid"].non_firm_kw == 300),
        ('{path: "feeds[hall].second_feed", value: south}', lambda i: i.feeds["hall"].second_feed == "south"),
        ('{path: "feeds[grid].events", value: [{id: heat, hours: 4, limit_kw: 9}]}', lambda i: i.grid_events[0].name == "grid/heat"),
        ('{path: "feeds[grid].demand_response", value: [{id: r, most_kw: 5, usd_per_kwh: 1}]}', lambda i: i.responses[0].feed == 0),
        ('{path: "tenants[research].flexibility_share", value: 0.25}', lambda i: i.tenants["research"].flexibility_share == 0.25),
        ('{path: "settings", value: {demand_percentile: 50}}', lambda i: i.settings.demand_percentile == 50),
        ('{path: "pools[north-h100].online_gpus", action: scale, value: 0.5}', lambda i: i.pool_online_gpus[0, -1] == 256),
    ],
)  # fmt: skip
def test_changes(tmp_path: Path, small_text: str, change: str, check: object) -> None:
    assert check(load(with_changes(tmp_path, small_text, f"      - {change}\n"), scenario="what-if"))  # type: ignore[operator]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ('{path: "sites[nroth].pue", value: 1.5}', "did you mean 'north'?"),
        ('{path: "sites[north].peu", action: scale, value: 2}', "did you mean 'pue'?"),
        ('{path: "sites[north].name", action: remove}', "sites[north] has no name"),
        ('{path: "sites[north].pue.deeper", value: 1}', "sites[north].pue"),
        ('{path: "sites[north].provider", action: scale, value: 2}', "scale numbers only"),
        ('{path: "sites[north]..pue", value: 1.5}', "write names with dots"),
        ('{path: "sites[north", value: 1.5}', "write names with dots"),
        ('{path: "[0]", value: 1.5}', "write names with dots"),
        ('{path: "scenarios[what-if]", action: remove}', "change a noun"),
        ('{path: "format", value: x}', "change a noun"),
        ('{path: "sites[99].pue", value: 1.5}', "sites has no [99]"),
        ('{path: "sites[-1].pue", value: 1.5}', "write names with dots"),
        ('{path: "__class__.__init__.__globals__", value: 1}', "the document has no __class__"),
        ('{path: "sites.append", value: 1}', "sites has no append"),
    ],
)
def test_paths_that_lead_nowhere(tmp_path: Path, small_text: str, change: str, says: str) -> None:
    folder = with_changes(tmp_path, small_text, f"      - {change}\n")
    (found,) = errors(folder)
    assert says in found
    assert found.startswith(f"fleet.yaml:{line(folder, change)}: scenarios[what-if].changes[0]")


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ('{path: "sites[north].pue", value: 150}', "sites[north].pue"),
        ('{path: "sites[north].pue", action: remove}', "sites[north].pue"),
        ('{path: "sites[north].colour", value: red}', "sites[north].colour"),
        ('{path: "pools[memphis-h100].contract", value: leese}', "pools[memphis-h100].contract"),
        ('{path: "feeds[hall].limit_kw", action: scale, value: -1}', "feeds[hall].limit_kw[0].value"),
    ],
)
def test_errors_after_a_patch_are_blamed_on_its_line(tmp_path: Path, small_text: str, change: str, path: str) -> None:
    folder = with_changes(tmp_path, small_text, f"      - {change}\n")
    assert errors(folder)[0].startswith(f"fleet.yaml:{line(folder, change)}: {path} = ")


def test_dangling_after_removal(tmp_path: Path, small_text: str) -> None:
    folder = with_changes(tmp_path, small_text, '      - {path: "contracts[lease]", action: remove}\n')
    (found,) = errors(folder)
    assert "pools[memphis-h100].contract = 'lease'" in found


def test_unknown_scenario(tmp_path: Path, small_text: str) -> None:
    (tmp_path / "fleet.yaml").write_text(small_text)
    with pytest.raises(InputErrors, match="did you mean 'no-lease'"):
        load(tmp_path, scenario="no-leese")


def test_paths_are_read_as_written() -> None:
    assert steps_of("growths[base].steps[0].annual_factor") == ["growths", "[base]", "steps", "[0]", "annual_factor"]
    assert steps_of("a..b") is None
    assert steps_of("") is None


def test_apply_works_on_plain_data() -> None:
    document = {
        "a": [{"id": "x", "n": 2}],
        "scenarios": [{"id": "s", "changes": [{"path": "a[x].n", "action": "scale", "value": 3}]}],
    }
    assert list(apply(document, "s")) == []
    assert document["a"] == [{"id": "x", "n": 6}]
