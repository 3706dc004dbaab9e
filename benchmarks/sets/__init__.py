"""Public instance sets, read straight into Programs and scored against their known values.

Adding a set: a module that follows ``benchmarks.sets.case``, and one line below. The files are others' and are not part of this
project: the folder that holds them is named with ``--data`` or the variable PLACEMENT_DATA.
"""

SETS = {
    "gap": "benchmarks.sets.gap",
    "mmkp": "benchmarks.sets.mmkp",
    "multimode": "benchmarks.sets.multimode",
    "openb": "benchmarks.sets.openb",
}
"""Module of each set."""
