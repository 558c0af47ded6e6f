"""Who depends on an answer that a repair changes: found with file and line, never for another route, asked before it changes."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import IO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamlint import disk
from streamlint.config import Config
from streamlint.finding import Finding
from streamlint.fix import Level
from streamlint.outcome import Outcome
from streamlint.readers.addresses import HOLE, Address, answering, spoken
from streamlint.readers.scripts import Scripts, without_markup
from streamlint.run import Request, run

HEAD = """
from fastapi import APIRouter, FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()
"""
ROUTE = """
@app.{method}("{path}")
def {name}(q: str):
    response = index.as_query_engine(streaming=True).query(q)
    return {{"answer": "".join(response.response_gen)}}
"""


def application(*routes: str) -> str:
    """A server with these routes, each of which drains a stream: `GET /chat`."""
    pairs = [route.split(" ") for route in routes]
    written = (ROUTE.format(method=verb.lower(), path=path, name=f"route_{n}") for n, (verb, path) in enumerate(pairs))
    return HEAD + "".join(written)


def laid_out(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text).lstrip("\n"), "utf-8")


def outcome(folder: Path, files: Mapping[str, str], **options: object) -> Outcome:
    laid_out(folder, files)
    return run(Request((folder,), Config(root=folder), Config(root=folder).selection, **options))  # type: ignore[arg-type]


def readers(folder: Path, findings: tuple[Finding, ...]) -> dict[str, list[str]]:
    """By the route of a finding, the places that depend on it: `web/app.js:3`."""
    return {
        finding.message.split("`")[1]: [
            f"{each.place.path.relative_to(folder).as_posix()}:{each.place.start.line}" for each in finding.readers
        ]
        for finding in findings
        if finding.code.startswith("STL1")
    }


def read(folder: Path, routes: tuple[str, ...], **files: str) -> dict[str, list[str]]:
    """Who reads which of the routes, with a file for each keyword: `tests__test_app_py`."""
    named = {name.replace("__", "/").replace("_dot_", "."): text for name, text in files.items()}
    return readers(folder, outcome(folder, {"main.py": application(*routes), **named}).findings)


# Python

PYTHON = {
    "a client in a local": """
        from fastapi.testclient import TestClient
        from main import app

        def test_chat():
            client = TestClient(app)
            response = client.get("/chat", params={"q": "x"})
            assert response.json()["answer"] == "x"
    """,
    "a fixture": """
        import pytest
        from fastapi.testclient import TestClient
        from main import app

        @pytest.fixture
        def client():
            with TestClient(app) as client:
                yield client

        def test_chat(client):
            assert client.get("/chat?q=x").json() == {"answer": "x"}
    """,
    "an asynchronous client with a base": """
        from httpx import ASGITransport, AsyncClient
        from main import app

        async def test_chat():
            async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
                response = await client.get("/chat", params={"q": "x"})
            data = response.json()
            assert data["answer"]
    """,
    "requests at a constant host": """
        import requests

        BASE = "http://localhost:8000"

        def ask(q):
            return requests.get(f"{BASE}/chat", params={"q": q}).json()["answer"]
    """,
    "a host from the environment": """
        import os
        import requests

        API = os.getenv("API_URL", "http://backend:8000")

        def ask(q):
            answer = requests.request("GET", API + "/chat", params={"q": q})
            return answer.json()
    """,
    "a helper that returns the answer": """
        from fastapi.testclient import TestClient
        from main import app

        client = TestClient(app)

        def ask(q):
            return client.get("/chat", params={"q": q})

        def test_chat():
            assert ask("x").json()["answer"]
    """,
    "a helper that is given the path": """
        from fastapi.testclient import TestClient
        from main import app

        client = TestClient(app)

        def body(path):
            return client.get(path).json()

        def test_chat():
            assert body("/chat")["answer"]
    """,
    "a helper that is given the answer": """
        from fastapi.testclient import TestClient
        from main import app

        client = TestClient(app)

        def check(answer):
            assert answer.json()["answer"]

        def test_chat():
            check(client.get("/chat"))
    """,
    "json.loads": """
        import json
        from main import app

        def test_chat():
            client = app.test_client()
            response = client.get("/chat?q=x")
            assert json.loads(response.data.decode("utf-8"))["answer"]
    """,
    "get_json": """
        from flask.testing import FlaskClient

        def test_chat(client: FlaskClient):
            rv = client.get("/chat?q=x")
            assert rv.get_json()["answer"]
    """,
    "aiohttp": """
        import aiohttp

        async def ask():
            async with aiohttp.ClientSession() as session:
                async with session.get("http://127.0.0.1:8000/chat") as response:
                    return await response.json()
    """,
    "Django": """
        from django.test import TestCase

        class ChatTest(TestCase):
            def test_chat(self):
                response = self.client.get("/chat/", {"q": "x"})
                self.assertEqual(response.json()["answer"], "x")
    """,
    "a path that is imported": """
        from fastapi.testclient import TestClient
        from main import app
        from paths import CHAT

        def test_chat():
            assert TestClient(app).get(CHAT).json()
    """,
}
NO_PYTHON = {
    "another host": """
        import requests

        def ask():
            return requests.get("https://api.example.com/chat").json()
    """,
    "another program's port": """
        import requests

        def ask():
            return requests.get("http://localhost:11434/chat").json()
    """,
    "another method": """
        from fastapi.testclient import TestClient
        from main import app

        def test_chat():
            assert TestClient(app).post("/chat").json()
    """,
    "the same end of another path": """
        from fastapi.testclient import TestClient
        from main import app

        def test_chat():
            assert TestClient(app).get("/other/chat").json()
    """,
    "an answer that nobody reads as JSON": """
        from fastapi.testclient import TestClient
        from main import app

        def test_chat():
            response = TestClient(app).get("/chat")
            assert response.text == "x"
    """,
    "an answer that takes the name of another": """
        from fastapi.testclient import TestClient
        from main import app

        def test_chat():
            client = TestClient(app)
            response = client.get("/chat")
            assert response.status_code == 200
            response = client.get("/health")
            assert response.json()
    """,
    "a client with the base of somebody else": """
        import httpx

        client = httpx.Client(base_url="https://api.example.com")

        def ask():
            return client.get("/chat").json()
    """,
}


@pytest.mark.parametrize("shape", PYTHON)
def test_who_reads_in_python(shape: str, tmp_path: Path) -> None:
    text = dedent(PYTHON[shape]).lstrip("\n")
    line = next(n for n, each in enumerate(text.splitlines(), 1) if any(f".{w}(" in each for w in ("get", "request")))
    found = read(tmp_path, ("GET /chat", "GET /v2/chat"), test_chat_dot_py=text, paths_dot_py='CHAT = "/chat"\n')
    assert found == {"GET /chat": [f"test_chat.py:{line}"], "GET /v2/chat": []}


@pytest.mark.parametrize("shape", NO_PYTHON)
def test_who_does_not_read_in_python(shape: str, tmp_path: Path) -> None:
    found = read(tmp_path, ("GET /chat", "GET /v2/chat"), test_chat_dot_py=NO_PYTHON[shape])
    assert found == {"GET /chat": [], "GET /v2/chat": []}


def test_the_server_itself_asks_others(tmp_path: Path) -> None:
    """A server that hands on what another one answers under the same path reads nothing of its own."""
    proxy = """

import httpx

UPSTREAM = httpx.AsyncClient(base_url=settings.upstream)


@app.post("/models")
async def models(q: str):
    one = await UPSTREAM.post("/chat", json={"q": q})
    other = await httpx.AsyncClient().post(f"{settings.upstream}/chat", json={"q": q})
    return {"one": one.json(), "other": other.json()}
"""
    found = outcome(tmp_path, {"main.py": application("POST /chat") + proxy}).findings
    assert readers(tmp_path, found) == {"POST /chat": []}


def test_a_page_of_streamlit_asks_from_outside(tmp_path: Path) -> None:
    page = """
        import requests
        import streamlit as st

        API = st.secrets["api"]

        def answer():
            return requests.post(f"{API}/chat", json={"q": "x"}).json()["answer"]

        if st.button("Ask"):
            st.write(answer())
    """
    assert read(tmp_path, ("POST /chat",), page_dot_py=page) == {"POST /chat": ["page.py:7"]}


def test_prefixes_and_parameters(tmp_path: Path) -> None:
    server = HEAD + dedent(
        """
        router = APIRouter(prefix="/items")


        @router.get("/{item_id}/answer")
        def answer(item_id: int, q: str):
            response = index.as_query_engine(streaming=True).query(q)
            return {"answer": "".join(response.response_gen)}


        app.include_router(router, prefix="/api")
        """
    )
    test = """
        from fastapi.testclient import TestClient
        from main import app

        client = TestClient(app)

        def test_answers(item_id):
            assert client.get(f"/api/items/{item_id}/answer").json()
            assert client.get("/api/items/7/answer").json()
            assert client.get("/items/7/answer").json()
            assert client.get("/api/items/7/other").json()
            assert client.get("/api/items/7").json()
    """
    found = outcome(tmp_path, {"main.py": server, "test_items.py": test}).findings
    assert readers(tmp_path, found) == {"GET /api/items/{item_id}/answer": ["test_items.py:7", "test_items.py:8"]}


# JavaScript and TypeScript

SCRIPTS = {
    "app.js": "const data = await (await fetch('/chat?q=' + q)).json();",
    "then.mjs": "fetch(`/chat?q=${encodeURIComponent(q)}`).then((r) => r.json()).then((d) => show(d.answer));",
    "chain.cjs": "fetch('/chat')\n  .then(function (res) { if (!res.ok) throw Error(); return res.json(); })",
    "typed.ts": "const response: Response = await fetch(`${API_URL}/chat`);\nconst data = (await response.json()) as Answer;",
    "view.tsx": "const load = async () => { const r = await fetch(BASE + '/chat'); setText((await r.json()).answer); };\n"
    "const BASE = import.meta.env.VITE_API ?? 'http://localhost:8000';\n"
    "export const View = () => <p>Don't say `it`</p>;",
    "client.ts": "const api = axios.create({ baseURL: 'http://localhost:8000' });\n"
    "export async function ask() { const { data } = await api.get<Answer>('/chat'); return data.answer; }",
    "plain.js": "axios({ url: '/chat', method: 'get' }).then((answer) => show(answer.data.answer))",
    "text.js": "const r = await fetch('/chat', { method: 'GET' });\nconst data = JSON.parse(await r.text());",
    "events.js": "const source = new EventSource(`/chat?q=${q}`);",
    "jquery.js": "$.getJSON('/chat', { q }, (data) => show(data.answer));",
    "component.vue": "<template><p>It's</p></template>\n"
    "<script setup>\nconst d = await fetch('/chat').then((r) => r.json());\n</script>",
    "page.svelte": "<script lang='ts'>\n  fetch('/chat').then((r) => r.json());\n</script>\n<p>'</p>",
    "templates/chat.html": "<p>Don't</p><script>fetch('{{ base }}/chat').then((r) => r.json())</script>",
}
NO_SCRIPTS = {
    "other.js": "fetch('/v2/chats').then((r) => r.json())",
    "host.js": "fetch('https://api.example.com/chat').then((r) => r.json())",
    "method.js": "fetch('/chat', { method: 'DELETE' }).then((r) => r.json())",
    "text.js": "fetch('/chat').then((r) => r.text())",
    "stream.js": "const r = await fetch('/chat');\nconst reader = r.body.getReader();",
    "comment.js": "// fetch('/chat').then((r) => r.json())\n/* new EventSource('/chat') */\nfetch('/x')",
    "string.js": "const said = \"fetch('/chat').then((r) => r.json())\"; fetch(said)",
    "renamed.js": "let r = await fetch('/chat'); r = await fetch('/health'); const d = await r.json();",
    "raw.js": "axios.get('/chat', { responseType: 'stream' }).then((r) => r.data)",
    "method.ts": "cache.fetch('/chat').then((r) => r.json())",
    "markup.html": "<p>fetch('/chat').then((r) => r.json())</p>",
    "node_modules/lib/app.js": "fetch('/chat').then((r) => r.json())",
    "dist/app.js": "fetch('/chat').then((r) => r.json())",
    "static/app.min.js": "fetch('/chat').then((r) => r.json())",
    "ignored/app.js": "fetch('/chat').then((r) => r.json())",
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_who_reads_in_scripts(name: str, tmp_path: Path) -> None:
    line = next(n for n, text in enumerate(SCRIPTS[name].splitlines(), 1) if "/chat" in text)
    files = {"main.py": application("GET /chat", "GET /v2/chat"), f"web/{name}": SCRIPTS[name]}
    found = readers(tmp_path, outcome(tmp_path, files).findings)
    assert found == {"GET /chat": [f"web/{name}:{line}"], "GET /v2/chat": []}


@pytest.mark.parametrize("name", NO_SCRIPTS)
def test_who_does_not_read_in_scripts(name: str, tmp_path: Path) -> None:
    files = {"main.py": application("GET /chat", "GET /v2/chat"), name: NO_SCRIPTS[name], ".gitignore": "ignored/\n"}
    assert readers(tmp_path, outcome(tmp_path, files).findings) == {"GET /chat": [], "GET /v2/chat": []}


def test_a_bundle_costs_little_and_breaks_nothing() -> None:
    piece = (
        "var a={b:function(e,t){return`x${e?'\"':t}`.replace(/['\"`]/g,'')}};fetch(`/chat?q=${e}`).then(r=>r.json());"
    )
    bundle = piece * (1_000_000 // len(piece))
    before = time.process_time()
    found = sum(1 for _ in Scripts(bundle).requests())
    spent = time.process_time() - before
    before = time.process_time()
    ast.parse("x = {'a': lambda b, c: 1}\n" * 40_000)  # a megabyte of Python
    assert found == 1_000_000 // len(piece)
    assert spent < 15 * (time.process_time() - before)


PIECES = """
    fetch( '/chat' " ' ` ${ } { ) ( .then( r=>r.json() / \\ // /* */ await const r = new EventSource( axios.get(
    axios.create({baseURL: <script> </script> , .json() [ ]
"""


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from([*PIECES.split(), " ", "\n"]), max_size=40))
def test_no_text_breaks_the_scanner(parts: list[str]) -> None:
    text = "".join(parts)
    for script in (text, without_markup(text)):
        for request in Scripts(script).requests():
            assert 0 <= request.span.start < request.span.end <= len(script)
    assert len(without_markup(text)) == len(text)


# Which files are opened


def test_other_files_are_opened_only_for_a_repair_that_changes_an_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []

    def counting(path: os.PathLike[str] | str, mode: str) -> IO[bytes]:
        opened.append(Path(path).suffix)
        return open(path, "rb")

    blocked = HEAD + '@app.get("/wait")\nasync def wait():\n    import time\n\n    time.sleep(1)\n    return {}\n'
    script = "fetch('/chat').then((r) => r.json())"
    laid_out(tmp_path, {"main.py": blocked, "web/app.js": script, "web/page.html": script})
    monkeypatch.setattr(disk, "open", counting, raising=False)
    found = outcome(tmp_path, {})
    assert [finding.code for finding in found.findings] == ["STL203"]
    assert {".js", ".html"}.isdisjoint(opened)
    monkeypatch.undo()
    laid_out(tmp_path, {"main.py": application("GET /chat", "GET /v2/chat")})
    monkeypatch.setattr(disk, "open", counting, raising=False)
    outcome(tmp_path, {})
    assert opened.count(".js") == opened.count(".html") == 1, "each is read once, whatever the number of repairs"


# Addresses


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("/chat", "/chat"),
        ("/chat/", "/chat"),
        ("/chat?q=1#x", "/chat"),
        ("http://localhost:8000/chat", "/chat"),
        ("https://127.0.0.1/chat", "/chat"),
        (f"http://{HOLE}:{HOLE}/chat", "/chat"),
        (f"{HOLE}/items/{HOLE}/answer", "/items/{id}/answer"),
        ("/items/7/answer", "/items/{id}/answer"),
        ("/items/last/answer", "/items/last/answer"),
        (f"/items/x-{HOLE}/answer", "/items/{id}/answer"),
        (f"{HOLE}/search", "/api/search"),
        ("/numbers/7", "/numbers/<int:number>"),
        ("/numbers/x", ""),
        ("/files/a/b/c", "/files/{name:path}"),
        ("/old/7", "/old/(?P<pk>\\d+)/$"),
        ("/v2/chat", "/v2/chat"),
        (f"{HOLE}/twice", ""),
        ("/twice", ""),
        (f"{HOLE}", ""),
        (f"/{HOLE}", ""),
        ("https://example.com/chat", ""),
        ("//example.com/chat", ""),
        (f"https://{HOLE}.example.com/chat", ""),
    ],
)
def test_which_route_an_address_means(url: str, path: str) -> None:
    routes = [
        "/chat", "/v2/chat", "/items/{id}/answer", "/items/last/answer", "/api/search", "/numbers/<int:number>",
        "/files/{name:path}", "/old/(?P<pk>\\d+)/$", "/a/twice", "/b/twice",
    ]  # fmt: skip
    address = Address.of(url)
    assert (answering(address, routes) if address else frozenset()) == ({path} if path else frozenset())


def test_the_word_that_every_address_of_a_route_says() -> None:
    assert [spoken(path) for path in ("/", "/{id}", "/api/answers/{id}", "…/chat")] == ["", "", "answers", "chat"]


# What a run does

SERVER = application("GET /chat", "GET /free")
READER = "fetch('/chat').then((r) => r.json())\n"


def test_a_plain_fix_leaves_what_is_read_alone(tmp_path: Path) -> None:
    result = outcome(tmp_path, {"main.py": SERVER, "app.js": READER}, fix=True)
    (change,) = result.changes
    assert change.after.text.count('{"answer"') == 1
    assert [(left.routes, left.level) for left in result.left] == [(("GET /chat",), Level.RESPONSE)]
    assert [(finding.fix.is_held, result.applies(finding.fix)) for finding in result.findings if finding.fix] == [
        (True, False)
    ]


def test_who_names_the_level_changes_it(tmp_path: Path) -> None:
    result = outcome(tmp_path, {"main.py": SERVER, "app.js": READER}, fix=True, insists=True)
    assert result.findings == result.left == ()
    assert {route for applied in result.applied for route in applied.routes} == {"GET /chat", "GET /free"}
    assert readers(tmp_path, tuple(applied.finding for applied in result.applied))["GET /chat"] == ["app.js:1"]


def test_a_model_that_is_promised_is_depended_on(tmp_path: Path) -> None:
    server = HEAD + dedent(
        """
        from pydantic import BaseModel


        class Answer(BaseModel):
            answer: str


        @app.get("/model", response_model=Answer)
        def by_keyword(q: str):
            response = index.as_query_engine(streaming=True).query(q)
            return {"answer": "".join(response.response_gen)}


        @app.get("/annotated")
        def by_annotation(q: str) -> Answer:
            response = index.as_query_engine(streaming=True).query(q)
            return Answer(answer="".join(response.response_gen))


        @app.get("/plain", response_model=dict)
        def plain(q: str) -> dict:
            response = index.as_query_engine(streaming=True).query(q)
            return {"answer": "".join(response.response_gen)}
        """
    )
    found = readers(tmp_path, outcome(tmp_path, {"main.py": server}).findings)
    assert found == {"GET /model": ["main.py:13"], "GET /annotated": ["main.py:20"], "GET /plain": []}


def told(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "streamlint", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_what_people_and_programs_are_told(tmp_path: Path) -> None:
    laid_out(tmp_path, {"pyproject.toml": "[project]\nname = 'x'\n", "main.py": SERVER, "web/app.js": READER})
    (first, _) = json.loads(told(tmp_path, "--output-format", "json").stdout)["findings"]
    assert (first["fix"]["applies"], first["fix"]["held"]) == (False, True)
    assert [(one["path"], one["start"]["line"]) for one in first["related"]][-1] == ("web/app.js", 1)
    fixed = told(tmp_path, "--fix").stdout
    assert "main.py: GET /chat (see web/app.js:1)" in fixed
    assert "--fix --fix-level response" in fixed
    assert "1 fixable with --fix-level response" in fixed
    assert (tmp_path / "main.py").read_text().count('{"answer"') == 1
    insisted = told(tmp_path, "--fix", "--fix-level", "response").stdout
    assert "main.py: GET /chat (see web/app.js:1)" in insisted
    assert '{"answer"' not in (tmp_path / "main.py").read_text()


def test_the_level_of_the_configuration_is_no_insistence(tmp_path: Path) -> None:
    configured = "[tool.streamlint]\nfix-level = 'unsafe'\n"
    laid_out(tmp_path, {"pyproject.toml": configured, "main.py": SERVER, "web/app.js": READER})
    told(tmp_path, "--fix")
    assert (tmp_path / "main.py").read_text().count('{"answer"') == 1
    told(tmp_path, "--fix", "--unsafe-fixes")
    assert '{"answer"' not in (tmp_path / "main.py").read_text()
