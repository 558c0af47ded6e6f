"""Which arguments of a call are left out of the frame of the function around it, because nothing looks at them."""

from __future__ import annotations

import pytest

from streamlint.project import Project
from streamlint.room import roomy
from streamlint.values.looked_at import LookedAt

PROGRAM = """\
import contextlib
import functools
import json

import httpx
import openai
import requests
from fastapi import FastAPI
from helpers import first, known

app = FastAPI()
client = openai.OpenAI()
session = requests.Session()
if app:
    dumps = json.dumps
else:
    dumps = known


def outside(a):
    return json.dumps(a)


def chained(a, b):
    return json.dumps(a).encode(b)


async def entered(a, b):
    async with httpx.AsyncClient(timeout=b) as client:
        return (await client.get(a)).json()


def of_module(a):
    return session.mount("https://", a)


def asked(a):
    return client.chat.completions.create(model="gpt-4o", stream=a)


def unseen(a):
    return app.state.cleaned(a)


def made(a):
    return Shop(a)


def listed(a):
    return list(a)


def of_project(a, b):
    return first(a, b)


def by_name(a, b):
    return first(second=a, first=b)


def spread(a, b):
    return first(a, *b)


def either(a):
    return dumps(a)


def of_argument(a, b):
    return a.rewrite(b)


def shadowed(a, json):
    return json.dumps(a)


def rebound(a, b):
    dumped = a
    dumped = json.dumps
    if b:
        dumped = a.dumps
    return dumped(b)


def around(a):
    def inner(b):
        return a(b)

    return inner


def closing(a):
    return contextlib.closing(a)


def dispatched(a):
    return shown(a)


@functools.singledispatch
def shown(value):
    return None


def turning(a, b):
    return turning(b, a) if a else b


def kept(a):
    return app.get(a)


class Shop:
    def __init__(self, name):
        self.name = name

    def of_itself(self, a):
        return self.other(a)

    def other(self, a):
        return a

    def plain(self, a):
        return json.dumps(a)
"""
HELPERS = """\
def first(first, second):
    return first


def known(value):
    return value
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("program")
    (folder / "app.py").write_text(PROGRAM, "utf-8")
    (folder / "helpers.py").write_text(HELPERS, "utf-8")
    return Project(folder, sorted(folder.glob("*.py")))


@pytest.mark.parametrize(
    ("name", "deciding"),
    [
        ("outside", ""),
        ("chained", ""),
        ("entered", ""),
        ("of_module", ""),
        ("asked", "a"),
        ("unseen", ""),
        ("made", ""),
        ("listed", "a"),
        ("of_project", "a"),
        ("by_name", "b"),
        ("spread", "ab"),
        ("either", "a"),
        ("of_argument", "ab"),
        ("shadowed", "a,json"),
        ("rebound", "ab"),
        ("inner", "b"),
        ("closing", "a"),
        ("dispatched", "a"),
        ("turning", "ab"),
        ("kept", ""),
        ("of_itself", "self,a"),
        ("plain", ""),
    ],
)
@roomy
def test_what_a_call_looks_at(name: str, deciding: str, project: Project) -> None:
    module = next(one for one in project.modules.loaded() if one.path.name == "app.py")
    scope = next(scope for scope in module.scopes if scope.name == name)
    wanted = deciding.split(",") if "," in deciding else list(deciding)
    assert LookedAt(project.evaluator).deciding.result(module, scope) == set(wanted)
