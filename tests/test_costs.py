"""What a run imports and parses: nothing that it has no use for."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import weakref
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from streamlint import disk, import_starts, projects, run
from streamlint.config import Config, Selection
from streamlint.model import modules, summary
from streamlint.model.lowering.places import Places
from streamlint.project import Project
from streamlint.source import Source, Span
from streamlint.surroundings import names
from streamlint.surroundings.names import is_deployment_file
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


def test_a_file_that_only_says_a_word_is_not_parsed(write: Write, project: Path, parsed: dict[str, list[str]]) -> None:
    write("helpers.py", "import time\n\n\ndef wait(seconds):\n    time.sleep(seconds)\n")
    write(
        "unasked.py", "# who may wait?\nclass Waiter:\n    def wait(self, moments):\n        self.moments = moments\n"
    )
    write(
        "app.py",
        BLOCKING.replace("import time\n", "import helpers\nimport unasked\n").replace("time.sleep", "helpers.wait"),
    )
    assert [finding.code for finding in run.run(run.Request((Path(),), Config(project), Selection())).findings] == [
        "STL204"
    ]
    assert sorted(parsed["ast"]) == ["app.py", "helpers.py"]


def test_responses_of_frameworks_that_nobody_imports_are_not_looked_for(
    write: Write, project: Path, parsed: dict[str, list[str]]
) -> None:
    write("words.py", "import json\n\n\ndef html(text):\n    return json(write(text))\n")
    write("app.py", STREAMING.replace("from fastapi import FastAPI\n", "from fastapi import FastAPI\nimport words\n"))
    run.run(run.Request((Path(),), Config(project), Selection()))
    assert parsed["ast"] == ["app.py"]


def test_llama_index_itself_is_read_and_nothing_more(write: Write, project: Path, parsed: dict[str, list[str]]) -> None:
    write("llama_index/core/__init__.py", "from llama_index.core.base import Base\n")
    write("llama_index/core/base.py", "from llama_index.core.instrumentation import DispatcherSpanMixin as Base\n")
    write("llama_index/core/instrumentation.py", "class DispatcherSpanMixin: ...\n")
    assert run.run(run.Request((Path(),), Config(project), Selection())).findings == ()
    assert parsed["ast"] == []
    assert imported(project) == (False, False)


UNMARKED = {
    "shop/__init__.py": "import django\nimport stranger\n",
    "shop/views.py": "from django.http import HttpResponse\nfrom shop import models\n",
    "shop/models.py": "from .views import index\nTEMPLATES = 'shop.templates'\n",
    "shop/deep/__init__.py": "",
    "shop/deep/rows.py": "from ..models import TEMPLATES\nfrom django.db import models\n",
}


def test_a_folder_without_a_root_is_walked_twice_and_searched_for_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once for the run and once for the project; none of its imports can start above it, which the names there tell."""
    home = tmp_path / "home" / "code"
    for name, text in UNMARKED.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text)
    searched: list[Path] = []
    walked = Counter[str]()
    entries, imports = disk.entries, import_starts._imports

    def listing(folder: Any) -> list[os.DirEntry[str]]:
        walked[os.path.relpath(folder, home)] += 1
        return entries(folder)

    def searching(file: Path) -> Any:
        searched.append(file)
        return imports(file)

    monkeypatch.setattr(disk, "entries", listing)
    monkeypatch.setattr(import_starts, "_imports", searching)
    run.run(run.Request((home,), Config(home), Selection()))
    assert (walked["shop"], walked["shop/deep"], searched) == (2, 2, [])
    (home.parent / "stranger.py").write_text("")
    run.run(run.Request((home,), Config(home), Selection()))
    assert searched == [home / "shop" / "__init__.py"]


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


def test_which_rules_are_asked_is_decided_once_for_files_with_the_same_settings(
    write: Write, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    wants = projects.Projects._wants

    def wanting(self: projects.Projects, path: Path, rule: Any) -> bool:
        asked.append(rule.code)
        return wants(self, path, rule)

    monkeypatch.setattr(projects.Projects, "_wants", wanting)
    for name in ("one.py", "two.py", "three.py"):
        write(name, STREAMING)
    run.run(run.Request((Path(),), Config(project), Selection()))
    assert asked.count("STL101") == 1
    asked.clear()
    config = Config(project, per_file_ignores=(("two.py", ("STL101",)),))
    run.run(run.Request((Path(),), config, Selection()))
    assert asked.count("STL101") >= 3


@pytest.mark.parametrize("stem", ["gunicorn.conf", "Gunicorn", "Dockerfile", "Procfile", "Caddyfile", "haproxy.cfg"])
def test_a_name_that_says_how_a_program_is_served_may_end_as_python_does(stem: str) -> None:
    assert is_deployment_file(f"/code/{stem}.py")


def test_other_files_of_python_are_not_searched_for_how_they_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_deployment_file("/etc/conf.d/app.py")
    monkeypatch.setattr(names, "tells_of_serving", None)
    assert not is_deployment_file("/code/start.py")


SERVED = """\
from fastapi import FastAPI
{imported}

app = FastAPI()


@app.get("/chat")
async def chat(q: str):
    return await answered(q)


async def answered(q):
    return {answer}
"""
APART = "import asyncio\n\n\nasync def written(row):\n    await asyncio.sleep(1)\n"


def _apart(home: Path, imported: str, answer: str) -> tuple[Project, Path]:
    """A project that serves a route, and a file of it that the route's file may import."""
    path = home / "rows.py"
    path.write_text(APART, "utf-8")
    (home / "app.py").write_text(SERVED.format(imported=imported, answer=answer), "utf-8")
    return Project(home, (home / "app.py", path)), path


def test_of_a_file_that_no_import_connects_with_a_served_one_nobody_asks_what_requests_reach(tmp_path: Path) -> None:
    found, path = _apart(tmp_path, "", "q")
    assert not found.concerns(path)
    assert ("entries" in vars(found), "reach" in vars(found)) == (False, False)
    assert found.concerns(tmp_path / "app.py")


@pytest.mark.parametrize(
    ("imported", "answer"),
    [
        ("import rows", "await rows.written(q)"),
        ("from rows import written", "await written(q)"),
        ("import importlib", "await importlib.import_module('rows').written(q)"),
        ("from importlib import import_module as load", 'await load("rows").written(q)'),
    ],
)
def test_what_a_served_file_imports_in_whatever_way_may_run_for_requests(
    tmp_path: Path, imported: str, answer: str
) -> None:
    found, path = _apart(tmp_path, imported, answer)
    assert found.concerns(path)


def test_what_a_file_imports_that_is_imported_by_its_name_may_run_for_requests(tmp_path: Path) -> None:
    answer = "await importlib.import_module('between').written(q)"
    path, between = tmp_path / "rows.py", tmp_path / "between.py"
    path.write_text(APART, "utf-8")
    between.write_text("from rows import written\n", "utf-8")
    (tmp_path / "app.py").write_text(SERVED.format(imported="import importlib", answer=answer), "utf-8")
    assert Project(tmp_path, (tmp_path / "app.py", between, path)).concerns(path)


def test_what_a_file_puts_into_a_served_one_may_run_for_its_requests(tmp_path: Path) -> None:
    path = tmp_path / "rows.py"
    path.write_text(
        f"from fastapi import Request\n\nfrom app import hooks\n{APART}\n\nhooks.append(written)\n", "utf-8"
    )
    (tmp_path / "app.py").write_text(SERVED.format(imported="\nhooks = []", answer="[await one(q) for one in hooks]"))
    assert Project(tmp_path, (tmp_path / "app.py", path)).concerns(path)


def test_what_is_served_is_known_before_anybody_follows_it(tmp_path: Path) -> None:
    found, _ = _apart(tmp_path, "from rows import written", "await written(q)")
    assert [entry.path for entry in found.reach.entries] == ["/chat"]
    asked = found.evaluator.solver.answers
    assert not any(isinstance(key, tuple) and key[0] == "callees" for key in asked)
    entry = found.reach.entries[0]
    assert found.reach.on_loop(entry.module, entry.scope) is not None
    assert any(isinstance(key, tuple) and key[0] == "callees" for key in asked)


SHOWN = """\
import streamlit as st

from shop import Basket

basket = Basket()
st.write(basket.total())


def counted(prices):
    text = ""
    for price in prices:
        text += price
    return text
"""


def test_what_shows_nothing_is_not_asked_for_what_it_takes(
    write: Write, project: Path, parsed: dict[str, list[str]]
) -> None:
    write("shop.py", "class Basket:\n    def total(self):\n        return 0\n")
    write("callers.py", "import page\n\n\ndef both():\n    return page.counted(['1', '2'])\n")
    write("page.py", SHOWN)
    assert run.run(run.Request((Path(),), Config(project), Selection())).findings == ()
    assert "callers.py" not in parsed["ast"]


def test_clients_of_models_are_not_looked_for_where_nothing_streams(
    write: Write, project: Path, parsed: dict[str, list[str]]
) -> None:
    client = "import httpx\n\nclient = httpx.Client(base_url='http://localhost:11434', timeout=5)\n"
    write("models.py", f"{client}\n\ndef ask():\n    return client.stream('POST', '/api/chat')\n")
    write("app.py", CLEAN.replace("from fastapi", "import models\nfrom fastapi", 1))
    run.run(run.Request((Path(),), Config(project), Selection()))
    assert "models.py" not in parsed["ast"]


def test_what_reads_a_file_is_gone_when_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    places: list[weakref.ref[Places]] = []

    def noted(source: Source) -> Any:
        made = Places(source)
        places.append(weakref.ref(made))
        return made

    monkeypatch.setattr(summary, "Places", noted)
    gc.disable()
    try:
        read = summary.summarise(Source(Path("app.py"), "def f(a):\n    return [b for b in a if b]\n"))
        assert [place() for place in places] == [None]
    finally:
        gc.enable()
    assert [scope.name for scope in read.scopes] == ["", "f"]
    assert read.scopes[0].calls is read.scopes[1].calls


def test_answers_are_let_go_before_reports_are_made(
    write: Write, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    solvers: list[Any] = []
    release = Project.release

    def noted(one: Project) -> None:
        solvers.append((one.evaluator.solver, len(one.evaluator.solver.answers)))
        release(one)

    monkeypatch.setattr(Project, "release", noted)
    write("app.py", BLOCKING)
    assert run.run(run.Request((Path(),), Config(project), Selection())).findings
    ((solver, before),) = solvers
    assert before
    assert not solver.answers
