"""How many random instances each agreement test takes: few by default, more where more time is given.

    PLACEMENT_SEEDS_TIMES=5 python -m pytest tests/laws
"""

from __future__ import annotations

import os


def seeds(count: int) -> range:
    """Seeds 0 to ``count`` - 1, or so many times more by the environment."""
    return range(count * max(1, int(os.environ.get("PLACEMENT_SEEDS_TIMES", "1"))))
