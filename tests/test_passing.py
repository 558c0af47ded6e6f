"""What functions of the standard library give of what they are given, so that a value keeps its identity on the way."""

from __future__ import annotations

import pytest

from .asking import said

HEAD = """\
import asyncio
import collections
import contextlib
import copy
import dataclasses
import functools
import importlib
import itertools
import json
import re
import textwrap
import typing
import urllib.request

import lib
from llama_index.core import VectorStoreIndex

complete = VectorStoreIndex([]).as_query_engine(streaming=False).query("?")
streaming = VectorStoreIndex([]).as_query_engine(streaming=True).query("?")


def f(): ...


def g(): ...


async def number():
    return 5


class K:
    def do_one(self): ...

    def do_two(self): ...

    def other(self): ...


"""
LIB = "one = 1\n"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("next(iter([f, f]))", {"def f"}),
        ("next(reversed([f, f]))", {"def f"}),
        ("next(itertools.chain([f], [g]))", {"def f", "def g"}),
        ("next(itertools.islice([f], 3))", {"def f"}),
        ("next(itertools.takewhile(g, [f]))", {"def f"}),
        ("next(itertools.dropwhile(g, [f]))", {"def f"}),
        ("next(enumerate([f]))[1]", {"def f"}),
        ("next(enumerate([f]))[0]", {"?"}),
        ("next(zip([f], [g]))[1]", {"def g"}),
        ("next(filter(g, [f]))", {"def f"}),
        ("next(map(lambda one: [one], [f]))", {"list[def f]"}),
        ("next(map(f))", {"?"}),
        ("itertools.tee([f])[1]", {"list[def f]"}),
        ("itertools.tee([f])", {"tuple[list[def f], list[def f]]"}),
        ("anext(aiter([f]))", {"coroutine def f"}),
        ("next()", {"?"}),
    ],
)
def test_iterators(expression: str, expected: set[str]) -> None:
    assert said(f"{HEAD}«{expression}»\n", lib=LIB) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("list((f, f))", {"list[def f]"}),
        ("collections.deque((f,))", {"list[def f]"}),
        ("tuple([f])", {"tuple[def f]"}),
        ("sorted([f])", {"list[def f]"}),
        ("set([f])", {"set[def f]"}),
        ("list()", {"list[]"}),
        ("dict(k=f)", {"dict[k=def f]"}),
        ("dict(k=f)['k']", {"def f"}),
        ("collections.defaultdict(list)", {"dict[list[]]"}),
        ("collections.defaultdict(K)", {"dict[K()]"}),
        ("collections.defaultdict()", {"dict[?]"}),
        ("copy.copy(f)", {"def f"}),
        ("copy.deepcopy([f])", {"list[def f]"}),
        ("typing.cast(K, f)", {"def f"}),
        ("typing.cast(K)", {"?"}),
        ("contextlib.closing(f)", {"def f"}),
        ("dataclasses.field(default=f)", {"def f"}),
        ("dataclasses.field(default_factory=K)", {"K()"}),
        ("dataclasses.field(default_factory=list)", {"list[]"}),
        ("dataclasses.field(repr=False)", {"?"}),
    ],
)
def test_containers_and_copies(expression: str, expected: set[str]) -> None:
    assert said(f"{HEAD}«{expression}»\n", lib=LIB) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("functools.partial(f, 1)", {"partial def f"}),
        ("functools.lru_cache(f)", {"def f"}),
        ("functools.cache(K)", {"class K"}),
        ("functools.lru_cache(maxsize=1)", {"functools.cache"}),
        ("type(K())", {"class K"}),
        ("type(f)", {"?"}),
        ("getattr(K(), 'other')", {"def K.other of K()"}),
        ("getattr({}, 'other', 1)", {"dict[].other", "1"}),
        ("getattr(K(), 'do_' + word)", {"def K.do_one of K()", "def K.do_two of K()"}),
        ("getattr(K(), f'do_{word}')", {"def K.do_one of K()", "def K.do_two of K()"}),
        ("getattr(K(), f'{word}do_')", {"?"}),
        ("getattr(K(), word)", {"?"}),
        ("getattr(K(), word + 'do_')", {"?"}),
        ("getattr(K(), 'un' + word)", {"?"}),
        ("getattr(f, 'do_' + word)", {"?"}),
        ("getattr(K())", {"?"}),
        ("importlib.import_module('lib')", {"module lib"}),
        ("importlib.import_module('.lib')", {"?"}),
        ("importlib.import_module('.outside')", {"?"}),
        ("importlib.import_module('outside')", {"outside"}),
        ("importlib.import_module(word)", {"?"}),
    ],
)
def test_functions_and_modules(expression: str, expected: set[str]) -> None:
    assert said(f"{HEAD}def run(word):\n    «{expression}»\n", lib=LIB) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("await asyncio.gather(number(), number())", {"tuple[5, 5]"}),
        ("await asyncio.gather(*[number()])", {"list[5]"}),
        ("(await asyncio.gather(number(), f))[1]", {"def f"}),
        ("urllib.request.urlopen('https://example.org')", {"http.client.HTTPResponse()"}),
        ("urllib.request.urlopen('data:,text')", {"?"}),
        ("str(complete)", {"token"}),
        ("str(streaming)", {"text"}),
        ("str(f)", {"?"}),
        ("re.split('x', str(complete))", {"list[token]"}),
        ("re.findall('x', str(complete))", {"list[token]"}),
        ("re.split(str(complete), 'x')", {"?"}),
        ("re.split('x')", {"?"}),
        ("textwrap.wrap(str(complete))", {"list[token]"}),
        ("textwrap.wrap(str(streaming))", {"?"}),
        ("json.loads('1')", {"?"}),
    ],
)
def test_waits_and_texts(expression: str, expected: set[str]) -> None:
    assert said(f"{HEAD}async def run():\n    «{expression}»\n", lib=LIB) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("name = 'do_' + word", {"def K.do_one of K()", "def K.do_two of K()"}),
        ("name = f'do_{word}'", {"def K.do_one of K()", "def K.do_two of K()"}),
        ("name = word", {"?"}),
        ("name = 'do_' + word\n    if word:\n        name = word", {"?"}),
        ("name = 'do_' + word\n    name = word", {"?"}),
    ],
)
def test_how_a_name_of_a_method_begins_may_stand_under_a_name_of_its_own(body: str, expected: set[str]) -> None:
    assert said(f"{HEAD}def run(word):\n    {body}\n    «getattr(K(), name)»\n", lib=LIB) == expected
