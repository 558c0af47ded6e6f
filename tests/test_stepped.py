"""Loops that ask an iterator or a queue for its next item, each asked directly: what they take it of, or that they are none."""

from __future__ import annotations

import pytest

from streamlint.streams.stepped import Steps, taken

from .asking import Program

HEAD = """\
import queue

import httpx

waiting = queue.Queue()
client = httpx.Client()


async def take(tokens, other):
"""


def steps(body: str) -> list[tuple[str, str, set[str]]]:
    """The calls that take the next item, what each takes it of, and the names that hold it."""
    program = Program(HEAD + "".join(f"    {line}\n" for line in body.splitlines()))
    module, scope = program.module(), program.function("take")
    found = program.project.ask(Steps).of(program.evaluator.any_call(module, scope))
    return [(module.text(one.call), module.text(one.source), set(taken(one.call, scope))) for one in found]


NEXT = ("next(tokens)", "tokens", {"token"})
NEXT_OR_NONE = ("next(tokens, None)", "tokens", {"token"})


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("while True:\n    token = next(tokens)", [NEXT]),
        ("while 1:\n    token = next(tokens)", [NEXT]),
        ("while 0:\n    token = next(tokens)", []),
        ("while other:\n    token = next(tokens)", []),
        ("while token := next(tokens):\n    print(token)", [NEXT]),
        ("token = next(tokens)", []),
        ("while True:\n    print(other)\ntoken = next(tokens)", []),
        ("while True:\n    token = anext(tokens)", [("anext(tokens)", "tokens", {"token"})]),
        ("while True:\n    token = tokens.__next__()", [("tokens.__next__()", "tokens", {"token"})]),
        ("while True:\n    token = await tokens.__anext__()", [("tokens.__anext__()", "tokens", {"token"})]),
        ("while True:\n    token = tokens.next()", []),
        ("while True:\n    token = next()", []),
        ("while True:\n    token = next(tokens)\n    kept = other", [NEXT]),
        ("while True:\n    token = waiting.qsize()", []),
        ("while True:\n    token = client.get()", []),
        (
            "given = waiting if other else tokens\nwhile True:\n    token = given.get()",
            [("given.get()", "given", {"token"})],
        ),
        ("while True:\n    token = waiting.get()", [("waiting.get()", "waiting", {"token"})]),
        ("while True:\n    token = waiting.get(False)", []),
        ("while True:\n    token = other.get()", []),
        ("while True:\n    token = other(tokens)", []),
        ("while True:\n    print(next(tokens))", [("next(tokens)", "tokens", set())]),
        ("while True:\n    while True:\n        token = next(tokens)\n    if other:\n        break", [NEXT]),
        ("while True:\n    token = next(tokens)\n    while True:\n        print(other)", [NEXT]),
    ],
)
def test_what_takes_the_next_item(body: str, expected: list[tuple[str, str, set[str]]]) -> None:
    assert steps(body) == expected


ASKED = "while True:\n    token = next(tokens, None)\n    {}"


@pytest.mark.parametrize(
    ("rest", "is_one"),
    [
        ("if token is None:\n        break", True),
        ("if not token:\n        break", True),
        ("if other:\n        break", False),
        ("if token == other:\n        break", False),
        ("if token == END:\n        break", True),
        ("break", False),
        ("try:\n        print(token)\n    except StopIteration:\n        break", True),
        ("if token is None:\n        break\n    if other:\n        break", False),
        ("if other:\n        print(token)", True),
        ("if other:\n        return", True),
    ],
)
def test_only_the_last_item_ends_the_loop(rest: str, is_one: bool) -> None:
    assert steps(ASKED.format(rest)) == [NEXT_OR_NONE] * is_one
