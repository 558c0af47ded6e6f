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
