"""Which files are found."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from streamlint import discovery
from streamlint.discovery import DEFAULT_EXCLUDE, Patterns

if TYPE_CHECKING:
    from tests.conftest import Write


def found(root: Path, *paths: str, exclude: tuple[str, ...] = ()) -> list[str]:
    every, own = Patterns(root, (*DEFAULT_EXCLUDE, *exclude)), Patterns(root, exclude)
    files = discovery.discover([Path(path) for path in paths] or [Path(".")], every, own).files
    return [file.relative_to(root).as_posix() for file in files]


def test_python_files_in_order(write: Write, project: Path) -> None:
    for name in ("b.py", "a/z.py", "a/y.pyw", "readme.md", "c.pyi", "d.pyc"):
        write(name, "")
    assert found(project) == ["b.py", "a/y.pyw", "a/z.py"]


def test_each_file_once(write: Write, project: Path) -> None:
    write("a/one.py", "")
    assert found(project, "a/one.py", "a", ".") == ["a/one.py"]


def test_default_excludes(write: Write, project: Path) -> None:
    for name in (".venv/lib/a.py", "node_modules/b.py", "build/c.py", "src/dist/d.py", ".git/e.py", "src/f.py"):
        write(name, "")
    assert found(project) == ["src/f.py"]
    assert found(project, "build") == ["build/c.py"], "what is named is meant"


def test_gitignore_at_every_level(write: Write, project: Path) -> None:
    write(".gitignore", "# generated\n*_pb2.py\n/local/\n!keep_pb2.py\n")
    write("src/.gitignore", "secret.py\n!wanted_pb2.py\n")
    names = (
        "a_pb2.py",
        "keep_pb2.py",
        "local/b.py",
        "src/local/c.py",
        "src/secret.py",
        "src/wanted_pb2.py",
        "secret.py",
    )
    for name in names:
        write(name, "")
    assert found(project) == ["keep_pb2.py", "secret.py", "src/wanted_pb2.py", "src/local/c.py"]


def test_gitignore_above_the_given_folder(write: Write, project: Path) -> None:
    (project / ".git" / "info").mkdir(parents=True)
    write(".git/info/exclude", "mine.py\n")
    write(".gitignore", "out/\n*_pb2.py\n")
    for name in ("src/a.py", "src/a_pb2.py", "src/mine.py", "src/out/b.py", "out/c.py"):
        write(name, "")
    assert found(project, "src") == ["src/a.py"]
    assert found(project, "out") == ["out/c.py"], "an ignored folder that is named is meant"


def test_gitignore_does_not_hold_for_named_files(write: Write, project: Path) -> None:
    write(".gitignore", "app.py\n")
    write("app.py", "")
    assert found(project, "app.py") == ["app.py"]


@pytest.mark.parametrize(
    "pattern", ["generated", "generated/", "src/generated/**", "src/generated/*.py", "/src/generated"]
)
def test_own_patterns_hold_for_named_files_too(write: Write, project: Path, pattern: str) -> None:
    write("src/generated/a.py", "")
    write("src/b.py", "")
    assert found(project, exclude=(pattern,)) == ["src/b.py"]
    assert found(project, "src/generated/a.py", "src/b.py", exclude=(pattern,)) == ["src/b.py"]


def test_a_broken_pattern_is_passed_by(write: Write, project: Path) -> None:
    write(".gitignore", "!\n[\nskip.py\n")
    write("skip.py", "")
    write("take.py", "")
    assert found(project) == ["take.py"]


def test_links_to_folders_are_not_followed(write: Write, project: Path) -> None:
    write("src/a.py", "")
    os.symlink(project, project / "src" / "loop")
    os.symlink("self", project / "self")
    assert found(project) == ["src/a.py"]


def test_named_scripts_without_suffix(write: Write, project: Path) -> None:
    write("serve", "#!/usr/bin/env python3\n")
    write("shell", "#!/bin/sh\n")
    write("notes.txt", "")
    outcome = discovery.discover(
        [Path("serve"), Path("shell"), Path("notes.txt")], Patterns(project, ()), Patterns(project, ())
    )
    assert [file.name for file in outcome.files] == ["serve"]
    assert [(each.path.name, each.reason) for each in outcome.skipped] == [
        ("shell", "is not a Python file"),
        ("notes.txt", "is not a Python file"),
    ]


@pytest.mark.parametrize("marker", ["pyproject.toml", "setup.py", "setup.cfg", ".git"])
def test_project_root(tmp_path: Path, marker: str) -> None:
    (tmp_path / marker).touch()
    (tmp_path / "src" / "shop").mkdir(parents=True)
    assert discovery.project_root(tmp_path / "src" / "shop" / "app.py") == tmp_path


def test_files_of_a_folder_to_a_depth(write: Write, project: Path) -> None:
    write("a/b/c/d/e/far.py", "")
    write("a/near.py", "")
    patterns = Patterns(project, ())
    assert [file.name for file in discovery.project_files(project, patterns, depth=2)] == ["near.py"]
    assert len(discovery.project_files(project, patterns)) == 2
