"""Files that are written whole, several together or none, and through links."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from placement.files import write_atomically, write_together

pytestmark = pytest.mark.skipif(os.name != "posix", reason="links and modes")

Replace = Callable[[Path, Any], Path]


def failing(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Nothing new takes the place of the file of this name."""
    whole: Replace = Path.replace

    def replace(self: Path, target: Any) -> Path:
        if Path(target).name == name and self.suffix == ".part":
            raise PermissionError(1, "not today", str(target))
        return whole(self, target)

    monkeypatch.setattr(Path, "replace", replace)


def test_a_link_stays_one_and_what_it_leads_to_is_written_with_its_mode(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    target, link, chain = tmp_path / "kept" / "a.json", tmp_path / "a.json", tmp_path / "chain.json"
    target.write_bytes(b"old")
    target.chmod(0o640)
    link.symlink_to("kept/a.json")
    chain.symlink_to("a.json")
    write_atomically(chain, b"new")
    assert chain.is_symlink() and link.is_symlink() and not target.is_symlink()
    assert target.read_bytes() == b"new"
    assert target.stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.json", "chain.json", "kept"]
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["a.json"]


def test_a_link_to_nothing_yet_gets_its_file_and_one_in_a_circle_is_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("later")
    write_atomically(tmp_path / "link", b"new")
    assert (tmp_path / "later").read_bytes() == b"new"
    (tmp_path / "round").symlink_to("about")
    (tmp_path / "about").symlink_to("round")
    with pytest.raises(OSError, match=r"[Tt]oo many"):
        write_atomically(tmp_path / "round", b"new")
    assert (tmp_path / "round").is_symlink()


@pytest.mark.parametrize("before", [b"old", None])
def test_files_written_together_change_together_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: bytes | None
) -> None:
    first, last = tmp_path / "first", tmp_path / "last"
    last.write_bytes(b"old")
    if before is not None:
        first.write_bytes(before)
    with monkeypatch.context() as broken:
        failing(broken, "last")
        with pytest.raises(PermissionError):
            write_together({first: b"new", last: b"new"})
    assert (first.read_bytes() if first.exists() else None) == before
    assert last.read_bytes() == b"old"
    assert {path.name for path in tmp_path.iterdir()} <= {"first", "last"}
    write_together({first: b"new", last: b"newer"})
    assert (first.read_bytes(), last.read_bytes()) == (b"new", b"newer")
    assert {path.name for path in tmp_path.iterdir()} == {"first", "last"}


def test_nothing_changes_where_one_of_them_cannot_even_be_prepared(tmp_path: Path) -> None:
    (tmp_path / "first").write_bytes(b"old")
    with pytest.raises(FileNotFoundError):
        write_together({tmp_path / "first": b"new", tmp_path / "nowhere" / "last": b"new"})
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("first", b"old")]


def test_the_longest_names_can_be_written(tmp_path: Path) -> None:
    for name in ("x" * 255, "\N{GRINNING FACE}" * 63):
        write_atomically(tmp_path / name, b"new")
        assert (tmp_path / name).read_bytes() == b"new"
