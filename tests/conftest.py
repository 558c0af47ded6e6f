"""What the tests of the house share: a project on disk, and the command line run in it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from inspect import signature
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, Phase, settings
from hypothesis.internal.conjecture import providers

from streamlint.cli import command

BLOCKING = """\
import time

from fastapi import FastAPI

app = FastAPI()


@app.get("/slow")
async def slow() -> str:
    time.sleep(1)
    return "done"
"""
"""An application with one finding, STL203 at line 10, and a safe fix."""

STREAMING = """\
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from llama_index.core import VectorStoreIndex

app = FastAPI()
engine = VectorStoreIndex([]).as_query_engine(streaming=True)


@app.get("/chat")
def chat(q: str):
    return StreamingResponse(engine.query(q).response_gen, media_type="text/plain")
"""
"""An application that streams as it should."""

CLEAN = "def add(one: int, other: int) -> int:\n    return one + other\n"


class Drawn(providers.HypothesisProvider):
    """Draws what the seed says, whichever modules are imported: hypothesis would try the constants that stand in them."""

    _local_constants = providers.Constants()


_EVERY_TIME = {"database": None, "deadline": None, "suppress_health_check": list(HealthCheck)}
providers.AVAILABLE_PROVIDERS["drawn"] = Drawn
settings.register_profile(
    "short", max_examples=30, derandomize=True, backend="drawn", phases=(Phase.explicit, Phase.generate), **_EVERY_TIME
)
settings.register_profile("long", max_examples=1_000, **_EVERY_TIME)
settings.load_profile("short")
"""The same programs in every run; `--hypothesis-profile=long` draws more, others each time, and shows the smallest that fails."""

os.environ["STREAMLINT_NO_CACHE"] = "1"
"""What is tested is found out, not said again; `test_kept` is about the rest."""

asyncio.set_event_loop(None)
"""Nobody gets a loop by asking for one: LlamaIndex's chat memory does when it is collected, and would never close it."""

Write = Callable[..., Path]
Streamlint = Callable[..., Result]


def runner() -> CliRunner:
    """What runs the command line; click before 8.2 mixes standard output and standard error unless it is told not to."""
    return CliRunner(**({"mix_stderr": False} if "mix_stderr" in signature(CliRunner).parameters else {}))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project that is the working folder, in an environment that says nothing about colours and CI."""
    for name in ("NO_COLOR", "FORCE_COLOR", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'shop'\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def write(project: Path) -> Write:
    """Write a file of the project, given by its relative path."""

    def write_file(name: str, text: str | bytes) -> Path:
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return write_file


@pytest.fixture
def streamlint(project: Path) -> Streamlint:
    """Run the command line in this process."""

    def run(*arguments: str, text: str | bytes | None = None) -> Result:
        return runner().invoke(command, arguments, input=text)

    return run


def run_program(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the program as a process of its own."""
    source = str(Path(__file__).parents[1])
    return subprocess.run(
        [sys.executable, "-m", "streamlint", *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": source, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
