"""Which files are found."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from streamlint import discovery
from streamlint.discovery import DEFAULT_EXCLUDE, Patterns
from tests.conftest import BLOCKING, Streamlint

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


# Links

FIXED = BLOCKING.replace("import time", "import asyncio").replace("time.sleep", "await asyncio.sleep")


@pytest.fixture
def outside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("elsewhere") / "shared.py"
    path.write_text(BLOCKING)
    return path


@pytest.mark.parametrize("arguments", [(), (".",), ("link.py",), ("link.py", "."), ("pages", "link.py")])
def test_a_link_out_of_the_tree_is_judged_and_never_written(
    project: Path, outside: Path, streamlint: Streamlint, arguments: tuple[str, ...]
) -> None:
    (project / "link.py").symlink_to(outside)
    (project / "pages").mkdir()
    (project / "pages" / "again.py").symlink_to(outside)
    result = streamlint("--output-format", "concise", *arguments)
    assert (result.exit_code, result.stdout.count("error[STL203]")) == (1, 1)
    assert "fixable" not in result.stdout
    for options in (("--fix",), ("--fix", "--unsafe-fixes")):
        result = streamlint(*options, *arguments)
        assert result.exit_code == 1
        assert "not written: is a link to a file that is no part of this run" in result.stderr
        assert "Fixed" not in result.stdout
    diff = streamlint("--diff", *arguments)
    assert (diff.exit_code, diff.stdout) == (0, "")
    assert (outside.read_text(), (project / "link.py").is_symlink()) == (BLOCKING, True)


@pytest.mark.parametrize(
    "arguments", [(), ("link.py", "app.py"), ("app.py", "link.py"), ("link.py",), (".", "link.py")]
)
def test_a_link_to_a_file_of_the_tree_is_that_file(
    write: Write, project: Path, streamlint: Streamlint, arguments: tuple[str, ...]
) -> None:
    path = write("app.py", BLOCKING)
    (project / "a_link.py").symlink_to("app.py")
    (project / "link.py").symlink_to("a_link.py")
    result = streamlint("--output-format", "concise", *arguments)
    assert result.stdout.startswith("app.py:10:5: error[STL203]")
    assert "Found 1 error in 1 file (1 file checked)" in result.stdout
    assert streamlint("--fix", *arguments).exit_code == 0
    assert (path.read_text(), (project / "link.py").is_symlink()) == (FIXED, True)


def test_a_link_to_a_file_that_was_left_out(write: Write, project: Path, streamlint: Streamlint) -> None:
    path = write("build/app.py", BLOCKING)
    (project / "app.py").symlink_to("build/app.py")
    result = streamlint("--fix")
    assert "error[STL203]" in result.stdout
    assert "app.py: not written: is a link" in result.stderr
    assert path.read_text() == BLOCKING


def test_a_named_link_to_what_the_configuration_excludes(write: Write, project: Path, streamlint: Streamlint) -> None:
    write("streamlint.toml", "extend-exclude = ['generated']\n")
    path = write("generated/app.py", BLOCKING)
    (project / "app.py").symlink_to("generated/app.py")
    assert streamlint("--fix", "app.py").exit_code == 0
    assert path.read_text() == BLOCKING


def test_a_tree_behind_a_link_is_a_tree(write: Write, project: Path, streamlint: Streamlint) -> None:
    path = write("real/app.py", BLOCKING)
    (project / "shop").symlink_to("real")
    assert streamlint("--output-format", "concise", "shop", "real").stdout.count("STL203") == 1
    assert streamlint("--fix", "shop/app.py").exit_code == 0
    assert path.read_text() == FIXED


def test_all_names_of_a_file_are_one_file(write: Write, project: Path, streamlint: Streamlint) -> None:
    path = write("app.py", BLOCKING)
    os.link(path, project / "copy.py")
    result = streamlint("--output-format", "concise")
    assert result.stdout.startswith("app.py:10:5: error[STL203]")
    assert "(1 file checked)" in result.stdout
    assert streamlint("--fix").exit_code == 0
    assert (path.read_text(), (project / "copy.py").samefile(path)) == (FIXED, True)


def test_a_text_for_a_link_is_the_text(project: Path, outside: Path, streamlint: Streamlint) -> None:
    (project / "link.py").symlink_to(outside)
    result = streamlint("--fix", "--stdin-filename", "link.py", "-", text=BLOCKING)
    assert result.stdout == FIXED
    assert outside.read_text() == BLOCKING


def test_git_asks_its_own_list_last(write: Write, project: Path) -> None:
    (project / ".git" / "info").mkdir(parents=True)
    write(".git/info/exclude", "*.py\n")
    write(".gitignore", b"\xef\xbb\xbf!kept.py\r\n")
    for name in ("kept.py", "other.py"):
        write(name, "")
    assert found(project) == ["kept.py"]
