"""The only code that knows the format on disk: instances in, plans in and out, errors with file, line, field, value and remedy."""

from placement.files.atomic import behind_links, write_atomically, write_together
from placement.files.documents import load, sources_digest
from placement.files.errors import InputErrors, Problem, WrongInstance
from placement.files.futures import load_futures
from placement.files.plans import LoadedPlan, load_plan, save_plan
from placement.files.schema import schema
from placement.files.versions import versions

__all__ = [
    "InputErrors", "LoadedPlan", "Problem", "WrongInstance", "behind_links", "load", "load_futures", "load_plan", "save_plan",
    "schema", "sources_digest", "versions", "write_atomically", "write_together",
]  # fmt: skip
