"""What packaging files say of where code lies is what imports mean; without them such imports lead outside."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamlint.config import Config, Selection
from streamlint.run import Request, run

LIBRARY = """\
import time


def find(text):
    time.sleep(1)
    return text


def tell(text):
    return text
"""
ROUTE = """\
from fastapi import FastAPI

from shelf.books import find, tell

app = FastAPI()


@app.get("/find")
async def look(text: str):
    return {"text": find(text)}
"""
MEMBER = '[project]\nname = "shelf"\nversion = "1"\n'
ROOT = '[project]\nname = "house"\nversion = "1"\n'
NEEDING = '[project]\nname = "web"\nversion = "1"\ndependencies = ["shelf>=1"]\n'
SETUP = "from setuptools import setup, {found}\n\nsetup(name='house', version='1', {said})\n"

TREES = {
    "setuptools, one package": ("lib/storage", ROOT + '[tool.setuptools.package-dir]\nshelf = "lib/storage"\n'),
    "setuptools, all packages": ("lib/shelf", ROOT + '[tool.setuptools.package-dir]\n"" = "lib"\n'),
    "setuptools, looked for": ("lib/shelf", ROOT + '[tool.setuptools.packages.find]\nwhere = ["other", "lib"]\n'),
    "poetry": (
        "lib/shelf",
        '[tool.poetry]\nname = "house"\npackages = [{ include = "web" }, { include = "shelf", from = "lib" }]\n',
    ),
    "hatch, packages": ("lib/shelf", ROOT + '[tool.hatch.build.targets.wheel]\npackages = ["lib/shelf"]\n'),
    "hatch, packages of all": ("lib/shelf", ROOT + '[tool.hatch.build]\npackages = ["lib/shelf"]\n'),
    "flit": ("lib/shelf", ROOT + '[tool.flit.module]\ndirectory = "lib/shelf"\n'),
    "hatch, sources of the wheel": ("lib/shelf", ROOT + '[tool.hatch.build.targets.wheel]\nsources = ["lib"]\n'),
    "hatch, sources": ("lib/shelf", ROOT + '[tool.hatch.build]\nsources = ["lib"]\n'),
    "uv, module root": ("lib/shelf", ROOT + '[tool.uv.build-backend]\nmodule-root = "lib"\n'),
    "pdm": ("lib/shelf", ROOT + '[tool.pdm.build]\npackage-dir = "lib"\n'),
    "maturin": ("lib/shelf", ROOT + '[tool.maturin]\npython-source = "lib"\n'),
    "pytest": ("lib/shelf", ROOT + '[tool.pytest.ini_options]\npythonpath = [".", "lib"]\n'),
    "pyright": ("lib/shelf", ROOT + '[tool.pyright]\nextraPaths = ["lib"]\n'),
    "uv workspace": ("libs/shelf/src/shelf", ROOT + '[tool.uv.workspace]\nmembers = ["libs/*"]\n'),
    "uv path": ("libs/shelf/shelf", ROOT + '[tool.uv.sources]\nshelf = { path = "libs/shelf", editable = true }\n'),
    "poetry path": (
        "libs/shelf/shelf",
        '[tool.poetry.dependencies]\nshelf = { path = "libs/shelf", develop = true }\n',
    ),
}
OTHERS = {
    "setup.cfg, all packages": ("setup.cfg", "[options]\npackage_dir =\n    =lib\n"),
    "setup.cfg, looked for": ("setup.cfg", "[options.packages.find]\nwhere = lib\n"),
    "setup.py, all packages": ("setup.py", SETUP.format(found="find_packages", said="package_dir={'': 'lib'}")),
    "setup.py, looked for": ("setup.py", SETUP.format(found="find_packages", said="packages=find_packages('lib')")),
}


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def found(folder: Path) -> list[tuple[str, str]]:
    findings = run(Request((folder,), Config(root=folder), Selection(ignore=("STL4",)))).findings
    return [(finding.code, finding.path.name) for finding in findings]


def tree(home: str, route: str = ROUTE) -> dict[str, str]:
    member = {"libs/shelf/pyproject.toml": MEMBER} if home.startswith("libs/") else {}
    return {**member, f"{home}/__init__.py": "", f"{home}/books.py": LIBRARY, "web/main.py": route}


@pytest.mark.parametrize("name", TREES)
def test_what_pyproject_says(name: str, tmp_path: Path) -> None:
    home, said = TREES[name]
    write(tmp_path, {**tree(home), "pyproject.toml": said})
    assert found(tmp_path) == [("STL204", "main.py")]


@pytest.mark.parametrize("name", TREES)
def test_the_same_with_what_does_not_wait(name: str, tmp_path: Path) -> None:
    home, said = TREES[name]
    write(tmp_path, {**tree(home, ROUTE.replace("find(text)}", "tell(text)}")), "pyproject.toml": said})
    assert found(tmp_path) == []


@pytest.mark.parametrize("name", TREES)
def test_without_the_word_of_a_file_nobody_knows(name: str, tmp_path: Path) -> None:
    home, _ = TREES[name]
    write(tmp_path, {**tree(home), "pyproject.toml": ROOT})
    assert found(tmp_path) == []


@pytest.mark.parametrize("name", OTHERS)
def test_what_files_of_setuptools_say(name: str, tmp_path: Path) -> None:
    file, said = OTHERS[name]
    write(tmp_path, {**tree("lib/shelf"), file: said})
    assert found(tmp_path) == [("STL204", "main.py")]


def workspace(needing: str) -> dict[str, str]:
    return {
        "pyproject.toml": '[tool.uv.workspace]\nmembers = ["apps/*", "libs/*"]\n',
        "apps/web/pyproject.toml": needing,
        "apps/web/main.py": ROUTE,
        "apps/admin/pyproject.toml": needing.replace("web", "admin"),
        "apps/admin/site.py": ROUTE,
        "libs/shelf/pyproject.toml": MEMBER,
        "libs/shelf/src/shelf/__init__.py": "",
        "libs/shelf/src/shelf/books.py": LIBRARY,
    }


def test_two_members_share_a_library(tmp_path: Path) -> None:
    write(tmp_path, workspace(NEEDING))
    assert found(tmp_path) == [("STL204", "site.py"), ("STL204", "main.py")]
    assert found(tmp_path / "apps" / "web") == [("STL204", "main.py")]


def test_a_member_has_what_it_needs_and_no_more(tmp_path: Path) -> None:
    write(tmp_path, workspace(NEEDING.replace("shelf", "other")))
    assert found(tmp_path) == []


def test_a_path_to_all_that_lies_around_is_not_followed(tmp_path: Path) -> None:
    said = NEEDING + '[tool.uv.sources]\nshelf = { path = "../.." }\n'
    write(tmp_path, {**tree("shelf"), "setup.py": "", "apps/web/pyproject.toml": said, "apps/web/main.py": ROUTE})
    assert ("STL204", "main.py") not in found(tmp_path / "apps")


@pytest.mark.parametrize(
    "said", ["[tool.uv.workspace]\nmembers = 5\n", "[tool\n", "tool = 1\n", "[tool.poetry]\npackages = [1]\n"]
)
def test_files_that_say_something_else(said: str, tmp_path: Path) -> None:
    write(tmp_path, {**tree("lib/shelf"), "pyproject.toml": said})
    assert ("STL204", "main.py") not in found(tmp_path)
