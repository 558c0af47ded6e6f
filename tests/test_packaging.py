"""What is shipped: the wheel's content, its metadata, and that the documents speak of this version."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email.parser import Parser
from pathlib import Path
from typing import Any

import pytest
import yaml

import streamlint
from streamlint.rule import discover
from tests.conftest import BLOCKING
from tools import rule_docs

ROOT = Path(__file__).parent.parent
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DISTRIBUTIONS = {"yaml": "pyyaml", "tree_sitter": "tree-sitter", "tree_sitter_hcl": "tree-sitter-hcl"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    program = "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", program, str(folder)], cwd=ROOT, check=True, capture_output=True)
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def test_the_wheel_holds_the_package_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    own = {name for name in wheel.namelist() if ".dist-info/" not in name}
    files = (path for path in (ROOT / "streamlint").rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    assert own == {path.relative_to(ROOT).as_posix() for path in files}
    assert {"streamlint/py.typed", "streamlint/knowledge/reexports.toml"} <= own


def test_metadata(wheel: zipfile.ZipFile) -> None:
    [name] = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    metadata = Parser().parsestr(wheel.read(name).decode())
    assert metadata["Version"] == streamlint.__version__
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["License-Expression"] == "MIT"
    entry_points = wheel.read(name.replace("METADATA", "entry_points.txt")).decode()
    assert "streamlint = streamlint.cli:main" in entry_points


def test_the_wheel_works_where_there_is_no_checkout(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    installed, project = tmp_path / "installed", tmp_path / "project"
    wheel.extractall(installed)
    project.mkdir()
    (project / "app.py").write_text(BLOCKING)
    program = "import streamlint; print(streamlint.__file__); from streamlint.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-P", "-c", program, "--output", "sarif:report.sarif"],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )
    where, report = done.stdout.split("\n", 1)
    assert Path(where).is_relative_to(installed), "what was run is the wheel"
    assert (done.returncode, report[:14]) == (1, "error[STL203]:"), done.stderr
    assert "What it does" in (project / "report.sarif").read_text()


def test_the_wheel_of_the_source_archive_is_the_same(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    """`python -m build` makes the archive first, and the wheel from what is in it."""
    program = "import sys; from hatchling import build; getattr(build, sys.argv[1])(sys.argv[2])"
    subprocess.run(
        [sys.executable, "-c", program, "build_sdist", str(tmp_path)], cwd=ROOT, check=True, capture_output=True
    )
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as archive:
        archive.extractall(tmp_path, filter="data")
    (unpacked,) = (path for path in tmp_path.iterdir() if path.is_dir())
    subprocess.run(
        [sys.executable, "-c", program, "build_wheel", str(tmp_path)], cwd=unpacked, check=True, capture_output=True
    )
    again = zipfile.ZipFile(next(tmp_path.glob("*.whl")))
    assert {each.filename: each.CRC for each in again.infolist()} == {
        each.filename: each.CRC for each in wheel.infolist()
    }


def test_the_version_stands_in_one_place() -> None:
    texts = [path for path in (ROOT / "streamlint").rglob("*.py") if f'"{streamlint.__version__}"' in path.read_text()]
    own = [path.relative_to(ROOT).as_posix() for path in texts if "rules" not in path.parts]
    assert own == ["streamlint/__init__.py"]
    assert "version" not in PROJECT


def test_dependencies_are_what_is_imported() -> None:
    declared = {re.split(r"[^\w-]", requirement)[0].lower() for requirement in PROJECT["dependencies"]}
    nodes = [node for path in (ROOT / "streamlint").rglob("*.py") for node in ast.walk(ast.parse(path.read_bytes()))]
    modules = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    modules += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom) and not node.level]
    packages = {module.partition(".")[0] for module in modules} - sys.stdlib_module_names - {"streamlint"}
    assert {DISTRIBUTIONS.get(package, package) for package in packages} == declared


def test_the_changelog_knows_this_version() -> None:
    assert f"## {streamlint.__version__}" in (ROOT / "CHANGELOG.md").read_text()


def test_the_rule_documents_are_current() -> None:
    stale = [
        path.relative_to(ROOT).as_posix()
        for path, text in rule_docs.documents().items()
        if rule_docs.read(path) != text
    ]
    assert not stale, "run: python -m tools.rule_docs"


def test_links_in_the_documents_lead_somewhere() -> None:
    for document in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_the_table_of_family_5_is_that_of_its_rules() -> None:
    page = (ROOT / "docs" / "behind_the_app.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| (?:\[(STL5\d\d)\]\(rules/STL5\d\d\.md\)) \| (.*) \|$", page, re.MULTILINE))
    told = {each.code: f"{each.name} | {each.severity}" for each in discover() if each.code.startswith("STL5")}
    assert rows == told
    numbers = re.findall(r"STL5\d\d(?=[^.]*? \| [a-z])", page)
    assert numbers == sorted(numbers)


def test_both_hooks_are_declared() -> None:
    hooks = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
    assert set(hooks) == {"streamlint", "streamlint-fix"}
    assert all(hook["require_serial"] for hook in hooks.values())
    assert not any(hook["pass_filenames"] for hook in hooks.values())
    assert hooks["streamlint-fix"]["entry"] == "streamlint --fix-only --fix-level safe --since HEAD --tracked"
    assert hooks["streamlint"]["entry"] == "streamlint --since HEAD --tracked"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such bit")
def test_the_check_of_the_repository_can_be_run() -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
