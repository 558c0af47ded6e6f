"""Whether compressing middleware holds a stream back: releases, applications and answers that differ in one thing."""

from __future__ import annotations

import pytest

from streamlint.faults.compressed import Compressors
from streamlint.project import Project
from streamlint.source import Source, Span

from .asking import KNOWLEDGE, ROOT

APP = """\
from django.http import StreamingHttpResponse
from fastapi import FastAPI
from fastapi.middleware import Middleware
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import Response, StreamingResponse
from llama_index.core import VectorStoreIndex

app = FastAPI({options})
{middleware}
engine = VectorStoreIndex([]).as_query_engine(streaming=True)


@app.get("/chat")
def chat(q: str, kind: str):
    tokens = engine.query(q).response_gen
    return {answer}
"""
ADDED = "app.add_middleware(GZipMiddleware)"
ANSWER = "StreamingResponse(tokens)"


def held(
    middleware: str = ADDED, answer: str = ANSWER, options: str = "", release: str = "0.41.3", others: str = ""
) -> list[str]:
    """The compressors of an application, each by what it makes of the stream."""
    path = ROOT / "app.py"
    text = APP.format(middleware=middleware, answer=answer, options=options) + others
    targets = {"starlette": release} if release else {}
    project = Project(ROOT, (path,), overlay={path: Source(path, text)}, knowledge=KNOWLEDGE, targets=targets)
    asked = project.ask(Compressors)
    [module] = project.modules.loaded()
    spans = {Span(one.start, one.end) for scope in module.scopes for one in scope.expressions()}
    found = [one for one in (asked.at(path, span) for span in spans) if one is not None]
    assert bool(found) is asked.concern(path)
    assert all(one.name == "GZipMiddleware" for one in found)
    return [str(one.effect) for one in found]


@pytest.mark.parametrize(
    "middleware",
    [
        ADDED,
        "app.add_middleware(GZipMiddleware, minimum_size=10)",
        "app.add_middleware(middleware_class=GZipMiddleware)",
        "Compress = GZipMiddleware\napp.add_middleware(Compress)",
        "layers = [Middleware(GZipMiddleware)]",
        "layers = [Middleware(cls=GZipMiddleware)]",
    ],
)
def test_where_it_is_named(middleware: str) -> None:
    assert held(middleware) == ["held"]


@pytest.mark.parametrize(
    "middleware",
    [
        "",
        "print(GZipMiddleware)",
        "app.keep(GZipMiddleware)",
        "app.add_middleware(minimum_size=10)",
        "app.add_middleware(Middleware)",
        "if app.debug:\n    app.add_middleware(GZipMiddleware)",
        "app.add_middleware(GZipMiddleware if app.debug else Middleware)",
    ],
)
def test_where_it_is_not_named_for_certain(middleware: str) -> None:
    assert held(middleware) == []


@pytest.mark.parametrize(
    ("release", "kind", "expected"),
    [
        ("0.45.0", "'text/event-stream'", ["held"]),
        ("0.46.0", "'text/event-stream'", []),
        ("0.45.0", "'text/plain'", ["held"]),
        ("0.46.0", "'text/plain'", ["held"]),
        ("1.4.9", "'text/plain'", ["held"]),
        ("1.5.0", "'text/plain'", []),
        ("", "'text/plain'", []),
        ("0.46.0", "kind", []),
        ("0.45.0", "kind", ["held"]),
    ],
)
def test_releases_and_media_types(release: str, kind: str, expected: list[str]) -> None:
    assert held(answer=f"StreamingResponse(tokens, media_type={kind})", release=release) == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("StreamingResponse(tokens, headers={'X-Kind': 'answer'})", ["held"]),
        ("StreamingResponse(tokens, headers={})", ["held"]),
        ("StreamingResponse(tokens, headers={'Content-Encoding': 'identity'})", []),
        ("StreamingResponse(tokens, headers={'content-encoding': 'identity'})", []),
        ("StreamingResponse(tokens, headers={q: 'identity'})", []),
        ("StreamingResponse(tokens, headers=[('a', 'b')])", []),
        ("StreamingResponse(tokens, headers=q)", []),
        ("StreamingResponse(tokens, **q)", []),
        ("Response(tokens)", []),
        ("StreamingHttpResponse(tokens)", []),
        ("StreamingResponse(q)", []),
    ],
)
def test_answers(answer: str, expected: list[str]) -> None:
    assert held(answer=answer) == expected


def test_only_the_one_application_of_a_folder_is_known_to_have_it() -> None:
    assert held(others="\n\nother = FastAPI()\n") == []


def test_a_response_whose_encoding_is_set_somewhere_may_be_this_one() -> None:
    setting = "\n\ndef plain(response):\n    response.headers['{}'] = 'identity'\n"
    assert held(others=setting.format("content-encoding")) == []
    assert held(others=setting.format("Content-Encoding")) == []
    assert held(others=setting.format("Content-Language")) == ["held"]


def test_a_stream_that_no_request_is_sent_is_none_of_its_business() -> None:
    others = "\n\ndef unused(q):\n    return StreamingResponse(engine.query(q).response_gen)\n"
    assert held(answer="None", others=others) == []
