"""STL305 wrong-iterator-for-server: Django takes the whole iterator before it sends anything."""

from __future__ import annotations

import pytest

from .measure import broken_and_fixed, repeated

SYNC = """
from django.http import StreamingHttpResponse


def chat(request):
    response = index.as_query_engine(streaming=True).query(request.GET["q"])
    return StreamingHttpResponse(response.response_gen, content_type="text/plain")
"""
ASYNC = """
from django.http import StreamingHttpResponse


async def chat(request):
    response = await index.as_query_engine(streaming=True).aquery(request.GET["q"])
    return StreamingHttpResponse(response.response_gen, content_type="text/plain")
"""


@pytest.mark.parametrize(("broken", "right", "server"), [(SYNC, ASYNC, "uvicorn"), (ASYNC, SYNC, "gunicorn")])
@repeated
def test_the_wrong_kind_arrives_at_once(broken: str, right: str, server: str) -> None:
    before, after = broken_and_fixed(broken, fixed=right, framework="django", server=server, heartbeat=False)
    assert before.buffered
    assert after.streamed


@repeated
def test_each_item_is_fetched_in_a_thread_by_the_repair() -> None:
    code = f'{SYNC}\n\nfrom django.urls import path\n\nurlpatterns = [path("chat", chat)]\n'
    files = {"asgi.py": "from django.core.asgi import get_asgi_application\n\napplication = get_asgi_application()\n"}
    before, after = broken_and_fixed(code, framework="django", server="uvicorn", select=["STL305"], files=files)
    assert before.buffered
    assert after.streamed
    assert after.smooth
    assert after.body == before.body


GENERATOR = """
from django.http import StreamingHttpResponse
from django.urls import path


async def tokens(question):
    response = await index.as_query_engine(streaming=True).aquery(question)
    async for token in response.response_gen:
        yield f"{token}"


async def chat(request):
    return StreamingHttpResponse(tokens(request.GET["q"]), content_type="text/plain")


urlpatterns = [path("chat", chat)]
"""


@repeated
def test_each_step_runs_on_a_loop_of_the_generator_after_the_repair() -> None:
    files = {"wsgi.py": "from django.core.wsgi import get_wsgi_application\n\napplication = get_wsgi_application()\n"}
    run = {"framework": "django", "server": "gunicorn", "select": ["STL305"], "heartbeat": False}
    before, after = broken_and_fixed(GENERATOR, files=files, **run)
    assert before.buffered
    assert after.streamed
    assert after.smooth
    assert after.body == before.body
