"""A run with files that say how the program is served: which are opened, and what is deployed together."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from streamlint.config import Config, Selection
from streamlint.discovery import is_beside
from streamlint.intake import read
from streamlint.projects import Projects, Request
from streamlint.run import _find
from streamlint.source import Source
from tests.conftest import STREAMING, Streamlint, Write

ANSWERS = "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get('/')\nasync def root():\n    return 1\n"
AROUND = ("nginx.conf", "deploy/conf.d/site", "docker-compose.yml", "Dockerfile", "Procfile", "start.sh", "app.service")


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files around the code that are read."""
    names: list[str] = []
    read_any = Source.read_any.__func__  # type: ignore[attr-defined]

    def counted(cls: type[Source], path: Path, limit: int) -> Source:
        names.append(path.name)
        source: Source = read_any(cls, path, limit)
        return source

    monkeypatch.setattr(Source, "read_any", classmethod(counted))
    return names


def test_where_nothing_streams_no_file_around_the_code_is_opened(
    write: Write, streamlint: Streamlint, opened: list[str]
) -> None:
    write("app.py", ANSWERS)
    for name in AROUND:
        write(name, "listen 80;\n")
    assert streamlint().exit_code == 0
    assert opened == []


def test_where_something_streams_each_is_opened_once(write: Write, streamlint: Streamlint, opened: list[str]) -> None:
    write("backend/app.py", STREAMING)
    for name in (*AROUND, "notes.txt", "settings.json"):
        write(name, "\n")
    assert "8 files checked" in streamlint().stdout
    assert sorted(opened) == sorted(Path(name).name for name in AROUND)


def test_a_named_file_is_looked_at_whatever_streams(write: Write, streamlint: Streamlint, opened: list[str]) -> None:
    write("app.py", ANSWERS)
    write("nginx.conf", "\n")
    assert streamlint("nginx.conf").exit_code == 0
    assert opened == ["nginx.conf"]


def test_code_below_and_files_above_are_deployed_together(write: Write, tmp_path: Path) -> None:
    write(".git/HEAD", "")
    code = write("services/chat/pyproject.toml", "").parent / "app.py"
    code.write_text(STREAMING)
    write("deploy/nginx.conf", "\n")
    deployment = _projects(tmp_path).deployment(code)
    assert [path.name for path in deployment.files] == ["nginx.conf"]
    assert [project.root.name for project in deployment.projects] == ["chat"]
    assert deployment is _projects_of(deployment.projects[0])


def test_without_a_repository_the_folder_above_that_tells_of_serving_counts(write: Write, tmp_path: Path) -> None:
    code = write("backend/pyproject.toml", "").parent / "app.py"
    code.write_text(STREAMING)
    write("compose.yaml", "services: {}\n")
    assert _projects(tmp_path).deployment(code).root == tmp_path.resolve()


@pytest.mark.parametrize(
    ("name", "text", "is_together"),
    [
        ("compose.yaml", "services: {web: {build: ./backend}}\n", True),
        ("compose.yaml", "services: {web: {build: ./shop}}\n", False),
        ("run.sh", "for each in backend shop; do python -m $each; done\n", False),
    ],
)
def test_among_many_folders_a_file_tells_of_those_that_it_names(
    write: Write, tmp_path: Path, name: str, text: str, is_together: bool
) -> None:
    code = write("backend/pyproject.toml", "").parent / "app.py"
    code.write_text(STREAMING)
    for number in range(20):
        write(f"other{number}/app.py", "")
    write(name, text)
    root = _projects(tmp_path).deployment(code).root
    assert root == (tmp_path.resolve() if is_together else code.parent.resolve())


def _projects(folder: Path) -> Projects:
    request = Request((folder,), Config(root=folder), Selection())
    return Projects(request, read(_find(request)), {})


def _projects_of(project: object) -> object:
    return project.deployment  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "name",
    [
        *AROUND,
        "web.Dockerfile",
        "Dockerfile.dev",
        "Containerfile",
        "Procfile.dev",
        "ops/compose.prod.yaml",
        "nginx/default.conf.template",
        "supervisord.conf",
        "supervisor.ini",
        "docker-entrypoint.sh",
        "backend/fly.toml",
        "fly.staging.toml",
        ".do/app.yaml",
        "railway.json",
        "render.yaml",
        "compose/production/django/start",
        "bin/serve-web",
        "docker-compose.yml.j2",
        "requirements.txt",
        "notes.md",
        "myapp.yaml",
        "butterfly.toml",
        "compose.json",
        "Makefile.am",
        "src/confirm.txt",
    ],
)
def test_the_hooks_start_for_the_files_that_are_looked_at(name: str) -> None:
    hooks = yaml.safe_load((Path(__file__).parents[1] / ".pre-commit-hooks.yaml").read_text("utf-8"))
    for hook in hooks:
        assert bool(re.search(hook["files"], name)) is is_beside(Path(name)), hook["id"]
