"""A file is judged as in its whole project, however a run reaches it; what lies beside the project has no say."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from streamlint import boundaries, disk
from streamlint.boundaries import Boundaries
from streamlint.config import Config, Selection
from streamlint.discovery import Patterns
from streamlint.finding import Finding
from streamlint.run import Request, run
from streamlint.source import Source

ROUTE = """\
from fastapi import FastAPI

from {module} import load

app = FastAPI()


@app.get("/user")
async def user(name: str):
    return {{"text": await load(name)}}
"""
WAITING = """\
import requests


async def load(user: str) -> str:
    return requests.get(f"https://example.org/{user}").text
"""
FOUND = "STL203"

TREES = {
    "one package": {"shop/__init__.py": "", "shop/main.py": ROUTE.format(module="shop.jobs"), "shop/jobs.py": WAITING},
    "deep packages": {
        "shop/__init__.py": "",
        "shop/api/__init__.py": "",
        "shop/api/v1/__init__.py": "",
        "shop/api/v1/main.py": ROUTE.format(module="shop.core.jobs.load"),
        "shop/core/__init__.py": "",
        "shop/core/jobs/__init__.py": "",
        "shop/core/jobs/load.py": WAITING,
    },
    "package and script": {
        "jobs/__init__.py": "",
        "jobs/loading.py": WAITING,
        "main.py": ROUTE.format(module="jobs.loading"),
    },
    "two packages": {
        "api/__init__.py": "",
        "api/main.py": ROUTE.format(module="jobs.loading"),
        "jobs/__init__.py": "",
        "jobs/loading.py": WAITING,
    },
    "folders without __init__": {
        "main.py": ROUTE.format(module="services.load.jobs"),
        "services/load/jobs.py": WAITING,
    },
    "route in a folder without __init__": {
        "api/routes.py": ROUTE.format(module="services.jobs"),
        "services/jobs.py": WAITING,
    },
    "relative imports without __init__": {
        "shop/api/main.py": ROUTE.format(module="..core.jobs"),
        "shop/core/jobs.py": WAITING,
    },
    "scripts": {"main.py": ROUTE.format(module="jobs"), "jobs.py": WAITING},
    "examples of a library": {
        "lib/__init__.py": "",
        "lib/jobs.py": WAITING,
        "examples/first/main.py": ROUTE.format(module="lib.jobs"),
    },
    "source folder": {
        "src/shop/__init__.py": "",
        "src/shop/jobs.py": WAITING,
        "main.py": ROUTE.format(module="shop.jobs"),
        "requirements.txt": "fastapi\n",
    },
    "accidental __init__": {
        "proj/__init__.py": "",
        "proj/app/__init__.py": "",
        "proj/app/main.py": ROUTE.format(module="app.jobs"),
        "proj/app/jobs.py": WAITING,
    },
    "started inside a package": {
        "backend/__init__.py": "",
        "backend/main.py": ROUTE.format(module="jobs"),
        "backend/jobs.py": WAITING,
    },
    "named in a text": {
        "shop/__init__.py": "",
        "shop/jobs.py": WAITING,
        "shop/main.py": ROUTE.format(module="shop.jobs"),
        "serve.py": 'import uvicorn\n\nuvicorn.run("shop.main:app")\n',
    },
}


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def request(*paths: Path, text: Source | None = None) -> Request:
    return Request(paths, Config(root=Path(os.path.commonpath(paths))), Selection(), text=text)


def findings(*paths: Path) -> tuple[Finding, ...]:
    return run(request(*paths)).findings


def of(path: Path, found: tuple[Finding, ...]) -> tuple[Finding, ...]:
    return tuple(finding for finding in found if finding.path == path)


@pytest.fixture(params=TREES, ids=lambda name: name.replace(" ", "-"))
def tree(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A tree without a marker, two folders down, so that nothing lies beside it."""
    folder = tmp_path / "alone" / "tree"
    write(folder, TREES[request.param])
    return folder


def python_files(folder: Path) -> Iterator[Path]:
    return iter(sorted(folder.rglob("*.py")))


@pytest.mark.parametrize("marker", ["", "pyproject.toml", ".git/HEAD", "setup.py", "__init__.py"])
def test_one_file_is_judged_as_in_its_tree(tree: Path, marker: str) -> None:
    if marker:
        write(tree, {marker: ""})
    together = findings(tree)
    assert [finding.code for finding in together] == [FOUND]
    for path in python_files(tree):
        assert findings(path) == of(path, together), path


def test_one_folder_is_judged_as_in_its_tree(tree: Path) -> None:
    together = findings(tree)
    for folder in {path.parent for path in python_files(tree)}:
        assert findings(folder) == tuple(f for f in together if f.path.is_relative_to(folder))


def test_paths_that_overlap(tree: Path) -> None:
    together = findings(tree)
    files = list(python_files(tree))
    assert findings(tree, *files) == findings(*reversed(files), tree) == findings(*files, *files) == together


def test_paths_from_where_one_stands(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    together = findings(tree)
    for path in python_files(tree):
        monkeypatch.chdir(path.parent)
        assert findings(Path(path.name)) == findings(Path("..", path.parent.name, path.name)) == of(path, together)


def test_standard_input_stands_for_its_file(tree: Path) -> None:
    together = findings(tree)
    for path in python_files(tree):
        outcome = run(request(path, text=Source.read(path)))
        assert outcome.findings == of(path, together)


def test_a_tree_behind_a_link(tree: Path, tmp_path: Path) -> None:
    together = findings(tree)
    link = tmp_path / "link"
    link.symlink_to(tree, target_is_directory=True)
    seen = findings(link)
    assert [replaced(finding, link, tree) for finding in seen] == list(together)
    assert all(finding.path.is_relative_to(link) for finding in seen)


def test_a_folder_of_a_tree_behind_a_link(tree: Path, tmp_path: Path) -> None:
    together = findings(tree)
    for number, folder in enumerate({path.parent for path in python_files(tree)} - {tree}):
        link = tmp_path / f"link{number}"
        link.symlink_to(folder, target_is_directory=True)
        seen = [replaced(finding, link, folder) for finding in findings(link)]
        assert seen == [finding for finding in together if finding.path.is_relative_to(folder)]


def replaced(finding: Finding, link: Path, folder: Path) -> Finding:
    """The finding under the names that its places really have."""

    def real(path: Path) -> Path:
        return folder / path.relative_to(link) if path.is_relative_to(link) else path

    place = replace(finding.place, path=real(finding.path))
    related = tuple(replace(each, place=replace(each.place, path=real(each.place.path))) for each in finding.related)
    return replace(finding, place=place, related=related)


# What lies beside


@pytest.mark.parametrize("init", [{}, {"__init__.py": ""}], ids=["folder", "package"])
def test_projects_beside_each_other_have_no_say(tmp_path: Path, init: dict[str, str]) -> None:
    code = tmp_path / "code"
    write(code / "one", {**init, "jobs.py": WAITING, "notes.py": "import fastapi\n"})
    write(code / "two", {**init, "main.py": ROUTE.format(module="jobs"), "jobs.py": "async def load(name): ...\n"})
    write(code / "three", {**init, "pyproject.toml": "", "main.py": ROUTE.format(module="one.jobs")})
    assert findings(code / "one" / "jobs.py") == findings(code / "one") == findings(code) == ()
    assert Boundaries(Patterns(code, ())).of(code / "one" / "jobs.py").parts in ((), (code / "one",))


def test_a_package_is_not_tied_to_others_where_packages_are_installed(tmp_path: Path) -> None:
    installed = tmp_path / "lib" / "site-packages"
    write(installed, {"one/__init__.py": "import two\n", "two/__init__.py": "import one\n", "three.py": "import one\n"})
    boundary = Boundaries(Patterns(installed, ())).of(installed / "one" / "__init__.py")
    assert (boundary.root, boundary.parts) == (installed, (installed / "one",))


def test_a_marker_inside_a_package_starts_no_project(tmp_path: Path) -> None:
    write(
        tmp_path, {"pyproject.toml": "", "shop/__init__.py": "", "shop/deep/__init__.py": "", "shop/deep/setup.py": ""}
    )
    assert Boundaries(Patterns(tmp_path, ())).of(tmp_path / "shop" / "deep" / "jobs.py").root == tmp_path


def test_a_project_within_a_project_is_one_of_its_own(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": "", "main.py": "import fastapi\n"})
    write(tmp_path / "inner", {"pyproject.toml": "", **TREES["scripts"]})
    together = findings(tmp_path)
    assert [finding.code for finding in together] == [FOUND]
    assert findings(tmp_path / "inner") == findings(tmp_path / "inner" / "jobs.py") == together


# What is said of a fix

DRAINED = """\
from fastapi import FastAPI
from llama_index.core import VectorStoreIndex

app = FastAPI()
engine = VectorStoreIndex([]).as_query_engine(streaming=True)


@app.get("/{name}")
def answer(question: str):
    response = engine.query(question)
    return "".join(response.response_gen)
"""


def routes(*paths: Path) -> set[tuple[Path, tuple[str, ...]]]:
    outcome = run(replace(request(*paths), fix=True))
    return {(applied.finding.path, applied.routes) for applied in outcome.applied}


def test_routes_of_a_fix_behind_a_link(tmp_path: Path) -> None:
    write(tmp_path / "tree", {"pyproject.toml": "", "main.py": DRAINED.replace("{name}", "chat")})
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "tree", target_is_directory=True)
    assert routes(link) == {(link / "main.py", ("GET /chat",))}


def test_routes_of_projects_with_one_root(tmp_path: Path) -> None:
    code = tmp_path / "code"
    for name in ("one", "two"):
        route = f"import {name}_lib.jobs\n{DRAINED.replace('{name}', name)}"
        write(code, {f"{name}/main.py": route, f"{name}_lib/jobs.py": ""})
    assert routes(code) == {(code / name / "main.py", (f"GET /{name}",)) for name in ("one", "two")}


def opened_beside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Which folders beside that of a file are opened to find out what belongs together."""
    opened = set[str]()
    entries = disk.entries

    def noting(path: str | Path) -> list[os.DirEntry[str]]:
        opened.add(str(path))
        return entries(path)

    monkeypatch.setattr(disk, "entries", noting)
    Boundaries(Patterns(folder, ())).of(folder / "own" / "main.py")
    return {path for path in opened if f"{os.sep}beside" in path}


def put(folder: Path, *files: str) -> None:
    for file in files:
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("import own\n")


def test_among_very_many_folders_only_some_are_walked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "own/main.py", *(f"beside{number:03}/{name}.py" for number in range(100) for name in ("one", "two")))
    monkeypatch.setattr(boundaries, "_FILES", 20)
    assert len(opened_beside(tmp_path, monkeypatch)) == 10


def test_a_folder_beside_is_walked_no_further_than_is_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "own/main.py", *(f"beside/part{number:03}/one.py" for number in range(100)))
    monkeypatch.setattr(boundaries, "_PART_FILES", 5)
    assert len(opened_beside(tmp_path, monkeypatch)) == 6


def test_folders_without_code_end_the_walk_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "own/main.py", *(f"beside/part{number:03}/one.txt" for number in range(100)))
    monkeypatch.setattr(boundaries, "_PART_FILES", 2)
    assert len(opened_beside(tmp_path, monkeypatch)) <= 20


def test_looks_at_files_share_the_names_that_are_asked_for(tmp_path: Path) -> None:
    """A folder holds very many others, and each file that is searched for their names would keep them all."""
    put(tmp_path, "own/main.py", *(f"beside{number:03}/one.py" for number in range(50)))
    found = Boundaries(Patterns(tmp_path, ()))
    found.of(tmp_path / "own" / "main.py")
    glances = found._starts._glances.values()
    assert len(glances) > 50
    assert len({id(glance.asked) for glance in glances}) <= 3
