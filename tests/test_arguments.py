"""One keyword more, or one less, in a call: commas, lines and comments are those that a person would write."""

from __future__ import annotations

import ast
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from streamlint.fix import Edit
from streamlint.model import syntax as ir
from streamlint.model.summary import summarise
from streamlint.repairs.arguments import with_keyword, without_keyword
from streamlint.source import Source

ADDED = [
    ("f()", "f(b=1)"),
    ("f(  # why, (of all)\n)", "f(  # why, (of all)\nb=1)"),
    ("f(a)", "f(a, b=1)"),
    ("f(a, )", "f(a, b=1)"),
    ("f((a), )", "f((a), b=1)"),
    ("f(\n    a,\n)", "f(\n    a,\n    b=1,\n)"),
    ("f(\n    a\n)", "f(\n    a,\n    b=1,\n)"),
    ("f(\n    a  # one, two\n)", "f(\n    a,  # one, two\n    b=1,\n)"),
    ("f(\n    c=(a),  # one)\n    # two\n)", "f(\n    c=(a),  # one)\n    b=1,\n    # two\n)"),
    ("f(a,\n)", "f(a, b=1,\n)"),
    ("f(g(a,\n    d), c)", "f(g(a,\n    d), c, b=1)"),
    ("f(\r\n    a,\r\n)", "f(\r\n    a,\r\n    b=1,\r\n)"),
]
LEFT_OUT = [
    ("f(b=x)", "f()"),
    ("f(a, b=x)", "f(a)"),
    ("f(b=x, a=1)", "f(a=1)"),
    ("f(a, b=x, c=1)", "f(a, c=1)"),
    ("f(a, b=x,)", "f(a,)"),
    ("f(a, b=(x), c=1)", "f(a, c=1)"),
    ("f(\n    a,\n    b=x,\n)", "f(\n    a,\n)"),
    ("f(\n    a,\n    b=x\n)", "f(\n    a\n)"),
    ("f(\n    a,\n    b=x,\n    c=1,\n)", "f(\n    a,\n    c=1,\n)"),
    ("f(\n    a,\n    # one, two\n    b=x,\n)", "f(\n    a,\n    # one, two\n)"),
    ("f(\n    a,\n    b=x,  # one, two\n)", "f(\n    a,\n    # one, two\n)"),
    ("f(\n    a,  # one, two\n    b=x\n)", "f(\n    a,  # one, two\n)"),
    ("f(\r\n    a,\r\n    b=x,\r\n)", "f(\r\n    a,\r\n)"),
    ("f(g(1, 2), b=x)", "f(g(1, 2))"),
]


def call_of(text: str) -> tuple[Any, ir.Call]:
    source = Source.decode(Path("a.py"), text.encode())
    scope = summarise(source).scopes[0]
    return SimpleNamespace(source=source), next(one for one in scope.calls if one.start == 0)


def edited(text: str, edit: Edit | None) -> str:
    assert edit is not None
    return text[: edit.span.start] + edit.text + text[edit.span.end :]


@pytest.mark.parametrize(("text", "after"), ADDED)
def test_a_keyword_is_added(text: str, after: str) -> None:
    file, call = call_of(text)
    result = edited(text, with_keyword(file, call, "b=1"))
    assert result == after and ast.parse(result)


@pytest.mark.parametrize(("text", "after"), LEFT_OUT)
def test_a_keyword_is_left_out(text: str, after: str) -> None:
    file, call = call_of(text)
    value = call.argument(None, "b")
    result = edited(text, without_keyword(file, call, cast("ir.Expression", value)))
    assert result == after and ast.parse(result)
