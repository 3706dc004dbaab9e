"""The only code that knows the format on disk: instances in, plans in and out, errors with file, line, field, value and remedy."""

from placement.files.documents import load
from placement.files.errors import InputErrors, Problem, WrongInstance

__all__ = ["InputErrors", "Problem", "WrongInstance", "load"]
