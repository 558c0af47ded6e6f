"""What ties a function to the thread, the task or the loop that runs it: asked of small programs."""

from __future__ import annotations

import pytest

from streamlint.sharing.tied import Tied

from .asking import Program

HEAD = """\
import asyncio
import os
import threading
from contextlib import closing
from contextvars import ContextVar

import requests
import psycopg2
from fastapi import Depends, FastAPI, Request
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

app = FastAPI()
Session = sessionmaker(create_engine("postgresql://"))
USER = ContextVar("user")
LOCAL = threading.local()
SESSION = Session()
CONNECTION = psycopg2.connect("")
QUEUE = asyncio.Queue()


async def wait(): ...


def user():
    return USER.get()


def plain(q):
    return len(q)


def session():
    with Session() as made:
        yield made


def connection():
    return psycopg2.connect("")


async def connection_on_the_loop():
    return psycopg2.connect("")


def connection_of_all():
    return CONNECTION


@unknown
def connection_of_somebody():
    return psycopg2.connect("")


"""


def tie(body: str, parameters: str = "q", *, through: bool = False, before: str = "") -> str:
    """What ties the function `run` with this body, or, `through`, the call that is marked in it."""
    program = Program(f"{HEAD}{before}def run({parameters}):\n    {body}\n")
    tied, module, scope = program.project.ask(Tied), program.module(), program.function("run")
    return tied.through(program.at()[0], module, scope) if through else tied.by(module, scope)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return plain(q)", ""),
        ("return wait()", "wait"),
        ("return wait", ""),
        ("return asyncio.get_running_loop()", "asyncio.get_running_loop"),
        ("os.chdir(q)", "os.chdir"),
        ("os.getcwd()", ""),
        ("QUEUE.put_nowait(q)", "QUEUE.put_nowait"),
        ("q.put_nowait(1)", "q.put_nowait"),
        ("q.kept.put_nowait(1)", "q.kept.put_nowait"),
        ("q.put(1)", ""),
        ("return USER.get()", "USER.get"),
        ("return USER", "USER"),
        ("return LOCAL.user", "LOCAL.user"),
        ("return threading.get_ident()", "threading.get_ident"),
        ("return user()", "USER.get"),
    ],
)
def test_what_belongs_to_the_loop_the_process_or_the_context(body: str, expected: str) -> None:
    assert tie(body) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("CONNECTION.cursor().execute(q)", "CONNECTION.cursor"),
        ("made = psycopg2.connect('')\n    made.cursor().execute(q)", ""),
        ("made = psycopg2.connect('')\n    cursor = made.cursor()\n    cursor.execute(q)", ""),
        ("made = CONNECTION\n    made.cursor().execute(q)", "made.cursor"),
        ("made = psycopg2.connect('') if q else CONNECTION\n    made.cursor().execute(q)", "made.cursor"),
        ("made = psycopg2.connect('')\n    if q:\n        made = CONNECTION\n    made.commit()", "made.commit"),
        ("with CONNECTION: pass", "CONNECTION"),
        ("with psycopg2.connect(''): pass", ""),
        ("cursor = CONNECTION.cursor()\n    for row in cursor: pass", "CONNECTION.cursor"),
        ("SESSION.execute(q)", "SESSION.execute"),
        ("Session().execute(q)", ""),
        ("with Session() as made:\n        made.execute(q)", ""),
        ("requests.get(q)", ""),
    ],
)
def test_an_object_of_one_thread_from_outside(body: str, expected: str) -> None:
    assert tie(body) == expected


@pytest.mark.parametrize(
    ("depends", "is_its_own"),
    [
        ("session", True),
        ("connection", True),
        ("connection_on_the_loop", False),
        ("connection_of_all", False),
        ("connection_of_somebody", False),
    ],
)
def test_what_a_plain_dependency_makes_for_each_request(depends: str, is_its_own: bool) -> None:
    route = "@app.get('/')\n"
    given = f"q: str, made: psycopg2.extensions.connection = Depends({depends})"
    found = tie("made.cursor().execute(q)", given, before=route)
    assert (found == "") is is_its_own


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("plain(q)", ""),
        ("user()", "USER.get"),
        ("first(q)", "USER.get"),
        ("late(q)", ""),
        ("keeps(q)", ""),
        ("unknown(q)", ""),
    ],
)
def test_what_an_expression_runs(call: str, expected: str) -> None:
    """Coroutine functions that it calls run later; objects of one thread are left to a person here."""
    before = (
        "def first(q):\n    return user()\n\n\nasync def later():\n    return user()\n\n\n"
        "def keeps(q):\n    CONNECTION.cursor().execute(q)\n\n\ndef late(q):\n    return later\n\n\n"
    )
    assert tie(f"user()\n    return «{call}»", through=True, before=before) == expected


def test_who_goes_round_comes_to_an_end() -> None:
    before = "def one(q):\n    return two(q)\n\n\ndef two(q):\n    os.chdir(q) if q else one(q)\n\n\n"
    assert tie("return one(q)", before=before) == "os.chdir"
    assert tie("return one(q)", before=before.replace("os.chdir(q)", "plain(q)")) == ""


def test_what_is_more_than_can_be_followed_is_said() -> None:
    functions = "".join(f"def f{number}(q):\n    return q\n" for number in range(400))
    calls = [f"f{number}(q)" for number in range(400)]
    assert tie("\n    ".join(calls), before=functions) == Tied.TOO_MUCH
    assert tie("\n    ".join(calls[1:]), before=functions) == ""
