"""What a generator asks of a request that is gone when it runs: the closures in it count, functions that it only defines do not."""

from __future__ import annotations

import pytest

from streamlint.faults.contexts import Contexts

from .asking import Program

VIEW = """\
from flask import Flask, Response, request

app = Flask(__name__)


@app.get("/")
def home():
    def tokens():
        yield ""
        {asks}

    return Response(tokens())
"""


@pytest.mark.parametrize(
    ("asks", "is_lost"),
    [
        ("yield request.args['q']", True),
        ("yield from (request.args['q'] for _ in range(2))", True),
        ("yield [one for one in request.args.values()][0]", True),
        ("later = lambda: request.args['q']\n        yield later()", True),
        ("def later():\n            return request.args['q']\n        yield later", False),
        ("class Later:\n            q = 1\n        yield Later.q", False),
    ],
    ids=["itself", "expression", "comprehension", "lambda", "function", "class"],
)
def test_where_it_asks(asks: str, is_lost: bool) -> None:
    program = Program(VIEW.format(asks=asks))
    found = program.project.ask(Contexts).lost(program.module(), program.function("tokens"))
    assert (found is not None) is is_lost


HELPER = """\
from flask import Flask, Response, request, stream_with_context

app = Flask(__name__)


def answer({parameters}):
    return Response(body)


@app.get("/")
def home():
    def tokens():
        yield request.args["q"]

    return answer({arguments})
"""


@pytest.mark.parametrize(
    ("parameters", "arguments", "is_lost"),
    [
        ("body", "tokens()", True),
        ("status, body", "200, tokens()", True),
        ("status, body", "200, stream_with_context(tokens())", False),
        ("body, status", "stream_with_context(tokens()), tokens()", False),
    ],
    ids=["alone", "second", "kept", "another"],
)
def test_what_a_function_is_given_that_answers(parameters: str, arguments: str, is_lost: bool) -> None:
    program = Program(HELPER.format(parameters=parameters, arguments=arguments))
    found = program.project.ask(Contexts).lost(program.module(), program.function("tokens"))
    assert (found is not None) is is_lost
