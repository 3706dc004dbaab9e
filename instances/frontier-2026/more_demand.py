"""The instance with all demand so many times as high: ``python instances/frontier-2026/more_demand.py 1.1 more-demand.json``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import yaml

if __name__ == "__main__":
    document = yaml.safe_load((Path(__file__).parent / "fleet.yaml").read_text(encoding="utf-8"))
    for stream in document["streams"]:
        stream["base_tokens_per_s"] = round(stream["base_tokens_per_s"] * float(sys.argv[1]), 6)
    document["name"] += f", demand x {sys.argv[1]}"
    del document["scenarios"], document["futures"]
    Path(sys.argv[2]).write_text(json.dumps(document, indent=1, default=str), encoding="utf-8")
