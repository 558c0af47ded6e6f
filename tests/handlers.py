"""Writes handlers that answer from an engine, in the many ways in which people do: a strategy for hypothesis."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from hypothesis import strategies as st

HEAD = """\
import asyncio
import contextvars
import json
import threading
import time

from fastapi import Depends, FastAPI
from fastapi.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from llama_index.core import VectorStoreIndex

app = FastAPI()
index = VectorStoreIndex.from_documents([])
engine = index.as_query_engine(streaming=True)
whole = index.as_query_engine()
saves = []
logs = []
cache = {}
user = contextvars.ContextVar("user", default="nobody")
local = threading.local()
state = {"count": 0}


def log(value):
    logs.append(value)


def save(value):
    saves.append(value)


def redact(text):
    return text.replace("1234", "****")


def remembered(function):
    def run(q: str):
        if q not in cache:
            cache[q] = function(q)
        return cache[q]

    return run


async def who(q: str):
    user.set(q)
    local.name = q
    return q
"""

FLASK = HEAD.replace(
    """\
from fastapi import Depends, FastAPI
from fastapi.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
""",
    "from flask import Flask, Response, jsonify, make_response, request, stream_with_context\n",
).replace("app = FastAPI()", "app = Flask(__name__)")

_SYNC = ("engine.query(q)", "index.as_chat_engine().stream_chat(q)")
_ASYNC = ("await engine.aquery(q)", "await index.as_chat_engine().astream_chat(q)")
_PLAIN = ("whole.query(q)", "index.as_chat_engine().chat(q)")

_DRAINS = (
    'text = "".join(response.response_gen)',
    'text = ""\nfor token in response.response_gen:\n    text += token',
    'parts = []\nfor token in response.response_gen:\n    parts.append(token)\ntext = "".join(parts)',
    'parts = list(response.response_gen)\ntext = "".join(parts)',
    'text = "".join(token for token in response.response_gen)',
    'text = "".join([token.upper() for token in response.response_gen])',
    'text = "".join(sorted(response.response_gen))',
    'text = " ".join(response.response_gen)',
    "text = str(response)",
    "text = response.get_response().response",
    'text = ""\nfor token in response.response_gen:\n    print(token, end="")\n    text += token',
    'text = ""\nfor token in response.response_gen:\n    if token == " now":\n        break\n    text += token',
    'text = ""\nfor number, token in enumerate(response.response_gen):\n    text += token',
    "response.get_response()\ntext = str(response)",
)
_ASYNC_DRAINS = (
    'text = ""\nasync for token in response.async_response_gen():\n    text += token',
    'text = "".join([token async for token in response.async_response_gen()])',
    'parts = []\nasync for token in response.async_response_gen():\n    parts.append(token)\ntext = "".join(parts)',
    'text = ""\nasync for token in response.async_response_gen():\n    log(token)\n    text += token',
)
_PLAIN_DRAINS = ("text = str(response)", "text = response.response")

_CHANGES = (
    "",
    "text = redact(text)",
    'text = text.replace("1234", "****")',
    "text = text.split()",
    "text = sorted(text)",
    "text = text[1:]",
    "text = text.upper()",
    "text = text.strip()",
    'text = text + "!"',
    "text = json.dumps(text)",
    "words = text.split()\ntext = words[0]",
    "text = text or 'nothing'",
    'text = "".join(reversed(text))',
    "text = len(text)",
)
_SIDE = (
    "",
    "log(text)",
    "save(text)",
    "save(len(text))",
    'log("done")',
    "log(user.get())",
    "log(getattr(local, 'name', None))",
    "state['count'] += 1\nlog(state['count'])",
    "if not text:\n    log('empty')",
    "cache[q] = text",
)
_BEFORE = ("", "log(q)", "count = state['count']", "log(user.get())", "time.sleep(0)")
_ANSWERS = (
    "return text",
    "return {'answer': text}",
    "return {'answer': redact(str(text))}",
    "return {'answer': str(text).replace('1234', '****')}",
    "return {'answer': text, 'sources': len(str(response))}",
    "return {'question': q, 'answer': text}",
    "return {'answer': text, 'length': len(text)}",
    "answered = {'answer': str(text), 'state': dict(state)}\nreturn answered",
    "return JSONResponse({'answer': text})",
    "return JSONResponse({'answer': text}, status_code=202)",
    "return PlainTextResponse(str(text))",
    "return StreamingResponse(iter([str(text)]), media_type='text/plain')",
    "return StreamingResponse(str(text), media_type='text/plain')",
    "return [text]",
    "return {'answer': text} if text else {'answer': 'none'}",
)
_GENERATORS = (
    "for token in response.response_gen:\n    yield token",
    "yield from response.response_gen",
    "for token in response.response_gen:\n    log(token)\n    yield token.upper()",
    'for token in response.response_gen:\n    yield f"data: {token}\\n\\n"',
    'for token in response.response_gen:\n    yield f"data: {token}\\n\\n"\nyield "data: [DONE]\\n\\n"',
    'text = ""\nfor token in response.response_gen:\n    text += token\n    yield token\nsave(text)',
    "for token in response.response_gen:\n    state['count'] += 1\n    yield token\nlog(state['count'])",
    'yield "".join(response.response_gen)',
    'yield "".join(token for token in response.response_gen)',
    "yield str(response)",
    "try:\n    for token in response.response_gen:\n        yield token\nfinally:\n    log('closed')",
    "try:\n    for token in response.response_gen:\n        yield token\nexcept Exception:\n    log('failed')\n    yield 'sorry'",
)
_WRAPS = (
    "{0}",
    "try:\n{1}\nexcept Exception as error:\n    log(type(error).__name__)\n"
    "    return JSONResponse({{'error': 'model'}}, status_code=502)",
    "try:\n{1}\nfinally:\n    log('finally')",
    "with threading.Lock():\n{1}",
    "if q:\n{1}\nreturn {{'answer': 'no question'}}",
    "for _ in range(2):\n{1}",
)
_DECORATORS = (
    '@app.get("/{0}")',
    '@app.get("/{0}")\n@remembered',
    '@app.get("/{0}", status_code=201)',
)


@dataclass(frozen=True)
class Handler:
    """One route, with the functions that it needs."""

    name: str
    text: str


def _mostly(draw: st.DrawFn, options: tuple[str, ...]) -> str:
    """Mostly the first, the plain one, so that a handler departs from it in few ways at once."""
    return draw(st.sampled_from(options)) if draw(st.integers(0, 4)) == 0 else options[0]


def _indented(text: str) -> str:
    return textwrap.indent(text, "    ")


def _wrapped(wrap: str, text: str) -> str:
    return wrap.format(text, _indented(text))


@st.composite
def collecting(draw: st.DrawFn, name: str) -> Handler:
    """A route that takes all tokens and answers with what it makes of them."""
    kind = draw(st.sampled_from(("sync", "sync", "async", "plain")))
    starts, drains = {
        "sync": (_SYNC, _DRAINS),
        "async": (_ASYNC, _ASYNC_DRAINS),
        "plain": (_PLAIN, _PLAIN_DRAINS),
    }[kind]
    start, drain = draw(st.sampled_from(starts)), draw(st.sampled_from(drains))
    change, side = _mostly(draw, _CHANGES), _mostly(draw, _SIDE)
    answer = draw(st.sampled_from(_ANSWERS[:3])) if draw(st.booleans()) else draw(st.sampled_from(_ANSWERS))
    decorator = _mostly(draw, _DECORATORS)
    is_async = kind == "async" or (draw(st.booleans()) and "@remembered" not in decorator)
    if "@remembered" in decorator and kind == "async":
        decorator = _DECORATORS[0]
    word = "async def" if is_async else "def"
    given = _mostly(draw, ("q: str", "q: str = Depends(who)"))
    if "@remembered" in decorator:
        given = "q: str"
    before = _mostly(draw, _BEFORE)
    if "count =" in before:
        side = f"state['count'] = count + 1\nlog(state['count'])\n{side}".strip()
    taking = "\n".join(part for part in (f"response = {start}", drain, change) if part)
    wrap = _mostly(draw, _WRAPS)
    shape = _mostly(draw, ("inline", "helper", "shared"))
    if shape == "inline":
        body = _wrapped(wrap, "\n".join(part for part in (before, taking, side, answer) if part))
        text = f"{decorator.format(name)}\n{word} {name}({given}):\n{_indented(body)}\n"
        return Handler(name, text)
    answer = answer if "response" not in answer.replace("Response", "") else "return {'answer': text}"
    called = f"{'await ' if is_async else ''}collect_{name}(q)"
    helper = f"{word} collect_{name}(q):\n{_indented(taking)}\n    return text\n"
    body = _wrapped(wrap, "\n".join(part for part in (before, f"text = {called}", side, answer) if part))
    text = f"{helper}\n\n{decorator.format(name)}\n{word} {name}({given}):\n{_indented(body)}\n"
    if shape == "shared":
        text += f'\n\n@app.get("/{name}/length")\n{word} {name}_length(q: str):\n    return len({called})\n'
    return Handler(name, text)


@st.composite
def streaming(draw: st.DrawFn, name: str) -> Handler:
    """A route that answers with a generator of its own."""
    start, body = draw(st.sampled_from(_SYNC)), draw(st.sampled_from(_GENERATORS))
    before = draw(st.sampled_from(_BEFORE))
    word = draw(st.sampled_from(("def", "async def")))
    handler = draw(st.sampled_from(("def", "async def")))
    if word == "async def":
        body = body.replace("yield from response.response_gen", "for token in response.response_gen:\n    yield token")
    media = "text/event-stream" if "data:" in body else draw(st.sampled_from(("text/plain", "text/event-stream")))
    inside = draw(st.booleans())
    taking = "\n".join(part for part in (before, f"response = {start}") if part)
    generated = f"{word} tokens():\n" + _indented(f"{taking}\n{body}" if inside else body)
    outer = "\n".join(
        part
        for part in ("" if inside else taking, generated, f"return StreamingResponse(tokens(), media_type='{media}')")
        if part
    )
    return Handler(name, f'@app.get("/{name}")\n{handler} {name}(q: str):\n{_indented(outer)}\n')


@st.composite
def programs(draw: st.DrawFn, number: int) -> str:
    """A module with this many routes, `r0` and on."""
    handlers = [
        draw(streaming(f"r{index}") if draw(st.integers(0, 3)) == 0 else collecting(f"r{index}"))
        for index in range(number)
    ]
    return "\n\n".join((HEAD, *(handler.text for handler in handlers)))


_FLASK_ANSWERS = (
    "return text",
    "return {'answer': text}",
    "return jsonify(answer=text)",
    "return jsonify({'answer': redact(str(text))})",
    "return Response(str(text), mimetype='text/plain')",
    "return Response(str(text), status=202)",
    "return Response(iter([str(text)]), mimetype='text/plain')",
    "return str(text), 202",
    "return make_response({'answer': text}, 202, {'X-Kind': 'answer'})",
    "return make_response(jsonify(answer=text), 201)",
    "response = make_response(str(text))\nresponse.headers['X-Kind'] = 'answer'\nreturn response",
    "return Response(json.dumps({'answer': text}), mimetype='application/json')",
    "return {'answer': text}, 201, {'X-Kind': 'answer'}",
)
_FLASK_STREAMS = (
    "return Response(tokens(), mimetype='{0}')",
    "return Response(stream_with_context(tokens()), mimetype='{0}')",
    "return app.response_class(tokens(), mimetype='{0}')",
)


@st.composite
def flask_handlers(draw: st.DrawFn, name: str) -> Handler:
    """A view of Flask, which drains the stream or answers with a generator."""
    asked = "q = request.args['q']"
    taking = f"response = {draw(st.sampled_from(_SYNC))}"
    if draw(st.integers(0, 3)) == 0:
        made = draw(st.sampled_from(_GENERATORS))
        kind = "text/event-stream" if "data:" in made else draw(st.sampled_from(("text/plain", "text/event-stream")))
        inner = f"def tokens():\n{_indented(made)}"
        parts = (asked, taking, inner, draw(st.sampled_from(_FLASK_STREAMS)).format(kind))
    else:
        wrap, answer = _mostly(draw, (_WRAPS[0], *_WRAPS[2:4])), draw(st.sampled_from(_FLASK_ANSWERS))
        drained = (taking, draw(st.sampled_from(_DRAINS)), _mostly(draw, _CHANGES), _mostly(draw, _SIDE), answer)
        parts = (asked, _wrapped(wrap, "\n".join(filter(None, drained))))
    body = _indented("\n".join(parts))
    return Handler(name, f'@app.get("/{name}")\ndef {name}():\n{body}\n')


@st.composite
def flask_programs(draw: st.DrawFn, number: int) -> str:
    """As `programs`, for Flask."""
    return "\n\n".join((FLASK, *(draw(flask_handlers(f"r{index}")).text for index in range(number))))
