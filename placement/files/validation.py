"""Pydantic's errors in the words of this format: where in the file, what was expected, and the remedy."""

from __future__ import annotations

import difflib
import typing
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from placement.files.errors import ABSENT
from placement.files.tree import Path, value_at

REQUIRED = "state it: missing is never zero and never unlimited"


@dataclass(frozen=True)
class Fault:
    """One fault of a noun: ``path`` within the data that was validated."""

    path: Path
    value: Any
    expected: str
    remedy: str


# What was expected, and the remedy, by pydantic's type of error; {} are the error's own figures.
_WORDS: dict[str, tuple[str, str]] = {
    "missing": ("this field", REQUIRED),
    "string_type": ("text", "put it in quotes"),
    "string_pattern_mismatch": ("letters, digits and . _ : + -, at most 100, starting with a letter or digit", "rename it"),
    "string_too_long": ("at most {max_length} characters", "shorten it"),
    "string_too_short": ("at least {min_length} characters", "state it"),
    "float_type": ("a number", "write a number, without quotes and without a unit"),
    "int_type": ("a whole number", "write a whole number, without quotes and without a unit"),
    "int_from_float": ("a whole number", "write it without a fraction or an exponent"),
    "bool_type": ("true or false", "write true or false, without quotes"),
    "date_type": ("a day as YYYY-MM-DD", "write a day of the calendar such as 2026-03-02"),
    "greater_than_equal": ("at least {ge}", "correct the figure and check its unit"),
    "greater_than": ("more than {gt}", "correct the figure and check its unit"),
    "less_than_equal": ("at most {le}", "correct the figure and check its unit"),
    "less_than": ("less than {lt}", "correct the figure and check its unit"),
    "finite_number": ("a finite number", "state a figure; an absent limit is written 'unlimited' where the field allows it"),
    "literal_error": ("{expected}", "write one of these"),
    "too_short": ("at least {min_length} of them", "add what is missing"),
    "too_long": ("at most {max_length} of them", "remove some, or use a table"),
    "tuple_type": ("a list", "write a list"),
    "dict_type": ("a mapping", "write fields and values"),
    "model_type": ("a mapping of fields", "write fields and values"),
    "model_attributes_type": ("a mapping of fields", "write fields and values"),
}
_OF_KIND = {
    "float_type", "int_type", "int_from_float", "bool_type", "string_type", "date_type", "dict_type", "tuple_type", "model_type",
    "literal_error",
}  # fmt: skip
"""Errors that say that a value is of another kind than this branch of a union expects."""

_UNITS: tuple[tuple[str, str, str], ...] = (
    ("_mw", "_kw", "1 MW is 1000 kW"),
    ("_gw", "_kw", "1 GW is 1000000 kW"),
    ("_w", "_kw", "1 W is 0.001 kW"),
    ("_per_mwh", "_per_kwh", "divide a price per MWh by 1000"),
    ("_per_tb", "_per_gb", "divide a price per TB by 1000"),
    ("_s", "_ms", "1 s is 1000 ms"),
    ("_us", "_ms", "1000 us are 1 ms"),
    ("_days", "_hours", "1 day is 24 hours"),
    ("_weeks", "_hours", "1 week is 168 hours"),
    ("_minutes", "_hours", "60 minutes are 1 hour"),
    ("_s", "_hours", "3600 s are 1 hour"),
    ("_per_hour", "_per_day", "1 per hour is 24 per day"),
    ("_gib", "_gb", "1 GiB is 1.074 GB"),
    ("_tb", "_gb", "1 TB is 1000 GB"),
    ("_gb", "_tb", "1000 GB are 1 TB"),
    ("_tbit_s", "_gbit_s", "1 Tbit/s is 1000 Gbit/s"),
    ("_mbit_s", "_gbit_s", "1000 Mbit/s are 1 Gbit/s"),
    ("_gbps", "_gbit_s", "1 Gbps is 1 Gbit/s"),
    ("_gbyte_s", "_gbit_s", "1 GB/s is 8 Gbit/s"),
    ("_gb_s", "_gbit_s", "1 GB/s is 8 Gbit/s"),
    ("_tokens_per_minute", "_tokens_per_s", "60 tokens per minute are 1 token per second"),
    ("_tokens_per_hour", "_tokens_per_s", "3600 tokens per hour are 1 token per second"),
    ("_tokens_per_day", "_tokens_per_s", "86400 tokens per day are 1 token per second"),
    ("_per_token", "_per_million_tokens", "multiply a price per token by 1000000"),
    ("_per_thousand_tokens", "_per_million_tokens", "multiply a price per thousand tokens by 1000"),
    ("_per_gpu_day", "_per_gpu_hour", "divide a price per GPU-day by 24"),
    ("_per_gpu_month", "_per_gpu_hour", "divide a price per GPU-month by 730"),
    ("_per_year", "_per_month", "divide a price per year by 12"),
    ("_eur", "_usd", "convert to US dollars"),
    ("_musd", "_usd", "1 million USD is 1000000"),
    ("_percent", "_share", "1 percent is 0.01"),
    ("_pct", "_share", "1 percent is 0.01"),
    ("gpus_count", "gpus", "the same figure"),
    ("gpu_count", "gpus", "the same figure"),
    ("num_gpus", "gpus", "the same figure"),
    ("n_gpus", "gpus", "the same figure"),
)


def faults(error: ValidationError, model: type[BaseModel], data: Any) -> list[Fault]:
    """What is wrong with ``data`` as a ``model``, one fault per place; of a union, only the branch that the value meant."""
    merged: dict[tuple[Path, bool], list[ErrorDetails]] = {}
    unions: set[Path] = set()
    seen: list[tuple[Path, Path | None, ErrorDetails]] = []
    for detail in error.errors(include_url=False):
        path, union = _data_path(detail, data)
        if detail["type"] == "too_short" and len(detail["input"] or ()) >= detail["ctx"]["min_length"]:
            continue  # Pydantic also counts the elements that survived; those that did not are reported themselves.
        if union is not None:
            unions.add(union)
        seen.append((path, union, detail))
    for union in unions:
        inside = [item for item in seen if item[1] == union]
        meant = [item for item in inside if len(item[0]) > len(union) or item[2]["type"] not in _OF_KIND]
        if meant:
            dropped = {id(item[2]) for item in inside} - {id(item[2]) for item in meant}
            seen = [item for item in seen if id(item[2]) not in dropped]
    for path, union, detail in seen:
        merged.setdefault((path, union is not None), []).append(detail)
    return [_fault(path, details, model, data) for (path, _), details in merged.items()]


def _data_path(detail: ErrorDetails, data: Any) -> tuple[Path, Path | None]:
    """Where in the data an error lies, without pydantic's names of branches, and the union that it lies in."""
    path: list[str | int] = []
    union: Path | None = None
    node: Any = data
    for n, key in enumerate(detail["loc"]):
        last = n == len(detail["loc"]) - 1
        if value_at(node, [key]) is not ABSENT:
            node = value_at(node, [key])
            path.append(key)
        elif last and detail["type"] == "missing":
            path.append(key)
        elif union is None:
            union = tuple(path)
    return tuple(path), union


def _fault(path: Path, details: list[ErrorDetails], model: type[BaseModel], data: Any) -> Fault:
    first = details[0]
    value = ABSENT if first["type"] == "missing" else value_at(data, path)
    if first["type"] == "extra_forbidden":
        return Fault(path, value, *unknown_field(str(path[-1]), fields_at(model, path[:-1])))
    words = [_words(detail) for detail in details]
    expected = " or ".join(dict.fromkeys(text for text, _ in words))
    remedy = words[0][1]
    if isinstance(value, str) and first["type"] in ("float_type", "int_type"):
        remedy = _number_remedy(value, remedy)
    return Fault(path, value, expected, remedy)


def _words(detail: ErrorDetails) -> tuple[str, str]:
    known = _WORDS.get(detail["type"])
    if known is not None:
        return known[0].format_map(detail.get("ctx", {})), known[1]
    return detail["msg"].removeprefix("Value error, "), "correct the noun so that this holds"


def _number_remedy(text: str, otherwise: str) -> str:
    try:
        number = float(text.replace(",", "").replace("_", "").strip())
    except ValueError:
        return otherwise
    plain = f"{number:.15g}"
    return f"write {plain}, without quotes, separators or leading zeros" if plain not in ("nan", "inf", "-inf") else otherwise


def unknown_field(name: str, known: Iterable[str]) -> tuple[str, str]:
    """What was expected in place of an unknown field, and the remedy: another unit, another spelling, or none."""
    fields = sorted(known)
    for wrong, right, factor in _UNITS:
        if name.endswith(wrong):
            meant = name.removesuffix(wrong) + right
            if meant in fields:
                return f"the field {meant}", f"use {meant} and convert: {factor}"
    for wrong, right, factor in _UNITS:
        alike = [field for field in fields if field.endswith(right)]
        if name.endswith(wrong) and not name.endswith(right) and alike:
            meant = max(alike, key=lambda field: difflib.SequenceMatcher(None, field, name).ratio())
            return f"a field in the unit of {meant}", f"use {meant} if that is meant, and convert: {factor}"
    close = difflib.get_close_matches(name[:100], fields, 1, 0.6)
    if close:
        return "a field of this noun", f"did you mean {close[0]}?"
    return f"one of {', '.join(fields)}", "remove it"


def fields_at(model: Any, path: Path) -> list[str]:
    """Names of the fields that the format knows at a place within a model."""
    types = [model]
    for key in path:
        if isinstance(key, str):
            types = [t.model_fields[key].annotation for t in _models(types) if key in t.model_fields] or types
    stated = [(name, info) for t in _models(types) for name, info in t.model_fields.items()]
    return [name for name, info in stated if name not in ("source", "assumption") and info.annotation is not typing.Any]


def _models(types: Iterable[Any]) -> Iterator[type[BaseModel]]:
    for kind in types:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield kind
        else:
            yield from _models(typing.get_args(kind))
