"""What a run imports and parses: nothing that it has no use for."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from streamlint import run
from streamlint.config import Config, Selection
from streamlint.model import modules
from streamlint.project import Project
from streamlint.source import Source, Span
from streamlint.tree.pieces import Piece
from tests.conftest import BLOCKING, CLEAN, Write

STREAMING = """\
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from llama_index.core import VectorStoreIndex

app = FastAPI()
engine = VectorStoreIndex.from_documents([]).as_query_engine(streaming=True)


@app.get("/chat")
def chat(q: str):
    response = engine.query(q)
    return StreamingResponse(response.response_gen, media_type="text/plain")
"""
PROGRAM = """
import json, sys
sys.path.insert(0, {source!r})
from streamlint import cli
try:
    cli.command(["."])
except SystemExit:
    pass
rules = [name for name in sys.modules if name.startswith("streamlint.rules.stl")]
print(json.dumps(["libcst" in sys.modules, bool(rules)]))
print("packaging.requirements" in sys.modules)
"""


def test_what_reads_requirements_is_not_imported_where_there_are_none(write: Write, project: Path) -> None:
    write("app.py", "async def f():\n    return 1\n")
    program = PROGRAM.format(source=str(Path(__file__).parents[1]))
    done = subprocess.run([sys.executable, "-c", program], cwd=project, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1] == "False"


def imported(project: Path) -> tuple[bool, bool]:
    """Whether a run over a folder imports libcst, and whether it imports rules."""
    program = PROGRAM.format(source=str(Path(__file__).parents[1]))
    done = subprocess.run([sys.executable, "-c", program], cwd=project, capture_output=True, text=True, check=False)
    libcst, rules = json.loads(done.stdout.splitlines()[-2])
    return libcst, rules


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (CLEAN, (False, False)),
        ("async def f():\n    return 1\n", (False, False)),
        (STREAMING, (False, True)),
        (BLOCKING, (True, True)),
    ],
    ids=["no route", "a coroutine", "a stream that is sent", "a finding"],
)
def test_what_a_run_imports(write: Write, project: Path, text: str, expected: tuple[bool, bool]) -> None:
    write("app.py", text)
    assert imported(project) == expected


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """The files that each parser was given."""
    found: dict[str, list[str]] = {"ast": [], "libcst": []}
    summarise, made = modules.summarise, Piece.__init__

    def summarising(source: Any) -> Any:
        found["ast"].append(source.path.name)
        return summarise(source)

    def parsing(piece: Piece, source: Any, place: Span) -> None:
        found["libcst"].append(source.slice(place))
        made(piece, source, place)

    monkeypatch.setattr(modules, "summarise", summarising)
    monkeypatch.setattr(Piece, "__init__", parsing)
    return found


def test_only_the_function_with_the_finding_gets_a_tree(
    write: Write, project: Path, parsed: dict[str, list[str]]
) -> None:
    write("app.py", BLOCKING)
    write("chat.py", STREAMING)
    write("shop.py", CLEAN)
    outcome = run.run(run.Request((Path(),), Config(project), Selection()))
    assert [finding.code for finding in outcome.findings] == ["STL203"]
    (piece,) = parsed["libcst"]
    assert piece.lstrip().startswith("@app.get")
    assert BLOCKING.endswith(piece)
    assert sorted(parsed["ast"]) == ["app.py", "chat.py"]


def test_a_file_is_parsed_once_in_a_run_and_only_where_a_question_leads(
    write: Write, project: Path, parsed: dict[str, list[str]]
) -> None:
    write("helpers.py", "import time\n\n\ndef wait(seconds):\n    time.sleep(seconds)\n")
    write("unasked.py", "import time\n\n\ndef pause(moments):\n    time.sleep(moments)\n")
    write(
        "app.py",
        BLOCKING.replace("import time\n", "import helpers\nimport unasked\n").replace("time.sleep", "helpers.wait"),
    )
    outcome = run.run(run.Request((Path(),), Config(project), Selection()))
    assert [finding.code for finding in outcome.findings] == ["STL204"]
    assert sorted(parsed["ast"]) == ["app.py", "helpers.py"]
    assert outcome.checked == 3


def test_what_a_file_imports_is_found_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.py").write_text("import b\nfrom c import d\n")
    (tmp_path / "b.py").write_text("import c\n")
    (tmp_path / "c.py").write_text("d = 1\n")
    files = tuple(sorted(tmp_path.glob("*.py")))
    found = Project(tmp_path, files).modules
    everything = found.around(files[:1])
    assert everything == set(files)
    monkeypatch.setattr(modules.Modules, "resolve", None)
    assert found.around(files[:1]) == everything
    assert found.imported_by(files[1]) == (files[2],)


def test_projects_with_files_in_common_parse_each_once(tmp_path: Path, parsed: dict[str, list[str]]) -> None:
    path = tmp_path / "app.py"
    path.write_text(STREAMING, "utf-8")
    changed = Source(path, f"{STREAMING}\n")
    shared: dict[Path, modules.Module] = {}
    projects = [Project(tmp_path, (path,), parsed=shared) for _ in range(2)]
    other = Project(tmp_path, (path,), overlay={path: changed}, parsed=shared)
    assert projects[0].module(path) is projects[1].module(path)
    assert parsed["ast"] == ["app.py"]
    read = other.module(path)
    assert read is not None
    assert read.source is changed
