"""Which files may register something with a framework, by their texts alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamlint.project import Project
from streamlint.serving.registering import Registering
from streamlint.source import Source

from .asking import KNOWLEDGE, ROOT, Program


def registering(files: dict[str, str], *told: str) -> Registering:
    overlay = {ROOT / f"{name}.py": Source(ROOT / f"{name}.py", text) for name, text in files.items()}
    project = Project(ROOT, tuple(overlay), overlay=overlay, knowledge=KNOWLEDGE)
    return Registering(project.modules, KNOWLEDGE.frameworks, told)


def files(texts: dict[str, str], *told: str) -> set[str]:
    """The names of the files in which a registration may stand."""
    return {path.stem for path in registering(texts, *told).files}


APP = "from fastapi import FastAPI\napp = FastAPI()\n"


@pytest.mark.parametrize(
    ("other", "is_found"),
    [
        ("from app import app\n@app.get('/')\nasync def home(): ...\n", True),
        ("from app import app\n@app.mine('/')\nasync def home(): ...\n", False),
        ("from app import app\nprint(app.get)\n", False),
        ("from app import app\napp.add_api_route('/', home)\n", True),
        ("from app import app\napp . add_api_route ('/', home)\n", True),
        ("from app import app\nprint(app.add_api_route)\n", False),
        ("from app import app\napp.get('/')(home)\n", True),
        ("from app import app\napp.get(path('/'))(home)\n", True),
        ("from app import app\napp.get('/')\n", False),
        ("def home(): ...\n", False),
        ("from app import app\n@app.include_router\ndef home(): ...\n", False),
        ("from app import app\n@app.before_request\ndef home(): ...\n", False),
        ("import fastapi\n", False),
    ],
)
def test_who_calls_or_decorates_with_what_an_application_has(other: str, is_found: bool) -> None:
    assert files({"app": APP, "other": other}) == ({"app", "other"} if is_found else {"app"})


def test_a_method_of_an_attribute_of_an_application() -> None:
    texts = {
        "app": "from aiohttp import web\napp = web.Application()\n",
        "other": "from app import app\napp.on_startup . append(start)\n",
        "stranger": "starts = []\nstarts.append(start)\n",
    }
    assert files(texts) == {"app", "other"}


def test_without_a_framework_only_the_decorator_of_a_route_tells() -> None:
    calls = "async def home(): ...\napp.get('/')(home)\napp.add_api_route('/', home)\n"
    assert files({"other": calls, "routes": "@app.get('/')\nasync def home(): ...\n"}) == {"routes"}


def test_a_name_is_followed_through_the_files_that_hand_it_on() -> None:
    texts = {
        "made": "from fastapi import FastAPI as Web\n",
        "handed": "from made import Web as Server\n",
        "starred": "from handed import *\n",
        "used": "from starred import Server\napp = Server()\n",
        "stranger": "from elsewhere import Server\n",
    }
    found = registering(texts)
    assert {path.stem for path in found._importing("fastapi")} == {"made", "handed", "starred", "used"}


def importing(texts: dict[str, str]) -> set[str]:
    return {path.stem for path in registering(texts)._importing("fastapi")}


def test_what_else_a_file_imports_is_none_of_the_package() -> None:
    made = "from fastapi import FastAPI\nfrom elsewhere import thing\nfrom .fastapi import other\n"
    texts = {"made": made, "a": "from made import thing\n", "b": "from made import other\n"}
    assert importing(texts) == {"made"}


def test_imports_in_a_circle() -> None:
    texts = {
        "made": "import fastapi\nfrom handed import Web\n",
        "handed": "from made import fastapi as Web\n",
        "used": "from made import Web\n",
    }
    assert importing(texts) == {"made", "handed", "used"}


def test_dots_before_a_module_say_where_it_is() -> None:
    texts = {
        "made": "from fastapi import FastAPI\n",
        "package/__init__": "",
        "package/made": "FastAPI = 1\n",
        "package/used": "from ..made import FastAPI\n",
        "package/other": "from .made import FastAPI\n",
    }
    assert importing(texts) == {"made", "used"}


def test_a_name_in_a_comment_is_no_import() -> None:
    assert importing({"app": "# as in fastapi\nfrom mine import FastAPI\n"}) == set()


def test_a_package_of_the_project_is_no_framework() -> None:
    texts = {"fastapi": "class FastAPI: ...\n", "app": APP}
    assert files(texts) == set()
    assert "fastapi" not in registering(texts).frameworks_present


def test_the_frameworks_that_are_present() -> None:
    assert {"fastapi", "starlette"} <= registering({"app": APP}).frameworks_present
    present = registering({"app": "import flask\n"}).frameworks_present
    assert "flask" in present
    assert "fastapi" not in present


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("from starlette.routing import Route\nroutes = [Route('/', home)]\n", True),
        ("import starlette\nroutes = [starlette.routing.Route('/', home)]\n", True),
        ("import starlette\nRoute = 1\n", False),
        ("import starlette\nrouting.route = 1\n", False),
    ],
)
def test_a_function_of_a_package_is_named_whole(text: str, is_found: bool) -> None:
    assert (ROOT / "app.py" in registering({"app": text}).users("starlette.routing.Route")) is is_found


def test_a_method_of_whatever_a_package_makes() -> None:
    texts = {"app": "import gradio\nbutton = gradio.Button()\nbutton.click(home)\n", "other": "import gradio\n"}
    assert {path.stem for path in registering(texts).users("gradio.*.click")} == {"app"}


def test_where_a_name_is_handed_on_its_last_part_is_enough() -> None:
    texts = {"given": "from starlette.routing import Route\n", "app": "from given import Route\nRoute('/', home)\n"}
    texts |= {"handed": "from starlette import routing\n", "other": "from handed import routing\nrouting.other()\n"}
    assert {path.stem for path in registering(texts).users("starlette.routing.Route")} == {"given", "app"}


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("class Pipe:\n    def pipe(self, body): ...\n", True),
        ("class Pipe:\n    def other(self, body): ...\n", False),
        ("class Valves: ...\nclass Pipe:\n    def pipe(self, body): ...\n", True),
        ("class Filter:\n    def stream(self, event): ...\n", True),
        ("class Other:\n    '''A Pipe.'''\n    def pipe(self, body): ...\n", False),
    ],
)
def test_classes_that_a_host_calls_by_their_names(text: str, is_found: bool) -> None:
    assert files({"app": text}) == ({"app"} if is_found else set())


def test_classes_below_a_view() -> None:
    texts = {
        "base": "from django.views import View\nclass Base(View): ...\n",
        "leaf": "from base import Base\nclass Leaf(Base): ...\n",
        "stranger": "class Stranger(Leaves): ...\n",
    }
    assert files(texts) == {"base", "leaf"}
    assert files({name: text.replace("django", "mine") for name, text in texts.items()}) == set()


def test_a_framework_that_runs_files_whole() -> None:
    assert files({"page": "import streamlit as st\nst.write(1)\n", "other": "x = 1\n"}) == {"page"}


def test_functions_that_the_user_told_of() -> None:
    texts = {"app": "from mine.web import serve\nserve(home)\n", "other": "x = 1\n"}
    assert files(texts, "mine.web.serve") == {"app"}
    assert files(texts) == set()


def test_paths_are_those_of_the_files(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(APP, "utf-8")
    project = Project(tmp_path, [tmp_path / "app.py"])
    assert Registering(project.modules, KNOWLEDGE.frameworks, ()).files == {tmp_path / "app.py"}


ROUTES = """\
from aiohttp import web
import {module}


async def home(request):
    return web.Response()


{call}
"""


def registered(module: str, call: str, **others: str) -> tuple[Program, list[str]]:
    program = Program(ROUTES.format(module=module, call=call), **others)
    return program, [entry.name for entry in program.project.entries]


def test_what_only_says_the_word_of_a_function_is_not_followed() -> None:
    program, found = registered("settings", "settings.costs.get('home', home)", settings="costs = {}\n")
    assert found == []
    assert not any(path.name == "settings.py" for path in program.project.modules._loaded)


def test_a_function_is_known_under_the_name_that_another_file_gives_its_module() -> None:
    others = {"handing": "from aiohttp import web as net\n"}
    assert registered("handing", "[handing.net.get('/home', home)]", **others)[1] == ["home"]


def test_a_function_is_known_under_a_name_of_the_file_itself() -> None:
    assert registered("json", "net = web\nroutes = [net.get('/home', home)]")[1] == ["home"]
