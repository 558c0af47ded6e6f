"""A finding is certain only where its whole chain is: how the function comes to run, each call, and what waits at the end."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from streamlint import lint

ENTRIES = {
    "route": ('@app.get("/")\nasync def served(q: str):\n    return {call}\n', True),
    "called": (
        '@app.get("/")\nasync def root(q: str):\n    return await served(q)\n\n\nasync def served(q):\n    return {call}\n',
        True,
    ),
    "met": (
        '@app.get("/")\nasync def root(q: str):\n    return await made(q).served(q)  # noqa: F821\n\n\n'
        "class Found:\n    async def served(self, q):\n        return {call}\n",
        False,
    ),
    "overridden": (
        "class Above:\n    async def served(self, q): ...\n\n\n"
        "class Below(Above):\n    async def served(self, q):\n        return {call}\n\n\n"
        "app.dependency_overrides[Above] = Below\n\n\n"
        '@app.get("/")\nasync def root(above: Above = Depends()):\n    return await above.served("")\n',
        False,
    ),
    "handed": (
        "async def served(q: str) -> str:\n    return {call}\n\n\nagent = FunctionAgent(tools=[served])\n\n\n"
        '@app.get("/")\nasync def root(q: str):\n    return await agent.run(q)\n',
        False,
    ),
}
HOPS = {
    "itself": ("leaf(q)", "", True),
    "helper": ("helper(q)", "def helper(q):\n    return leaf(q)\n", True),
    "far": ("far(q)", "def far(q):\n    return helper(q)\n\n\ndef helper(q):\n    return leaf(q)\n", True),
    "either": (
        "either(q)",
        "def harmless(q):\n    return q\n\n\neither = leaf if os.getenv('SLOW') else harmless\n",
        False,
    ),
    "method": ("Helper().leaf(q)", "class Helper:\n    def leaf(self, q):\n        return leaf(q)\n", True),
}
LEAVES = {
    "certain": ("def leaf(q):\n    return requests.get(q).text\n", True),
    "likely": ("def leaf(q):\n    return shutil.rmtree(q)\n", False),
}
HEAD = """import os
import shutil

import requests
from fastapi import Depends, FastAPI
from llama_index.core.agent.workflow import FunctionAgent

app = FastAPI()


"""


def program(entry: str, hop: str, leaf: str) -> tuple[str, bool]:
    """A program, and whether all of its chain is certain."""
    text, is_reached = ENTRIES[entry]
    call, helpers, is_called = HOPS[hop]
    waits, is_waiting = LEAVES[leaf]
    parts = (HEAD + waits, helpers, text.format(call=call))
    return "\n\n".join(part for part in parts if part), is_reached and is_called and is_waiting


@pytest.mark.parametrize(("entry", "hop", "leaf"), list(product(ENTRIES, HOPS, LEAVES)))
def test_a_chain_is_as_certain_as_its_weakest_link(entry: str, hop: str, leaf: str, tmp_path: Path) -> None:
    text, is_certain = program(entry, hop, leaf)
    path = tmp_path / "application.py"
    path.write_text(text, "utf-8")
    found = [finding for finding in lint([path]) if finding.code.startswith("STL20")]
    if is_certain:
        assert [finding.severity for finding in found] == ["error"]
    else:
        assert all(finding.severity == "warning" for finding in found)


@pytest.mark.parametrize("entry", ENTRIES)
def test_each_way_in_is_found(entry: str, tmp_path: Path) -> None:
    path = tmp_path / "application.py"
    path.write_text(program(entry, "itself", "certain")[0], "utf-8")
    assert [finding.code for finding in lint([path])] == ["STL204"]
