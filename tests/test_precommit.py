"""The real pre-commit runs both hooks in a repository of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.conftest import STREAMING

ROOT = Path(__file__).parent.parent
SHIPPED = ("streamlint", ".pre-commit-hooks.yaml", "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md")

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


pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with the hooks, made of the files as they stand."""
    folder = tmp_path_factory.mktemp("hooks")
    for name in SHIPPED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    commit(folder)
    return folder


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pre-commit keeps the environments that it makes; shared by the tests."""
    return tmp_path_factory.mktemp("store")


def run(command: Sequence[str], folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    foreign = ("GIT_", "PRE_COMMIT", "VIRTUAL_ENV", "PYTHON")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(foreign)} | variables
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=test", "-c", "user.email=test@example.invalid", "-c", "commit.gpgsign=false")
    done = run(["git", *identity, *arguments], folder)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def commit(folder: Path) -> None:
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "files")


def hook(identifier: str, hooks: Path, store: Path, folder: Path, args: str = "") -> tuple[int, str, str]:
    """Run a hook over the application; its exit code, its output, and the application after it."""
    (folder / "app.py").write_text(APPLICATION)
    (folder / ".pre-commit-config.yaml").write_text(
        f"repos:\n- repo: {hooks.as_uri()}\n  rev: {git(hooks, 'rev-parse', 'HEAD')}\n"
        f"  hooks:\n  - id: {identifier}\n" + (f"    args: {args}\n" if args else "")
    )
    commit(folder)
    command = [sys.executable, "-m", "pre_commit", "run", identifier, "--all-files", "--color=never"]
    done = run(command, folder, PRE_COMMIT_HOME=str(store))
    return done.returncode, done.stdout + done.stderr, (folder / "app.py").read_text()


def only(changed: str, text: str, hooks: Path, store: Path, folder: Path) -> tuple[int, str]:
    """Run the hook over a commit that touches one file beside the application."""
    (folder / "app.py").write_text(STREAMING)
    (folder / ".pre-commit-config.yaml").write_text(
        f"repos:\n- repo: {hooks.as_uri()}\n  rev: {git(hooks, 'rev-parse', 'HEAD')}\n  hooks:\n  - id: streamlint\n"
    )
    commit(folder)
    (folder / changed).write_text(text)
    git(folder, "add", changed)
    done = run([sys.executable, "-m", "pre_commit", "run", "--color=never"], folder, PRE_COMMIT_HOME=str(store))
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("changed", "text", "line"),
    [
        ("requirements.txt", "fastapi\nllama-index-core==0.14.23\n", 2),
        ("uv.lock", 'version = 1\n\n[[package]]\nname = "llama-index-core"\nversion = "0.14.23"\n', 5),
        ("environment.yml", "dependencies:\n  - pip:\n    - llama-index-core==0.14.23\n", 3),
    ],
)
def test_a_commit_of_a_dependency_file_alone(
    changed: str, text: str, line: int, hooks: Path, store: Path, tmp_path: Path
) -> None:
    code, output = only(changed, text, hooks, store, tmp_path)
    assert code == 1, output
    assert f"{changed}:{line}:" in output
    assert "STL406" in output


def test_a_commit_of_other_files_starts_nothing(hooks: Path, store: Path, tmp_path: Path) -> None:
    code, output = only("notes.txt", "llama-index-core==0.14.23\n", hooks, store, tmp_path)
    assert code == 0, output
    assert "Skipped" in output


def test_lint_only(hooks: Path, store: Path, tmp_path: Path) -> None:
    code, output, text = hook("streamlint", hooks, store, tmp_path)
    assert code == 1, output
    assert "STL102" in output
    assert "STL201" in output
    assert text == APPLICATION


def test_selected_by_args(hooks: Path, store: Path, tmp_path: Path) -> None:
    code, output, _ = hook("streamlint", hooks, store, tmp_path, "[--select, STL104]")
    assert code == 0, output


def test_fix_keeps_the_answers(hooks: Path, store: Path, tmp_path: Path) -> None:
    code, output, text = hook("streamlint-fix", hooks, store, tmp_path)
    assert code == 1, output
    assert text == APPLICATION.replace("async def ask", "def ask")


def test_fix_raised_by_args(hooks: Path, store: Path, tmp_path: Path) -> None:
    _, output, text = hook("streamlint-fix", hooks, store, tmp_path, "[--fix-level, response]")
    assert 'return StreamingResponse(response.response_gen, media_type="text/plain")' in text, output
