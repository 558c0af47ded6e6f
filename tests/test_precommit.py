"""The real pre-commit and the real prek run both hooks in repositories of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import BLOCKING, STREAMING

ROOT = Path(__file__).parent.parent
SHIPPED = ("streamlint", ".pre-commit-hooks.yaml", "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md")
MANAGERS = {
    "pre-commit": (sys.executable, "-m", "pre_commit"),
    "prek": (str(Path(sys.executable).parent / "prek"),),
}
FIXED_FIRST = ("streamlint-fix", "streamlint")
"""The order of the README."""

APPLICATION = """\
from fastapi import FastAPI
from llama_index.core import VectorStoreIndex

app = FastAPI()
index = VectorStoreIndex([])


@app.get("/ask")
async def ask(q: str):
    query_engine = index.as_query_engine()
    return {"answer": str(query_engine.query(q))}


@app.get("/chat")
def chat(q: str):
    query_engine = index.as_query_engine(streaming=True)
    response = query_engine.query(q)
    return {"answer": "".join(response.response_gen)}
"""
HELPED = """\
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from helper import tokens

app = FastAPI()


@app.get("/chat")
def chat(q: str):
    return StreamingResponse(tokens(q), media_type="text/plain")
"""
HELPER = """\
from llama_index.core import VectorStoreIndex

engine = VectorStoreIndex([]).as_query_engine(streaming=True)


def tokens(q: str):
    response = engine.query(q)
    return response.response_gen
"""
JOINING = HELPER.replace("return response.response_gen", 'return iter(["".join(response.response_gen)])')
THREADED = """\
import asyncio
import time


async def pause() -> None:
    await asyncio.to_thread(time.sleep, 1)
"""
UNTHREADED = THREADED.replace("await asyncio.to_thread(time.sleep, 1)", "time.sleep(1)")
WAITING = """\
from fastapi import FastAPI
from pauses import pause

app = FastAPI()


@app.get("/slow")
async def slow() -> str:
    await pause()
    return "done"
"""


pytestmark = pytest.mark.slow


def run(command: Sequence[str], folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    foreign = ("GIT_", "PRE_COMMIT", "PREK_", "VIRTUAL_ENV", "PYTHON")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(foreign)} | variables
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def git(folder: Path, *arguments: str) -> str:
    done = try_git(folder, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def try_git(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    identity = ("-c", "user.name=test", "-c", "user.email=test@example.invalid", "-c", "commit.gpgsign=false")
    return run(["git", *identity, *arguments], folder, **variables)


@dataclass(frozen=True)
class Team:
    """A repository whose commits pass the hooks, by one of the programs that run them."""

    folder: Path
    command: tuple[str, ...]
    homes: dict[str, str]
    hooks: Path

    def use(self, *identifiers: str, args: str = "") -> None:
        """Write down which hooks are run."""
        rows = "".join(f"  - id: {each}\n" + (f"    args: {args}\n" if args else "") for each in identifiers)
        head = f"repos:\n- repo: {self.hooks.as_uri()}\n  rev: {git(self.hooks, 'rev-parse', 'HEAD')}\n  hooks:\n"
        (self.folder / ".pre-commit-config.yaml").write_text(head + rows)
        git(self.folder, "add", ".pre-commit-config.yaml")

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def stage(self, **files: str) -> None:
        for name, text in files.items():
            git(self.folder, "add", str(self.write(f"{name}.py", text)))

    def commit(self, **files: str) -> None:
        """Commit Python files, whatever the hooks say."""
        self.stage(**files)
        git(self.folder, "commit", "-q", "--no-verify", "-m", "files")

    def run(self, *arguments: str) -> tuple[int, str]:
        done = run([*self.command, "run", "--color=never", *arguments], self.folder, **self.homes)
        return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with the hooks, made of the files as they stand."""
    folder = tmp_path_factory.mktemp("hooks")
    for name in SHIPPED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "files")
    return folder


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Where the programs keep the environments that they make; shared by the tests."""
    store = tmp_path_factory.mktemp("store")
    return {"PRE_COMMIT_HOME": str(store / "pre-commit"), "PREK_HOME": str(store / "prek")}


@pytest.fixture(params=MANAGERS)
def team(request: pytest.FixtureRequest, hooks: Path, homes: dict[str, str], tmp_path: Path) -> Team:
    return _team(MANAGERS[request.param], hooks, homes, tmp_path)


@pytest.fixture
def with_precommit(hooks: Path, homes: dict[str, str], tmp_path: Path) -> Team:
    return _team(MANAGERS["pre-commit"], hooks, homes, tmp_path)


def _team(command: tuple[str, ...], hooks: Path, homes: dict[str, str], folder: Path) -> Team:
    git(folder, "init", "-q", "-b", "main")
    team = Team(folder, command, homes, hooks)
    team.use("streamlint")
    return team


def test_the_first_commit_of_a_repository(team: Team) -> None:
    team.use(*FIXED_FIRST)
    team.stage(app=APPLICATION)
    code, output = team.run()
    assert code == 1, output
    assert (team.folder / "app.py").read_text() == APPLICATION.replace("async def ask", "def ask")
    assert output.count("STL201") == output.count("STL102") == 1, "what was fixed and what is left, each once"


def test_what_the_last_commit_had_already_passes(team: Team) -> None:
    team.use(*FIXED_FIRST)
    team.commit(app=APPLICATION)
    changed = "# first\n" + APPLICATION
    team.stage(app=changed)
    code, output = team.run()
    assert code == 0, output
    assert (team.folder / "app.py").read_text() == changed


@pytest.mark.parametrize(
    ("before", "changed", "code", "line"),
    [
        ({"app": HELPED, "helper": HELPER}, {"helper": JOINING}, "STL104", "app.py:10:"),
        ({"app": WAITING, "pauses": THREADED}, {"pauses": UNTHREADED}, "STL203", "pauses.py:6:"),
    ],
    ids=["a helper begins to join", "a thread is taken away"],
)
def test_what_a_helper_adds_counts_where_it_stands(
    team: Team, before: dict[str, str], changed: dict[str, str], code: str, line: str
) -> None:
    team.commit(**before)
    team.stage(**changed)
    failed, output = team.run()
    assert failed == 1, output
    assert code in output
    assert line in output


def test_what_is_staged_is_what_is_judged(team: Team) -> None:
    team.use(*FIXED_FIRST)
    team.commit(app=STREAMING, other=STREAMING)
    team.stage(app=STREAMING.replace("chat(q", "talk(q"))
    texts = {"other.py": BLOCKING, "scratch.py": BLOCKING, "nested/app.py": BLOCKING}
    for name, text in texts.items():
        team.write(name, text)
    git(team.folder / "nested", "init", "-q")
    code, output = team.run()
    assert code == 0, output
    assert {name: (team.folder / name).read_text() for name in texts} == texts


def test_the_staged_part_of_a_file_counts(team: Team) -> None:
    team.commit(app=STREAMING)
    team.stage(app=BLOCKING)
    team.write("app.py", STREAMING)
    code, output = team.run()
    assert code == 1, output
    assert "STL203" in output
    assert (team.folder / "app.py").read_text() == STREAMING


def test_a_merge_adds_nothing_that_a_parent_has(team: Team) -> None:
    team.commit(app=STREAMING)
    git(team.folder, "checkout", "-q", "-b", "theirs")
    team.commit(app=f"{BLOCKING}\n\nNAME = 'theirs'\n")
    git(team.folder, "checkout", "-q", "main")
    team.commit(app=STREAMING.replace("chat(q", "talk(q"))
    assert try_git(team.folder, "merge", "theirs").returncode == 1, "a conflict"
    team.stage(app=f"{BLOCKING}\n\nNAME = 'both'\n")
    code, output = team.run()
    assert code == 0, output
    team.stage(app=BLOCKING + BLOCKING.replace("slow", "slower"))
    code, output = team.run()
    assert code == 1, output
    assert "`GET /slower`" in output
    assert "`GET /slow`" not in output


def test_from_a_revision_on(team: Team) -> None:
    team.commit(app=STREAMING)
    team.commit(app=BLOCKING)
    code, output = team.run("--from-ref", "HEAD~1", "--to-ref", "HEAD")
    assert code == 1, output
    assert "STL203" in output


def test_a_commit_in_a_linked_worktree(team: Team) -> None:
    team.commit(app=STREAMING)
    hook = team.folder / ".git" / "hooks" / "pre-commit"
    installed = run([*team.command, "install"], team.folder, **team.homes)
    assert installed.returncode == 0, installed.stderr
    assert hook.is_file()
    beside = team.folder / "beside"
    git(team.folder, "worktree", "add", "-q", str(beside))
    (beside / "package").mkdir()
    (beside / "package" / "slow.py").write_text(BLOCKING)
    git(beside, "add", "package/slow.py")
    done = try_git(beside / "package", "commit", "-m", "slow", **team.homes)
    assert done.returncode == 1, done.stderr
    assert "STL203" in done.stdout + done.stderr
    (beside / "package" / "slow.py").write_text(STREAMING)
    done = try_git(beside / "package", "commit", "-am", "streaming", **team.homes)
    assert done.returncode == 0, done.stderr


def test_selected_by_args(team: Team) -> None:
    team.use("streamlint", args="[--select, STL104]")
    team.stage(app=APPLICATION)
    code, output = team.run()
    assert code == 0, output


def test_everything_by_args(team: Team) -> None:
    team.use("streamlint", args='["--since="]')
    team.commit(app=APPLICATION)
    code, output = team.run("--all-files")
    assert code == 1, output
    assert "STL102" in output


def test_fix_raised_by_args(team: Team) -> None:
    team.use("streamlint-fix", args="[--fix-level, response]")
    team.stage(app=APPLICATION)
    _, output = team.run()
    text = (team.folder / "app.py").read_text()
    assert 'return StreamingResponse(response.response_gen, media_type="text/plain")' in text, output


@pytest.mark.parametrize(
    ("changed", "text", "line", "code"),
    [
        ("requirements.txt", "fastapi\nllama-index-core==0.14.23\n", 2, "STL406"),
        ("uv.lock", 'version = 1\n\n[[package]]\nname = "llama-index-core"\nversion = "0.14.23"\n', 5, "STL406"),
        ("environment.yml", "dependencies:\n  - pip:\n    - llama-index-core==0.14.23\n", 3, "STL406"),
        ("Dockerfile", "FROM python:3.13\nCMD gunicorn app:app -k sync\n", 2, "STL512"),
    ],
)
def test_a_commit_of_a_file_beside_the_code_alone(
    changed: str, text: str, line: int, code: str, with_precommit: Team
) -> None:
    with_precommit.commit(app=STREAMING)
    git(with_precommit.folder, "add", str(with_precommit.write(changed, text)))
    failed, output = with_precommit.run()
    assert failed == 1, output
    assert f"{changed}:{line}:" in output
    assert code in output


def test_settings_may_make_findings(with_precommit: Team) -> None:
    with_precommit.write("streamlint.toml", "ignore = ['STL203']\n")
    git(with_precommit.folder, "add", "streamlint.toml")
    with_precommit.commit(app=BLOCKING)
    with_precommit.write("streamlint.toml", "")
    git(with_precommit.folder, "add", "streamlint.toml")
    code, output = with_precommit.run()
    assert code == 1, output
    assert "STL203" in output


def test_a_commit_of_other_files_starts_nothing(with_precommit: Team) -> None:
    with_precommit.commit(app=STREAMING)
    git(with_precommit.folder, "add", str(with_precommit.write("notes.txt", "llama-index-core==0.14.23\n")))
    code, output = with_precommit.run()
    assert code == 0, output
    assert "Skipped" in output


def test_a_commit_without_any_code_passes(with_precommit: Team) -> None:
    git(with_precommit.folder, "add", str(with_precommit.write("install.sh", "exit 0\n")))
    code, output = with_precommit.run()
    assert code == 0, output
    assert "Passed" in output
