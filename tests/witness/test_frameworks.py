"""Correct code streams under every framework and server that witnesses can use."""

from __future__ import annotations

import pytest

from .measure import measure, repeated

FASTAPI = """
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()


@app.get("/chat")
async def chat(q: str):
    response = await index.as_query_engine(streaming=True).aquery(q)
    return StreamingResponse(response.async_response_gen(), media_type="text/plain")
"""
STARLETTE = """
from starlette.applications import Starlette
from starlette.responses import StreamingResponse
from starlette.routing import Route


async def chat(request):
    response = await index.as_query_engine(streaming=True).aquery(request.query_params["q"])
    return StreamingResponse(response.async_response_gen(), media_type="text/plain")


app = Starlette(routes=[Route("/chat", chat)])
"""
FLASK = """
from flask import Blueprint, Response, request

blueprint = Blueprint("chat", __name__)


@blueprint.get("/chat")
def chat():
    response = index.as_query_engine(streaming=True).query(request.args["q"])
    return Response(response.response_gen, mimetype="text/plain")
"""
DJANGO_ASYNC = """
from django.http import StreamingHttpResponse


async def chat(request):
    response = await index.as_query_engine(streaming=True).aquery(request.GET["q"])
    return StreamingHttpResponse(response.async_response_gen(), content_type="text/plain")
"""
DJANGO_SYNC = """
from django.http import StreamingHttpResponse
from django.urls import path


def chat(request):
    response = index.as_query_engine(streaming=True).query(request.GET["q"])
    return StreamingHttpResponse(response.response_gen, content_type="text/plain")


urlpatterns = [path("chat", chat)]
"""
QUART = """
from quart import Quart, Response, request

app = Quart(__name__)


@app.get("/chat")
async def chat():
    response = await index.as_query_engine(streaming=True).aquery(request.args["q"])
    return Response(response.async_response_gen(), mimetype="text/plain")
"""
LITESTAR = """
from litestar import get
from litestar.response import Stream


@get("/chat")
async def chat(q: str) -> Stream:
    response = await index.as_query_engine(streaming=True).aquery(q)
    return Stream(response.async_response_gen())
"""
AIOHTTP = """
from aiohttp import web

routes = web.RouteTableDef()


@routes.get("/chat")
async def chat(request):
    response = await index.as_query_engine(streaming=True).aquery(request.query["q"])
    stream = web.StreamResponse()
    await stream.prepare(request)
    async for token in response.async_response_gen():
        await stream.write(token.encode())
    return stream
"""
SANIC = """
from sanic import Sanic

app = Sanic("chat")


@app.get("/chat")
async def chat(request):
    response = await index.as_query_engine(streaming=True).aquery(request.args.get("q"))
    stream = await request.respond(content_type="text/plain")
    async for token in response.async_response_gen():
        await stream.send(token)
"""
STREAMLIT = """
import streamlit as st

response = index.as_query_engine(streaming=True).query(st.query_params["q"])
st.write_stream(response.response_gen)
"""
GRADIO = """
import gradio as gr


def chat(message, history):
    text = ""
    for token in index.as_query_engine(streaming=True).query(message).response_gen:
        text += token
        yield text


demo = gr.ChatInterface(chat)
"""


@pytest.mark.parametrize(
    ("framework", "server", "code"),
    [
        ("fastapi", "uvicorn", FASTAPI),
        ("fastapi", "hypercorn", FASTAPI),
        ("fastapi", "daphne", FASTAPI),
        ("fastapi", "gunicorn-asgi", FASTAPI),
        ("starlette", "uvicorn", STARLETTE),
        ("flask", "werkzeug", FLASK),
        ("flask", "gunicorn", FLASK),
        ("django", "uvicorn", DJANGO_ASYNC),
        ("django", "daphne", DJANGO_ASYNC),
        ("django", "gunicorn", DJANGO_SYNC),
        ("django", "werkzeug", DJANGO_SYNC),
        ("quart", "uvicorn", QUART),
        ("quart", "hypercorn", QUART),
        ("litestar", "uvicorn", LITESTAR),
        ("aiohttp", "aiohttp", AIOHTTP),
        ("sanic", "sanic", SANIC),
        ("streamlit", "uvicorn", STREAMLIT),
        ("gradio", "uvicorn", GRADIO),
    ],
)
@repeated
def test_correct_code_streams(framework: str, server: str, code: str) -> None:
    measured = measure(code, framework=framework, server=server)
    assert measured.status in {200, 101}
    assert measured.streamed
    assert measured.smooth or framework == "streamlit"
    assert "tok0 tok1 " in measured.body


@pytest.mark.parametrize("options", [{"http": "h11"}, {"loop": "uvloop"}])
@repeated
def test_options_reach_the_server(options: dict[str, str]) -> None:
    measured = measure(FASTAPI, options=options)
    assert measured.streamed
    assert measured.smooth


@repeated
def test_a_sync_iterator_under_asgi_and_an_async_one_under_wsgi_are_buffered_by_django() -> None:
    assert measure(DJANGO_SYNC, framework="django", server="uvicorn").buffered
    assert measure(DJANGO_ASYNC, framework="django", server="gunicorn").buffered
