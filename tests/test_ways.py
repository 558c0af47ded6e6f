"""Ways of calls as people read them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from streamlint.serving.ways import Hop, straight
from tests.conftest import Streamlint, Write

RECURSIVE = """\
import functools

import requests
from fastapi import FastAPI

app = FastAPI()


def remote(function):
    @functools.wraps(function)
    def wrapper(self, *args):
        if not self.session:
            return function(self, *args)
        return self.ask(function.__name__)

    return wrapper


class Manager:
    def __init__(self, session=None):
        self.session = session

    def ask(self, name):
        return requests.get(name)

    @remote
    def info(self, name, depth=0):
        if depth < 3:
            return self.info(name, depth + 1)
        return name


@app.get("/info")
async def info(name: str):
    return Manager(name).info(name)
"""


@pytest.mark.parametrize(
    ("way", "expected"),
    [("abc", "abc"), ("abcbd", "abd"), ("ababababc", "abc"), ("aab", "ab"), ("abcab", "ab"), ("", "")],
)
def test_a_way_without_its_circles(way: str, expected: str) -> None:
    hops = [Hop(Path("app.py"), ord(name), ord(name) + 1, name) for name in way]
    assert "".join(hop.label for hop in straight(hops)) == expected


def test_a_function_that_calls_itself_is_told_once(write: Write, streamlint: Streamlint) -> None:
    write("app.py", RECURSIVE)
    [finding] = json.loads(streamlint("--output-format", "json", "app.py").stdout)["findings"]
    labels = [each["label"].partition(". ")[2] for each in finding["related"]]
    assert labels[-1] == "`requests.get` waits for the network"
    assert len(set(labels)) == len(labels)
