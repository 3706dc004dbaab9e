"""Compiling inner loops where numba is installed; ``AVAILABLE`` is false where it is not."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

AVAILABLE = find_spec("numba") is not None
numba: Any = import_module("numba") if AVAILABLE else None


def njit(**options: Any) -> Any:
    """Compiles a function where numba is installed, else leaves it as it is."""
    return (lambda function: function) if numba is None else numba.njit(**options)
