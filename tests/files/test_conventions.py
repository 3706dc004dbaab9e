"""The conventions of the format's reference, one test each."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from placement.files import InputErrors, load
from placement.instance import Calendar, DailyProfile, Growth
from placement.instance.paths import DemandPaths, growth_path, period_percentile


def calendar(**changes: Any) -> Calendar:
    return Calendar.model_validate({"start": "2026-03-02", "block": "week", "blocks": 4, **changes})


def growth(*steps: tuple[str, float]) -> Growth:
    return Growth.model_validate({"id": "g", "steps": [{"from_date": day, "annual_factor": factor} for day, factor in steps]})


def changed(folder: Path, text: str, *edits: tuple[str, str]) -> Path:
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    (folder / "fleet.yaml").write_text(text)
    return folder


def test_missing_is_never_unlimited(tmp_path: Path, small_text: str) -> None:
    with pytest.raises(InputErrors, match="missing is never zero and never unlimited"):
        load(changed(tmp_path, small_text, ("limit_kw: unlimited, ", "")))


def test_growth_compounds_by_the_hour() -> None:
    path = growth_path(calendar(), growth(("2026-03-02", 80.0)))
    hours = np.arange(28 * 24)
    assert np.allclose(path[::4], 80.0 ** (hours / (365 * 24)), rtol=1e-12)
    assert np.all(path.reshape(-1, 4) == path[::4, None])


def test_growth_is_one_before_its_first_step_and_changes_pace_at_steps() -> None:
    path = growth_path(calendar(), growth(("2026-03-16", 10.0), ("2026-03-09", 80.0)))
    assert np.all(path[: 7 * 96] == 1)
    assert path[14 * 96] == pytest.approx(80 ** (7 / 365))
    assert path[21 * 96] == pytest.approx(80 ** (7 / 365) * 10 ** (7 / 365))


def test_growth_before_the_calendar_does_not_move_its_start() -> None:
    path = growth_path(calendar(), growth(("2025-01-01", 80.0)))
    assert path[0] == 1
    assert path[96] == pytest.approx(80 ** (1 / 365))


def test_demand_is_the_95th_percentile_over_the_period_and_volumes_the_mean() -> None:
    hourly = [float(h) for h in range(24)]
    profile = DailyProfile.model_validate({"id": "p", "zone": "UTC", "weekday": hourly, "weekend": [0.0] * 24})
    demand, mean = DemandPaths(calendar(), 95.0).factors(None, profile)
    ticks = np.repeat([*hourly * 5, *[0.0] * 48], 4)
    assert demand == pytest.approx([np.percentile(ticks, 95)] * 4)
    assert mean == pytest.approx([ticks.mean()] * 4)
    assert DemandPaths(calendar(), 100.0).factors(None, profile)[0] == pytest.approx([23.0] * 4)


def test_percentile_agrees_with_numpy_in_every_band() -> None:
    bands = [{"id": "peak", "hours": [{"days": ["mon", "wed"], "from_hour": 5, "to_hour": 11}]}, {"id": "rest", "rest": True}]
    time = calendar(bands=bands)
    path = np.random.default_rng(0).random(len(time.tick_block))
    expected = [np.percentile(path[time.tick_period == p], 37.5) for p in range(time.period_count)]
    assert period_percentile(time, path, 37.5) == pytest.approx(expected)


def test_profiles_are_in_the_hours_of_their_zone() -> None:
    hourly = [0.0] * 9 + [1.0] + [0.0] * 14
    profile = DailyProfile.model_validate({"id": "p", "zone": "America/New_York", "weekday": hourly, "weekend": hourly})
    days = calendar(block="day", blocks=14)  # Clocks go forward on 2026-03-08.
    bands = [{"id": "then", "hours": [{"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from_hour": 14, "to_hour": 15}]}]
    winter = calendar(block="day", blocks=14, bands=[*bands, {"id": "rest", "rest": True}])
    assert DemandPaths(days, 100.0).factors(None, profile)[1] == pytest.approx([1 / 24] * 14)
    assert DemandPaths(winter, 100.0).factors(None, profile)[1][::2] == pytest.approx([1.0] * 6 + [0.0] * 8)


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kathmandu", "UTC"])
def test_minutes_of_the_week_are_those_of_the_zone(zone: str) -> None:
    """Over a year with both changes of the clock; Lord Howe's is by half an hour."""
    year = calendar(blocks=52)
    first = datetime(2026, 3, 2, tzinfo=UTC)
    for tick, minute in enumerate(year.local_minute(zone).tolist()):
        if tick % 3 == 0:  # Quarter hours of every kind, and a third of the time.
            local = (first + timedelta(minutes=15 * tick)).astimezone(ZoneInfo(zone))
            assert minute == local.weekday() * 1440 + local.hour * 60 + local.minute, local


def test_stated_demand_with_a_step_inside_a_block_counts_with_its_mean(tmp_path: Path, small_text: str) -> None:
    steps = "[{from_date: 2026-03-02, value: 700}, {from_date: 2026-03-05, value: 1400}]"
    old = "demand_tokens_per_s: {peak: 6000, rest: 3000}\n    mean_tokens_per_s: {peak: 5000, rest: 2000}"
    instance = load(changed(tmp_path, small_text, (old, f"demand_tokens_per_s: {steps}")))
    assert instance.demand_tokens_per_s[1, :4] == pytest.approx([1100, 1100, 1400, 1400])
    assert np.array_equal(instance.mean_tokens_per_s[1], instance.demand_tokens_per_s[1])


def test_least_online_counts_and_parts_of_contracts_do_not(tmp_path: Path, small_text: str) -> None:
    edits = (
        ("from_date: 2026-04-06, value: 512", "from_date: 2026-04-07, value: 512"),
        ("from_date: 2026-03-16, to", "from_date: 2026-03-17, to"),
    )
    instance = load(changed(tmp_path, small_text, *edits))
    assert instance.pool_online_gpus[0].tolist() == [256] * 12 + [512] * 4
    assert instance.pool_online_gpus[2].tolist() == [0] * 6 + [128] * 10


def test_online_is_zero_before_the_first_step(tmp_path: Path, small_text: str) -> None:
    instance = load(changed(tmp_path, small_text, ("from_date: 2026-01-01, value: 256", "from_date: 2026-03-09, value: 256")))
    assert instance.pool_online_gpus[0, :4].tolist() == [0, 0, 256, 256]


def test_tranches_count_by_date_and_state(tmp_path: Path, small_text: str) -> None:
    tranches = (
        "tranches: [{gpus: 32, state: usable, p50_date: 2026-01-01, p90_date: 2026-01-01},"
        " {gpus: 16, state: contracted, p50_date: 2026-03-16, p90_date: 2026-04-06},"
        " {gpus: 16, state: announced, p50_date: 2026-03-16, p90_date: 2027-01-01}]"
    )
    online = {}
    for settings in ("", "delivery_date: p90", "delivery_state: announced", "delivery_state: usable"):
        edits = (("online_gpus: 64", tranches), ("calendar:\n", f"settings: {{{settings}}}\ncalendar:\n"))
        online[settings] = load(changed(tmp_path, small_text, *edits)).pool_online_gpus[1].tolist()
    assert online[""] == [32] * 4 + [48] * 12
    assert online["delivery_date: p90"] == [32] * 10 + [48] * 6
    assert online["delivery_state: announced"] == [32] * 4 + [64] * 12
    assert online["delivery_state: usable"] == [32] * 16


def test_blocks_start_at_midnight_utc(small: Any) -> None:
    assert small.calendar.block_starts[0] == date(2026, 3, 2)
    assert small.calendar.hours.sum() == 8 * 168
    assert small.calendar.hours[0] == 30


def test_pools_of_jobs_and_services_by_default(small: Any) -> None:
    pools = [small.jobs.pools[a:b].tolist() for a, b in zip(small.jobs.pool_offset, small.jobs.pool_offset[1:], strict=False)]
    assert pools == [[0, 2], [0, 1, 2], [1]]
    assert [own.tolist() for own in small.service_pools] == [[0, 1, 2], [0]]


def test_modes_divide_hours_by_their_speed(small: Any) -> None:
    shapes = small.jobs.shapes
    speed = small.accelerators["h100-sxm"].mode("cap80").training_speed
    assert shapes.hours[:2] == pytest.approx([300, 300 / speed])


def test_the_instance_lays_its_accelerators_over_the_catalogue(tmp_path: Path, small_text: str) -> None:
    own = (
        small_text[small_text.index("  - id: toy") : small_text.index("providers:")]
        .replace("id: toy", "id: h100-sxm")
        .replace("id: slow", "id: cap80")
    )
    instance = load(changed(tmp_path, small_text, ("providers:\n", own.rstrip() + "\n\nproviders:\n")))
    assert instance.accelerators["h100-sxm"].name == "Toy 1"
    assert instance.accelerators["b200-sxm"].vendor == "NVIDIA"
    assert list(instance.accelerators)[-1] == "toy"


@pytest.mark.parametrize(
    ("sizes", "fits"),
    [
        ((8, 8), True),
        ((8, 16, 32), True),
        ((8, 24), False),
        ((12, 12), True),
        ((8, 12), False),
        ((8, 64), True),
        ((4, 24), True),
        ((24, 64), False),
    ],
)
def test_replicas_of_several_units_pack_in_any_order(tmp_path: Path, small_text: str, sizes: tuple[int, ...], fits: bool) -> None:
    part = small_text[small_text.index("  - id: toy") : small_text.index("providers:")]
    part = part.replace("id: toy", "id: big").replace("domain_gpus: 8", "domain_gpus: 64").replace("unit_gpus: 4", "unit_gpus: 4")
    pool = "  - {id: wide, site: north, accelerator: big, contract: owned, islands: [{gpus: 128}], online_gpus: 128}\n"
    profiles = "".join(
        f"  - {{id: s{n}, profiles: [{{accelerator: big, latency_class: fast, gpus_per_replica: {size}, tokens_per_s: 9}}]}}\n"
        for n, size in enumerate(sizes)
    )
    edits = (
        ("providers:\n", part.rstrip() + "\n\nproviders:\n"),
        ("links:\n", pool + "\nlinks:\n"),
        ("growths:\n", profiles + "\ngrowths:\n"),
    )
    folder = changed(tmp_path, small_text, *edits)
    if fits:
        load(folder)
    else:
        with pytest.raises(InputErrors, match="pack whatever their order"):
            load(folder)
