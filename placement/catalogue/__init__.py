"""The catalogue: accelerators and their power modes as packaged data, each figure with its source and certainty.

``accelerators.csv`` holds what a part is, ``power_caps.csv`` what a power cap costs. The draws of a mode follow from both:

    kW(cap) = typical kW x (HOST_SHARE + (1 - HOST_SHARE) x cap),   serving kW = SERVING_SHARE x training kW
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from placement.instance.supply import Accelerator

HOST_SHARE = 0.10
"""Part of the draw that no cap lowers (host, network, fans): fitted to H200 nodes, which at a cap of 0.714 drew 0.73 to 0.75."""
SERVING_SHARE = 0.92
"""Assumed draw of serving against training: B200 systems drew 1.13 to 1.24 kW per GPU on most models, 1.30 kW at their highest."""
IDLE_SHARE = 0.22
"""Assumed draw of an idle accelerator with its share of the host, against the typical draw (between 20 and 25 %)."""
ASSUMPTION = (
    f"idle is {IDLE_SHARE:.0%} of the typical draw; serving draws {SERVING_SHARE:.0%} of training; "
    f"{HOST_SHARE:.0%} of the draw does not follow a cap; every capped part loses speed as H100, H200 and MI355X did"
)


def _rows(name: str) -> list[dict[str, str]]:
    text = (files("placement.catalogue") / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def catalogue_rows() -> list[dict[str, str | float]]:
    """One row per accelerator and mode, for people: figures, certainty and sources. Imports no validation, so it is quick."""
    caps = _rows("power_caps.csv")
    return [_row(part, cap) for part in _rows("accelerators.csv") for cap in (caps if part["capped"] == "yes" else caps[:1])]


def _row(part: dict[str, str], cap: dict[str, str]) -> dict[str, str | float]:
    training_kw = float(part["typical_kw"]) * (HOST_SHARE + (1 - HOST_SHARE) * float(cap["cap_fraction"]))
    return {
        "accelerator": part["id"],
        "vendor": part["vendor"],
        "name": part["name"],
        "hbm_gb": float(part["hbm_gb"]),
        "scale_up_domain_gpus": int(part["scale_up_domain_gpus"]),
        "allocation_unit_gpus": int(part["allocation_unit_gpus"]),
        "scale_out_gbit_s": float(part["scale_out_gbit_s"]),
        "idle_kw": round(float(part["typical_kw"]) * IDLE_SHARE, 3),
        "mode": cap["mode"],
        "training_kw": round(training_kw, 3),
        "serving_kw": round(training_kw * SERVING_SHARE, 3),
        "training_speed": float(cap["training_speed"]),
        "serving_speed": float(cap["serving_speed"]),
        "certainty": part["certainty"],
        "kw_basis": part["kw_basis"],
        "unit_basis": part["unit_basis"],
        "mode_certainty": cap["certainty"],
        "source": part["source"],
    }


@cache
def load_catalogue() -> dict[str, Accelerator]:
    """Accelerators by id, in the order of launch and vendor of ``accelerators.csv``."""
    from placement.instance.supply import Accelerator, Mode

    caps = _rows("power_caps.csv")
    found: dict[str, Accelerator] = {}
    for part in _rows("accelerators.csv"):
        rows = [_row(part, cap) for cap in (caps if part["capped"] == "yes" else caps[:1])]
        modes = tuple(
            Mode.model_validate(
                {"id": row["mode"], "source": cap["source"] or None, "assumption": cap["certainty"]}
                | {key: row[key] for key in ("training_kw", "serving_kw", "training_speed", "serving_speed")}
            )
            for row, cap in zip(rows, caps, strict=False)
        )
        keys = ("vendor", "name", "hbm_gb", "scale_up_domain_gpus", "allocation_unit_gpus", "scale_out_gbit_s", "idle_kw", "source")
        found[part["id"]] = Accelerator.model_validate(
            {key: rows[0][key] for key in keys}
            | {
                "id": part["id"],
                "modes": modes,
                "certainty": part["certainty"],
                "assumption": f"unit: {part['unit_basis']}; typical kW: {part['kw_basis']}; {ASSUMPTION}",
            }
        )
    return found
