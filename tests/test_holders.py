"""Who else uses a route's function: every way to call it, to hold it or to stand before it, and what is none of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from streamlint.project import Project
from streamlint.serving.holders import Holders

HEAD = "import functools\n\nfrom fastapi import BackgroundTasks, Depends, FastAPI\n\napp = FastAPI()\n\n\n"
CHAT = '@app.get("/chat")\nasync def chat(q: str):\n    return q\n\n\n'


def told(folder: Path, files: Mapping[str, str], path: str, name: str, *, frameworks: bool = True) -> list[str]:
    for each, text in files.items():
        target = folder / each
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
    project = Project(folder, sorted(folder.rglob("*.py")))
    module = project.module(folder / path)
    assert module is not None
    scope = next(one for one in module.scopes if one.name == name and one.kind == "function")
    ask = project.ask(Holders).readers if frameworks else project.ask(Holders).others
    return [one.told(folder) for one in ask(module, scope)]


@pytest.mark.parametrize(
    "use",
    [
        'async def nightly():\n    return await chat("all")\n',
        "HANDLERS = {'chat': chat}\n",
        "HANDLERS = [chat]\n",
        "handler = chat\n",
        'app.get("/again")(functools.lru_cache(chat))\n',
        "def make():\n    return chat\n",
        "@functools.wraps(chat)\ndef other(q: str):\n    return q\n",
        "def other(tasks: BackgroundTasks):\n    tasks.add_task(chat, 'x')\n",
        '@app.get("/other")\ndef other(answer=Depends(chat)):\n    return answer\n',
        "later = functools.partial(chat, 'x')\n",
        "task = lambda: chat('x')\n",
        "names = sorted((1, 2), key=lambda one: chat)\n",
        'NAME = "application:chat"\n',
        'if __name__ == "__main__":\n    import asyncio\n\n    asyncio.run(chat("x"))\n',
    ],
)
def test_uses_in_the_same_module(use: str, tmp_path: Path) -> None:
    assert told(tmp_path, {"application.py": HEAD + CHAT + use}, "application.py", "chat")


@pytest.mark.parametrize(
    "use",
    [
        "",
        'app.get("/again")(chat)\n',
        'app.add_api_route("/again", chat)\n',
        'def other(chat):\n    return chat("x")\n',
        "def other(bot):\n    return bot.chat('x')\n",
        'PATH = "/chat"\nNAME = "chat"\n',
        "def other():\n    chat = []\n    chat.append(1)\n    return chat\n",
        '# "application:chats" is another thing\n',
    ],
)
def test_what_is_no_use(use: str, tmp_path: Path) -> None:
    assert told(tmp_path, {"application.py": HEAD + CHAT + use}, "application.py", "chat") == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("jobs.py", "from web.routes import chat\n\n\nasync def nightly():\n    return await chat('x')\n"),
        ("jobs.py", "from web.routes import chat as answer\n\n\nasync def nightly():\n    return await answer('x')\n"),
        ("jobs.py", "import web.routes\n\n\nasync def nightly():\n    return await web.routes.chat('x')\n"),
        ("jobs.py", "from web import routes as r\n\n\nasync def nightly():\n    return await r.chat('x')\n"),
        ("jobs.py", "from web.routes import *\n\n\nasync def nightly():\n    return await chat('x')\n"),
        ("jobs.py", "from web import reply\n\n\nasync def nightly():\n    return await reply('x')\n"),
        ("jobs.py", "import web\n\n\nasync def nightly():\n    return await web.reply('x')\n"),
        (
            "jobs.py",
            "from web import routes\n\n\nasync def nightly():\n    return await getattr(routes, 'chat')('x')\n",
        ),
        (
            "tests/test_chat.py",
            "from web.routes import chat\n\n\nasync def test_chat():\n    assert await chat('x') == 'x'\n",
        ),
        ("jobs.py", "from unittest import mock\n\nstand_in = mock.patch('web.routes.chat')\n"),
    ],
)
def test_uses_in_other_modules(name: str, text: str, tmp_path: Path) -> None:
    files = {"web/__init__.py": "from web.routes import chat as reply\n", "web/routes.py": HEAD + CHAT, name: text}
    (found,) = told(tmp_path, files, "web/routes.py", "chat")
    assert name in found


def test_words_of_a_call_and_of_a_decorator(tmp_path: Path) -> None:
    keep = "def keep(function):\n    return function\n\n\n"
    route = '@app.get("/chat")\n@keep\nasync def chat(q: str):\n    return q\n'
    job = "from application import chat\n\n\nasync def nightly():\n    return await chat('x')\n"
    found = told(tmp_path, {"application.py": HEAD + keep + route, "jobs.py": job}, "application.py", "chat")
    assert found == [
        "`@keep` (application.py:13) gets what `chat` returns",
        "`nightly` (jobs.py:5) also reads what `chat` returns",
    ]


def test_a_dependency_is_the_framework_s_and_a_reader_all_the_same(tmp_path: Path) -> None:
    text = HEAD + CHAT + '@app.get("/other")\ndef other(answer=Depends(chat)):\n    return answer\n'
    assert told(tmp_path, {"application.py": text}, "application.py", "chat", frameworks=False) == []
    assert told(tmp_path, {"application.py": text}, "application.py", "chat")


VIEW = """\
from flask.views import MethodView


class Chat(MethodView):
    def get(self):
        return "hello"


"""


@pytest.mark.parametrize(
    "use",
    [
        "class Loud(Chat):\n    def get(self):\n        return super().get().upper()\n",
        "class Twice(Chat):\n    def post(self):\n        return self.get() + self.get()\n",
        "def nightly():\n    return Chat().get()\n",
        "def nightly():\n    chat = Chat()\n    return chat.get()\n",
    ],
)
def test_uses_of_a_method(use: str, tmp_path: Path) -> None:
    assert told(tmp_path, {"application.py": VIEW + use}, "application.py", "get")


def test_methods_of_other_classes(tmp_path: Path) -> None:
    use = (
        "def nightly(settings: dict):\n    return settings.get('x'), {}.get('x')\n\n\n"
        "class Other:\n    def get(self):\n        return self.get()\n"
    )
    assert told(tmp_path, {"application.py": VIEW + use}, "application.py", "get") == []


def test_an_application_is_given_its_routes(tmp_path: Path) -> None:
    route = '@get("/chat")\nasync def chat() -> str:\n    return "x"\n\n\n'
    text = "from litestar import Litestar, get\n\n\n" + route + "app = Litestar(route_handlers=[chat])\n"
    assert told(tmp_path, {"application.py": text}, "application.py", "chat") == []


def test_registrations(tmp_path: Path) -> None:
    decorated = CHAT.replace("async def", '@limit("5/minute")\nasync def')
    more = 'app.add_api_route("/again", chat)\napp.state.keep("/again", chat)\n'
    (tmp_path / "application.py").write_text(HEAD + decorated + more)
    project = Project(tmp_path, [tmp_path / "application.py"])
    module = project.module(tmp_path / "application.py")
    assert module is not None
    scope = next(one for one in module.scopes if one.name == "chat")
    found = [module.text(call) for _, _, call in project.ask(Holders).registrations(module, scope)]
    assert found == ['app.get("/chat")', 'app.add_api_route("/again", chat)']


def test_modules_that_import_each_other(tmp_path: Path) -> None:
    files = {
        "application.py": HEAD + CHAT,
        "one.py": "import application\nfrom two import *\nfrom two import chat\n",
        "two.py": "import application\nfrom one import *\nfrom one import chat\n\nchat('x')\n",
    }
    assert told(tmp_path, files, "application.py", "chat") == []


def test_a_function_that_is_handed_on_by_a_relative_import(tmp_path: Path) -> None:
    files = {
        "pkg/__init__.py": "",
        "pkg/main.py": HEAD + CHAT,
        "pkg/sub/__init__.py": "",
        "main.py": "",
        "pkg/sub/given.py": "from ..main import chat\n",
        "use.py": "from pkg.sub.given import chat\n\nHANDLERS = [chat]\n",
    }
    assert told(tmp_path, files, "pkg/main.py", "chat", frameworks=False)
