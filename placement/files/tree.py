"""Plain data that remembers its lines: what YAML and JSON are read into, and how a place in it is named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from placement.files.errors import ABSENT, Problem, refuse, shown
from placement.files.limits import DEPTH, VALUES

Path = tuple[str | int, ...]


class Fields(dict[str, Any]):
    """A mapping; ``lines`` gives the line of each key, ``line`` its own."""

    __slots__ = ("line", "lines")

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}

    def put(self, key: str, value: Any, line: int) -> None:
        """Set a field and the line it comes from."""
        self[key] = value
        self.lines[key] = line


class Items(list[Any]):
    """A list; ``lines`` gives the line of each element, ``line`` its own."""

    __slots__ = ("line", "lines")

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: list[int] = []

    def put(self, value: Any, line: int) -> None:
        """Append an element and the line it comes from."""
        self.append(value)
        self.lines.append(line)


def line_of(root: Any, path: Sequence[str | int]) -> int | None:
    """Line of a place; of the nearest enclosing one where it does not exist."""
    node, line = root, getattr(root, "line", None)
    for key in path:
        if isinstance(node, Fields) and isinstance(key, str):
            line = node.lines.get(key, line)
            node = node.get(key)
        elif isinstance(node, Items) and isinstance(key, int) and key < len(node):
            line = node.lines[key]
            node = node[key]
        else:
            break
    return line


def value_at(root: Any, path: Sequence[str | int]) -> Any:
    """What stands at a place; ABSENT where it does not exist."""
    node = root
    for key in path:
        if isinstance(key, int):
            if not isinstance(node, list | tuple) or not 0 <= key < len(node):
                return ABSENT
            node = node[key]
        elif isinstance(node, dict) and key in node:
            node = node[key]
        else:
            return ABSENT
    return node


def path_name(root: Any, path: Sequence[str | int]) -> str:
    """A place in words: dotted, with ids in brackets where elements have them, numbers from 0 where not."""
    text, node = "", root
    for key in path:
        node = value_at(node, [key])
        if isinstance(key, int):
            name = node.get("id") if isinstance(node, dict) else None
            text += f"[{name if isinstance(name, str) and 0 < len(name) <= 100 and name.isprintable() else key}]"
        else:
            name = key if key.isprintable() and len(key) <= 100 else shown(key)
            text += f".{name}" if text else name
    return text


class TreeBuilder:
    """Builds the tree from a parser's events, within the limits on depth and size; duplicate keys become problems."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.root: Any = ABSENT
        self.problems: list[Problem] = []
        self._open: list[Fields | Items] = []
        self._keys: list[tuple[str, int] | None] = []
        self._repeated: list[tuple[list[str | int], str, int, int]] = []
        self._count = 0

    @property
    def wants_key(self) -> bool:
        """Whether the next scalar is a key."""
        return bool(self._open) and isinstance(self._open[-1], Fields) and self._keys[-1] is None

    def key(self, name: str, line: int) -> None:
        """The next value's key."""
        self._keys[-1] = (name, line)

    def value(self, value: Any, line: int) -> None:
        """A scalar or a new container."""
        self._count += 1
        if self._count > VALUES:
            raise refuse(
                self.file,
                line,
                f"more than {VALUES} values",
                f"at most {VALUES} values in one file",
                "move long lists to tables",
            )
        if not self._open:
            self.root = value
            return
        top = self._open[-1]
        if isinstance(top, Items):
            top.put(value, line)
            return
        name, key_line = self._keys[-1] or ("", line)
        self._keys[-1] = None
        if name in top:
            expected = f"each field once; '{shown(name)[1:-1]}' stands in line {top.lines[name]} and in line {key_line}"
            where = ".".join([*(str(k) for k in self._path()), name])
            self.problems.append(Problem(self.file, key_line, where, shown(value), expected, "remove one of the two"))
        else:
            top.put(name, value, key_line)

    def open(self, container: Fields | Items) -> None:
        """Start a mapping or a list."""
        self.value(container, container.line)
        self._open.append(container)
        self._keys.append(None)
        if len(self._open) > DEPTH:
            raise refuse(
                self.file, container.line, f"nested deeper than {DEPTH}", f"at most {DEPTH} levels", "flatten the document"
            )

    def close(self) -> None:
        """End the innermost container."""
        self._open.pop()
        self._keys.pop()

    def _path(self) -> list[str | int]:
        """Where the innermost container stands; elements by id where they state one."""
        steps: list[str | int] = []
        for outer, inner in zip(self._open, self._open[1:], strict=False):
            if isinstance(outer, Items):
                name = inner.get("id") if isinstance(inner, Fields) else None
                steps[-1:] = [f"{steps[-1] if steps else ''}[{name if isinstance(name, str) else len(outer) - 1}]"]
            else:
                steps.append(next((k for k, v in outer.items() if v is inner), "?"))
        return steps
