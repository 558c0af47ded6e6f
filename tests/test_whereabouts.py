"""Which functions may take tokens, told by names before anything is followed: too many where it must be, never too few."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import assume, given

from streamlint.project import Project
from streamlint.streams import Drains
from streamlint.streams.whereabouts import Whereabouts
from tests.programs import Modules, programs
from tools.fixtures import FIXTURES, laid_out

ROUTE = """\
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
def root():
    return 1


"""
HEAD = f"""{ROUTE}\
from openai import OpenAI

client = OpenAI()


def tokens(q):
    return client.chat.completions.create(model="m", messages=q, stream=True)


def text(q):
    return client.chat.completions.create(model="m", messages=q)


"""


@pytest.fixture(autouse=True)
def room_for_questions() -> Iterator[None]:
    """What a run gives the model, too."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(8_000)
    yield
    sys.setrecursionlimit(limit)


def read(folder: Path, files: Mapping[str, str]) -> Project:
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    return Project(folder, sorted(folder.glob("*.py")))


def may_take(project: Project) -> set[str]:
    """The names of the functions that may take tokens."""
    evaluator, whereabouts = project.evaluator, project.ask(Whereabouts)
    return {
        scope.name
        for module in project.modules.loaded()
        for scope in module.scopes
        if scope.kind == "function" and whereabouts.may_take(evaluator.any_call(module, scope))
    }


WAYS = {
    "argument": "def show(s):\n    return [one for one in s]\n\n\ndef go(q):\n    return show(tokens(q))\n",
    "keyword": "def show(*, s):\n    return [one for one in s]\n\n\ndef go(q):\n    return show(s=tokens(q))\n",
    "variable": "def show(q):\n    made = tokens(q)\n    other = made\n    return list(other)\n",
    "attribute": "class A:\n    def __init__(self, q):\n        self.s = tokens(q)\n\n"
    "    def show(self):\n        return list(self.s)\n",
    "property": "class A:\n    @property\n    def s(self):\n        return tokens('q')\n\n"
    "    def show(self):\n        return list(self.s)\n",
    "key": "kept = {}\n\n\ndef put(q):\n    kept['s'] = tokens(q)\n\n\ndef show():\n    return list(kept['s'])\n",
    "get": "kept = {}\n\n\ndef put(q):\n    kept['s'] = tokens(q)\n\n\ndef show():\n    return list(kept.get('s'))\n",
    "queue": "import queue\n\nqueued = queue.Queue()\n\n\ndef put(q):\n    queued.put(tokens(q))\n\n\ndef show():\n"
    "    return list(queued.get())\n",
    "context": "from contextvars import ContextVar\n\nheld = ContextVar('held')\n\n\ndef put(q):\n    held.set(tokens(q))\n\n\n"
    "def show():\n    return list(held.get())\n",
    "partial": "from functools import partial\n\n\ndef show(q):\n    make = partial(tokens, q)\n    return list(make())\n",
    "closure": "def outer(q):\n    s = tokens(q)\n\n    def show():\n        return list(s)\n\n    return show\n",
    "lambda": "def show(q):\n    make = lambda: tokens(q)\n    return list(make())\n",
    "generator": "def each(q):\n    for one in tokens(q):\n        yield one\n\n\ndef show(q):\n    return list(each(q))\n",
    "expression": "def show(q):\n    return list(one for one in tokens(q))\n",
    "default": "def show(q, s=tokens('q')):\n    return list(s)\n",
    "decorator": "def quick(f):\n    def wrapped(q):\n        return f(q)\n\n    return wrapped\n\n\n@quick\ndef make(q):\n"
    "    return tokens(q)\n\n\ndef show(q):\n    return list(make(q))\n",
    "dependency": "from fastapi import Depends\n\n\ndef show(s=Depends(tokens)):\n    return list(s)\n",
    "thread": "import asyncio\n\n\nasync def show(q):\n    return list(await asyncio.to_thread(tokens, q))\n",
    "class": "class Stream:\n    def __init__(self, q):\n        self.q = q\n\n    def __iter__(self):\n        "
    "return iter(tokens(self.q))\n\n\ndef show(q):\n    return list(Stream(q))\n",
    "field": "from dataclasses import dataclass\n\n\n@dataclass\nclass A:\n    s: object\n\n\n"
    "def show(q):\n    return list(A(tokens(q)).s)\n",
    "global": "held = None\n\n\ndef put(q):\n    global held\n    held = tokens(q)\n\n\ndef show():\n    return list(held)\n",
    "getattr": "class A:\n    s = tokens('q')\n\n\ndef show(a):\n    return list(getattr(a, 's'))\n",
    "options": "def show(**options):\n    return list(options['s'])\n\n\ndef go(q):\n    return show(**{'s': tokens(q)})\n",
    "state": "async def lifespan(app):\n    yield {'held': tokens('q')}\n\n\ndef show(request):\n"
    "    return list(request.state.held)\n",
    "manager": "from contextlib import contextmanager\n\n\n@contextmanager\ndef opened(q):\n    yield tokens(q)\n\n\ndef show(q):\n"
    "    with opened(q) as s:\n        return list(s)\n",
}
"""`show` has tokens in each of them, `text` never."""


@pytest.mark.parametrize("way", WAYS)
def test_tokens_are_seen_to_come(way: str, tmp_path: Path) -> None:
    found = may_take(read(tmp_path, {"app.py": HEAD + WAYS[way]}))
    assert "show" in found


@pytest.mark.parametrize("way", WAYS)
def test_a_finished_answer_takes_nothing(way: str, tmp_path: Path) -> None:
    """The same ways, with an answer that is no stream."""
    project = read(tmp_path, {"app.py": HEAD.replace(", stream=True", "") + WAYS[way]})
    assert may_take(project) == set()


def test_who_calls_what_gives_the_text_takes_it_too(tmp_path: Path) -> None:
    text = (
        "def collect(q):\n    return ''.join(tokens(q))\n\n\ndef show(q):\n    return collect(q)\n\n\n"
        "def log(q):\n    collect(q)\n    return 'done'\n\n\ndef far(q):\n    return log(q)\n\n\n"
        "def other(q):\n    return text(q)\n"
    )
    assert may_take(read(tmp_path, {"app.py": HEAD + text})) == {"collect", "show", "log"}


def test_a_list_that_a_helper_fills_is_given_back(tmp_path: Path) -> None:
    text = (
        "def fill(parts, q):\n    for one in tokens(q):\n        parts.append(one)\n\n\n"
        "def show(q):\n    parts = []\n    fill(parts, q)\n    return parts\n"
    )
    assert may_take(read(tmp_path, {"app.py": HEAD + text})) == {"fill", "show"}


def test_imports_lead_to_other_modules(tmp_path: Path) -> None:
    files = {
        "made.py": HEAD,
        "app.py": ROUTE + "from made import tokens as begin\n\n\ndef show(q):\n    return list(begin(q))\n",
        "other.py": ROUTE + "from made import text as begin\n\n\ndef show_text(q):\n    return list(begin(q))\n",
    }
    assert may_take(read(tmp_path, files)) == {"show"}


def test_methods_of_others_with_the_same_name_take_nothing(tmp_path: Path) -> None:
    """A router of a framework has a `get` as the class of the project has, and is not of it."""
    text = (
        "from fastapi import APIRouter\n\nrouter = APIRouter()\n\n\nclass Kept:\n    def get(self, q):\n"
        "        return tokens(q)\n\n\n"
        "@router.get('/plain')\ndef plain(q):\n    return list(router.get(q))\n"
    )
    assert may_take(read(tmp_path, {"app.py": HEAD + text})) == set()


def test_what_goes_to_anything_may_be_taken_anywhere(tmp_path: Path) -> None:
    text = "def go(run, q):\n    return run(tokens(q))\n\n\ndef show(s):\n    return list(s)\n"
    assert may_take(read(tmp_path, {"app.py": HEAD + text})) >= {"go", "show"}


def test_helpers_to_which_no_tokens_come_are_not_searched(tmp_path: Path) -> None:
    helpers = "".join(f"def helper{n}(q):\n    return helper{n + 1}(q, [q])\n\n\n" for n in range(200))
    text = (
        f"{helpers}def helper200(q, *more):\n    return str(q)\n\n\n"
        "@app.get('/plain')\ndef plain(q):\n    return helper0(q)\n\n\n"
        "@app.get('/show')\ndef show(q):\n    return list(tokens(q))\n"
    )
    project = read(tmp_path, {"app.py": HEAD + text})
    for module in project.modules.loaded():
        for scope in module.scopes:
            project.ask(Drains).in_frame(project.evaluator.any_call(module, scope))
    asked = [key for key in project.evaluator.solver.answers if isinstance(key, tuple) and key[0] == "takings"]
    assert len(asked) < 100, "all 200 helpers are searched"
    assert asked[-1][1].scope.name == "show"


def missed(project: Project) -> list[str]:
    """Functions that take tokens, in a call of them that is known or in any, though names tell nothing of it."""
    evaluator, whereabouts, drains = project.evaluator, project.ask(Whereabouts), project.ask(Drains)
    return [
        f"{module.path.name}: {scope.name}"
        for module in project.modules.loaded()
        for scope in module.scopes
        for frame in (evaluator.any_call(module, scope), *evaluator.callers.frames(module, scope))
        if not whereabouts.may_take(frame) and any(True for _ in drains.found(frame))
    ]


@pytest.mark.parametrize(
    "code", ["STL101", "STL102", "STL103", "STL104", "STL107", "STL109", "STL111", "STL202", "STL208"]
)
def test_no_fixture_has_tokens_where_names_tell_of_none(code: str, tmp_path: Path) -> None:
    for number, path in enumerate(sorted(FIXTURES.glob(f"{code}/*"))):
        if path.name.endswith((".fixed.py", ".txt")):
            continue
        folder = tmp_path / str(number)
        folder.mkdir()
        laid_out(path, folder)
        project = Project(folder, sorted(folder.rglob("*.py")))
        assert held_unseen(project) == missed(project) == [], path.name


def held_unseen(project: Project) -> list[str]:
    """Expressions that are streams, in a call of their function that is known or in any, though names tell nothing of it."""
    evaluator, whereabouts = project.evaluator, project.ask(Whereabouts)
    return [
        f"{module.path.name}: {module.text(one)}"
        for module in project.modules.loaded()
        for scope in module.scopes
        for frame in (evaluator.any_call(module, scope), *evaluator.callers.frames(module, scope))
        for one in scope.expressions()
        if evaluator.tokens(evaluator.value(one, frame)) is not None and not whereabouts.may_hold(one, frame)
    ]


@given(programs())
def test_no_program_has_tokens_where_names_tell_of_none(modules: Modules) -> None:
    """Empty texts are streams in these programs, wherever they come to."""
    assume(any("''" in text for text in modules.values()))
    head = f"{ROUTE}from made import tokens\n"
    files = {f"{name}.py": head + text.replace("''", "tokens('q')") for name, text in modules.items()}
    with TemporaryDirectory() as folder:
        project = read(Path(folder), {"made.py": HEAD, **files})
        assert held_unseen(project) == missed(project) == []
