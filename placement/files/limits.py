"""How large an input may be; each limit is stated in ``instances/README.md`` and refused before it can hurt."""

from __future__ import annotations

FILE_BYTES = 64 * 2**20
"""Of ``fleet.yaml``, ``fleet.json`` or a plan file."""
TABLE_BYTES = 4 * 2**30
"""Of one table."""
DEPTH = 32
"""Of nested mappings and lists."""
VALUES = 2_000_000
"""Values, mappings and lists in one file."""
INTEGER_DIGITS = 18
"""Of a whole number."""
ROWS = 50_000_000
"""Of one table."""
PERIODS = 100_000
"""Of the calendar: blocks x bands."""
CELLS = 25_000_000
"""Streams x periods, pools x periods and islands x periods, each."""
ERRORS_PER_KIND = 20
"""Shown for one column and kind of error; the rest are counted."""
ERRORS_SHOWN = 200
"""Printed in one message."""
